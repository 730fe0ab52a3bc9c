"""A height field, queried exactly as MuJoCo triangulates it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeightField:
    """Heights on a square grid.

    Attributes:
        heights: (ny, nx) [m], kept as float32 as MuJoCo does; heights[j, i] belongs to origin + resolution * (i, j).
        resolution_m: distance between samples [m].
        origin: (x, y) of heights[0, 0] [m].
    """

    heights: NDArray[np.float32]
    resolution_m: float
    origin: tuple[float, float]

    def __post_init__(self) -> None:
        heights = np.array(self.heights, dtype=np.float32, order="C")
        if heights.ndim != 2 or min(heights.shape) < 2 or not np.isfinite(heights).all():
            raise BadInput(f"a height field needs finite heights of at least 2 x 2 samples, got shape {heights.shape}")
        if not self.resolution_m > 0:
            raise BadInput(f"a height field needs resolution_m > 0, got {self.resolution_m}")
        heights.flags.writeable = False
        object.__setattr__(self, "heights", heights)

    @classmethod
    def sample(cls, half_m: tuple[float, float], resolution_m: float) -> tuple[Array, Array]:
        """Coordinates x (ny, nx), y (ny, nx) of a grid that covers [-half_m, half_m] (x, y), edges included."""
        nx, ny = (round(2 * h / resolution_m) + 1 for h in half_m)
        x, y = np.meshgrid(np.linspace(-half_m[0], half_m[0], nx), np.linspace(-half_m[1], half_m[1], ny))
        return x, y

    @property
    def extent_m(self) -> tuple[float, float, float, float]:
        """x_min, x_max, y_min, y_max [m]."""
        ny, nx = self.heights.shape
        x, y = self.origin
        return x, x + (nx - 1) * self.resolution_m, y, y + (ny - 1) * self.resolution_m

    def at(self, xy: Array) -> Array:
        """Height [m] at xy (..., 2) -> (...). Points outside take the height of the nearest edge.

        MuJoCo cuts each cell along the diagonal from its corner (i, j) to (i + 1, j + 1); a height is linear on either
        triangle: from that corner along the longer of the two offsets first, then along the other.
        """
        ny, nx = self.heights.shape
        scale = 1.0 / self.resolution_m
        u = np.clip((xy[..., 0] - self.origin[0]) * scale, 0.0, nx - 1.0)
        v = np.clip((xy[..., 1] - self.origin[1]) * scale, 0.0, ny - 1.0)
        i = np.minimum(u.astype(np.int32), np.int32(nx - 2))
        j = np.minimum(v.astype(np.int32), np.int32(ny - 2))
        u -= i
        v -= j
        # 32-bit indices and take() rather than [] halve the time, most of which is memory traffic
        near = j * np.int32(nx) + i
        flat = self.heights.ravel()
        start = flat.take(near)
        corner = flat.take(near + np.where(u >= v, np.int32(1), np.int32(nx)))
        end = flat.take(near + np.int32(nx + 1))
        return start + np.maximum(u, v) * (corner - start) + np.minimum(u, v) * (end - corner)
