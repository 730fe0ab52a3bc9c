"""Exceptions to a skill's own settings for this robot, as data keyed by skill. Empty: the skill's values hold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Stiffer than the vendor's policy (30 / 1.0), within what its own examples hold poses with (60 to 80 / 0.7, MotionSDK
# b30a3ec): at 30 the reference trot tracks so badly that learning takes three times as long.
WALK = MappingProxyType({"kp": 60.0, "kd": 1.4})

# To get up, as stiff: at 30 the legs do not press a lying robot off the ground when they are sent to the stance.
# Joint targets FL, FR, HL, HR by how far the robot lies turned over to its left, in steps of 45 degrees; the last is
# for its back. Found as scripts/search_guide.py does: two of three candidates' robots got up from their backs in 2.6 s.
GUIDE = (
    (-0.3, -1.4, 2.792, -0.02, -1.8, 2.26, 0.523, -1.41, 2.792, -0.41, -1.26, 2.792),
    (0.523, -1.1, 2.792, 0.523, -2.67, 0.65, 0.35, -1.43, 2.792, 0.523, -2.51, 0.69),
    (0.523, -0.98, 2.792, 0.38, -2.67, 1.51, 0.16, -1.36, 2.792, 0.523, -2.67, 0.524),
    (0.523, -1.71, 2.792, 0.523, -2.67, 1.84, 0.523, -1.35, 2.792, -0.32, -2.65, 0.524),
)
GETUP = MappingProxyType({"kp": 60.0, "kd": 2.0, "guide_poses": GUIDE, "guide_lean": 0.85})

TUNING: Mapping[str, Mapping[str, object]] = MappingProxyType({"walk": WALK, "getup": GETUP})
