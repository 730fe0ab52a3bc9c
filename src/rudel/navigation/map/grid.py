"""What is known of the ground, on one grid: the layers that traversability is worked out from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.navigation.types import XY

Grid = NDArray[np.float32]
KEEP_OUT, SLOW, CHARGE = 1, 2, 4  # bits of the zones layer, as in a World
FLOATS = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m")


@dataclass(frozen=True, eq=False)
class GridMap:
    """Layers of the ground; names and meanings are those of a World's layers.

    Cell (j, i) is the square with its lower left corner at origin + resolution_m * (i, j); arrays are (ny, nx).

    Attributes:
        resolution_m: edge of a cell [m].
        origin: (x, y) of the lower left corner of cell (0, 0) [m].
        elevation: height of the ground, or of what stands on it [m]; NaN is unknown.
        clearance: free height above it [m]; inf is open sky, NaN unknown.
        slope_rad: steepness of the plane through the surroundings, 0 to pi/2; NaN unknown.
        step_m: highest step to a neighbouring cell [m]; NaN unknown. Of live maps: down to one.
        roughness_m: how far heights lie from that plane [m]; NaN unknown.
        zones: bits KEEP_OUT, SLOW, CHARGE (uint8).
    """

    resolution_m: float
    origin: XY
    elevation: Grid
    clearance: Grid
    slope_rad: Grid
    step_m: Grid
    roughness_m: Grid
    zones: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.resolution_m) and self.resolution_m > 0):
            raise BadInput(f"GridMap.resolution_m is {self.resolution_m}, must be a number > 0")
        if len(self.origin) != 2 or not all(math.isfinite(c) for c in self.origin):
            raise BadInput(f"GridMap.origin is {self.origin}, needs two finite numbers")
        shape = np.shape(self.elevation)
        if len(shape) != 2 or min(shape) < 1:
            raise BadInput(f"GridMap.elevation has shape {shape}, needs (ny, nx)")
        for name in FLOATS:
            self._freeze(name, np.float32, shape)
            grid = getattr(self, name)
            lowest, highest = np.fmin.reduce(grid, axis=None), np.fmax.reduce(grid, axis=None)  # NaN: all unknown
            if lowest == -np.inf or (name != "clearance" and highest == np.inf):
                raise BadInput(f"GridMap.{name} holds infinity: only clearance may, and only +inf for open sky")
            if name != "elevation" and lowest < 0:
                raise BadInput(f"GridMap.{name} holds values below 0")
        self._freeze("zones", np.uint8, shape)

    def _freeze(self, name: str, dtype: type, shape: tuple[int, ...]) -> None:
        grid = np.asarray(getattr(self, name), dtype=dtype)
        if grid.shape != shape:
            raise BadInput(f"GridMap.{name} has shape {grid.shape}, needs that of elevation, {shape}")
        if grid.flags.writeable or grid.base is not None:
            grid = grid.copy()
            grid.flags.writeable = False
        object.__setattr__(self, name, grid)

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        ny, nx = self.elevation.shape
        return ny, nx

    @property
    def known(self) -> NDArray[np.bool_]:
        """(ny, nx) whether the elevation is known."""
        return ~np.isnan(self.elevation)

    def centres(self) -> NDArray[np.float64]:
        """(ny, nx, 2) x, y of the middle of each cell [m]."""
        ny, nx = self.shape
        x = self.origin[0] + (np.arange(nx) + 0.5) * self.resolution_m
        y = self.origin[1] + (np.arange(ny) + 0.5) * self.resolution_m
        return np.stack(np.meshgrid(x, y), axis=-1, dtype=np.float64)
