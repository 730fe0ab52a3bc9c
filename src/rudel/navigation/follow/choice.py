"""The twist that is taken: the wanted one where the footprint has room for it, otherwise the best one that has."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.types import Twist
from rudel.navigation.follow.limits import FollowLimits
from rudel.navigation.follow.sweep import Sweep, moved, stood_over
from rudel.navigation.types import XY, Costs, Footprint

Floats = NDArray[np.float64]

# Times at which the sweep looks, as shares of the horizon: the first steps are exact for a control period.
_LOOKS = np.array([0.05, 0.12, 0.22, 0.35, 0.5, 0.65, 0.82, 1.0])
_WANTED_SHARES = (1.0, 0.65, 0.35)
MOVER_ROOM_M = 0.35  # kept from what moves
_SLIDE = 1  # points that an outline may touch more for a moment: along a corner their number changes by one
_STAY_M = 0.03  # a motion that brings less than this is not worth making
_LIKE = 0.15  # apart, in m/s and rad/s together: still the same motion
_KEPT_M = 0.06  # another motion has to be better by this than the one under way: or it wavers between two
# Weights of a motion's end: metres from the aim, and what counts as much as a metre
_BEARING, _NARROW, _BACKWARDS, _COST, _HIT = 0.12, 1.5, 0.08, 0.15, 0.05
_NARROW_M = 0.12


@dataclass(frozen=True)
class Chosen:
    """A twist, and why.

    "wanted"; "slower" (the wanted one, scaled); "around" (another one); "squeeze" (as slowly as it walks, with less
    room than is kept elsewhere); "blocked"; "yield" (something moves there).
    """

    twist: Twist
    how: str


class Chooser:
    """Samples motions and checks them with the footprint.

    Args:
        footprint: of the robot.
        limits: speeds, margins, horizon.
    """

    def __init__(self, footprint: Footprint, limits: FollowLimits) -> None:
        self._footprint = footprint
        self._wide, self._bare = Sweep(footprint, limits.margin_m), Sweep(footprint, 0.0)
        self._tight = Sweep(footprint, min(limits.squeeze_m, limits.margin_m))
        self._times = _LOOKS * limits.horizon_s
        self._samples, self._creeping = _samples(limits), _creeping(limits)
        self._creep_mps = limits.creep_mps

    def room_m(self, costs: Costs, pose: Floats) -> float:
        """Free room beside the footprint (with its margin) at ``pose`` (3,) [m]."""
        return float(self._wide.room_m(costs, pose))

    def choose(
        self,
        costs: Costs,
        pose: Floats,
        wanted: Twist,
        aim: XY,
        kept: Twist | None = None,
        most_mps: float = math.inf,
    ) -> Chosen:
        """The twist for ``wanted`` at ``pose`` (3,), steering for ``aim``.

        Never one that leads closer to an obstacle: from free ground with its margin around it stays there; where it
        stands within the margin, the margin of a "squeeze" counts, and within that the footprint itself.

        Args:
            costs: of the live map.
            pose: x, y, yaw.
            wanted: what would be done if there was nothing around.
            aim: the point that is steered for [m].
            kept: a motion chosen before in place of the wanted one, which is gone on with where it is about as good.
            most_mps: the ground, the room or a doubt allow no more, whatever the motion.
        """
        costs = stood_over(costs, self._footprint, pose)
        first = self._slower(wanted)
        held, free, _, _ = self._check(self._wide, costs, pose, first)
        for k, ok in enumerate(free):
            if ok:
                return Chosen(_twist(first[k]), "slower" if k else "wanted")
        if held.any():
            return Chosen(Twist(), "yield")
        for sweep, samples, how in ((self._wide, self._samples, "around"), (self._tight, self._creeping, "squeeze")):
            best = self._best(sweep, self._no_faster(samples, most_mps), costs, pose, aim, kept)
            if best is not None:
                return Chosen(best, how)
        return Chosen(Twist(), "blocked")

    def allows(self, costs: Costs, pose: Floats, twist: Twist, *, tight: bool = False) -> bool:
        """Is there room for this motion over the horizon? ``tight``: as a "squeeze" has it."""
        costs = stood_over(costs, self._footprint, pose)
        _, free, _, _ = self._check(self._tight if tight else self._wide, costs, pose, twist.array()[None])
        return bool(free[0])

    def _slower(self, wanted: Twist) -> Floats:
        """(n, 3) the wanted twist and shares of it that still are a walk: creeping below that leads nowhere."""
        full = wanted.array()
        speed = float(np.hypot(full[0], full[1]))
        shares = [s for s in _WANTED_SHARES if s == 1.0 or speed == 0.0 or s * speed >= self._creep_mps]
        return np.stack([full * share for share in shares])

    def _no_faster(self, samples: Floats, most_mps: float) -> Floats:
        """Motions (n, 3) on the same arcs, none faster than that; creeping is always allowed."""
        speed = np.maximum(np.hypot(samples[:, 0], samples[:, 1]), 1e-9)
        return samples * np.minimum(max(most_mps, self._creep_mps) / speed, 1.0)[:, None]

    def _best(
        self, sweep: Sweep, samples: Floats, costs: Costs, pose: Floats, aim: XY, kept: Twist | None
    ) -> Twist | None:
        """The best of the samples; None: none is free and better than to stay."""
        tried = np.concatenate((samples, np.zeros((1, 3))))  # the last one: to stay, by the same measure
        _, free, poses, end_hits = self._check(sweep, costs, pose, tried)
        score = self._score(costs, poses, tried, np.array(aim)) + _HIT * end_hits
        if kept is not None:
            unlike = np.abs(samples - kept.array()).sum(axis=1)
            score[int(unlike.argmin())] -= _KEPT_M if unlike.min() < _LIKE else 0.0  # what is allowed may have changed
        score[:-1][~free[:-1]] = np.inf
        best = int(score[:-1].argmin())
        return _twist(samples[best]) if score[best] < score[-1] - _STAY_M else None

    def _check(
        self, sweep: Sweep, costs: Costs, pose: Floats, twists: Floats
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats, NDArray[np.intp]]:
        """Of motions (n, 3): which get no closer to obstacles than the robot is, and which meet nothing that moves
        either (n,); their poses (n, k, 3), and the hits at their ends (n,)."""
        poses = moved(pose, twists, self._times)
        hits = sweep.touches(costs, poses)
        here = int(sweep.touches(costs, pose))
        held = hits.max(axis=1) <= (here + _SLIDE if here else 0)
        narrower = {self._wide: self._tight, self._tight: self._bare}
        while here and sweep in narrower:
            sweep = narrower[sweep]
            here = int(sweep.touches(costs, pose))
            inner = sweep.touches(costs, poses)
            held &= inner.max(axis=1) <= (here + _SLIDE if here else 0)
            if here and sweep is self._bare:
                held &= inner[:, -1] <= here
        met = sweep.meets_movers(costs, poses, self._times, MOVER_ROOM_M).any(axis=1)
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


def _creeping(limits: FollowLimits) -> Floats:
    """(n, 3) slow twists, for where there is hardly any room."""
    slow = limits.creep_mps
    turns = [share * limits.wz_radps for share in (-0.5, -0.25, 0.0, 0.25, 0.5)]
    found = [(vx, 0.0, wz) for vx, wz in itertools.product((slow, -slow), turns)]
    found += [(0.0, 0.0, wz) for wz in turns if wz]
    found += [(vx, vy, 0.0) for vx, vy in itertools.product((0.0, slow, -slow), (slow, -slow))]
    return np.array(found)
