"""Crossing waves, 0.01 to 0.20 m from trough to crest."""

from __future__ import annotations

import numpy as np

from rudel.worlds._heightfield import HeightField
from rudel.worlds._layout import PLATFORM_HALF_M, lerp, square_distance
from rudel.worlds._terrain import Terrain

RESOLUTION_M = 0.1
WAVELENGTH_M = (0.8, 1.6)  # from the size of a dog to three times that
FADE_M = 0.5  # over which the waves rise out of the platform and sink into the rim
RIM_M = 0.1


def build(difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """Two wave trains along x and y with random length and phase."""
    half, resolution = size_m / 2, size_m / round(size_m / RESOLUTION_M)
    x, y = HeightField.sample((half, half), resolution)
    kx, ky = 2 * np.pi / rng.uniform(*WAVELENGTH_M, size=2)
    phase_x, phase_y = rng.uniform(0, 2 * np.pi, size=2)
    distance = square_distance(x, y)
    edge = half - RIM_M
    fade = np.interp(distance, [PLATFORM_HALF_M, PLATFORM_HALF_M + FADE_M, edge - FADE_M, edge], [0.0, 1.0, 1.0, 0.0])
    shape = fade * (np.sin(kx * x + phase_x) + np.sin(ky * y + phase_y))
    heights = shape / np.ptp(shape) * lerp(0.01, 0.20, difficulty)
    return Terrain("wave", (size_m, size_m), heightfield=HeightField(heights, resolution, (-half, -half)))
