"""Exceptions to a skill's own settings for this robot, as data keyed by skill. Empty: the skill's values hold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Stiffer than the vendor's policy (30 / 1.0), within what its own examples hold poses with (60 to 80 / 0.7, MotionSDK
# b30a3ec): at 30 the reference trot tracks so badly that learning takes three times as long.
WALK = MappingProxyType({"kp": 60.0, "kd": 1.4})

TUNING: Mapping[str, Mapping[str, float]] = MappingProxyType({"walk": WALK})
