"""What is different from earlier rounds: missing, added and moved objects, out of voxels that were seen both times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rudel.core.findings import XYZ
from rudel.inspection import occupancy
from rudel.inspection.occupancy import Keys, Reference, Seen

Kind = Literal["missing_object", "added_object", "moved_object"]

LEAST_VOXELS = 8  # of the surface of a thing: about a box of 0.2 x 0.3 m seen from two sides
_MOVED_M, _ALIKE = 3.0, 0.45


@dataclass(frozen=True)
class Difference:
    """One thing that changed.

    Attributes:
        kind: what happened to it.
        position: its middle now, or where it was if it is missing [m].
        size_m: edges of the box around what was seen of it [m].
        voxels: how many say so.
        confidence: 0 to 1.
        was: where it was before it was moved [m].
    """

    kind: Kind
    position: XYZ
    size_m: XYZ
    voxels: int
    confidence: float
    was: XYZ | None = None


def differences(reference: Reference, now: Seen) -> list[Difference]:
    """What changed, the largest first. Only what was seen both times can change: unseen is never missing.

    A voxel is missing where something stood in at least half of the rounds, rays pass now, and nothing is within one
    voxel of it; it is added where something is now, the place was seen to be free before, and nothing ever was within
    one voxel of it. That tolerates poses that are off by a voxel.
    """
    gone = _near_none(reference.stood(), now.occupied)
    gone = np.intersect1d(gone, now.free, assume_unique=True)
    new = _near_none(now.occupied, reference.ever())
    new = np.intersect1d(new, reference.clear(), assume_unique=True)
    missing, added = _groups(gone), _groups(new)
    edge = reference.edge_m
    out: list[Difference] = []
    for there in list(missing):
        match = [here for here in added if _alike(there, here, edge)]
        if match:
            here = min(match, key=lambda one: _apart(there, one, edge))
            missing = [one for one in missing if one is not there]
            added = [one for one in added if one is not here]
            out.append(_difference("moved_object", here, edge, _middle(there, edge)))
    out += [_difference("missing_object", one, edge) for one in missing]
    out += [_difference("added_object", one, edge) for one in added]
    return sorted(out, key=lambda one: -one.voxels)


def _near_none(keys: Keys, others: Keys) -> Keys:
    """Those of ``keys`` that have none of ``others`` in or beside them."""
    return keys[~np.isin(keys, occupancy.around(others))] if len(others) else keys


def _groups(keys: Keys) -> list[Keys]:
    """Voxels that hang together, over gaps of one, in groups of LEAST_VOXELS and more.

    Groups that are one voxel high, or a line, are left out: where a LiDAR's lines graze floors and walls, they meet
    other voxels from round to round, and skim over those that they met before.
    """
    index = {int(key): k for k, key in enumerate(keys.tolist())}
    cells = occupancy.indices(keys)
    position = {tuple(cell): k for k, cell in enumerate(cells.tolist())}
    steps = [(i, j, k) for i in range(-2, 3) for j in range(-2, 3) for k in range(-2, 3)]
    left, found = set(index.values()), list[Keys]()
    while left:
        front, group = [left.pop()], list[int]()
        while front:
            one = front.pop()
            group.append(one)
            x, y, z = cells[one].tolist()
            for i, j, k in steps:
                other = position.get((x + i, y + j, z + k))
                if other is not None and other in left:
                    left.discard(other)
                    front.append(other)
        span = np.sort(np.ptp(cells[group], axis=0))
        if len(group) >= LEAST_VOXELS and span[1] >= 1 and np.ptp(cells[group, 2]) >= 1:
            found.append(keys[np.sort(group)])
    return found


def _alike(a: Keys, b: Keys, edge_m: float) -> bool:
    """About as large, and not far apart."""
    sizes = np.sort(_size(a, edge_m)), np.sort(_size(b, edge_m))
    near = float(np.linalg.norm(_centre(a, edge_m) - _centre(b, edge_m))) < _MOVED_M
    return near and bool((np.abs(sizes[0] - sizes[1]) <= _ALIKE * np.maximum(*sizes) + edge_m).all())


def _apart(a: Keys, b: Keys, edge_m: float) -> float:
    return float(np.linalg.norm(_centre(a, edge_m) - _centre(b, edge_m)))


def _centre(keys: Keys, edge_m: float) -> np.ndarray:
    middles = occupancy.centres(keys, edge_m)
    return (middles.min(axis=0) + middles.max(axis=0)) / 2


def _size(keys: Keys, edge_m: float) -> np.ndarray:
    middles = occupancy.centres(keys, edge_m)
    return middles.max(axis=0) - middles.min(axis=0) + edge_m


def _middle(keys: Keys, edge_m: float) -> XYZ:
    x, y, z = np.round(_centre(keys, edge_m), 2).tolist()
    return x, y, z


def _difference(kind: Kind, keys: Keys, edge_m: float, was: XYZ | None = None) -> Difference:
    x, y, z = np.round(_size(keys, edge_m), 2).tolist()
    sure = min(0.97, 0.55 + 0.03 * (len(keys) - LEAST_VOXELS))
    return Difference(kind, _middle(keys, edge_m), (x, y, z), len(keys), round(sure, 2), was)
