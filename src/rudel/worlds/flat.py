"""Level ground."""

from __future__ import annotations

import numpy as np

from rudel.worlds._terrain import Terrain


def build(difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """The same plane at every difficulty."""
    del difficulty, rng
    return Terrain("flat", (size_m, size_m))
