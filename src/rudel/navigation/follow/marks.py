"""Places that turned out not to be passable, whatever the map says."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from rudel.navigation.types import XY, Costs

BLOCKED = 1.0


@dataclass(frozen=True)
class Mark:
    """A disc that counts as an obstacle: centre [m], radius [m], since when [s]."""

    xy: XY
    radius_m: float
    since_s: float


class Marks:
    """Marked places, laid over costs.

    Args:
        inscribed_m: of the footprint: how near to a mark its centre may not be.
        keep_s: after this time a mark is forgotten: what stood there may have gone.
    """

    def __init__(self, inscribed_m: float, keep_s: float = 180.0) -> None:
        self._inscribed_m, self._keep_s = inscribed_m, keep_s
        self._marks: list[Mark] = []

    def __len__(self) -> int:
        return len(self._marks)

    def add(self, xy: XY, radius_m: float, now_s: float) -> None:
        """Mark a disc."""
        self._marks.append(Mark(xy, radius_m, now_s))

    def clear(self) -> None:
        """Forget all of them."""
        self._marks.clear()

    def forget_old(self, now_s: float) -> None:
        """Forget those that were kept long enough."""
        self._marks = [mark for mark in self._marks if now_s - mark.since_s < self._keep_s]

    def over(self, costs: Costs) -> Costs:
        """``costs`` with the marks as obstacles; the same object where there are none."""
        if not self._marks:
            return costs
        ny, nx = costs.shape
        x = costs.origin[0] + (np.arange(nx) + 0.5) * costs.resolution_m
        y = costs.origin[1] + (np.arange(ny) + 0.5) * costs.resolution_m
        away = np.full(costs.shape, np.inf)
        for mark in self._marks:
            np.minimum(away, np.hypot(x - mark.xy[0], (y - mark.xy[1])[:, None]) - mark.radius_m, out=away)
        obstacle = costs.obstacle | (away <= 0)
        cost = np.where((away < self._inscribed_m) & ~np.isnan(costs.cost), np.float32(BLOCKED), costs.cost)
        clearance = np.minimum(costs.clearance_m, np.maximum(away, 0.0)).astype(np.float32)
        return dataclasses.replace(costs, cost=cost.astype(np.float32), obstacle=obstacle, clearance_m=clearance)
