"""A place as a mission knows it, made from a World and the robot's own map of it."""

from __future__ import annotations

import argparse
import inspect
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rudel import missions, worlds
from rudel.cli import _mission_register, _options, _patrol_senses, _stack_options, _stack_world
from rudel.cli._mission_spread import spread_over
from rudel.core import discovery
from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Target
from rudel.inspection.aiming import facing
from rudel.missions import Mission, SitePoint, Way, zones
from rudel.navigation.map import costs_of
from rudel.navigation.plan import Planner
from rudel.navigation.plan.planner import place
from rudel.navigation.plan.refusal import refuse
from rudel.navigation.types import XY, Costs, Route
from rudel.worlds.place import World
from rudel.worlds.place._values import Vec3

EXAMPLES = Path(missions.__file__).parent / "examples"
WORLD = "tunnel"  # of a mission that names none
TURN_M = 0.16  # beyond the circle around the robot, to turn on the spot: cells, noise of the live map, the pose's doubt
ASIDE_M = 0.5  # at most from where a thing is said to be seen best
NARROW_M = 0.1  # clearance beyond the room that the robot takes, below which a passage is worth a warning


def add_arguments(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Which mission (``default``: where none is named), where, for which robot; left out: as the mission file says."""
    add = parser.add_argument
    told = "a mission file, or the name of one that rudel brings (rudel mission list)"
    if default is None:
        add("file", metavar="FILE", help=told)
    else:
        add("file", metavar="MISSION", nargs="?", default=default, help=f"{told} (default: {default})")
    add("--world", metavar="NAME|DIR", help="a built-in place or a world's folder (default: as the mission says)")
    add("--difficulty", type=_options.difficulty, help="of a built-in place (default: as the mission says)")
    add("--seed", type=_options.whole(0, "--seed"), help="of a built-in place (default: as the mission says)")
    _stack_options.add_policy(parser)


def shipped() -> tuple[str, ...]:
    """Names of the missions that rudel brings."""
    return tuple(sorted(path.stem for path in EXAMPLES.glob("*.yaml")))


def path_of(name: str) -> Path:
    """The file of a mission: a path, or the name of a shipped one."""
    if name in shipped() and not Path(name).is_file():
        return EXAMPLES / f"{name}.yaml"
    if not Path(name).exists() and not name.endswith((".yaml", ".yml")) and "/" not in name:
        raise UnknownName("mission", name, [*shipped(), "FILE.yaml"])
    return Path(name)


def world_of(mission: Mission, name: str | None, difficulty: float | None, seed: int | None) -> tuple[World, int]:
    """The world that a mission is to be run in, and the seed that it was built with; what is None, the mission says.

    Raises:
        BadInput: no such world, or a parameter that its builder does not have.
    """
    own = mission.world
    place = name or (WORLD if own is None else str(own["name"]))
    asked: Mapping[str, Any] = own if own is not None and place == own["name"] else {}
    if seed is None:
        seed = int(asked.get("seed") or 0)
    if difficulty is None:
        stated = asked.get("difficulty")
        difficulty = _stack_options.DIFFICULTY if stated is None else float(stated)
    more: Mapping[str, Any] = asked.get("with") or {}
    rng = np.random.default_rng(seed)
    rng.spawn(1)  # maps take theirs first, as rudel goto does: the same seed is the same place
    if not more:
        return worlds.open_place(_found(place, mission), difficulty, rng), seed
    where = f"{mission.source}:{mission.values.at('world')}"
    if place not in worlds.place_names():
        raise BadInput(f"{where}: only built-in places take parameters, not {place!r}")
    known = list(inspect.signature(discovery.load(worlds.PLACES, place, kind="place").build).parameters)[2:]
    for key in more:
        if key not in known:
            raise UnknownName(f"parameter of {place} ({where})", key, known)
    try:
        return worlds.build_place(place, difficulty, rng, **more), seed
    except TypeError as error:  # a text where a number is needed, and the like
        raise BadInput(f"{where}: {place} cannot be built with {dict(more)}: {error}") from error


def _found(name: str, mission: Mission) -> str:
    """A world's folder may be given from where the mission file lies."""
    beside = Path(mission.source).parent / name
    return str(beside) if name not in worlds.place_names() and not Path(name).exists() and beside.exists() else name


def open_for(
    args: argparse.Namespace, mission: Mission, *, mapped: bool = False
) -> tuple[_stack_world.Site, missions.Site]:
    """The place of ``args``, as the robot's stack has it and as the mission knows it."""
    world, seed = world_of(mission, args.world, args.difficulty, args.seed)
    (map_rng,) = np.random.default_rng(seed).spawn(1)
    stack = _stack_world.make_site(world, args.policy, map_rng, mapped=mapped)
    return stack, site_of(stack, mission)


def site_of(stack: _stack_world.Site, mission: Mission | None = None) -> missions.Site:
    """What a mission has to know of a place; its keep-outs are closed on the map that ways are planned on."""
    world, grid = stack.world, stack.grid
    keep_out = () if mission is None else mission.keep_out
    costs = costs_of(zones.closed(grid, keep_out), stack.room) if keep_out else stack.costs
    ground = _Ground(costs, stack.start)
    heights = grid.elevation

    def point(name: str, xy: XY, yaw: float | None, **more: Any) -> SitePoint:
        (j, i), _ = costs.cell_of(np.array(xy))
        z = float(heights[j, i])
        return SitePoint(name, (float(xy[0]), float(xy[1])), yaw, z if math.isfinite(z) else 0.0, **more)

    rig = _patrol_senses.rig_of(stack.spec)
    points = {w.name: point(w.name, w.xy, w.yaw_rad, kind=w.kind) for w in world.points}
    for thing in world.things:
        view = thing.viewpoint
        if view is not None:
            register = _mission_register.expected(thing)
            xy = roomy(costs, stack.footprint.circumscribed_m + TURN_M, view.xy)
            yaw = view.yaw_rad if xy == view.xy else turned(view.yaw_rad, view.xy, xy, view.look_at)
            turn = facing(Target(thing.id, thing.kind, view.look_at, register), rig)
            heading, slack = (None, None) if turn == math.pi else (yaw, turn)  # the head turns where the body need not
            more = {"look_at": view.look_at, "kind": thing.kind, "expected": register, "turn_rad": slack}
            points[thing.id] = point(thing.id, xy, heading, **more)
    start = point("start", world.start.xy, world.start.yaw_rad, kind="start")
    # a robot starts from its charger, unless the world says where that is
    dock = next((p for p in points.values() if p.kind == "charge"), start)
    return missions.Site(
        world.name,
        points,
        world.routes,
        start,
        dock,
        ground.refusal,
        ground.way,
        lambda spacing_m, most: spread_over(costs, stack.room, stack.start, spacing_m, most, point),
        stack.limits.vx_mps,
        stack.room.inscribed_m + NARROW_M,
    )


def roomy(costs: Costs, free_m: float, xy: XY) -> XY:
    """The place nearest to xy, within ASIDE_M, with ``free_m`` to all obstacles, so that the robot can turn there.

    xy itself where there is none: it may be a niche.
    """
    (j, i), inside = costs.cell_of(np.array(xy))
    reach = math.ceil(ASIDE_M / costs.resolution_m)
    if not inside or costs.clearance_m[j, i] >= free_m:
        return xy
    j0, i0 = max(j - reach, 0), max(i - reach, 0)
    near = (slice(j0, j + reach + 1), slice(i0, i + reach + 1))
    good = np.argwhere((costs.clearance_m[near] >= free_m) & (costs.cost[near] < 1))
    if not len(good):
        return xy
    centres = (good[:, ::-1] + (i0, j0) + 0.5) * costs.resolution_m + np.array(costs.origin)
    away = np.linalg.norm(centres - np.array(xy), axis=1)
    k = int(away.argmin())
    x, y = centres[k].tolist()
    return (x, y) if away[k] <= ASIDE_M else xy


def turned(yaw: float, before: XY, now: XY, look_at: Vec3) -> float:
    """A heading that sees ``look_at`` at the same side of the robot from ``now`` as ``yaw`` did from ``before``."""
    was = math.atan2(look_at[1] - before[1], look_at[0] - before[0])
    seen = math.atan2(look_at[1] - now[1], look_at[0] - now[0])
    return math.remainder(yaw + seen - was, 2 * math.pi)


class _Ground:
    """Ways over one map, each planned once."""

    def __init__(self, costs: Costs, start: XY) -> None:
        self._costs, self._start, self._planner = costs, start, Planner()
        self._ways: dict[tuple[XY, XY], Way | None] = {}

    def refusal(self, xy: XY) -> str:
        """Why the robot cannot get there from the start; "" when it can."""
        ground = self._planner.ground(self._costs)
        found = refuse(ground, place(ground, self._start), self._start, xy)
        return "" if found is None else found.message.removeprefix("the goal ")

    def way(self, a: XY, b: XY) -> Way | None:
        """The way from a to b."""
        if (a, b) not in self._ways:
            found = self._planner.plan(self._costs, a, b)
            self._ways[a, b] = _way(found) if isinstance(found, Route) else None
        return self._ways[a, b]


def _way(route: Route) -> Way:
    lengths = np.linalg.norm(np.diff(route.points, axis=0), axis=1)
    share = np.ones(len(route.points)) if route.speed_share is None else route.speed_share
    slowed = float((lengths / np.minimum(share[:-1], share[1:])).sum()) if len(lengths) else 0.0
    points: Sequence[XY] = [(float(x), float(y)) for x, y in route.points]
    return Way(points, route.clearance_m.tolist(), route.length_m, slowed)
