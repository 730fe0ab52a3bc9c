"""In which directions a LiDAR looks, one after the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput

Floats = NDArray[np.float32]

GOLDEN = (1 + math.sqrt(5)) / 2


class Sweep(Protocol):
    """A sweep is ``columns`` instants, at each of which all lines fire at once."""

    @property
    def columns(self) -> int:
        """Instants in one sweep."""
        ...

    @property
    def lines(self) -> int:
        """Rays at one instant; ring = line."""
        ...

    def directions(self, first: int, n: int) -> Floats:
        """(n, lines, 3) unit vectors in the sensor frame of columns ``first`` ... since the sensor's start."""
        ...


@dataclass(frozen=True)
class Spinning:
    """Lines that turn about z, counter-clockwise seen from above, beginning behind the sensor.

    The defaults are those of a Velodyne VLP-16 at 10 Hz (user manual 63-9243: 16 lines within +-15 degrees, 0.2 degrees
    from column to column): 28 800 rays a sweep. Lasers of a column, in truth within 37 us of each other, fire at once.
    """

    lines: int = 16
    columns: int = 1800
    lowest_rad: float = math.radians(-15)
    highest_rad: float = math.radians(15)

    def __post_init__(self) -> None:
        if not (self.lines >= 1 and self.columns >= 1):
            raise BadInput(f"{self} has no rays")
        if not -math.pi / 2 < self.lowest_rad <= self.highest_rad < math.pi / 2:
            raise BadInput(f"{self}: -pi/2 < lowest_rad <= highest_rad < pi/2 is needed")

    def directions(self, first: int, n: int) -> Floats:
        at = first % self.columns
        if at + n <= self.columns:
            return self._round[at : at + n]
        return self._round.take(np.arange(first, first + n) % self.columns, axis=0)

    @cached_property
    def _round(self) -> Floats:
        """(columns, lines, 3) unit vectors of a whole turn."""
        n = self.columns
        azimuth = np.arange(n) * (2 * math.pi / n) - math.pi
        elevation = np.linspace(self.lowest_rad, self.highest_rad, self.lines)
        rays = np.empty((n, self.lines, 3), np.float32)
        rays[..., 0] = np.cos(azimuth)[:, None] * np.cos(elevation)
        rays[..., 1] = np.sin(azimuth)[:, None] * np.cos(elevation)
        rays[..., 2] = np.sin(elevation)
        rays.flags.writeable = False
        return rays


@dataclass(frozen=True)
class SolidState:
    """A window of 120 x 25 degrees ahead that fills up and never repeats.

    Each line swings up and down while all of them swing to and fro, both evenly (triangle waves), at frequencies whose
    ratio is the golden one: the pattern of one sweep lies between those before. This has the field of view and the
    filling of sensors such as the Livox HAP (120 x 25 degrees, non-repetitive); the maker's own curve is not published.
    """

    lines: int = 16
    columns: int = 1800
    width_rad: float = math.radians(120)
    height_rad: float = math.radians(25)
    swings: float = 30 * GOLDEN

    def __post_init__(self) -> None:
        if not (self.lines >= 1 and self.columns >= 1 and self.swings > 0):
            raise BadInput(f"{self} has no rays")
        if not (0 < self.width_rad < 2 * math.pi and 0 < self.height_rad < math.pi):
            raise BadInput(f"{self}: 0 < width_rad < 2 pi and 0 < height_rad < pi are needed")

    def directions(self, first: int, n: int) -> Floats:
        sweeps = (first + np.arange(n)) / self.columns  # of to and fro: ``swings`` in one sweep
        azimuth = self.width_rad / 2 * _triangle(self.swings * sweeps)
        phase = np.arange(self.lines) / (2 * self.lines)  # half a period: a whole one visits every height twice
        elevation = self.height_rad / 2 * _triangle((self.swings / GOLDEN * sweeps)[:, None] + phase)
        rays = np.empty((n, self.lines, 3), np.float32)
        rays[..., 0] = np.cos(azimuth)[:, None] * np.cos(elevation)
        rays[..., 1] = np.sin(azimuth)[:, None] * np.cos(elevation)
        rays[..., 2] = np.sin(elevation)
        return rays


def _triangle(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """A wave of period 1 between -1 and 1, with an even density of values."""
    return 4 * np.abs(turns - np.floor(turns + 0.5)) - 1
