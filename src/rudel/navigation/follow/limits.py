"""How fast a robot is let go, and how exact it has to arrive."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from rudel.core.errors import BadInput


@dataclass(frozen=True)
class FollowLimits:
    """Limits and set points of local control.

    Attributes:
        vx_mps, back_mps, vy_mps: largest speeds forwards, backwards, sideways.
        wz_radps: largest turning rate.
        creep_mps: slowest speed that is asked for on the way: below, a legged robot steps on the spot.
        brake_mps2: deceleration that arrival is planned with.
        lag_s: how long a command takes to show.
        gain_mps2, gain_radps2: how fast wanted speeds grow, on level ground twice as fast; they shrink twice as fast
            as they grow, and at once without room.
        look_ahead_m: least and largest distance of the point on the route that is steered for.
        horizon_s: how far ahead the footprint is swept.
        margin_m: kept between the footprint and obstacles; less than that is tolerated only to get out of it.
        squeeze_m: kept instead, creeping, where nothing else is possible.
        slow_clearance_m: from this free room beside the footprint on the robot walks slower.
        arrive_m, arrive_rad: how near to a goal counts as there.
        settle_s: how long it has to stand there.
    """

    vx_mps: float = 0.9
    back_mps: float = 0.3
    vy_mps: float = 0.3
    wz_radps: float = 1.0
    creep_mps: float = 0.12
    brake_mps2: float = 0.8
    lag_s: float = 0.25
    gain_mps2: float = 0.8
    gain_radps2: float = 4.0
    look_ahead_m: tuple[float, float] = (0.45, 0.9)
    horizon_s: float = 1.0
    margin_m: float = 0.03
    squeeze_m: float = 0.01
    slow_clearance_m: float = 0.25
    arrive_m: float = 0.05
    arrive_rad: float = math.radians(5.0)
    settle_s: float = 0.25

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            values = getattr(self, field.name)
            for value in values if isinstance(values, tuple) else (values,):
                if not (math.isfinite(value) and value > 0):
                    raise BadInput(f"FollowLimits.{field.name} is {values}, must be > 0")
        if not self.look_ahead_m[0] <= self.look_ahead_m[1]:
            raise BadInput(f"FollowLimits.look_ahead_m is {self.look_ahead_m}: the least comes first")
        if not self.creep_mps < min(self.vx_mps, self.back_mps, self.vy_mps):
            raise BadInput(f"FollowLimits.creep_mps is {self.creep_mps}, must be below every other speed")

    def within(self, max_twist: tuple[float, float, float]) -> FollowLimits:
        """The same for a policy that follows at most ``max_twist`` (vx, vy [m/s], wz [rad/s])."""
        vx, vy, wz = max_twist
        return dataclasses.replace(
            self,
            vx_mps=min(self.vx_mps, vx),
            back_mps=min(self.back_mps, vx),
            vy_mps=min(self.vy_mps, vy),
            wz_radps=min(self.wz_radps, wz),
        )
