"""The outside of a set of voxels as few large rectangles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.place import Mesh

Ints = NDArray[np.int64]

# for each direction: the axis of the normal, and the two axes of the face, so that (u, v, normal) is right-handed
_AXES = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def mesh(
    index: Ints, cell: tuple[float, float, float], low: tuple[float, float, float], name: str, material: str
) -> Mesh:
    """A mesh of the faces between voxels ``index`` (n, 3) and empty space.

    Args:
        cell: edges of a voxel [m].
        low: lowest corner of voxel (0, 0, 0) [m].
    """
    vertices, faces, first = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0
    for rectangles, axes, side in _rectangles(index):
        corners = _corners(rectangles, axes, side)
        vertices.append(corners.reshape(-1, 3) * cell + low)
        k = first + 4 * np.arange(len(corners))
        order = (0, 1, 2, 0, 2, 3) if side else (0, 2, 1, 0, 3, 2)
        faces.append(np.stack([k + o for o in order], axis=1).reshape(-1, 3))
        first += 4 * len(corners)
    every, numbers = np.concatenate(vertices), np.concatenate(faces)
    unique, inverse = np.unique(np.rint(every / 1e-4).astype(np.int64), axis=0, return_inverse=True)
    return Mesh(
        (unique * 1e-4).astype(np.float32), inverse.reshape(-1)[numbers].astype(np.int32), name=name, material=material
    )


def count(index: Ints) -> int:
    """Rectangles that ``mesh`` would make of the voxels."""
    return sum(len(rectangles) for rectangles, _, _ in _rectangles(index))


def _rectangles(index: Ints):  # (rectangles (k, 5): layer, u, v, length, height), axes, side
    if not len(index):
        return
    shift = index.min(axis=0) - 1
    cells = index - shift
    shape = cells.max(axis=0) + 2
    keys = np.sort(_key(cells, shape))
    stride = (shape[1] * shape[2], shape[2], 1)
    for axis, u, v in _AXES:
        for side in (0, 1):
            other = keys + (stride[axis] if side else -stride[axis])
            at = np.minimum(np.searchsorted(keys, other), len(keys) - 1)
            open_ = keys[keys[at] != other]
            face = np.stack([open_ // stride[0], open_ // stride[1] % shape[1], open_ % shape[2]], axis=1)
            rectangles = _merge(face[:, axis], face[:, u], face[:, v])
            rectangles[:, :3] += np.array([shift[axis], shift[u], shift[v]])
            yield rectangles, (axis, u, v), side


def _key(cells: Ints, shape: Ints) -> Ints:
    return (cells[:, 0] * shape[1] + cells[:, 1]) * shape[2] + cells[:, 2]


def _merge(layer: Ints, u: Ints, v: Ints) -> Ints:
    """Unit squares to rectangles (k, 5) of layer, u, v, length along u, height along v."""
    order = np.lexsort((u, v, layer))
    layer, u, v = layer[order], u[order], v[order]
    new = np.ones(len(u), bool)
    new[1:] = (np.diff(layer) != 0) | (np.diff(v) != 0) | (np.diff(u) != 1)
    first = np.flatnonzero(new)
    length = np.diff(first, append=len(u))
    layer, u, v = layer[first], u[first], v[first]
    order = np.lexsort((v, length, u, layer))  # strips of equal place and length, one above the other
    layer, u, v, length = layer[order], u[order], v[order], length[order]
    new = np.ones(len(u), bool)
    new[1:] = (np.diff(layer) != 0) | (np.diff(u) != 0) | (np.diff(length) != 0) | (np.diff(v) != 1)
    first = np.flatnonzero(new)
    height = np.diff(first, append=len(u))
    return np.stack([layer[first], u[first], v[first], length[first], height], axis=1)


def _corners(rectangles: Ints, axes: tuple[int, int, int], side: int) -> NDArray[np.float64]:
    """(k, 4, 3) in cells, counter-clockwise about the positive axis."""
    axis, u, v = axes
    layer, u0, v0, length, height = rectangles.T
    found = np.zeros((len(rectangles), 4, 3))
    found[:, :, axis] = (layer + side)[:, None]
    found[:, :, u] = np.stack([u0, u0 + length, u0 + length, u0], axis=1)
    found[:, :, v] = np.stack([v0, v0, v0 + height, v0 + height], axis=1)
    return found
