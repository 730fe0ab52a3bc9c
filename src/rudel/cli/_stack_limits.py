"""What ground each shipped policy does, as data: measured by benchmarks/walk_limits.py, not assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rudel.navigation.follow import FollowLimits
    from rudel.navigation.types import Footprint
    from rudel.robots.spec import RobotSpec


@dataclass(frozen=True)
class WalkLimits:
    """Ground that a policy crosses safely, and the speeds that it keeps its balance and its heading at.

    Attributes:
        max_step_m: highest step.
        max_slope_rad: steepest slope.
        max_roughness_m: root mean square of the ground's unevenness.
        vx_mps, vy_mps, wz_radps: largest commands for navigation.
    """

    max_step_m: float
    max_slope_rad: float
    max_roughness_m: float
    vx_mps: float = 0.7
    vy_mps: float = 0.25
    wz_radps: float = 0.8


# Eight trials each, other phases and angles: kerbs 2 cm 8 of 8, 3 cm 4, 4 cm none (its feet swing 3.5 cm high); random
# ground 1.5 cm 8 of 8, 2 cm 5, 2.5 cm none. Slopes of 14 degrees are walked straight up and down 8 of 8 times, 17
# degrees never; but steps to the side, turns and stops, as going round and arriving need them, are survived at 6
# degrees 8 of 8 times, at 8 degrees 5, at 10 degrees never: that is what counts. The step is a quarter over what was
# always crossed, since a map rounds it up. Told 0.7, 0.85 and 1.0 m/s it walks at 0.77, 0.92 and 1.07, stands after
# 0.14, 0.21, 0.31 m, and crosses kerbs of 2 cm, slopes of 6 degrees (6 of 6 each) and ground of 1.5 cm (3, 3, 5 of 6).
# The walk for rough ground: kerbs 2, 3, 5 and 7 cm 8 of 8 each; random ground 1, 1.5 and 2 cm 8 of 8, 3 cm 5. Slopes of
# 14 and 20 degrees 8 of 8 straight; steps to all sides, turns and stops 8 of 8 at 14 degrees, the steepest that was
# tried. It is sent over no more than the one before it was, which crossed 2 cm and 1 cm always, until rides say that
# more is safe: docs/decisions/0013-navigate.md tells what came of that on hills and in rubble.
LIMITS: Mapping[str, WalkLimits] = MappingProxyType(
    {
        "lite3/walk": WalkLimits(0.025, math.radians(6.0), 0.015, 1.0, 0.3, 1.0),
        "lite3/rough": WalkLimits(0.025, math.radians(14.0), 0.015, 0.8, 0.3, 1.0),
    }
)
CAREFUL = WalkLimits(0.02, math.radians(4.0), 0.01, 0.5, 0.2, 0.6)  # a policy that nobody has measured


def limits_of(policy: str) -> WalkLimits:
    """Of a shipped policy by its name ("lite3/walk" or "walk"), CAREFUL for others."""
    named = {name: limits for name, limits in LIMITS.items() if policy in (name, name.partition("/")[2])}
    return next(iter(named.values()), CAREFUL)


def footprint(spec: RobotSpec, limits: WalkLimits) -> Footprint:
    """The room that a robot takes when it walks, from its model, with the ground that its policy does."""
    from rudel.navigation.types import Footprint
    from rudel.sim.robot_size import robot_size

    size = robot_size(spec, limits.max_step_m, limits.max_slope_rad)
    return Footprint(
        size.length_m, size.width_m, size.height_m, limits.max_step_m, limits.max_slope_rad, limits.max_roughness_m
    )


def follow_limits(limits: WalkLimits, max_twist: tuple[float, float, float]) -> FollowLimits:
    """Speeds for local control: those of the limits, within what the policy was trained for."""
    from rudel.navigation.follow import FollowLimits

    wanted = FollowLimits(vx_mps=limits.vx_mps, vy_mps=limits.vy_mps, wz_radps=limits.wz_radps)
    return wanted.within(max_twist)
