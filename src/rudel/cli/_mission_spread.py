"""Places all over the ground that a robot can reach, in an order that is short to walk: for surveys without points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from rudel.missions import SitePoint
from rudel.navigation.plan import RouteGraph, distance_field, reachable
from rudel.navigation.types import XY, Costs, Footprint

MOST = 60  # more of them would take long to put in order
ROOM_M = 0.15  # beyond the circle around the robot: it turns there
COARSE = 5  # cells of the map to one of the distance field (PlanSpec.coarse)

MakePoint = Callable[..., SitePoint]


def spread_over(
    costs: Costs, room: Footprint, start: XY, spacing_m: float, most: int, point: MakePoint
) -> Sequence[SitePoint]:
    """At most ``most`` places, ``spacing_m`` apart at least, nearest to the start first, then put in a short round.

    Each looks towards the next one.
    """
    can = reachable(costs, start)
    wide = can & (costs.clearance_m > room.circumscribed_m + ROOM_M)
    j, i = np.nonzero(wide if wide.any() else can)
    if not len(j):
        return ()
    xy = np.array(costs.origin) + (np.stack((i, j), axis=1) + 0.5) * costs.resolution_m
    field = distance_field(costs, start)
    far = field[j // COARSE, i // COARSE]
    order = np.lexsort((i, j, np.round(far, 2)))
    chosen = _apart(xy[order][np.isfinite(far[order])], spacing_m, min(most, MOST))
    names = {f"place-{k:02d}": (float(x), float(y)) for k, (x, y) in enumerate(chosen, 1)}
    if not names:
        return ()
    visits = _in_order(costs, {"start": start, **names})
    after = [*(names[name] for name in visits[1:]), start]
    made = []
    for name, there in zip(visits, after, strict=True):
        here = names[name]
        made.append(point(name, here, math.atan2(there[1] - here[1], there[0] - here[0]), kind="place"))
    return tuple(made)


def _apart(xy: np.ndarray, spacing_m: float, most: int) -> list[np.ndarray]:
    """The first points (n, 2) that keep their distance from those chosen before."""
    chosen: list[np.ndarray] = []
    left = xy
    while len(left) and len(chosen) < most:
        chosen.append(left[0])
        left = left[((left - left[0]) ** 2).sum(axis=1) >= spacing_m**2]
    return chosen


def _in_order(costs: Costs, places: dict[str, XY]) -> list[str]:
    """Names without "start", in the order of a short round from there."""
    fields = {name: distance_field(costs, xy) for name, xy in places.items()}
    ways: dict[tuple[str, str], float] = {}
    for a, b in itertools.combinations(sorted(places), 2):
        (j, i), _ = costs.cell_of(np.array(places[b]))
        price = float(fields[a][j // COARSE, i // COARSE])
        if math.isfinite(price):
            ways[a, b] = price
    order, _ = RouteGraph(places, ways).round(places, "start")
    price = {name: ways["start", name] if name > "start" else ways[name, "start"] for name in {order[1], order[-2]}}
    return order[1:-1] if price[order[1]] <= price[order[-2]] else order[-2:0:-1]  # the nearer end first
