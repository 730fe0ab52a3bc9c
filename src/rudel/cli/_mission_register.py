"""What a plant's register says about its things: limits, units, labels, how they should be; never how they are.

A simulated world knows the truth about its things. Of that only what people would have on paper is handed to a mission.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rudel.worlds.place import Thing

# kind -> key of Target.expected -> key of a thing's truth; what is to be found out (value, state, leaking) is not here
REGISTER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "dial_gauge": {key: key for key in ("unit", "scale_low", "scale_high", "low", "high")},
        "digital_display": {key: key for key in ("unit", "low", "high", "decimals")},
        "valve": {"state": "expected", "form": "form"},
        "nameplate": {"text": "expected"},
        "cable_joint": {"limit_c": "limit_c"},
        "gas_bottle": {"species": "species"},
        "cover": {"edge_m": "edge_m"},
    }
)


def expected(thing: Thing) -> dict[str, Any]:
    """What is normal for a thing, as Target.expected has it."""
    return {key: thing.truth[name] for key, name in REGISTER.get(thing.kind, {}).items() if name in thing.truth}
