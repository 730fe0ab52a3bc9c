"""Stairs with 0.30 m treads and steps of 0.03 to 0.23 m: a pyramid to walk down from, or a pit to climb out of."""

from __future__ import annotations

import numpy as np

from rudel.worlds._boxes import Array, box, frame, stack
from rudel.worlds._layout import BURIED_M, PLATFORM_HALF_M, RIM_M, lerp
from rudel.worlds._terrain import Terrain

TREAD_M = 0.30  # common indoor going (DIN 18065: 0.23 to 0.37 m)


def build(difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """The robot starts in the middle: on top of the pyramid or at the bottom of the pit, as rng chooses."""
    step = lerp(0.03, 0.23, difficulty)
    foot = size_m / 2 - RIM_M  # half width at the outermost riser
    risers = int((foot - PLATFORM_HALF_M) / TREAD_M + 1e-9) + 1
    widths = foot - TREAD_M * np.arange(risers)
    up = bool(rng.integers(2))
    if up:
        boxes = stack([_square(width, ((k + 1) * step)) for k, width in enumerate(widths)])
        return Terrain("stairs", (size_m, size_m), boxes=boxes)
    floor = -risers * step
    outer = np.concatenate(([size_m / 2], widths[:-1]))
    rings = [frame(o, i, (floor - BURIED_M, -k * step)) for k, (o, i) in enumerate(zip(outer, widths, strict=True))]
    return Terrain("stairs", (size_m, size_m), boxes=stack(rings), floor_m=floor)


def _square(half: float, top: float) -> Array:
    return box((-half, half), (-half, half), (-BURIED_M, top))
