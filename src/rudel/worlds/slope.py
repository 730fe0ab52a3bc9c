"""A ridge or a moat around the start, with flanks of 1 to 30 degrees: up and down (or down and up) every way out."""

from __future__ import annotations

import numpy as np

from rudel.worlds._heightfield import HeightField
from rudel.worlds._layout import lerp, square_distance
from rudel.worlds._terrain import Terrain

RESOLUTION_M = 0.1
START_M = 0.8  # half width of the level middle
TOP_M = 0.2  # level strip between the flanks
RIM_M = 0.2


def build(difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """Both flanks have the same slope; rng chooses between ridge and moat."""
    run = int((size_m / 2 - RIM_M - TOP_M - START_M) / 2 / RESOLUTION_M + 1e-9) * RESOLUTION_M
    rise = run * np.tan(np.radians(lerp(1.0, 30.0, difficulty)))
    sign = rng.choice((-1.0, 1.0))
    half, resolution = size_m / 2, size_m / round(size_m / RESOLUTION_M)
    x, y = HeightField.sample((half, half), resolution)
    edges = START_M + np.array([0.0, run, run + TOP_M, 2 * run + TOP_M])
    heights = sign * np.interp(square_distance(x, y), edges, [0.0, rise, rise, 0.0])
    return Terrain("slope", (size_m, size_m), heightfield=HeightField(heights, resolution, (-half, -half)))
