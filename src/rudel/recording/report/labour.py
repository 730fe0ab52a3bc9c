"""What a round would have cost a person: an estimate, stated with its assumptions wherever it is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rudel.core.errors import BadInput


@dataclass(frozen=True)
class Labour:
    """How people would walk the round. The defaults are assumptions, not measurements: replace them by your own.

    Attributes:
        people: who walk together (two, where nobody may go alone).
        walk_mps: speed on foot, stops apart [m/s].
        point_s: to find, read and note one point [s].
        fixed_s: to prepare and to write it up [s].
    """

    people: int = 1
    walk_mps: float = 1.0
    point_s: float = 60.0
    fixed_s: float = 900.0

    def __post_init__(self) -> None:
        if self.people < 1 or not self.walk_mps > 0 or not (self.point_s >= 0 and self.fixed_s >= 0):
            raise BadInput(f"{self}: needs people >= 1, walk_mps > 0 and times >= 0")

    def hours(self, distance_m: float, points: int) -> float:
        """Person-hours [h] for a way of ``distance_m`` with ``points`` inspected points."""
        walked_s = distance_m / self.walk_mps if math.isfinite(distance_m) else 0.0
        return self.people * (walked_s + points * self.point_s + self.fixed_s) / 3600
