"""What the pilot orders, and how a task came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rudel.core.types import Twist
from rudel.navigation.types import XY

Posture = Literal["walk", "sit", "get_up"]


@dataclass(frozen=True)
class Order:
    """To the legs: "walk" with a twist (zero: stand), "sit" down and stay, or "get_up" after a fall."""

    posture: Posture = "walk"
    twist: Twist = field(default_factory=Twist)


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        success: did it do what was wanted?
        reason: "arrived", "explored", "home", "repeated"; or why not: "unreachable", "blocked", "unknown", "outside",
            "keep_out", "start_blocked", "stuck", "lost", "fallen", "sensor", "timeout", "legs", "stopped".
        message: for people.
        nearest: reachable point nearest to the goal, where that is known [m].
    """

    success: bool
    reason: str
    message: str = ""
    nearest: XY | None = None


@dataclass(frozen=True)
class Goal:
    """Where to go: xy in the map [m], the heading to have there [rad] (None: any).

    ``pass_m``: a point on the way counts as reached from this distance on; None: it is arrived at and stopped on.
    ``checked``: there is a way on the map; where the first scans say otherwise, the robot goes near and looks again.
    ``arrive_m``, ``arrive_rad``: how near counts as there; None: as near as local control can (FollowLimits).
    """

    xy: XY
    yaw: float | None = None
    pass_m: float | None = None
    checked: bool = False
    arrive_m: float | None = None
    arrive_rad: float | None = None
