"""Off-screen drawing: which OpenGL library to use, found out when it is first needed."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable

from rudel.core.errors import GiveUp

# EGL first: it uses a GPU where there is one; without one both draw in software and equally fast.
BACKENDS = ("egl", "osmesa")
PACKAGES = "libegl1 libgl1 libgl1-mesa-dri"
_PROBE_TIMEOUT_S = 60.0
_PROBE = """
import mujoco
model = mujoco.MjModel.from_xml_string("<mujoco><worldbody><light pos='0 0 3'/><geom size='.2'/></worldbody></mujoco>")
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
renderer = mujoco.Renderer(model, 48, 64)
renderer.update_scene(data)
if renderer.render().std() == 0:
    raise SystemExit(1)
"""


def works(backend: str) -> bool:
    """Does MuJoCo draw with this backend here? Asked in a process of its own: a failed try cannot be undone in ours."""
    try:
        ran = subprocess.run(
            [sys.executable, "-c", _PROBE],
            env={**os.environ, "MUJOCO_GL": backend},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PROBE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0


def choose(works: Callable[[str], bool] = works) -> str:
    """Make off-screen drawing ready, before the first mujoco.Renderer; returns the backend.

    A MUJOCO_GL that is already set is respected, unseen. Otherwise the first of BACKENDS that works is put there.

    Raises:
        GiveUp: none works; the message says what to install.
    """
    given = os.environ.get("MUJOCO_GL", "")
    if given:
        return given
    backend = next((backend for backend in BACKENDS if works(backend)), None)
    if backend is None:
        raise GiveUp(
            f"MuJoCo cannot draw here: neither {' nor '.join(BACKENDS)} works. Run `make setup`, or on Debian or "
            f"Ubuntu `apt-get install {PACKAGES}`; or set MUJOCO_GL to a library that works"
        )
    os.environ["MUJOCO_GL"] = backend
    # MuJoCo has read the variable already, when it was imported
    importlib.reload(importlib.import_module("mujoco.rendering.classic.gl_context"))
    return backend
