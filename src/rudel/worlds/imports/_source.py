"""What a reader hands over: points, a mesh, heights or a floor plan, each in the units and axes of its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CHUNK = 500_000  # points in a chunk: 12 MB, large enough that NumPy's overhead does not count
FREE, OCCUPIED, UNKNOWN = 0, 1, -1  # cells of a floor plan


@dataclass(frozen=True)
class Facts:
    """What the file itself says about its frame; None where it is silent.

    Attributes:
        unit_m: metres in one unit of the horizontal coordinates.
        unit_z_m: metres in one unit of height, where it differs.
        unit_why, up_why: where that is written, for the person who reads the summary.
        up: "x", "y", "z" or one of them with a minus sign.
        plumb: True: the vertical is gravity's (surveys in map coordinates, grids), so it must not be turned.
        spacing: distance between neighbouring samples [file units], where the file is a grid.
        repairs: what the reader had to put right, in words.
    """

    unit_m: float | None = None
    unit_z_m: float | None = None
    unit_why: str = ""
    up: str | None = None
    up_why: str = ""
    plumb: bool = False
    spacing: float | None = None
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cloud:
    """Points.

    Attributes:
        chunks: starts a new pass over the file: yields (n, 3) float64 with n <= CHUNK, NaN where a point is invalid.
        count: points that the file promises, None where only reading tells.
        shades: likewise yields (n,) intensities of the returns in any unit, for the same points in the same chunks;
            None: the file has none.
    """

    chunks: Callable[[], Iterator[Array]]
    count: int | None = None
    facts: Facts = Facts()
    shades: Callable[[], Iterator[Array]] | None = None


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles: vertices (n, 3), faces (m, 3) indices into them, all in range."""

    vertices: Array
    faces: NDArray[np.int64]
    facts: Facts = Facts()


@dataclass(frozen=True, eq=False)
class Elevation:
    """A height for each cell of a north-up grid.

    Attributes:
        heights: (ny, nx), NaN where unknown; row 0 is the southernmost.
        cell: edge of a cell [horizontal units].
        corner: (x, y) of the *centre* of cell (0, 0), float64 [horizontal units].
    """

    heights: NDArray[np.floating]
    cell: float
    corner: tuple[float, float]
    facts: Facts = field(default_factory=lambda: Facts(up="z", up_why="it is a height model", plumb=True))


@dataclass(frozen=True, eq=False)
class FloorPlan:
    """What a two-dimensional map knows.

    Attributes:
        cells: (ny, nx) int8 of FREE, OCCUPIED, UNKNOWN; row 0 has the lowest y.
        cell_m: edge of a cell [m].
        corner: (x, y) of the lower left corner of cell (0, 0) [m].
        yaw: turn of the grid about that corner [rad].
    """

    cells: NDArray[np.int8]
    cell_m: float
    corner: tuple[float, float]
    yaw: float = 0.0
    facts: Facts = field(
        default_factory=lambda: Facts(
            unit_m=1.0, unit_why="maps state metres", up="z", up_why="a map is seen from above", plumb=True
        )
    )


Source = Cloud | Mesh | Elevation | FloorPlan
