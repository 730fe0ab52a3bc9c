"""Scans that fit worse than scans used to: is the robot elsewhere?

On bare ground a pose that is a metre off (after a stumble, say) sees slopes that do not fit and so do not pull it back:
it looks as if nothing held it there. In a tunnel a robot that was carried away sees walls that fit well enough to slide
along.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._voxels import Array
from rudel.navigation.localise.pointmap import PointMap
from rudel.navigation.localise.register import RegisterSettings, Registration, register

UNLIKE, LEARN = 0.75, 0.05  # of the usual agreement; the usual one follows this share of the way with each scan
OFFSETS_M = (-2.0, -1.6, -1.2, -0.8, -0.4, 0.4, 0.8, 1.2, 1.6, 2.0)
AWAY_M = 1.0  # standard deviation along an open direction, once it is doubted
TURNS_RAD = (-0.6, -0.4, -0.2, 0.2, 0.4, 0.6)  # tried besides when neither gyro nor legs say how it turned
SLIP_M = 0.1  # standard deviation of the way that legs on the spot count from scan to scan
CONTRADICTION = 16.8  # squared Mahalanobis distance of 6 degrees of freedom, one of a hundred that agree (chi^2)
CLEARLY = 0.15  # so much better has another place to agree
FIRST_S, MOST_S = 0.5, 16.0  # between two searches, longer and longer while they are in vain
STRANGE = 0.5  # of the usual agreement: after LASTING such scans in a row the pose is not to be believed
LASTING = 5  # scans in a row: people who walk past


class Doubt:
    """Remembers how well scans fit, and says when it is time to look elsewhere.

    Attributes:
        unlike: how many scans in a row fit worse than usual.
        strange: how many of them much worse.
    """

    def __init__(self) -> None:
        self._usual = math.nan
        self._next_s, self._pause_s = -math.inf, FIRST_S
        self.unlike = self.strange = 0

    def due(self, found: Registration, time_s: float) -> bool:
        """Is it time to look further along what the map leaves open? To be asked of each scan."""
        if math.isnan(self._usual):
            self._usual = found.agreement
        unlike = found.agreement < UNLIKE * self._usual
        self.unlike = self.unlike + 1 if unlike else 0
        self.strange = self.strange + 1 if found.agreement < STRANGE * self._usual else 0
        if not unlike:
            self._usual += LEARN * (found.agreement - self._usual)
            self._pause_s = FIRST_S
        if not (unlike and len(found.degenerate)) or time_s < self._next_s:
            return False
        self._next_s, self._pause_s = time_s + self._pause_s, min(2 * self._pause_s, MOST_S)
        return True


@dataclass(frozen=True, eq=False)
class Asked:
    """A scan that is held against a map: the arguments of ``register``.

    Attributes:
        points: (n, 3) in the base frame [m].
        target: the map.
        position, rotation, covariance: (3,), (3, 3), (6, 6) of the prior.
        settings: numbers.
    """

    points: Array
    target: PointMap
    position: Array
    rotation: Array
    covariance: Array
    settings: RegisterSettings

    def answer(
        self, position: Array | None = None, rotation: Array | None = None, covariance: Array | None = None
    ) -> Registration:
        """The registration, or the one with another prior; ``moved`` is from ``position`` and ``rotation`` of this."""
        at = self.position if position is None else position
        turned = self.rotation if rotation is None else rotation
        wide = self.covariance if covariance is None else covariance
        found = register(self.points, self.target, at, turned, wide, self.settings)
        if position is None and rotation is None:
            return found
        moved = np.concatenate((found.position - self.position, _rotation.log(found.rotation @ self.rotation.T)))
        return dataclasses.replace(found, moved=moved)


def turned(asked: Asked, found: Registration) -> Registration:
    """The best of ``found`` and of registrations from other headings."""
    tried = [asked.answer(rotation=_rotation.yaw_matrix(turn) @ asked.rotation) for turn in TURNS_RAD]
    return max((found, *tried), key=lambda one: one.likeness)  # of equals the first


def further(asked: Asked, found: Registration) -> tuple[Registration, Array] | None:
    """A place further along the open directions of ``found`` that fits the scan clearly better; None: there is none.

    Returns:
        The registration, and the (6, 6) covariance of a prior that allows for it: see AWAY_M.
    """
    wide = asked.covariance.copy()
    wide[:3, :3] += AWAY_M**2 * found.degenerate.T @ found.degenerate
    starts = [asked.position + step * way for way in found.degenerate for step in OFFSETS_M]
    best = max((asked.answer(position=at, covariance=wide) for at in starts), key=lambda one: one.agreement)
    return None if best.agreement < found.agreement + CLEARLY or best.fit < found.fit else (best, wide)


def slipped(asked: Asked, found: Registration) -> tuple[Registration, Array] | None:
    """Where the scan and the prior contradict each other: the registration with a prior that allows for SLIP_M.

    Legs that walk on the spot (the robot pushes against something) count a way that it does not make, and are believed
    to millimetres; scan after scan would give in a little. With m the registration's move from the prior's mean, P the
    prior's information and L the scan's, the scan alone would have moved by m + L^-1 P m, and its innovation's square
    in its own covariance is m' P m + (P m)' L^-1 (P m).

    Returns:
        None while they agree (most of the time), else as ``further``.
    """
    pull = np.linalg.solve(asked.covariance, found.moved)
    values, axes = np.linalg.eigh(found.information)
    held = values > 1e-6 * max(float(values[-1]), 1e-12)
    square = float(found.moved @ pull) + float((np.square(axes.T @ pull)[held] / values[held]).sum())
    if square < CONTRADICTION:
        return None
    wide = asked.covariance.copy()
    wide[:2, :2] += SLIP_M**2 * np.eye(2)
    return asked.answer(covariance=wide), wide
