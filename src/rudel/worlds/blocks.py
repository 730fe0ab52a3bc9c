"""Random blocks on a 0.4 m grid, up to 0.02 to 0.20 m high."""

from __future__ import annotations

import numpy as np

from rudel.worlds._layout import BURIED_M, PLATFORM_HALF_M, RIM_M, lerp, square_distance
from rudel.worlds._terrain import Terrain

BLOCK_M = 0.4  # about the distance between the front and hind feet of a Lite3


def build(difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """Heights are uniform between 0 and the highest block, which is exactly as high as the difficulty says."""
    n = int((size_m / 2 - RIM_M) / BLOCK_M + 1e-9)  # blocks from the middle to the rim
    middle = (np.arange(-n, n) + 0.5) * BLOCK_M
    x, y = (c.ravel() for c in np.meshgrid(middle, middle))
    keep = square_distance(x, y) > PLATFORM_HALF_M
    share = rng.uniform(size=keep.sum())
    top = share / share.max() * lerp(0.02, 0.20, difficulty)
    half = np.full(len(top), BLOCK_M / 2)
    boxes = np.stack((x[keep], y[keep], (top - BURIED_M) / 2, half, half, (top + BURIED_M) / 2), axis=1)
    return Terrain("blocks", (size_m, size_m), boxes=boxes)
