"""The way that the robot came, for going back on it."""

from __future__ import annotations

import dataclasses
import math
from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.types import XY, Costs, Estimate

SPACING_M, KEEP = 0.1, 20_000  # two kilometres
TRODDEN_COST = 0.8  # of ground that was walked on and looks blocked now
# Where what was walked on is to be preferred: at most of that, and of all else at least
PROVEN_COST, STRANGE_COST = 0.3, 0.9


class Trail:
    """Crumbs every 10 cm of where the robot believed to be, newest last."""

    def __init__(self) -> None:
        self._crumbs: deque[XY] = deque(maxlen=KEEP)

    def __len__(self) -> int:
        return len(self._crumbs)

    def note(self, estimate: Estimate) -> None:
        """Drop a crumb where the last one is far enough; an estimate that is not known leaves none."""
        if not estimate.known or not all(map(math.isfinite, estimate.xy)):
            return
        if not self._crumbs or math.dist(self._crumbs[-1], estimate.xy) >= SPACING_M:
            self._crumbs.append(estimate.xy)

    def back(self, distance_m: float) -> XY | None:
        """The crumb ``distance_m`` of way back; the first one where the trail is shorter; None without a trail."""
        if not self._crumbs:
            return None
        left, last = distance_m, self._crumbs[-1]
        for crumb in reversed(self._crumbs):
            left -= math.dist(crumb, last)
            last = crumb
            if left <= 0:
                break
        return last

    def opened(self, costs: Costs, radius_m: float) -> Costs:
        """``costs`` with the ground that the robot has walked on free, to ``radius_m`` on either side.

        For planning when there is no way otherwise: what could be walked once can be walked again, unless something
        has come to stand there, and following looks out for that. Dust, and what was drawn before the pose drifted,
        close ways for the map that are open.
        """
        trodden = self._trodden(costs, radius_m)
        shut = trodden & ~(costs.cost < TRODDEN_COST)
        if not shut.any():
            return costs
        cost = np.where(shut, np.float32(TRODDEN_COST), costs.cost).astype(np.float32)
        return dataclasses.replace(costs, cost=cost, obstacle=costs.obstacle & ~trodden)

    def preferred(self, costs: Costs, radius_m: float) -> Costs:
        """``opened``, with that ground as easy as PROVEN_COST, and all other ground as hard as STRANGE_COST.

        What looks easy may hide what the robot falls on; where it has walked, it did not.
        """
        opened, trodden = self.opened(costs, radius_m), self._trodden(costs, radius_m)
        proven = np.minimum(opened.cost, np.float32(PROVEN_COST))
        strange = np.maximum(opened.cost, np.float32(STRANGE_COST))  # NaN, unknown, stays so
        return dataclasses.replace(opened, cost=np.where(trodden, proven, strange))

    def only(self, costs: Costs, radius_m: float) -> Costs:
        """``preferred``, with all other ground blocked: a way over it does not change with what is seen."""
        preferred = self.preferred(costs, radius_m)
        cost = np.where(self._trodden(costs, radius_m), preferred.cost, np.float32(1.0))
        return dataclasses.replace(preferred, cost=cost)

    def _trodden(self, costs: Costs, radius_m: float) -> NDArray[np.bool_]:
        """(ny, nx) cells of ``costs`` within ``radius_m`` of the trail."""
        trodden = np.zeros(costs.shape, np.uint8)
        crumbs = np.array(self._crumbs, np.float64).reshape(-1, 2)
        line = np.rint((crumbs - np.array(costs.origin)) / costs.resolution_m - 0.5).astype(np.int32)
        width = max(1, round(2 * radius_m / costs.resolution_m))
        cv2.polylines(trodden, [line.reshape(-1, 1, 2)], False, 1, width)
        return trodden > 0

    def forget(self) -> None:
        """Start anew, for example after the pose jumped."""
        self._crumbs.clear()
