"""A taught round: points that a robot was driven along, as a small JSON file that people can read and change."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rudel.core.errors import BadInput
from rudel.navigation.pilot.order import Goal
from rudel.navigation.types import XY, Estimate

KEY, VERSION = "rudel_round", 1
SPACING_M, BEND_RAD = 1.0, math.radians(25.0)  # a point at least this often, and where the way bends
PASS_M = 0.4  # a point without a stop counts as reached from there on
MOST_POINTS, LARGEST_M = 100_000, 1e6


@dataclass(frozen=True)
class RoundPoint:
    """A point of a round: xy in the map [m]; ``stop``: stand there, facing ``yaw`` [rad] (None: any way)."""

    xy: XY
    yaw: float | None = None
    stop: bool = False


@dataclass(frozen=True)
class Round:
    """A round through a place.

    Attributes:
        name: for people.
        world: the place that it was taught in, as ``--world`` takes it; "" where that is not known.
        points: in order, one at least.
    """

    name: str
    points: tuple[RoundPoint, ...]
    world: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.points) <= MOST_POINTS:
            raise BadInput(f"round {self.name!r} has {len(self.points)} points, needs 1 to {MOST_POINTS}")

    @property
    def length_m(self) -> float:
        """From point to point [m]."""
        return sum(math.dist(a.xy, b.xy) for a, b in zip(self.points, self.points[1:], strict=False))

    def goals(self) -> list[Goal]:
        """What to drive to, in order; the last point is always stopped at."""
        last = len(self.points) - 1
        return [Goal(p.xy, p.yaw, None if p.stop or k == last else PASS_M) for k, p in enumerate(self.points)]

    def save(self, path: Path) -> None:
        """Write it."""
        points = [{"xy": list(p.xy), "yaw": p.yaw, "stop": p.stop} for p in self.points]
        content = {KEY: VERSION, "name": self.name, "world": self.world, "points": points}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Round:
        """Read one.

        Raises:
            BadInput: no such file, or it is no round; the message says where.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise BadInput(f"there is no round {path}: rudel teach makes one") from error
        except (ValueError, OSError, RecursionError) as error:
            raise BadInput(f"{path} is no round: {error}") from error
        return parse(content, str(path))


def parse(content: Any, source: str) -> Round:
    """A round from what JSON holds; BadInput says what is wrong in ``source``."""
    if not isinstance(content, dict) or content.get(KEY) != VERSION:
        raise BadInput(f"{source} is no round: it must be an object with {KEY!r}: {VERSION}")
    unknown = sorted(set(content) - {KEY, "name", "world", "points"})
    if unknown:
        raise BadInput(f"{source} has unknown keys: {', '.join(unknown)}; known: {KEY}, name, world, points")
    name, world, points = content.get("name", ""), content.get("world", ""), content.get("points")
    if not (isinstance(name, str) and isinstance(world, str)):
        raise BadInput(f"{source}: name and world must be texts")
    if not isinstance(points, list):
        raise BadInput(f"{source}: points must be a list")
    return Round(name, tuple(_point(point, f"{source}, point {k}") for k, point in enumerate(points)), world)


def _point(value: Any, where: str) -> RoundPoint:
    if not isinstance(value, dict) or not {"xy"} <= set(value) <= {"xy", "yaw", "stop"}:
        raise BadInput(f"{where}: must be an object with xy, and perhaps yaw and stop")
    xy, yaw, stop = value["xy"], value.get("yaw"), value.get("stop", False)
    if not (isinstance(xy, list) and len(xy) == 2 and all(map(_number, xy))):
        raise BadInput(f"{where}: xy is {xy!r}, needs two numbers [m]")
    if yaw is not None and not _number(yaw):
        raise BadInput(f"{where}: yaw is {yaw!r}, needs a number [rad] or null")
    if not isinstance(stop, bool):
        raise BadInput(f"{where}: stop is {stop!r}, needs true or false")
    return RoundPoint((float(xy[0]), float(xy[1])), None if yaw is None else float(yaw), stop)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_M


class Teacher:
    """Makes a round of a way that the robot is driven along."""

    def __init__(self) -> None:
        self._points: list[RoundPoint] = []
        self._here: tuple[XY, float] | None = None

    def note(self, estimate: Estimate) -> None:
        """The robot is here; keeps a point every metre and at bends. An estimate that is not known is left out."""
        if not estimate.known or not all(map(math.isfinite, (*estimate.xy, estimate.yaw))):
            return
        self._here = estimate.xy, estimate.yaw
        if not self._points:
            self._points.append(RoundPoint(estimate.xy))
            return
        last = self._points[-1].xy
        away = math.dist(last, estimate.xy)
        bent = False
        if len(self._points) > 1 and away > SPACING_M / 3:
            before = self._points[-2].xy
            came, goes = (math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in ((before, last), (last, estimate.xy)))
            bent = abs(math.remainder(goes - came, 2 * math.pi)) > BEND_RAD
        if away > SPACING_M or bent:
            self._points.append(RoundPoint(estimate.xy))

    def stop_here(self) -> None:
        """The round stops where the robot is now, facing as it does."""
        if self._here is None:
            raise BadInput("a stop was to be taught before the robot knew where it was")
        xy, yaw = self._here
        if self._points and math.dist(self._points[-1].xy, xy) < SPACING_M / 3:
            self._points[-1] = replace(self._points[-1], xy=xy, yaw=yaw, stop=True)
        else:
            self._points.append(RoundPoint(xy, yaw, stop=True))

    def round(self, name: str, world: str = "") -> Round:
        """What was taught."""
        if not self._points:
            raise BadInput("nothing was taught: the robot never knew where it was")
        return Round(name, tuple(self._points), world)
