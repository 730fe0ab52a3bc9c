"""A scan that fits worse than scans used to, where the map leaves a direction open: is the robot elsewhere along it?

On bare ground a pose that is a metre off (after a stumble, say) sees slopes that do not fit and so do not pull it back:
it looks as if nothing held it there.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._voxels import Array
from rudel.navigation.localise.pointmap import PointMap
from rudel.navigation.localise.register import RegisterSettings, Registration, register

UNLIKE, LEARN = 0.75, 0.05  # of the usual agreement; the usual one follows this share of the way with each scan
OFFSETS_M = (-2.0, -1.6, -1.2, -0.8, -0.4, 0.4, 0.8, 1.2, 1.6, 2.0)
AWAY_M = 1.0  # standard deviation along an open direction, once it is doubted
CLEARLY = 0.15  # so much better has another place to agree
FIRST_S, MOST_S = 0.5, 16.0  # between two searches, longer and longer while they are in vain


class Doubt:
    """Remembers how well scans fit, and says when it is time to look elsewhere."""

    def __init__(self) -> None:
        self._usual = math.nan
        self._next_s, self._pause_s = -math.inf, FIRST_S

    def due(self, found: Registration, time_s: float) -> bool:
        """Is it time to look elsewhere? To be asked of each scan."""
        if math.isnan(self._usual):
            self._usual = found.agreement
        unlike = found.agreement < UNLIKE * self._usual
        if not unlike:
            self._usual += LEARN * (found.agreement - self._usual)
            self._pause_s = FIRST_S
        if not (unlike and len(found.degenerate)) or time_s < self._next_s:
            return False
        self._next_s, self._pause_s = time_s + self._pause_s, min(2 * self._pause_s, MOST_S)
        return True


def further(
    points: Array,
    target: PointMap,
    position: Array,
    rotation: Array,
    covariance: Array,
    found: Registration,
    settings: RegisterSettings,
) -> tuple[Registration, Array] | None:
    """A place further along the open directions of ``found`` that fits the scan clearly better; None: there is none.

    Returns:
        The registration, its ``moved`` from ``position`` and ``rotation``, and the (6, 6) covariance of a prior that
        allows for it: see AWAY_M.
    """
    wide = covariance.copy()
    wide[:3, :3] += AWAY_M**2 * found.degenerate.T @ found.degenerate
    starts = [position + step * way for way in found.degenerate for step in OFFSETS_M]
    best = max((register(points, target, at, rotation, wide, settings) for at in starts), key=lambda one: one.agreement)
    if best.agreement < found.agreement + CLEARLY or best.fit < found.fit:
        return None
    moved = np.concatenate((best.position - position, _rotation.log(best.rotation @ rotation.T)))
    return dataclasses.replace(best, moved=moved), wide
