"""Rides of the navigation benchmark, drawn from a seed: place, start, goal, crates and what breaks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rudel.cli import _stack, _stack_world
from rudel.cli._stack_options import DIFFICULTY, POLICY
from rudel.cli._stack_world import Site
from rudel.core.errors import BadInput
from rudel.navigation.plan import Planner, reachable
from rudel.navigation.types import XY, Route
from rudel.sim.senses.fault import KINDS, Fault
from rudel.worlds.place import World

PLACES = ("tunnel", "plant", "rubble", "outdoors")
VARIANTS = 2  # seeds of a place: building its maps takes longer than most rides
WAY_M = (4.0, 20.0)  # of the shortest way
MOST_CRATES, FAULT_SHARE, FAULT_S = 3, 0.35, (0.8, 2.5)
LIMIT_S, LIMIT_PER_M = 60.0, 10.0
TRIES = 300
_STREAM = 71  # keeps these draws apart from those of places and noise


@dataclass(frozen=True, eq=False)
class Scenario:
    """One ride.

    Attributes:
        seed: that it was drawn from.
        world_name, place_seed: the place.
        start: x, y [m], yaw [rad].
        goal: xy [m].
        shortest_m: shortest way on the map.
        world: the place with crates that the map does not know.
        crates: how many.
        ride: noise, faults, limit.
    """

    seed: int
    world_name: str
    place_seed: int
    start: tuple[float, float, float]
    goal: XY
    shortest_m: float
    world: World
    crates: int
    ride: _stack.Ride


def place_of(seed: int, places: Sequence[str]) -> tuple[str, int]:
    """Which place, and its own seed: places take turns."""
    return places[seed % len(places)], seed // len(places) % VARIANTS


def site_of(seed: int, places: Sequence[str], policy: str = POLICY) -> Site:
    """The place of a ride, with its maps."""
    name, place_seed = place_of(seed, places)
    return _stack_world.open_site(name, DIFFICULTY, place_seed, policy)


def draw(seed: int, places: Sequence[str], site: Site) -> Scenario:
    """The ride of ``seed``; ``site`` is what ``site_of`` gives for it."""
    rng = np.random.default_rng([seed, _STREAM])
    start, goal, shortest_m = _ends(site, rng)
    wanted = int(rng.integers(MOST_CRATES + 1))
    world = _stack_world.with_crates(site, wanted, [goal], rng, start[:2])
    limit_s = LIMIT_S + LIMIT_PER_M * shortest_m
    ride = _stack.Ride(seed, limit_s, faults=_faults(rng, shortest_m), start=start)
    name, place_seed = place_of(seed, places)
    crates = len(world.shapes) - len(site.world.shapes)
    return Scenario(seed, name, place_seed, start, goal, shortest_m, world, crates, ride)


def _ends(site: Site, rng: np.random.Generator) -> tuple[tuple[float, float, float], XY, float]:
    """Start, goal and the length of the way between them: both on ground that the place's own start is connected to."""
    costs = site.costs
    free = reachable(costs, site.start) & (costs.clearance_m > site.footprint.circumscribed_m + 0.1)
    j, i = np.nonzero(free)
    for _ in range(TRIES if len(j) else 0):
        a, b = rng.integers(len(j), size=2).tolist()
        ends = [
            (
                costs.origin[0] + (int(i[k]) + 0.5) * costs.resolution_m,
                costs.origin[1] + (int(j[k]) + 0.5) * costs.resolution_m,
            )
            for k in (a, b)
        ]
        if math.dist(*ends) > WAY_M[1]:
            continue
        route = Planner().plan(costs, *ends)
        if isinstance(route, Route) and WAY_M[0] <= route.length_m <= WAY_M[1]:
            return (*ends[0], float(rng.uniform(-math.pi, math.pi))), ends[1], route.length_m
    raise BadInput(
        f"{site.world.name!r} has no two places {WAY_M[0]:g} to {WAY_M[1]:g} m apart on ground for this robot"
    )


def _faults(rng: np.random.Generator, way_m: float) -> dict[str, tuple[Fault, ...]]:
    """Sometimes a sense breaks for a while on the way, and comes back."""
    broken, sense = rng.random() < FAULT_SHARE, str(rng.choice(_stack.SENSES))
    kind, start_s = str(rng.choice(KINDS)), 2.0 + float(rng.uniform(2.0, 2.0 + 2.0 * way_m))
    end_s = start_s + float(rng.uniform(*FAULT_S))
    return {sense: (Fault(kind, start_s, end_s),)} if broken else {}
