"""Push recovery: the largest impulse that a robot survives while it walks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from rudel.locomotion.gauntlet.crossing import Setting, needed
from rudel.locomotion.gauntlet.field import Field, Robot
from rudel.locomotion.gauntlet.search import highest_passed

DIRECTIONS = 8
PUSH_S = 0.1
SPEED_MPS = 0.5
FRICTION = 0.7
WALK_S, AFTER_S = 1.5, 2.5  # after settling: walking before and after the push
STEP_NS, MOST_NS = 0.5, 63.5  # resolution and end of the search, 127 steps: 7 rounds


@dataclass(frozen=True)
class PushFigures:
    """Push recovery on level ground, friction 0.7, at 0.5 m/s forwards.

    Attributes:
        directions_deg: where the push goes to, 0 forwards, 90 to the left.
        impulse_ns: largest impulse [N s] (a constant force for 100 ms at the base) that 80 % of the seeds survive, for
            each direction, found by bisection in steps of 0.5 N s.
        mean_ns, least_ns: over the directions.
    """

    directions_deg: tuple[float, ...]
    impulse_ns: tuple[float, ...]
    mean_ns: float
    least_ns: float


def push(setting: Setting, seeds: int, watch: Callable[[float], None] | None = None) -> PushFigures:
    """Search all directions at once; each of the rounds walks up anew."""
    levels = round(MOST_NS / STEP_NS)
    directions = range(DIRECTIONS)
    rounds, done = math.ceil(math.log2(levels + 1)), 0

    def passes(asked: Mapping[int, int]) -> Mapping[int, bool]:
        nonlocal done
        passed = survive(setting, {d: level * STEP_NS for d, level in asked.items()}, seeds)
        done += 1
        if watch is not None:
            watch(done / rounds)
        return passed

    found = highest_passed(directions, levels, passes)
    impulses = tuple(found[d] * STEP_NS for d in directions)
    degrees = tuple(360.0 * d / DIRECTIONS for d in directions)
    return PushFigures(degrees, impulses, float(np.mean(impulses)), min(impulses))


def survive(setting: Setting, impulses: Mapping[int, float], seeds: int) -> dict[int, bool]:
    """Whether 80 % of the seeds stay up when pushed: {direction: impulse [N s]} -> {direction: survived}."""
    robots = [Robot(FRICTION, 0.0, (0.0, 0.0), 0.0)] * (DIRECTIONS * seeds)
    field = Field(setting.spec, setting.config, None, robots, setting.seed + 2, setting.threads)
    field.sim.load = setting.load
    of = np.repeat(np.arange(DIRECTIONS), seeds)
    runs = np.isin(of, list(impulses))
    field.fallen |= ~runs
    field.settle(setting.policy)
    command = np.tile((SPEED_MPS, 0.0, 0.0), (len(robots), 1))
    period = field.config.period_s
    before, after = (round(seconds / period) for seconds in (WALK_S, AFTER_S))
    for t in range(before + after):
        if t == before:
            angle = field.yaw_true + 2 * np.pi * of / DIRECTIONS
            force = np.array([impulses.get(int(d), 0.0) for d in of]) / PUSH_S
            field.sim.shove = np.stack((np.cos(angle), np.sin(angle), np.zeros(len(of))), axis=1) * force[:, None]
            field.sim.shove_steps = round(PUSH_S / field.sim.model.opt.timestep)
        field.drive(setting.policy, command, np.flatnonzero(runs & ~field.fallen))
    setting.faults.extend(
        f"push to {360 * int(of[i]) / DIRECTIONS:g} degrees: {what}" for i, what in sorted(field.faults.items())
    )
    up = ~field.fallen & runs
    return {d: int(up[of == d].sum()) >= needed(seeds) for d in impulses}
