"""Whether robots get from start to goal at one level of one family."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.config import SkillConfig
from rudel.locomotion.gauntlet import terrain
from rudel.locomotion.gauntlet.families import BACKWARDS, FLAT, LEVELS, REACH_M, Family
from rudel.locomotion.gauntlet.field import Field, Robot
from rudel.locomotion.gauntlet.load import Load
from rudel.locomotion.gauntlet.search import highest_passed
from rudel.locomotion.gauntlet.steering import towards
from rudel.locomotion.policy import Policy
from rudel.robots.spec import RobotSpec

PASS_SHARE = 0.8
FILM_FPS = 25.0


@dataclass(frozen=True)
class Condition:
    """Ground friction and payload in the base [kg]."""

    friction: float
    payload_kg: float = 0.0


Group = tuple[str, Condition]  # direction, condition


@dataclass(frozen=True, eq=False)
class Trace:
    """One robot's way, for films and figures.

    Attributes:
        family, level, direction, condition, seed: which run.
        reached, fell: how it ended; neither: out of time, or no longer needed for its group's verdict.
        seconds: how long it took, without settling.
        qpos: (frames, nq) at FILM_FPS, float32.
    """

    family: str
    level: int
    direction: str
    condition: Condition
    seed: int
    reached: bool
    fell: bool
    seconds: float
    qpos: NDArray[np.float32]


@dataclass(frozen=True)
class Setting:
    """What the runs of one policy share.

    Attributes:
        policy, spec, config: policy, robot, and the environment that the contract asks for.
        seed: of everything random.
        load, faults: where runs write what the joints had to do, and what went wrong.
        threads: of the physics of one field.
    """

    policy: Policy
    spec: RobotSpec
    config: SkillConfig
    seed: int
    load: Load
    faults: list[str]
    threads: int = 0


def needed(seeds: int) -> int:
    """How many of the seeds have to arrive."""
    return math.ceil(PASS_SHARE * seeds - 1e-9)


def cross(
    setting: Setting,
    kind: Family,
    level: int,
    everyone: Sequence[Group],
    asked: Sequence[Group],
    seeds: int,
    watch: Callable[[float], None] | None = None,
) -> tuple[dict[Group, bool], list[Trace]]:
    """Send robots over one level.

    Args:
        setting: policy, robot, seed.
        kind, level: which terrain.
        everyone: all groups of the search. Each has its place in the batch whether it is asked about or not, so that
            a group's random numbers do not depend on how the others fare.
        asked: the groups that run.
        seeds: robots in a group.
        watch: called with the share of the time limit that has passed.

    Returns:
        whether at least 80 % of a group's robots reached the goal in time, and the traces of all robots that ran. A
        group's run ends as soon as its verdict is certain.
    """
    ground = None if kind.name == FLAT else terrain.build(kind.name, level)
    robots = [
        Robot(c.friction, c.payload_kg, kind.start, math.pi if direction == BACKWARDS else 0.0)
        for direction, c in everyone
        for _ in range(seeds)
    ]
    field = Field(setting.spec, setting.config, ground, robots, setting.seed, setting.threads)
    field.sim.load = setting.load
    n = len(robots)
    runs = np.repeat([g in asked for g in everyone], seeds)
    speed = np.repeat([-kind.speed_mps if d == BACKWARDS else kind.speed_mps for d, _ in everyone], seeds)
    field.fallen |= ~runs  # not asked about: not stepped
    field.settle(setting.policy)
    goal = np.broadcast_to(np.array(kind.goal), (n, 2))
    reached, lost = np.zeros(n, bool), field.fallen.copy()
    ended = np.full(n, kind.limit_s)
    need = needed(seeds)
    steps = round(kind.limit_s / field.config.period_s)
    film_every = 1 / (FILM_FPS * field.config.period_s)
    frames: list[NDArray[np.float32]] = []
    undecided = runs.copy()
    for t in range(steps):
        ids = np.flatnonzero(undecided & ~reached & ~lost)
        if not ids.size:
            break
        if t >= len(frames) * film_every:
            frames.append(field.sim.qpos.astype(np.float32))
        field.drive(setting.policy, towards(field.xy, field.yaw_true, goal, speed), ids)
        on = np.zeros(n, bool)
        on[ids] = True
        near = on & (np.linalg.norm(field.xy - goal, axis=1) < REACH_M) & ~field.fallen
        gone = on & (field.fallen | field.outside())
        reached |= near
        lost |= gone
        ended[near | gone] = (t + 1) * field.config.period_s
        arrived, failed = reached.reshape(-1, seeds).sum(axis=1), lost.reshape(-1, seeds).sum(axis=1)
        certain = (arrived >= need) | (failed > seeds - need)
        stopped = undecided & np.repeat(certain, seeds) & ~reached & ~lost
        ended[stopped] = (t + 1) * field.config.period_s
        undecided &= ~np.repeat(certain, seeds)
        if watch is not None and t % 25 == 0:
            watch(t / steps)
    setting.faults.extend(
        f"{_where(kind, level, everyone[i // seeds], i % seeds)}: {what}" for i, what in sorted(field.faults.items())
    )
    passed = {g: bool(reached[k * seeds : (k + 1) * seeds].sum() >= need) for k, g in enumerate(everyone) if g in asked}
    film = np.stack(frames) if frames else np.zeros((0, n, field.sim.qpos.shape[1]), np.float32)
    traces = [
        Trace(
            kind.name,
            level,
            everyone[i // seeds][0],
            everyone[i // seeds][1],
            i % seeds,
            bool(reached[i]),
            bool(lost[i]),
            float(ended[i]),
            film[: max(1, math.ceil(ended[i] * FILM_FPS)), i],
        )
        for i in np.flatnonzero(runs).tolist()
    ]
    return passed, traces


def _where(kind: Family, level: int, group: Group, seed: int) -> str:
    direction, c = group
    load = f", payload {c.payload_kg:g} kg" if c.payload_kg else ""
    return f"{kind.name} {direction}, level {level}, friction {c.friction:g}{load}, seed {seed}"


def search(
    setting: Setting,
    kind: Family,
    groups: Sequence[Group],
    seeds: int,
    keep: Callable[[Trace], None],
    watch: Callable[[int, float], None],
) -> dict[Group, int]:
    """The highest level of a family that each group passes.

    Args:
        setting, kind, groups, seeds: see ``cross``.
        keep: is handed every trace.
        watch: called with the level and the share of its time limit that has passed.
    """

    def passes(asked: Mapping[Group, int]) -> Mapping[Group, bool]:
        passed: dict[Group, bool] = {}
        for level in sorted(set(asked.values())):
            here = [g for g in asked if asked[g] == level]
            verdict, traces = cross(setting, kind, level, groups, here, seeds, functools.partial(watch, level))
            passed |= verdict
            for trace in traces:
                keep(trace)
        return passed

    return highest_passed(groups, LEVELS, passes)
