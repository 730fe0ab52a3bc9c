# MuJoCo ships compiled modules without types. These stubs only say that any name may be there; without them every use
# of `mujoco` in the sources is reported as an unknown attribute.
from typing import Any

def __getattr__(name: str) -> Any: ...
