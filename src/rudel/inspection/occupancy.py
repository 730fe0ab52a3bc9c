"""What was there and what was free, in voxels: of one look, and of all looks before; small enough to keep.

A voxel is occupied where a ray ended, and free where rays passed; where neither holds nothing is known. A voxel's key
packs its three indices into one integer.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.inspection._views import Rays

Keys = NDArray[np.int64]
Floats = NDArray[np.floating]

EDGE_M = 0.10
_BITS, _HALF = 20, 1 << 19
_STOP_M = 0.15  # a ray is taken to be free up to so far before where it ended: noise and slant
_LEAST_PASSES = 2
_MOST_ROUNDS = 250
FORMAT = 1


def keys_of(points: Floats, edge_m: float = EDGE_M) -> Keys:
    """Keys (n,) of the voxels of points (n, 3) of the map [m]."""
    index = np.floor(np.asarray(points, np.float64) / edge_m).astype(np.int64) + _HALF
    return (index[:, 0] << 2 * _BITS) | (index[:, 1] << _BITS) | index[:, 2]


def indices(keys: Keys) -> NDArray[np.int64]:
    """(n, 3) signed indices of voxels."""
    mask = (1 << _BITS) - 1
    return np.stack((keys >> 2 * _BITS, (keys >> _BITS) & mask, keys & mask), axis=1) - _HALF


def centres(keys: Keys, edge_m: float = EDGE_M) -> NDArray[np.float64]:
    """(n, 3) middles of voxels [m]."""
    return np.asarray((indices(keys) + 0.5) * edge_m, np.float64)


def around(keys: Keys) -> Keys:
    """(27 n,) the voxels and all their neighbours."""
    steps = np.array([(i << 2 * _BITS) + (j << _BITS) + k for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)])
    return (keys[:, None] + steps[None]).ravel()


@dataclass(frozen=True, eq=False)
class Seen:
    """One look: sorted keys of voxels that were occupied, and of voxels that were free."""

    occupied: Keys
    free: Keys


def seen(rays: Rays, middle: Floats, radius_m: float, edge_m: float = EDGE_M) -> Seen:
    """What rays say about the ball of ``radius_m`` around ``middle`` (3,) [m]."""
    ends, starts = rays.ends, rays.starts
    good = np.isfinite(ends).all(axis=1) & np.isfinite(starts).all(axis=1)
    ends, starts = ends[good], starts[good]
    near = ((ends - middle) ** 2).sum(axis=1) < radius_m**2
    occupied = np.unique(keys_of(ends[near], edge_m))
    along = ends - starts
    length = np.linalg.norm(along, axis=1)
    passes: list[Keys] = []
    # the part of each ray inside of the ball, sampled twice a voxel
    unit = along / np.maximum(length, 1e-9)[:, None]
    to = ((middle - starts) * unit).sum(axis=1)
    miss = ((middle - starts) ** 2).sum(axis=1) - to**2
    half = np.sqrt(np.maximum(radius_m**2 - miss, 0.0))
    low, high = np.maximum(to - half, 0.0), np.minimum(to + half, length - _STOP_M)
    crossing = (miss < radius_m**2) & (high > low)
    step = edge_m / 2
    for k in range(int(np.ceil(2 * radius_m / step)) + 1):
        at = low + k * step
        here = crossing & (at < high)
        if not here.any():
            break
        passes.append(keys_of(starts[here] + unit[here] * at[here, None], edge_m))
    through, times = np.unique(np.concatenate(passes) if passes else np.zeros(0, np.int64), return_counts=True)
    free = through[times >= _LEAST_PASSES]
    return Seen(occupied, np.setdiff1d(free, occupied, assume_unique=True))


@dataclass(frozen=True, eq=False)
class Reference:
    """What earlier rounds saw at one point.

    Attributes:
        keys: (n,) sorted voxels of which anything is known.
        occupied, free: (n,) in how many rounds each was so, uint8.
        rounds: how many looks are in it.
        edge_m: of a voxel [m].
    """

    keys: Keys
    occupied: NDArray[np.uint8]
    free: NDArray[np.uint8]
    rounds: int = 0
    edge_m: float = EDGE_M

    @classmethod
    def empty(cls) -> Reference:
        """Nothing is known."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.uint8))

    def with_look(self, look: Seen) -> Reference:
        """This and one more look; old rounds fade once there are very many."""
        keys = np.unique(np.concatenate((self.keys, look.occupied, look.free)))
        counts: list[NDArray[np.uint8]] = []
        fade = 2 if self.rounds >= _MOST_ROUNDS else 1
        for old, new in ((self.occupied, look.occupied), (self.free, look.free)):
            count = np.zeros(len(keys), np.int64)
            count[np.searchsorted(keys, self.keys)] = old // fade
            count[np.searchsorted(keys, new)] += 1
            counts.append(np.minimum(count, 255).astype(np.uint8))
        return Reference(keys, counts[0], counts[1], self.rounds // fade + 1, self.edge_m)

    def stood(self) -> Keys:
        """Voxels that were occupied in at least half of the rounds in which they were seen."""
        return self.keys[(self.occupied > 0) & (self.occupied >= self.free)]

    def ever(self) -> Keys:
        """Voxels that were ever occupied."""
        return self.keys[self.occupied > 0]

    def clear(self) -> Keys:
        """Voxels that were seen and never occupied."""
        return self.keys[(self.free > 0) & (self.occupied == 0)]

    def to_plain(self) -> dict[str, Any]:
        """As JSON can say it; some tens of kilobytes for a point."""
        steps = np.diff(self.keys, prepend=np.int64(0))
        raw = steps.astype("<i8").tobytes() + self.occupied.tobytes() + self.free.tobytes()
        packed = base64.b64encode(zlib.compress(raw, 6)).decode()
        head = {"format": FORMAT, "voxels": len(self.keys), "rounds": self.rounds, "edge_m": self.edge_m}
        return {**head, "data": packed}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Reference:
        """What ``to_plain`` wrote.

        Raises:
            BadInput: it is damaged, or of another format.
        """
        if plain.get("format") != FORMAT:
            raise BadInput(f"a reference of earlier rounds has format {plain.get('format')!r}, this reads {FORMAT}")
        try:
            n, raw = int(plain["voxels"]), zlib.decompress(base64.b64decode(plain["data"], validate=True))
            if n < 0 or len(raw) != 10 * n:
                raise BadInput(f"a reference of {n} voxels needs {10 * n} bytes, has {len(raw)}")
            keys = np.cumsum(np.frombuffer(raw[: 8 * n], "<i8").astype(np.int64))
            if (np.diff(keys) <= 0).any():
                raise BadInput("the voxels of a reference are not in order")
            occupied, free = (np.frombuffer(raw[a * n : (a + 1) * n], np.uint8) for a in (8, 9))
            return cls(keys, occupied, free, int(plain["rounds"]), float(plain["edge_m"]))
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            raise BadInput(f"a reference of earlier rounds cannot be read: {error}") from error
