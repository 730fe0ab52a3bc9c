"""A place to navigate in, as it is and as the robot's maps have it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from rudel import robots, worlds
from rudel.cli import _policies, _stack_limits, _stack_map
from rudel.cli._stack_options import AUTO
from rudel.core.errors import BadInput
from rudel.locomotion import deploy, policy
from rudel.locomotion.held import Held
from rudel.locomotion.policy import Policy
from rudel.navigation.localise import PointMap
from rudel.navigation.map import GridMap, costs_of
from rudel.navigation.plan import Planner, reachable
from rudel.navigation.types import XY, Costs, Footprint, NoRoute, Route
from rudel.robots.spec import RobotSpec
from rudel.sim.robot_size import robot_size
from rudel.worlds.place import Box, World

MORE = 1.25  # a policy that walks less well on level ground has to get to so much more
CRATE_HALF_M = (0.15, 0.3)  # half edges of a crate, from and to
CRATE_HEIGHT_M = (0.35, 0.8)
CRATE_FREE_M = 1.6  # from start and goal
CRATE_TRIES = 200
SWAY_M = 0.05  # on either side: what local control keeps from obstacles, and half a cell


@dataclass(frozen=True, eq=False)
class Site:
    """A world, a robot, and the maps that the robot gets.

    Attributes:
        world: as it was surveyed.
        spec, policy_name, walk: the robot and how it walks.
        limits: ground and speeds of that policy.
        footprint: of the robot.
        room: the same, a little wider: what a way is planned for, so that following it has room to sway.
        grid, costs: the static map, and what it costs this robot.
        points: to localise in; None: the robot knows no map (it explores).
        get_up: what brings the robot back onto its feet when it fell, or None.
    """

    world: World
    spec: RobotSpec
    policy_name: str
    walk: Policy
    limits: _stack_limits.WalkLimits
    footprint: Footprint
    room: Footprint
    grid: GridMap
    costs: Costs
    points: PointMap | None
    get_up: Held | None = None

    @property
    def start(self) -> XY:
        x, y = self.world.spawn
        return float(x), float(y)

    def way(self, goal: XY, start: XY | None = None) -> Route:
        """The way from the start on the static map.

        Raises:
            BadInput: there is none; the message names the nearest point that can be reached.
        """
        found = Planner().plan(self.costs, self.start if start is None else start, goal)
        if isinstance(found, NoRoute):
            raise BadInput(f"no way in {self.world.name!r}: {found.message}")
        return found


def open_site(name: str, difficulty: float, seed: int, policy_name: str, *, mapped: bool = True) -> Site:
    """A built-in place or the folder of a world, with maps for the robot that the policy is for."""
    rng = np.random.default_rng(seed)
    (map_rng,) = rng.spawn(1)
    world = worlds.open_place(name, difficulty, rng)  # the one that rudel world show draws
    return make_site(world, policy_name, map_rng, mapped=mapped)


def make_site(world: World, policy_name: str, rng: np.random.Generator, *, mapped: bool = True) -> Site:
    """Maps of ``world`` for the robot that a policy is for; not ``mapped``: it gets none.

    ``policy_name`` AUTO is the first one whose limits are known, or one that gets to much more of the world.
    """
    if policy_name != AUTO:
        policy.load(_policies.resolve(policy_name))  # a name that is wrong is told before maps are made
    grid, layers = _stack_map.grid_of(world)
    ground = _suited(world, grid) if policy_name == AUTO else _Ground(policy_name, grid)
    spec, walk = ground.spec, ground.walk
    # the survey goes wherever a robot of this size could, however steep: its scanner is carried
    surveyor = robot_size(spec, 0.3, math.radians(40.0))
    points = _stack_map.points_of(world, layers, surveyor, rng) if mapped else None
    get_up = _policies.getup(spec.name, walk.contract.period_s)
    limits, footprint, room = ground.limits, ground.footprint, ground.room
    return Site(world, spec, ground.name, walk, limits, footprint, room, grid, ground.costs, points, get_up)


class _Ground:
    """A map for one policy: the robot that it is for, and what its ground costs that."""

    def __init__(self, name: str, grid: GridMap) -> None:
        self.name, self.walk = name, policy.load(_policies.resolve(name))
        self.spec = robots.load(self.walk.contract.robot)
        deploy.check_robot(self.walk.contract, self.spec)
        self.limits = _stack_limits.limits_of(name)
        self.footprint = _stack_limits.footprint(self.spec, self.limits)
        self.room = dataclasses.replace(self.footprint, width_m=self.footprint.width_m + 2 * SWAY_M)
        self.costs = costs_of(grid, self.room)


def _suited(world: World, grid: GridMap) -> _Ground:
    """The ground of the first policy, or of one that reaches MORE times as much from the start."""
    best, *others = (_Ground(name, grid) for name in _stack_limits.LIMITS)
    x, y = world.spawn
    reached = int(reachable(best.costs, (float(x), float(y))).sum())
    for other in others:
        cells = int(reachable(other.costs, (float(x), float(y))).sum())
        if cells > MORE * reached:
            best, reached = other, cells
    return best


def with_crates(site: Site, count: int, goals: list[XY], rng: np.random.Generator, start: XY | None = None) -> World:
    """The world with crates on the ground that no map shows, near the way to the goals; a way past them remains.

    Fewer are put where there is no room for more.
    """
    world, costs = site.world, site.costs
    start = start or site.start
    crates: list[Box] = []
    for goal in goals[:1] if count else []:
        route = site.way(goal, start)
        for _ in range(CRATE_TRIES):
            if len(crates) == count:
                break
            crate = _crate(site, route, [start, *goals], rng)
            if crate is None:
                continue
            tried = _blocked_by(costs, [*crates, crate], site.footprint)
            if not isinstance(Planner().plan(tried, start, goal), NoRoute):
                crates.append(crate)
    return dataclasses.replace(world, shapes=(*world.shapes, *crates)) if crates else world


def _crate(site: Site, route: Route, spared: list[XY], rng: np.random.Generator) -> Box | None:
    """A crate beside a random point of the route; None where it would stand near one of the places to spare."""
    at = route.points[int(rng.integers(len(route.points)))]
    x, y = (at + rng.normal(0.0, 0.35, 2)).tolist()
    if any(math.dist((x, y), other) < CRATE_FREE_M for other in spared):
        return None
    half = rng.uniform(*CRATE_HALF_M, 2).tolist()
    height = float(rng.uniform(*CRATE_HEIGHT_M))
    turn = float(rng.uniform(0, math.pi / 2))
    ground = float(site.world.height(np.array([x, y])))
    if not math.isfinite(ground):
        return None
    quat = (math.cos(turn / 2), 0.0, 0.0, math.sin(turn / 2))
    return Box((x, y, ground + height / 2 - 0.02), (half[0], half[1], height / 2), quat)


def _blocked_by(costs: Costs, crates: list[Box], footprint: Footprint) -> Costs:
    """``costs`` with round crates, a little larger than they are: whether there is a way past them."""
    from rudel.navigation.follow import Marks

    marks = Marks(footprint.circumscribed_m + 0.1)
    for crate in crates:
        marks.add((crate.centre[0], crate.centre[1]), math.hypot(*crate.half[:2]), 0.0)
    return marks.over(costs)
