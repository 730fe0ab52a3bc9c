"""Exceptions to a skill's own settings for this robot, as data keyed by skill. Empty: the skill's values hold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# The Lite3's walk, scaled: the hips are 1.58 times as high, so that steps take 1.26 times as long and are 1.58 times as
# high; the SDK's holding stiffness, with the Lite3's damping ratio of 0.5. For its weight that is a third softer than
# the Lite3, so that feet lag further behind, and their load has to be reckoned where they are: without a policy the
# trot then walks at 0.84 instead of 0.61 m/s when told 1 m/s, and nobody falls instead of 2 of 36.
WALK = MappingProxyType(
    {"kp": 300.0, "kd": 8.0, "gait.frequency_hz": 2.2, "gait.swing_height_m": 0.055, "gait.load_measured": 1.0}
)

TUNING: Mapping[str, Mapping[str, float]] = MappingProxyType({"walk": WALK})
