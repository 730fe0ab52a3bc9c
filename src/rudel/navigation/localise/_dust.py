"""Specks of dust, rain and smoke in a scan: points on their own, where a surface has neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.core.readings import Scan

NEAR_M, NEAR_SHARE = 0.15, 0.05  # neighbours on a surface differ in range by less: 1 m at 17 m is one met at 4 degrees


def solid(scan: Scan) -> NDArray[np.intp]:
    """Indices, ascending, of the points whose neighbour on the same line, before or after, is about as far away.

    Lines narrower than two columns (wires, far poles) go as well: fine for registration, not for obstacles. Sensors
    without lines, all of whose rings are 0, are taken as they are: their neighbours in time are none in space.
    """
    if not scan.ring.any():
        return np.arange(len(scan.points))
    order = np.argsort(scan.ring, kind="stable")  # along each line, in the order of time
    distance = np.sqrt(np.einsum("ij,ij->i", scan.points, scan.points))[order]
    same = np.diff(scan.ring[order].astype(np.int32)) == 0
    close = same & (np.abs(np.diff(distance)) < NEAR_M + NEAR_SHARE * np.minimum(distance[1:], distance[:-1]))
    kept = np.zeros(len(order), np.bool_)
    kept[order[1:]] |= close
    kept[order[:-1]] |= close
    return np.flatnonzero(kept)
