"""Trenches 0.5 m deep and 0.05 to 0.40 m wide around the start."""

from __future__ import annotations

import numpy as np

from rudel.worlds._boxes import box, frame, stack
from rudel.worlds._layout import BURIED_M, PLATFORM_HALF_M, RIM_M, lerp
from rudel.worlds._terrain import Terrain

DEPTH_M = 0.5
PITCH_M = 0.95  # from one trench to the next: leaves at least 0.4 m to stand on between two
JITTER_M = (0.0, 0.05, 0.10, 0.15)  # multiples of the tiles' resolution, see _tiles


def build(difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """Square rings, so that every way out crosses all of them; rng shifts each ring."""
    width = lerp(0.05, 0.40, difficulty)
    rings = int((size_m / 2 - PLATFORM_HALF_M - RIM_M) / PITCH_M + 1e-9)
    inner = PLATFORM_HALF_M + PITCH_M * np.arange(rings) + rng.choice(JITTER_M, size=rings)
    z = (-DEPTH_M - BURIED_M, 0.0)
    edge = inner[0]
    parts = [box((-edge, edge), (-edge, edge), z)]
    outer = np.append(inner[1:], size_m / 2)
    parts += [frame(o, i + width, z) for o, i in zip(outer, inner, strict=True)]
    return Terrain("gaps", (size_m, size_m), boxes=stack(parts), floor_m=-DEPTH_M)
