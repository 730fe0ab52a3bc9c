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
    x, y, z = scan.points.T
    distance, ring = np.sqrt(x * x + y * y + z * z).take(order), scan.ring.take(order)
    apart = np.abs(distance[1:] - distance[:-1])
    close = apart < np.float32(NEAR_M) + np.float32(NEAR_SHARE) * np.minimum(distance[1:], distance[:-1])
    close &= ring[1:] == ring[:-1]
    along = np.zeros(len(order), np.bool_)
    along[1:] = close
    along[:-1] |= close
    kept = np.empty_like(along)
    kept[order] = along
    return np.flatnonzero(kept)
