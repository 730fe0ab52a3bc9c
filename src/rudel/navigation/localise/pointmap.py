"""A map to localise in: points of a place, and the planes that they lie on."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.navigation.localise._planes import MAX_THICKNESS, Match, Planes
from rudel.navigation.localise._voxels import Array, thin

FINE_M, COARSE_M = 0.15, 0.8  # between planes: walls and pipes; what is far away, rough, or thinly seen
# A map of voxels is all stairs: two thirds of what a survey of 8 cm has are no planes, and a scan that fits to the
# millimetre was taken for one of another place. Where planes hold less than this share of a map they may be thicker.
ROUGH_SHARE, ROUGH_THICKNESS, SAMPLED = 0.5, 0.1, 20_000
KEPT_M = 0.05  # one point of the map for each cube of this size
# what numpy.load and the packages below it raise over bytes that are no npz
_DAMAGED = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)
KEY, VERSION = "rudel_point_map", 1
_PIECE = 1 << 18  # points thinned at once
LARGEST_M = 1e5  # from the origin: single precision resolves a centimetre there


class PointMap:
    """Points in a frame with z up, as small planes at two sizes. Points can be added.

    Attributes:
        frame: name of its frame.
    """

    def __init__(self, frame: str = "map", thickest: float = MAX_THICKNESS) -> None:
        self.frame = frame
        self._fine, self._coarse = Planes(FINE_M, thickest=thickest), Planes(COARSE_M, thickest=thickest)
        self._points: list[NDArray[np.float32]] = []

    @classmethod
    def from_points(cls, points: NDArray[np.floating], frame: str = "map") -> PointMap:
        """A map of points (n, 3) [m].

        Raises:
            BadInput: no points, not (n, 3), not finite, or too far from the origin.
        """
        kept = _thinned(_checked(points)).astype(np.float64)
        made = cls(frame)
        made.add(kept)
        if made._held() < ROUGH_SHARE:
            made = cls(frame, ROUGH_THICKNESS)
            made.add(kept)
        return made

    def add(self, points: Array, *, keep: bool = True) -> None:
        """Add points (n, 3) [m], as they are. ``keep``: also for ``points`` and ``save``, not for matching alone."""
        if keep:
            self._points.append(points.astype(np.float32))
        self._fine.add(points)
        self._coarse.add(points)

    def _held(self) -> float:
        """Share of the points that have a plane, by some of them."""
        some = self.points[:: -(-len(self.points) // SAMPLED)]
        return len(self.match(some.astype(np.float64)).index) / len(some)

    @property
    def points(self) -> NDArray[np.float32]:
        """All points (n, 3) [m]."""
        if len(self._points) != 1:
            self._points = [np.concatenate(self._points or [np.zeros((0, 3), np.float32)])]
        return self._points[0]

    def __len__(self) -> int:
        """How many planes there are."""
        return len(self._fine) + len(self._coarse)

    def match(self, points: Array, *, coarse: bool = False) -> Match:
        """The planes next to points (n, 3) [m]: fine ones where they are, else (``coarse``: only) large ones."""
        if coarse:
            return self._coarse.match(points)
        fine = self._fine.match(points)
        rest = np.ones(len(points), np.bool_)
        rest[fine.index] = False
        others = np.flatnonzero(rest)
        if not len(others):
            return fine
        large = self._coarse.match(points.T.take(others, axis=1).T)
        return Match(
            np.concatenate((fine.index, others.take(large.index))),
            np.concatenate((fine.normal.T, large.normal.T), axis=1).T,
            np.concatenate((fine.centre.T, large.centre.T), axis=1).T,
            np.concatenate((fine.variance, large.variance)),
        )

    def near(self, points: Array) -> NDArray[np.bool_]:
        """(n,) whether the map has anything, plane or not, within 0.08 m of points (n, 3) [m]; 0.23 m is too far."""
        return self._fine.near(points)

    def drop_beyond(self, centre: Array, radius_m: float) -> None:
        """Forget the planes further away than ``radius_m`` in any axis from ``centre`` (3,) [m]."""
        self._fine.drop_beyond(centre, radius_m)
        self._coarse.drop_beyond(centre, radius_m)

    def planes(self) -> Match:
        """The fine planes, for searching."""
        return self._fine.planes()

    def save(self, path: str | Path) -> None:
        """Write it as npz."""
        with Path(path).open("wb") as file:
            np.savez_compressed(file, **{KEY: np.array(VERSION), "frame": np.array(self.frame), "points": self.points})

    @classmethod
    def load(cls, path: str | Path) -> PointMap:
        """Read what ``save`` wrote.

        Raises:
            BadInput: no such file, damaged, or something else.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                if KEY not in data.files or int(data[KEY]) != VERSION:
                    raise BadInput(f"{path} is no point map of version {VERSION}")
                points, frame = data["points"], str(data["frame"])
        except FileNotFoundError as error:
            raise BadInput(f"there is no point map at {path}") from error
        except _DAMAGED as error:
            raise BadInput(f"{path} is no point map: {error}") from error
        if points.dtype.kind != "f":
            raise BadInput(f"{path}: points are {points.dtype}, need floating-point numbers")
        made = cls(frame)
        made.add(_checked(points).astype(np.float64))
        return made


def _checked(points: NDArray[np.floating]) -> NDArray[np.floating]:
    array = np.asarray(points)
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    if array.ndim != 2 or array.shape[1] != 3 or not len(array):
        raise BadInput(f"points of a map have shape {array.shape}, need (n, 3) with n > 0")
    furthest = max(-float(array.min()), float(array.max()))
    if not math.isfinite(furthest):
        raise BadInput(f"{int((~np.isfinite(array)).any(axis=1).sum())} points of a map are not finite numbers")
    if furthest > LARGEST_M:
        raise BadInput(f"a point of the map lies {furthest:g} m from the origin: shift it to be near")
    return array


def _thinned(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """One point for each cube of KEPT_M; piece by piece at first, in tables that a processor's caches hold."""
    pieces = (points[at : at + _PIECE] for at in range(0, len(points), _PIECE))
    fewer = np.concatenate([piece.take(thin(piece, KEPT_M), axis=0) for piece in pieces])
    return fewer if len(points) <= _PIECE else fewer.take(thin(fewer, KEPT_M), axis=0)
