"""How far a charge goes: the model that missions plan with."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rudel.core.errors import BadInput


@dataclass(frozen=True)
class Battery:
    """Linear: so long from full to empty, walking and standing.

    The defaults are the lower end of what DEEP Robotics states for the Lite3 (1.5 to 2 h of walking) and, for standing,
    an assumption of twice that. Give a robot's own figures where they are known.

    Attributes:
        walk_s: from full to empty when it walks all the time [s].
        stand_s: likewise when it stands [s].
        charge_s: from empty to full on the charger [s].
        margin: estimates are multiplied by this before they are trusted.
    """

    walk_s: float = 5400.0
    stand_s: float = 10800.0
    charge_s: float = 5400.0
    margin: float = 1.2

    def __post_init__(self) -> None:
        for name in ("walk_s", "stand_s", "charge_s"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise BadInput(f"Battery.{name} is {getattr(self, name)}, must be a number > 0")
        if not self.margin >= 1:
            raise BadInput(f"Battery.margin is {self.margin}, must be at least 1")

    def drain(self, walk_s: float, stand_s: float = 0.0) -> float:
        """Share of a full charge that walking and standing so long takes."""
        return walk_s / self.walk_s + stand_s / self.stand_s
