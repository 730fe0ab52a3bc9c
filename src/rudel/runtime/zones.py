"""How fast the robot may go where it is: the slow zones of a map."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map.grid import SLOW
from rudel.navigation.types import XY, Costs

SLOW_MPS = 0.3  # walking beside people


class Zones:
    """Slow zones on a grid.

    Args:
        zones: (ny, nx) bits, see rudel.navigation.map.grid.
        resolution_m: edge of a cell [m].
        origin: (x, y) of the lower left corner of cell (0, 0) [m].
        slow_mps: fastest in a slow zone [m/s].
    """

    def __init__(
        self, zones: NDArray[np.uint8], resolution_m: float, origin: XY, *, slow_mps: float = SLOW_MPS
    ) -> None:
        self._slow = (np.asarray(zones) & SLOW) > 0
        self._resolution_m, self._origin, self.slow_mps = resolution_m, origin, slow_mps
        self._any = bool(self._slow.any())

    @classmethod
    def of(cls, costs: Costs, slow_mps: float = SLOW_MPS) -> Zones:
        """Those of a map to plan on."""
        zones = np.zeros(costs.shape, np.uint8) if costs.zones is None else costs.zones
        return cls(zones, costs.resolution_m, costs.origin, slow_mps=slow_mps)

    def most_mps(self, xy: XY, doubt_m: float = 0.0) -> float:
        """Fastest within ``doubt_m`` of ``xy`` [m/s]; inf: no limit. Positions that are no numbers are slow."""
        if not self._any:
            return math.inf
        if not all(math.isfinite(v) for v in (*xy, doubt_m)):
            return self.slow_mps
        lows, highs = [], []
        for value, start, size in zip(xy, self._origin, self._slow.shape[::-1], strict=True):
            lows.append(min(max(math.floor((value - doubt_m - start) / self._resolution_m), 0), size))
            highs.append(min(max(math.floor((value + doubt_m - start) / self._resolution_m) + 1, 0), size))
        return self.slow_mps if bool(self._slow[lows[1] : highs[1], lows[0] : highs[0]].any()) else math.inf
