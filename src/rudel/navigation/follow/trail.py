"""The way that the robot came, for going back on it."""

from __future__ import annotations

import math
from collections import deque

from rudel.navigation.types import XY, Estimate

SPACING_M, KEEP = 0.1, 20_000  # two kilometres


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

    def forget(self) -> None:
        """Start anew, for example after the pose jumped."""
        self._crumbs.clear()
