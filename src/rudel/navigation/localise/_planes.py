"""A map as small planes: one for each voxel, fitted to the points around it, with what they say about its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.localise._voxels import Array, VoxelIndex

_CORNERS = np.array([(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)], np.int32)
MIN_POINTS = 5
MIN_SPREAD = 0.12  # of the second axis, in voxels: fewer is a line, whose plane can turn
MAX_THICKNESS = 0.03  # squared, of the third axis over the second: more is no plane (two walls that meet: 0.25)


@dataclass(frozen=True, eq=False)
class Match:
    """Planes for points: which of the points have one, and the planes of those.

    Attributes:
        index: (m,) into the points.
        normal: (m, 3) unit vectors.
        centre: (m, 3) a point of each plane [m].
        variance: (m,) of the map's points about the plane [m^2].
    """

    index: NDArray[np.intp]
    normal: Array
    centre: Array
    variance: Array


class Planes:
    """Planes on a grid of ``size_m``: each is fitted to the cube of twice that size around a grid point.

    The cubes overlap by half, so that a point is never further than half a ``size_m`` from the middle of the cube that
    it is compared with, and surfaces on the edge of a voxel are not lost. Moments are kept, so that points can be
    added at any time.

    Args:
        size_m: between grid points [m].
        noise_m: of one range of the LiDAR [m], the least thickness of anything.
    """

    def __init__(self, size_m: float, noise_m: float = 0.015) -> None:
        self.size_m, self.noise_m = size_m, noise_m
        self._index = VoxelIndex()
        self._moments = np.zeros((0, 10))  # 1, x y z, xx xy xz yy yz zz about the grid point
        self._where = np.zeros((0, 3), np.int32)
        self._plane = np.zeros((0, 7))  # normal, centre, variance; variance 0: no plane

    def __len__(self) -> int:
        """How many grid points have a plane."""
        return int((self._plane[: self._index.count, 6] > 0).sum())

    def add(self, points: Array) -> None:
        """Add points (n, 3) [m] and fit the planes around them anew."""
        if not len(points):
            return
        low = np.floor(points * (1 / self.size_m)).astype(np.int32)
        ijk = (low[None] + _CORNERS[:, None]).reshape(-1, 3)
        unique, inverse = _distinct(ijk)
        slots = self._index.add(unique)
        self._reserve()
        offset = np.tile(points, (8, 1)) - unique[inverse] * self.size_m
        n = len(unique)
        terms = [None, *range(3), (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
        for column, term in enumerate(terms):
            if term is None:
                weight = None
            elif isinstance(term, int):
                weight = offset[:, term]
            else:
                weight = offset[:, term[0]] * offset[:, term[1]]
            self._moments[slots, column] += np.bincount(inverse, weight, n)
        self._fit(slots, unique)

    def drop_beyond(self, centre: Array, radius_m: float) -> None:
        """Forget what is further away than ``radius_m`` in any axis; grid points keep their numbers."""
        ijk = self._where[: self._index.count]
        far = (np.abs(ijk * self.size_m - centre) > radius_m).any(axis=1)
        self._moments[: self._index.count][far] = 0
        self._plane[: self._index.count][far] = 0

    def match(self, points: Array) -> Match:
        """The planes of the grid points next to points (n, 3) [m]."""
        slots = self._index.find(np.rint(points * (1 / self.size_m)).astype(np.int32))
        index = np.flatnonzero(slots >= 0)
        plane = self._plane.take(slots[index], axis=0)
        good = plane[:, 6] > 0
        index, plane = index[good], plane[good]
        return Match(index, plane[:, :3], plane[:, 3:6], plane[:, 6])

    def planes(self) -> Match:
        """All of them; ``index`` counts them."""
        plane = self._plane[: self._index.count]
        plane = plane[plane[:, 6] > 0]
        return Match(np.arange(len(plane)), plane[:, :3], plane[:, 3:6], plane[:, 6])

    def _reserve(self) -> None:
        count, room = self._index.count, len(self._moments)
        if count > room:
            room_now = max(count, 2 * room)
            self._moments = np.concatenate((self._moments, np.zeros((room_now - room, 10))))
            self._plane = np.concatenate((self._plane, np.zeros((room_now - room, 7))))
            self._where = np.concatenate((self._where, np.zeros((room_now - room, 3), np.int32)))

    def _fit(self, slots: NDArray[np.int32], ijk: NDArray[np.int32]) -> None:
        self._where[slots] = ijk
        moments = self._moments[slots]
        enough = moments[:, 0] >= MIN_POINTS
        slots, ijk, moments = slots[enough], ijk[enough], moments[enough]
        count = moments[:, 0]
        mean = moments[:, 1:4] / count[:, None]
        spread = moments[:, [4, 5, 6, 5, 7, 8, 6, 8, 9]].reshape(-1, 3, 3) / count[:, None, None]
        spread -= mean[:, :, None] * mean[:, None, :]
        values, vectors = np.linalg.eigh(spread)
        thin, middle = np.maximum(values[:, 0], 0.0), values[:, 1]
        flat = (middle > (MIN_SPREAD * self.size_m) ** 2) & (thin < MAX_THICKNESS * middle)
        variance = np.where(flat, np.maximum(thin, self.noise_m**2), 0.0)
        plane = np.concatenate((vectors[:, :, 0], mean + ijk * self.size_m, variance[:, None]), axis=1)
        self._plane[slots] = plane


def _distinct(ijk: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Distinct rows (m, 3), and for every row (n,) which of them it is."""
    low = ijk.min(axis=0).astype(np.int64)
    span = ijk.max(axis=0) - low + 1
    key = ((ijk[:, 0] - low[0]) * span[1] + (ijk[:, 1] - low[1])) * span[2] + (ijk[:, 2] - low[2])
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return ijk[first], inverse.ravel()
