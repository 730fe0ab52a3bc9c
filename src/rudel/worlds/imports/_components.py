"""Connected parts of graphs with millions of nodes, without a loop over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def labels(count: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of ``count`` nodes the smallest node of its part; ``a`` and ``b`` (m,) are the ends of the edges.

    Every round hooks each tree under the smallest of its neighbours and then flattens them (Shiloach and Vishkin 1982):
    rounds grow with the logarithm of the size of a part.
    """
    parent = np.arange(count)
    while len(a):
        low, high = np.minimum(parent[a], parent[b]), np.maximum(parent[a], parent[b])
        apart = low != high
        a, b, low, high = a[apart], b[apart], low[apart], high[apart]
        if not len(a):
            break
        np.minimum.at(parent, high, low)
        while True:
            above = parent[parent]
            if np.array_equal(above, parent):
                break
            parent = above
    return parent


def cells(keys: NDArray[np.int64], shape: tuple[int, int, int]) -> NDArray[np.int64]:
    """Label of each occupied cell of a grid, cells that touch (also at corners) being connected.

    Args:
        keys: (n,) sorted, (ix * ny + iy) * nz + iz, of cells that do not lie on the border of the grid.
        shape: (nx, ny, nz).
    """
    _, ny, nz = shape
    steps = [(dx * ny + dy) * nz + dz for dx in (-1, 0, 1) for dy in (-1, 0, 1) for dz in (-1, 0, 1)]
    ends: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for step in steps:
        if step > 0:
            at = np.minimum(np.searchsorted(keys, keys + step), len(keys) - 1)
            hit = np.flatnonzero(keys[at] == keys + step)
            ends.append((hit, at[hit]))
    return labels(len(keys), np.concatenate([e[0] for e in ends]), np.concatenate([e[1] for e in ends]))
