"""What a mission has to know of a place: named points, zones and ways; no simulator and no world file behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rudel.core.findings import XYZ
from rudel.navigation.types import XY

GAZE_M, GAZE_HEIGHT_M = 1.5, 0.4  # what one looks at where nobody has said: so far ahead, so high above the ground
NO_PLAIN: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class SitePoint:
    """A place with a name, where a robot can stand.

    Attributes:
        name: unique in the site.
        xy: where the base stands [m].
        yaw: heading [rad]; None: any.
        z: height of the ground there [m].
        look_at: what belongs in the middle of the picture [m]; None: there is nothing particular.
        kind: of the thing that is seen from there (dial_gauge, valve, ...), "point" or "place" where there is none.
        expected: what the site's register says about it (limits, unit, label), as Target.expected has it.
        turn_rad: how far off the heading may be for what is looked at there; None: as usual.
    """

    name: str
    xy: XY
    yaw: float | None = None
    z: float = 0.0
    look_at: XYZ | None = None
    kind: str = "point"
    expected: Mapping[str, Any] = field(default_factory=lambda: NO_PLAIN)
    turn_rad: float | None = None

    @property
    def gaze(self) -> XYZ:
        """What to look at: ``look_at``, or straight ahead."""
        if self.look_at is not None:
            return self.look_at
        yaw = self.yaw or 0.0
        x, y = self.xy
        return x + GAZE_M * math.cos(yaw), y + GAZE_M * math.sin(yaw), self.z + GAZE_HEIGHT_M


@dataclass(frozen=True, eq=False)
class Way:
    """A way between two places.

    Attributes:
        points: (x, y) along it [m].
        clearance_m: to the nearest obstacle at each of them [m].
        length_m: of the way.
        slowed_m: length over the share of the top speed that the ground allows, summed: divided by the robot's top
            speed this is the time that it takes.
    """

    points: Sequence[XY]
    clearance_m: Sequence[float]
    length_m: float
    slowed_m: float

    def seconds(self, speed_mps: float) -> float:
        """How long a robot with that top speed takes."""
        return self.slowed_m / speed_mps


@dataclass(frozen=True, eq=False)
class Site:
    """A place for one robot.

    Attributes:
        name: of the world.
        points: by name; among them things, by their ids.
        routes: name -> names of points, in order.
        start: where the robot begins.
        dock: where it stands before it docks; None: there is no charger.
        refusal: (xy) -> "" where the robot can get to from the start, otherwise why not and which point is nearest.
        way: (from, to) -> the way, or None; the same question gives the same answer.
        spread: (spacing_m, most) -> places all over the ground that can be reached, in a walkable order.
        speed_mps: top speed of the robot.
        narrow_m: clearance below which a passage is worth a warning [m].
    """

    name: str
    points: Mapping[str, SitePoint]
    routes: Mapping[str, tuple[str, ...]]
    start: SitePoint
    dock: SitePoint | None
    refusal: Callable[[XY], str]
    way: Callable[[XY, XY], Way | None]
    spread: Callable[[float, int], Sequence[SitePoint]] = lambda spacing_m, most: ()
    speed_mps: float = 0.7
    narrow_m: float = 0.35

    def route_length(self, a: XY, b: XY) -> float:
        """Length of the way from a to b [m]; inf: there is none."""
        found = self.way(a, b)
        return math.inf if found is None else found.length_m
