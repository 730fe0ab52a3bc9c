"""Finding and building worlds by name."""

from __future__ import annotations

import numpy as np

from rudel.core import discovery
from rudel.core.errors import BadInput
from rudel.worlds._terrain import Terrain

PACKAGE = "rudel.worlds"
SIZE_RANGE_M = (6.0, 50.0)  # room for the platform and a few steps on each side; for more, tile


def names() -> tuple[str, ...]:
    """Sorted names of the worlds that can be built."""
    return discovery.names(PACKAGE)


def summary(name: str) -> str:
    """One line about a world: the first line of its module's docstring."""
    module = discovery.load(PACKAGE, name, kind="world")
    return (module.__doc__ or "").strip().partition("\n")[0]


def build(name: str, difficulty: float, rng: np.random.Generator, size_m: float = 8.0) -> Terrain:
    """One terrain.

    Args:
        name: one of ``names()``.
        difficulty: 0 (nearly flat) to 1 (hard).
        rng: where the terrain's randomness comes from; the same state gives the same bytes.
        size_m: edge of the square [m].

    Raises:
        UnknownName: no such world.
        BadInput: difficulty outside [0, 1] or size outside SIZE_RANGE_M, or not a number.
    """
    module = discovery.load(PACKAGE, name, kind="world")
    if not 0.0 <= difficulty <= 1.0:  # NaN fails as well
        raise BadInput(f"difficulty {difficulty} is outside [0, 1]: 0 is nearly flat, 1 is hard")
    low, high = SIZE_RANGE_M
    if not low <= size_m <= high:
        raise BadInput(f"size_m {size_m} is outside [{low:g}, {high:g}]; for a larger place, tile several")
    return module.build(float(difficulty), rng, float(size_m))
