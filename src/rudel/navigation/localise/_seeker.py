"""When to search the map, and with what: single scans first, then all that was seen on the last metres."""

from __future__ import annotations

import math

import numpy as np

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._voxels import Array, VoxelIndex, thin
from rudel.navigation.localise.search import Found, GlobalSearch

_EVERY_M, _MOST = 0.5, 16  # scans kept: one for so much of the way, so many
_THIN_M = 0.25
_SAME_M, _SAME = 0.4, 0.5  # share of a scan next to what the one before saw: 0.6 to 0.95 after half a metre, else 0.4
_ELSEWHERE = 3  # scans in a row
_EAGER, _SLOWEST = 6, 3  # attempts before they become rarer, down to an eighth: searching a large map takes a second


class Seeker:
    """Collects scans along the dead-reckoned way and tries them on the map now and then.

    Attributes:
        search: what it asks.
        attempts: searches so far.
    """

    def __init__(self, search: GlobalSearch) -> None:
        self.search, self.attempts = search, 0
        self.restart()

    def restart(self) -> None:
        """Forget what was collected."""
        self._scans: list[tuple[Array, Array]] = []  # points in the dead-reckoned frame, and from where
        self._tried_s = -math.inf
        self._winner: tuple[Array, Array] | None = None  # map_T_dead-reckoned: position, rotation
        self._votes = self._vain = self._elsewhere = 0
        self._around: VoxelIndex | None = None  # what the newest of the scans saw

    def look(self, points: Array, position: Array, rotation: Array, level: Array, time_s: float) -> Found | None:
        """Where the robot is, if that is beyond doubt.

        Args:
            points: (n, 3) of the newest scan in the base frame [m].
            position, rotation: of the base in the dead-reckoned frame, for putting scans together.
            level: (3, 3) roll and pitch of the base.
            time_s: now; attempts are ``every_s`` apart.
        """
        seen = points @ rotation.T + position
        if self._moved_off(seen):
            self.restart()
        if not self._scans or np.linalg.norm(self._scans[-1][1] - position) > _EVERY_M:
            self._vain = min(self._vain, _EAGER)  # there is something new to see
            self._scans = [*self._scans[-_MOST + 1 :], (seen, position)]
            self._around = _around(seen)
        every_s = self.search.settings.every_s * 2.0 ** min(max(self._vain - _EAGER, 0), _SLOWEST)
        if time_s - self._tried_s < every_s:
            return None
        self._tried_s = time_s
        self.attempts, self._vain = self.attempts + 1, self._vain + 1
        earlier = [(p - position) @ rotation for p, at in self._scans if np.linalg.norm(at - position) > 1e-6]
        together = np.concatenate([points, *earlier])
        together = together[thin(together, _THIN_M)]
        best, other = self.search.find(together, level)
        return best if best is not None and self._settled(best, other, position, rotation) else None

    def _moved_off(self, seen: Array) -> bool:
        """Do the last scans, points (n, 3) in the dead-reckoned frame, show another place than those before?

        Carried away while it was lost already, a robot would put two places together for the next metres.
        """
        if self._around is None:
            return False
        near = self._around.find(np.rint(seen * (1 / _SAME_M)).astype(np.int32)) >= 0
        self._elsewhere = self._elsewhere + 1 if float(near.mean()) < _SAME else 0
        return self._elsewhere >= _ELSEWHERE

    def _settled(self, best: Found, other: Found | None, position: Array, rotation: Array) -> bool:
        """Is it beyond doubt, by this search or by the last ones together?"""
        s, rival = self.search.settings, self.search.rival(best, other)
        turn = best.rotation @ rotation.T
        here = best.position - turn @ position, turn
        last, self._winner = self._winner, here
        if rival > s.hint:
            self._votes = 0
            return False
        same = last is not None and (
            float(np.linalg.norm(here[0] + here[1] @ position - last[0] - last[1] @ position)) < s.apart_m
            and float(np.linalg.norm(_rotation.log(here[1] @ last[1].T))) < s.apart_rad
        )
        self._votes = self._votes + 1 if same else 1
        return (rival <= s.clear and float(best.near.mean()) >= s.all_near) or self._votes >= s.votes


def _around(seen: Array) -> VoxelIndex:
    """Grid points of _SAME_M in the corners of every voxel with a point: what is within half of that is found."""
    index = VoxelIndex()
    cell = np.unique(np.floor(seen * (1 / _SAME_M)).astype(np.int32), axis=0)
    for corner in np.ndindex(2, 2, 2):
        index.add(cell + np.array(corner, np.int32))
    return index
