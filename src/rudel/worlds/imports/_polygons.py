"""Faces as lists of vertex numbers, cut into triangles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput


def checked(faces: NDArray[np.int64], vertices: int, bad: Callable[[str], BadInput]) -> NDArray[np.int64]:
    """``faces`` (m, 3) as they are; BadInput where one names a vertex that does not exist."""
    if faces.size and (faces.min() < 0 or faces.max() >= vertices):
        raise bad(f"a face names vertex {faces.max() if faces.max() >= vertices else faces.min()} of {vertices}")
    return faces


def fans(loops: Sequence[NDArray[np.int64]], vertices: int, bad: Callable[[str], BadInput]) -> NDArray[np.int64]:
    """Triangles (m, 3) of polygons, each cut from its first corner; exact where the polygons are convex."""
    found = [np.zeros((0, 3), np.int64)]
    lengths = np.array([len(loop) for loop in loops])
    for length in np.unique(lengths[lengths >= 3]):
        some = np.stack([loop for loop in loops if len(loop) == length])
        for k in range(1, length - 1):
            found.append(some[:, [0, k, k + 1]])
    return checked(np.concatenate(found), vertices, bad)
