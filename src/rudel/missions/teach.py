"""A mission of a round that a robot was driven along: what it stopped at becomes steps, the way it took is kept."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rudel.missions.mission import KEY, VERSION
from rudel.missions.site import Site, SitePoint
from rudel.navigation.pilot import Round, RoundPoint
from rudel.navigation.types import XY

NEAR_M, TURNED_RAD = 1.2, math.radians(40.0)  # of a thing's own viewpoint: then the stop was meant for that thing
DETOUR, DETOUR_M = 1.25, 2.0  # the way that was driven is so much longer than the planned one: it was driven on purpose
VIA_M = 4.0  # between the points that keep the robot on such a way


@dataclass(frozen=True)
class Taught:
    """What a round comes to: points of its own, steps in order, and a remark on each step ("" for none)."""

    points: Mapping[str, Mapping[str, Any]]
    steps: tuple[Mapping[str, Any], ...]
    remarks: tuple[str, ...]


def learn(driven: Round, site: Site | None, prefix: str = "stop") -> Taught:
    """Points and steps of a driven round.

    Args:
        driven: pose trail with stops.
        site: the place, so that stops before known things become inspections of them; None: all become photos.
        prefix: of the names of new points.
    """
    points: dict[str, dict[str, Any]] = {}
    steps: list[dict[str, Any]] = []
    remarks: list[str] = []
    trail: list[XY] = []
    last_stop: XY | None = driven.points[0].xy if driven.points else None
    for k, point in enumerate(driven.points):
        trail.append(point.xy)
        if not point.stop:
            continue
        via = _via(trail, last_stop, point.xy, site)
        if via:
            steps.append({"goto": {"points": [{"x": x, "y": y} for x, y in via], "tolerance_m": 0.6}})
            remarks.append("driven another way than the shortest; leave it out to let the robot choose")
        thing = _meant(point, site)
        if thing is not None:
            steps.append({"inspect": thing.name})
            remarks.append(f"{thing.kind}, {math.dist(thing.xy, point.xy):.1f} m from where it was taught")
        else:
            name = f"{prefix}-{len(points) + 1:02d}"
            points[name] = {"x": _round(point.xy[0]), "y": _round(point.xy[1])}
            if point.yaw is not None:
                points[name]["yaw_deg"] = round(math.degrees(point.yaw), 1)
            steps.append({"photo": name})
            remarks.append(f"point {k + 1} of the round")
        trail, last_stop = [point.xy], point.xy
    if not steps:  # nothing was marked: walk it
        end = driven.points[-1]
        steps.append({"goto": {"points": [{"x": x, "y": y} for x, y in _thinned([p.xy for p in driven.points])]}})
        remarks.append(f"no stop was taught; it ends at ({end.xy[0]:.1f}, {end.xy[1]:.1f})")
    return Taught(points, tuple(steps), tuple(remarks))


def written(taught: Taught, name: str, world: str, source: str) -> str:
    """A mission file with comments, ready to be changed by hand."""
    lines = [
        f"# Made of {source} by rudel mission teach. Change it as you like; rudel mission check says what is wrong.",
        f"{KEY}: {VERSION}",
        f"name: {_quoted(name)}",
        *([f"world: {_quoted(world)}"] if world else []),
        "battery: {reserve: 15}  # percent that must be left when it is home",
        "return: start           # or dock, stay, or a point",
        "defaults:",
        "  retries: 1            # at once, when a step fails",
        "  on_failure: skip      # then: skip, retry (once more at the end), return, stop",
    ]
    if taught.points:
        lines += ["points:  # [m], [degrees]; give look_at: [x, y, z] where something particular is to be seen"]
        lines += [f"  {key}: {_flow(point)}" for key, point in taught.points.items()]
    lines += ["steps:"]
    for step, remark in zip(taught.steps, taught.remarks, strict=True):
        lines.append(f"  - {_flow(step)[1:-1]}" + (f"  # {remark}" if remark else ""))
    return "\n".join(lines) + "\n"


def _via(trail: list[XY], start: XY | None, stop: XY, site: Site | None) -> list[XY]:
    """Points on the driven way, when it was not the one that would be planned."""
    way = None if site is None or start is None else site.way(start, stop)
    if way is None or start is None or math.dist(start, stop) == 0:
        return []
    driven_m = sum(math.dist(a, b) for a, b in itertools.pairwise(trail))
    if driven_m < DETOUR * way.length_m + DETOUR_M:
        return []
    return [] if site is None else [xy for xy in _thinned(trail)[1:-1] if not site.refusal(xy)]


def _thinned(trail: list[XY]) -> list[XY]:
    kept = trail[:1]
    for xy in trail[1:-1]:
        if math.dist(kept[-1], xy) >= VIA_M:
            kept.append(xy)
    return [(_round(x), _round(y)) for x, y in [*kept, *trail[1:][-1:]]]


def _meant(stop: RoundPoint, site: Site | None) -> SitePoint | None:
    """The thing whose viewpoint is nearest to a stop that faces as it does."""
    near = [] if site is None else [
        (math.dist(p.xy, stop.xy), p.name, p) for p in site.points.values()
        if p.look_at is not None and math.dist(p.xy, stop.xy) <= NEAR_M
        and (stop.yaw is None or p.yaw is None or abs(math.remainder(p.yaw - stop.yaw, 2 * math.pi)) <= TURNED_RAD)
    ]  # fmt: skip
    return min(near)[2] if near else None


def _round(value: float) -> float:
    return round(float(value), 2)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _flow(value: Any) -> str:
    """YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _quoted(value) if isinstance(value, str) and not value.replace("-", "").isalnum() else str(value)
