"""A map as small planes: one for each voxel, fitted to the points around it, with what they say about its error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.localise._voxels import Array, VoxelIndex

_CORNERS = np.array([(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)], np.int32)
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
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
        thickest: squared, of the third axis over the second: more is no plane.
    """

    def __init__(self, size_m: float, noise_m: float = 0.015, thickest: float = MAX_THICKNESS) -> None:
        self.size_m, self.noise_m, self.thickest = size_m, noise_m, thickest
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
        # each point counts for the eight grid points around it: it is put into its voxel, and voxels go to grid points
        cell, moments = _in_voxels(points, self.size_m)
        ijk = (cell[None] + _CORNERS[:, None]).reshape(-1, 3)
        slots = self._index.add(ijk)
        self._reserve()
        touched, number = _distinct(slots, self._index.count)
        for column, weight in enumerate(_about_corners(moments, self.size_m / 2)):
            self._moments[touched, column] += np.bincount(number, weight, len(touched))
        self._where[slots] = ijk
        self._fit(touched)

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
        plane = self._plane.take(slots.take(index), axis=0)
        good = np.flatnonzero(plane[:, 6] > 0)
        plane = plane.take(good, axis=0).T.copy()  # one number after the other
        return Match(index.take(good), plane[:3].T, plane[3:6].T, plane[6])

    def near(self, points: Array) -> NDArray[np.bool_]:
        """(n,) whether a point was added within half a ``size_m`` of points (n, 3) [m] on each axis; 1.5 is too far."""
        slots = self._index.find(np.rint(points * (1 / self.size_m)).astype(np.int32))
        return (slots >= 0) & (self._moments[:, 0].take(np.maximum(slots, 0)) > 0)

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

    def _fit(self, slots: NDArray[np.intp]) -> None:
        slots = slots[self._moments[slots, 0] >= MIN_POINTS]
        moments, ijk = self._moments[slots], self._where[slots]
        count = moments[:, 0]
        mean = moments[:, 1:4] / count[:, None]
        spread = moments[:, [4, 5, 6, 5, 7, 8, 6, 8, 9]].reshape(-1, 3, 3) / count[:, None, None]
        spread -= mean[:, :, None] * mean[:, None, :]
        values, vectors = np.linalg.eigh(spread)
        thin, middle = np.maximum(values[:, 0], 0.0), values[:, 1]
        flat = (middle > (MIN_SPREAD * self.size_m) ** 2) & (thin < self.thickest * middle)
        variance = np.where(flat, np.maximum(thin, self.noise_m**2), 0.0)
        plane = np.concatenate((vectors[:, :, 0], mean + ijk * self.size_m, variance[:, None]), axis=1)
        self._plane[slots] = plane


def _in_voxels(points: Array, size_m: float) -> tuple[NDArray[np.int32], Array]:
    """Voxels (m, 3) that hold points (n, 3), and the moments (10, m) of those about the middle of each."""
    scaled = points.T * (1 / size_m)
    ijk = np.floor(scaled).astype(np.int32)
    low = ijk.min(axis=1)
    span = (ijk.max(axis=1) - low + 1).astype(np.int64)
    at = ijk.astype(np.int64) - low[:, None]
    key = (at[0] * span[1] + at[1]) * span[2] + at[2]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key.take(order), prepend=-1))
    offset = (scaled - ijk - 0.5) * size_m
    offset = offset.take(order, axis=1)
    moments = np.empty((10, len(first)))
    moments[0] = np.diff(first, append=len(order))
    moments[1:4] = np.add.reduceat(offset, first, axis=1)
    for column, (a, b) in enumerate(_PAIRS, 4):
        moments[column] = np.add.reduceat(offset[a] * offset[b], first)
    return np.ascontiguousarray(ijk.take(order.take(first), axis=1).T), moments


def _about_corners(moments: Array, half_m: float) -> Iterator[Array]:
    """Moments (10, m) about the middles of voxels, one after the other about each of their corners: (8 m,)."""
    count, first = moments[0], moments[1:4]
    yield np.tile(count, 8)
    # seen from a corner, the middle lies half a voxel ahead or behind on each axis
    sides = half_m * (1.0 - 2.0 * _CORNERS)  # (8, 3)
    for axis in range(3):
        yield (first[axis] + sides[:, axis, None] * count).ravel()
    for column, (a, b) in enumerate(_PAIRS, 4):
        p, q = sides[:, a, None], sides[:, b, None]
        yield (moments[column] + p * first[b] + q * first[a] + p * q * count).ravel()


def _distinct(numbers: NDArray[np.int32], below: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The distinct ones of numbers (n,), ascending, and for every number (n,) which of them it is."""
    there = np.zeros(below, np.bool_)
    there[numbers] = True
    found = np.flatnonzero(there)
    place = np.empty(below, np.intp)
    place[found] = np.arange(len(found))
    return found, place.take(numbers)
