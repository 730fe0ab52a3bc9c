"""Scattered boxes, the highest 0.03 to 0.28 m, with room to walk between some of them."""

from __future__ import annotations

import numpy as np

from rudel.worlds._layout import BURIED_M, PLATFORM_HALF_M, RIM_M, lerp
from rudel.worlds._terrain import Terrain

PER_M2 = 0.65  # about 40 on 8 m x 8 m
HALF_M = (0.10, 0.40)  # half widths
TRIES = 4  # places drawn per box, since some (less than a fifth) fall on the platform


def build(difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """Heights are uniform between half and all of the highest one."""
    count = round(PER_M2 * size_m**2)
    half = rng.uniform(*HALF_M, size=(TRIES * count, 2))
    reach = size_m / 2 - RIM_M - half
    centre = rng.uniform(-reach, reach)
    free = (np.abs(centre) - half > PLATFORM_HALF_M).any(axis=1)
    half, centre = half[free][:count], centre[free][:count]
    share = rng.uniform(0.5, 1.0, size=count)
    top = share / share.max() * lerp(0.03, 0.28, difficulty)
    boxes = np.column_stack((centre, (top - BURIED_M) / 2, half, (top + BURIED_M) / 2))
    return Terrain("obstacles", (size_m, size_m), boxes=boxes)
