"""The twist that is taken: the wanted one where the footprint has room for it, otherwise the best one that has."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.types import Twist
from rudel.navigation.follow.limits import FollowLimits
from rudel.navigation.follow.sweep import Sweep, moved
from rudel.navigation.types import XY, Costs, Footprint

Floats = NDArray[np.float64]

# Times at which the sweep looks, as shares of the horizon: the first steps are exact for a control period.
_LOOKS = np.array([0.05, 0.12, 0.22, 0.35, 0.5, 0.65, 0.82, 1.0])
_WANTED_SHARES = (1.0, 0.65, 0.35)
MOVER_ROOM_M = 0.35  # kept from what moves
_STAY_M = 0.03  # a motion that brings less than this is not worth making
# Weights of a motion's end: metres from the aim, and what counts as much as a metre
_BEARING, _NARROW, _BACKWARDS, _COST, _HIT = 0.12, 1.5, 0.08, 0.15, 0.05
_NARROW_M = 0.12


@dataclass(frozen=True)
class Chosen:
    """A twist, and why: "wanted", "slower" (the wanted one, scaled), "around" (another one), "blocked", "yield"."""

    twist: Twist
    how: str


class Chooser:
    """Samples motions and checks them with the footprint.

    Args:
        footprint: of the robot.
        limits: speeds, margins, horizon.
    """

    def __init__(self, footprint: Footprint, limits: FollowLimits) -> None:
        self._wide, self._bare = Sweep(footprint, limits.margin_m), Sweep(footprint, 0.0)
        self._times = _LOOKS * limits.horizon_s
        self._samples = _samples(limits)

    def room_m(self, costs: Costs, pose: Floats) -> float:
        """Free room beside the footprint (with its margin) at ``pose`` (3,) [m]."""
        return float(self._wide.room_m(costs, pose))

    def choose(self, costs: Costs, pose: Floats, wanted: Twist, aim: XY) -> Chosen:
        """The twist for ``wanted`` at ``pose`` (3,), steering for ``aim``.

        Never one whose sweep touches more obstacle than the robot does where it stands: from free ground it stays on
        free ground, and where it stands too close already it gets no closer.
        """
        first = np.stack([wanted.array() * share for share in _WANTED_SHARES])
        held, free, _, _ = self._check(costs, pose, first)
        for k, how in enumerate(("wanted", "slower", "slower")):
            if free[k]:
                return Chosen(_twist(first[k]), how)
        if held.any():
            return Chosen(Twist(), "yield")
        _, free, poses, end_hits = self._check(costs, pose, self._samples)
        score = self._score(costs, poses, self._samples, np.array(aim)) + _HIT * end_hits
        score[~free] = np.inf
        best = int(score.argmin())
        still = float(np.hypot(*(pose[:2] - np.array(aim)))) + _HIT * int(self._wide.touches(costs, pose))
        still += _BEARING * abs(_bearing(pose, np.array(aim)))
        if not score[best] < still - _STAY_M:
            return Chosen(Twist(), "blocked")
        return Chosen(_twist(self._samples[best]), "around")

    def allows(self, costs: Costs, pose: Floats, twist: Twist) -> bool:
        """Is there room for this motion over the horizon?"""
        _, free, _, _ = self._check(costs, pose, twist.array()[None])
        return bool(free[0])

    def _check(
        self, costs: Costs, pose: Floats, twists: Floats
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats, NDArray[np.intp]]:
        """Of motions (n, 3): which get no closer to obstacles than the robot is, and which meet nothing that moves
        either (n,); their poses (n, k, 3), and the hits at their ends (n,)."""
        poses = moved(pose, twists, self._times)
        hits = self._wide.touches(costs, poses)
        here = int(self._wide.touches(costs, pose))
        held = hits.max(axis=1) <= here
        if here:
            held &= self._bare.touches(costs, poses).max(axis=1) <= int(self._bare.touches(costs, pose))
        met = self._wide.meets_movers(costs, poses, self._times, MOVER_ROOM_M).any(axis=1)
        return held, held & ~met, poses, hits[:, -1]

    def _score(self, costs: Costs, poses: Floats, twists: Floats, aim: Floats) -> Floats:
        """(n,) how far the end of each motion is from the aim, in metres and what counts as such."""
        end = poses[:, -1]
        away = np.hypot(end[:, 0] - aim[0], end[:, 1] - aim[1])
        bearing = np.arctan2(aim[1] - end[:, 1], aim[0] - end[:, 0]) - end[:, 2]
        bearing = np.abs((bearing + math.pi) % (2 * math.pi) - math.pi)
        narrow = np.maximum(_NARROW_M - self._wide.room_m(costs, poses[:, (3, 7)]).min(axis=1), 0.0)
        (j, i), inside = np.moveaxis(costs.cell_of(end[:, :2])[0], -1, 0), costs.cell_of(end[:, :2])[1]
        ground = np.where(inside, np.nan_to_num(costs.cost[j, i], nan=0.5), 0.5)
        return away + _BEARING * bearing + _NARROW * narrow + _BACKWARDS * (twists[:, 0] < 0) + _COST * ground


def _bearing(pose: Floats, aim: Floats) -> float:
    return math.remainder(math.atan2(aim[1] - pose[1], aim[0] - pose[0]) - pose[2], 2 * math.pi)


def _twist(values: Floats) -> Twist:
    vx, vy, wz = values.tolist()
    return Twist(vx, vy, wz)


def _samples(limits: FollowLimits) -> Floats:
    """(n, 3) twists to try where the wanted one has no room."""
    slow, fast = max(limits.creep_mps, 0.25 * limits.vx_mps), 0.6 * limits.vx_mps
    turns = [limits.wz_radps * share for share in (-1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0)]
    found = [(vx, 0.0, wz) for vx, wz in itertools.product((slow, fast), turns)]
    found += [(0.0, 0.0, wz) for wz in turns if wz]
    sides = [limits.vy_mps * share for share in (-1.0, -0.6, 0.6, 1.0)]
    found += [(vx, vy, 0.0) for vx, vy in itertools.product((0.0, slow), sides)]
    found += [(vx, vy, 0.0) for vx, vy in itertools.product((-slow,), sides)]
    found += [(-share * limits.back_mps, 0.0, wz) for share, wz in itertools.product((0.5, 1.0), turns[1:-1:2])]
    return np.array(found)
