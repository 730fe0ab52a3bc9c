"""What a robot keeps within at run time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rudel.core.errors import BadInput


@dataclass(frozen=True)
class Limits:
    """What the robot keeps within.

    Attributes:
        vx_mps, vy_mps, wz_radps: largest velocities.
        tilt_rad, level_rad: tilted from the one on, until below the other.
        fallen_rad: beyond it the robot lies, and getting up is the machine's business.
        hot_c, too_hot_c: joint temperatures [degrees C].
        blind_s, lost_s: so long may the scans be unusable and the pose unknown [s].
        dead_man_s: an order older than this is none [s]. With a period of 20 ms the velocity is zero 0.18 s after the
            last word; Lite3 links were seen to pause for up to 0.17 s.
    """

    vx_mps: float = 0.7
    vy_mps: float = 0.25
    wz_radps: float = 0.8
    tilt_rad: float = math.radians(20)
    level_rad: float = math.radians(15)
    fallen_rad: float = math.radians(60)
    hot_c: float = 70.0
    too_hot_c: float = 90.0
    blind_s: float = 0.5
    lost_s: float = 0.3
    dead_man_s: float = 0.16

    def validate(self) -> None:
        """Raise BadInput naming a value that cannot be right."""
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value > 0):
                raise BadInput(f"Limits.{name} is {value}, must be a number > 0")
        if not (self.level_rad < self.tilt_rad < self.fallen_rad and self.hot_c < self.too_hot_c):
            raise BadInput("Limits: level_rad < tilt_rad < fallen_rad and hot_c < too_hot_c must hold")
