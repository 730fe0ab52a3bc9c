"""A graph of ways between places that a robot goes to again and again, and short rounds over it."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rudel.core.errors import BadInput, UnknownName
from rudel.navigation.plan.planner import Planner
from rudel.navigation.types import XY, Costs, Route

EXACT = 10  # places up to which the shortest round is found for certain


@dataclass(frozen=True)
class RouteGraph:
    """Places and ways between them, walked in both directions.

    Attributes:
        places: name -> (x, y) [m].
        ways: (name, name) in alphabetical order -> total cost [m].
        routes: as ``ways``, the routes themselves, from the first to the second; a taught graph may lack them.
    """

    places: Mapping[str, XY]
    ways: Mapping[tuple[str, str], float]
    routes: Mapping[tuple[str, str], Route] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for (a, b), cost in self.ways.items():
            for name in (a, b):
                if name not in self.places:
                    raise UnknownName("place", name, self.places)
            if not a < b:
                raise BadInput(f"the way {a!r} to {b!r} needs its two places in alphabetical order")
            if not (math.isfinite(cost) and cost >= 0):
                raise BadInput(f"the way {a!r} to {b!r} costs {cost}, must be a number >= 0")

    @classmethod
    def between(cls, planner: Planner, costs: Costs, places: Mapping[str, XY]) -> RouteGraph:
        """All ways between places that there are on ``costs``."""
        routes: dict[tuple[str, str], Route] = {}
        for a, b in itertools.combinations(sorted(places), 2):
            found = planner.plan(costs, places[a], places[b])
            if isinstance(found, Route):
                routes[a, b] = found
        return cls(dict(places), {key: route.total_cost for key, route in routes.items()}, routes)

    def shortest(self, start: str, goal: str) -> tuple[list[str], float]:
        """Places on the cheapest way from start to goal, both included, and its cost [m]; [] and inf: there is none.

        Raises:
            UnknownName: no such place.
        """
        before, best = self._from(start)
        if goal not in self.places:
            raise UnknownName("place", goal, self.places)
        if goal not in best:
            return [], math.inf
        way = [goal]
        while way[-1] != start:
            way.append(before[way[-1]])
        return way[::-1], best[goal]

    def _from(self, start: str) -> tuple[dict[str, str], dict[str, float]]:
        if start not in self.places:
            raise UnknownName("place", start, self.places)
        beside: dict[str, list[tuple[str, float]]] = {name: [] for name in self.places}
        for (a, b), cost in self.ways.items():
            beside[a].append((b, cost))
            beside[b].append((a, cost))
        best, before, queue = {start: 0.0}, dict[str, str](), [(0.0, start)]
        while queue:
            cost, name = heapq.heappop(queue)
            if cost > best[name]:
                continue
            for other, way in beside[name]:
                if cost + way < best.get(other, math.inf):
                    best[other], before[other] = cost + way, name
                    heapq.heappush(queue, (cost + way, other))
        return before, best

    def round(self, stops: Iterable[str], start: str) -> tuple[list[str], float]:
        """Order in which to visit all stops from start and come back, and what it costs [m].

        For certain the shortest with up to EXACT stops; with more of them, one that no reversal of a part and no
        moving of a stop makes shorter.

        Raises:
            UnknownName: no such place.
            BadInput: a stop that no way leads to.
        """
        names = [start, *sorted(set(stops) - {start})]
        for name in names:
            if name not in self.places:
                raise UnknownName("place", name, self.places)
        price = {}
        for name in names:
            _, best = self._from(name)
            for other in names:
                if other not in best:
                    raise BadInput(f"no way leads from {name!r} to {other!r}: leave one of them out")
                price[name, other] = best[other]
        order = _exact(names, price) if len(names) - 1 <= EXACT else _improved(_nearest_first(names, price), price)
        return [*order, start], _cost([*order, start], price)


Price = Mapping[tuple[str, str], float]


def _cost(order: Sequence[str], price: Price) -> float:
    return sum(price[a, b] for a, b in itertools.pairwise(order))


def _exact(names: Sequence[str], price: Price) -> list[str]:
    """Held and Karp 1962."""
    start, stops = names[0], names[1:]
    if not stops:
        return [start]
    best: dict[tuple[int, int], tuple[float, int]] = {(1 << k, k): (price[start, s], -1) for k, s in enumerate(stops)}
    for size in range(2, len(stops) + 1):
        for chosen in itertools.combinations(range(len(stops)), size):
            mask = sum(1 << k for k in chosen)
            for last in chosen:
                rest = mask ^ (1 << last)
                options = ((best[rest, k][0] + price[stops[k], stops[last]], k) for k in chosen if k != last)
                best[mask, last] = min(options)
    mask = (1 << len(stops)) - 1
    last = min(range(len(stops)), key=lambda k: (best[mask, k][0] + price[stops[k], start], k))
    order: list[str] = []
    while last >= 0:
        order.append(stops[last])
        mask, last = mask ^ (1 << last), best[mask, last][1]
    return [start, *reversed(order)]


def _nearest_first(names: Sequence[str], price: Price) -> list[str]:
    order, left = [names[0]], set(names[1:])
    while left:
        order.append(min(left, key=lambda name: (price[order[-1], name], name)))
        left.remove(order[-1])
    return order


def _improved(order: list[str], price: Price) -> list[str]:
    start, best = order[0], _cost([*order, order[0]], price)
    better = True
    while better:
        better = False
        for i, j in itertools.combinations(range(1, len(order) + 1), 2):
            moved = order[:i] + order[i + 1 : j] + [order[i]] + order[j:]
            for other in (order[:i] + order[i:j][::-1] + order[j:], moved):
                cost = _cost([*other, start], price)
                if cost < best - 1e-9:
                    order, best, better = other, cost, True
    return order
