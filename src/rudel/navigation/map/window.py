"""A square of cells that moves with the robot; what it leaves is forgotten, what it enters is empty."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.types import XY

LOOSE = 3  # cells: a robot that sways does not move the window to and fro
EMPTY = {  # what a cell holds of which nothing is known yet
    "height": (np.float32, np.nan),  # of the surface that is stood upon [m]
    "variance": (np.float32, np.inf),  # of height, when it was last measured [m^2]
    "aged": (np.float64, 0.0),  # what had been added to all variances by then [m^2]
    "floor": (np.float32, np.nan),  # height before something came to stand there [m]
    "ceiling": (np.float32, np.inf),  # lowest thing that hangs above [m]
    "trust": (np.int16, 0),  # in height: goes up when it is seen again, down when something speaks against it
    "hanging": (np.int16, 0),  # the same for the ceiling
    "bottom": (np.float32, np.inf),  # lowest part that was seen of what stands there [m]: a low cable leaves air below
    "seen_s": (np.float64, -np.inf),
    "open_s": (np.float64, -np.inf),  # when a ray passed over that would have met a person
    "maybe_s": (np.float64, -np.inf),  # when something was seen there of which a second look has to tell
    "changed_s": (np.float64, -np.inf),  # when something came to stand where nothing was
}


class Window:
    """Arrays (n, n) of ``EMPTY`` as attributes of ``layers``; cell [j, i] is at anchor + resolution * (i0 + i, j0 + j).

    Args:
        cells: edge of the square.
        resolution_m: edge of a cell [m].
        anchor: (x, y) of a corner of some cell [m]: lets the cells agree with those of another grid.
    """

    def __init__(self, cells: int, resolution_m: float, anchor: XY = (0.0, 0.0)) -> None:
        self.cells, self.resolution_m, self.anchor = cells, resolution_m, anchor
        self.i0 = self.j0 = 0
        self.layers = {name: np.full((cells, cells), value, dtype) for name, (dtype, value) in EMPTY.items()}

    def __getitem__(self, name: str) -> NDArray:
        return self.layers[name]

    @property
    def origin(self) -> XY:
        """(x, y) of the lower left corner [m]."""
        return self.anchor[0] + self.i0 * self.resolution_m, self.anchor[1] + self.j0 * self.resolution_m

    def clear(self) -> None:
        """Forget everything."""
        for name, grid in self.layers.items():
            grid[:] = EMPTY[name][1]

    def centre_on(self, xy: XY) -> bool:
        """Move when xy [m] is more than LOOSE cells off the middle; whether it moved. What stays keeps its values."""
        half = self.cells // 2
        i0 = math.floor((xy[0] - self.anchor[0]) / self.resolution_m) - half
        j0 = math.floor((xy[1] - self.anchor[1]) / self.resolution_m) - half
        di, dj = i0 - self.i0, j0 - self.j0
        if max(abs(di), abs(dj)) <= LOOSE:
            return False
        for name, grid in self.layers.items():
            self.layers[name] = _shifted(grid, dj, di, EMPTY[name][1])
        self.i0, self.j0 = i0, j0
        return True

    def centres(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """x (n,), y (n,) of the middles of columns and rows [m]."""
        x, y = self.origin
        middle = (np.arange(self.cells) + 0.5) * self.resolution_m
        return (x + middle).astype(np.float32), (y + middle).astype(np.float32)


def _shifted(grid: NDArray, dj: int, di: int, empty: float) -> NDArray:
    n = len(grid)
    moved = np.full_like(grid, empty)
    if abs(dj) < n and abs(di) < n:
        rows, columns = (slice(max(d, 0), n + min(d, 0)) for d in (dj, di))
        to_rows, to_columns = (slice(max(-d, 0), n + min(-d, 0)) for d in (dj, di))
        moved[to_rows, to_columns] = grid[rows, columns]
    return moved
