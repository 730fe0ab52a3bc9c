"""The navigation layers of a world: one grid, one array per quantity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.place import _values as v
from rudel.worlds.place._values import Vec2

Grid = NDArray[np.float32]
KEEP_OUT, SLOW, CHARGE = 1, 2, 4  # bits of the zones layer
ZONES = {"keep_out": KEEP_OUT, "slow": SLOW, "charge": CHARGE}
FLOATS = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m")


@dataclass(frozen=True, eq=False)
class Layers:
    """What a planner asks about each cell.

    Cell (j, i) is the square with its lower left corner at origin + resolution_m * (i, j); arrays are (ny, nx).

    Attributes:
        resolution_m: edge of a cell [m].
        origin: (x, y) of the lower left corner of cell (0, 0) [m].
        elevation: height of the ground that is connected with the start [m]; NaN is unknown.
        clearance: free height above it [m]; inf is open sky, NaN unknown.
        slope_rad: steepness of the plane through the surroundings, 0 to pi/2; NaN unknown.
        step_m: highest step to a neighbouring cell or inside of the cell [m]; NaN unknown.
        roughness_m: root mean square distance from that plane [m]; NaN unknown.
        zones: bits KEEP_OUT, SLOW, CHARGE (uint8).
    """

    resolution_m: float
    origin: Vec2
    elevation: Grid
    clearance: Grid
    slope_rad: Grid
    step_m: Grid
    roughness_m: Grid
    zones: NDArray[np.uint8]

    def __post_init__(self) -> None:
        object.__setattr__(self, "resolution_m", v.positive(self.resolution_m, "resolution_m of the layers"))
        object.__setattr__(self, "origin", v.vec2(self.origin, "origin of the layers"))
        shape = np.shape(self.elevation)
        if len(shape) != 2 or min(shape) < 1:
            raise BadInput(f"layer elevation has shape {shape}, needs (ny, nx)")
        for key in FLOATS:
            grid = v.array(getattr(self, key), np.float32, shape, f"layer {key}")
            if np.isneginf(grid).any() or (key != "clearance" and np.isposinf(grid).any()):
                raise BadInput(f"layer {key} holds infinity: only clearance may, and only +inf for open sky")
            if key != "elevation" and (grid < 0).any():
                raise BadInput(f"layer {key} holds values below 0")
            object.__setattr__(self, key, grid)
        object.__setattr__(self, "zones", v.array(self.zones, np.uint8, shape, "layer zones"))

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        ny, nx = self.elevation.shape
        return ny, nx

    @property
    def extent_m(self) -> tuple[float, float, float, float]:
        """x_min, x_max, y_min, y_max [m] of all cells."""
        ny, nx = self.shape
        x, y = self.origin
        return x, x + nx * self.resolution_m, y, y + ny * self.resolution_m

    def centres(self) -> NDArray[np.float64]:
        """(ny, nx, 2) x, y of the middle of each cell [m]."""
        ny, nx = self.shape
        x = self.origin[0] + (np.arange(nx) + 0.5) * self.resolution_m
        y = self.origin[1] + (np.arange(ny) + 0.5) * self.resolution_m
        return np.stack(np.meshgrid(x, y), axis=-1, dtype=np.float64)

    def cell_of(self, xy: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Indices (..., 2) as (j, i) of the cells that hold xy (..., 2), clipped to the grid, and whether inside."""
        xy = np.asarray(xy, dtype=np.float64)
        ij = np.floor((xy - np.array(self.origin)) / self.resolution_m)
        limit = np.array(self.shape[::-1]) - 1
        inside: NDArray[np.bool_] = np.all((ij >= 0) & (ij <= limit), axis=-1)  # pyright: ignore[reportAssignmentType]  # an array for (..., 2)
        ij = np.clip(np.nan_to_num(ij), 0, limit).astype(np.intp)
        return ij[..., ::-1], inside

    def known(self) -> NDArray[np.bool_]:
        """(ny, nx) whether the elevation is known."""
        return ~np.isnan(self.elevation)
