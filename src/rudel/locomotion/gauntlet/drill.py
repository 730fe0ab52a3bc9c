"""Following commands in the middle of a terrain: full speed and hard stop on each axis, diagonals and reversals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.locomotion.gauntlet import quality, terrain
from rudel.locomotion.gauntlet.crossing import Condition, Setting
from rudel.locomotion.gauntlet.families import BACKWARDS, FAMILIES
from rudel.locomotion.gauntlet.field import Field, Robot

Array = NDArray[np.floating]

MAX_COMMAND = (1.0, 0.5, 1.0)  # vx, vy [m/s], wz [rad/s]: the range of rudel's evaluations
FULL_S, STOP_S, DIAGONAL_S = 5.0, 2.0, 3.0
MAX_VELOCITY, DIAGONAL = "max_velocity", "diagonal_velocity"


@dataclass(frozen=True)
class Exercise:
    """One sequence of (command, seconds) from a fresh start; ``goal`` is which of the two goals it belongs to."""

    goal: str
    parts: tuple[tuple[tuple[float, float, float], float], ...]

    def command(self, time_s: float) -> tuple[float, float, float]:
        """The command at a time since its start."""
        for command, seconds in self.parts:
            if time_s < seconds:
                return command
            time_s -= seconds
        return self.parts[-1][0]

    @property
    def seconds(self) -> float:
        return sum(seconds for _, seconds in self.parts)


def exercises() -> tuple[Exercise, ...]:
    """RoboGauge's two goals (velocity_goals.py): 6 full speeds with a hard stop, 8 diagonals with their reversal."""
    stop = ((0.0, 0.0, 0.0), STOP_S)
    made: list[Exercise] = []
    for axis, sign in itertools.product(range(3), (1.0, -1.0)):
        vx, vy, wz = (sign * MAX_COMMAND[axis] if i == axis else 0.0 for i in range(3))
        made.append(Exercise(MAX_VELOCITY, (((vx, vy, wz), FULL_S), stop)))
    for sx, sy in itertools.product((1.0, -1.0, 0.0), repeat=2):
        if sx or sy:
            vx, vy = sx * MAX_COMMAND[0], sy * MAX_COMMAND[1]
            made.append(Exercise(DIAGONAL, (((vx, vy, 0.0), DIAGONAL_S), ((-vx, -vy, 0.0), DIAGONAL_S))))
    return tuple(made)


@dataclass(frozen=True)
class DrillFigures:
    """Of one family, direction and condition.

    Attributes:
        metrics: mean of each metric over all instants, see quality.METRICS.
        quality: mean over seeds and both goals of the mean of the worse half of the instants.
        falls: robots that fell or left the terrain, of ``robots``.
        robots: number of robots.
    """

    metrics: dict[str, float]
    quality: float
    falls: int
    robots: int


def drill(
    setting: Setting,
    name: str | None,
    level: int,
    groups: Sequence[tuple[str, Condition]],
    seeds: int,
    watch: Callable[[float], None] | None = None,
) -> dict[tuple[str, Condition], DrillFigures]:
    """Measure groups at one level of a family (None: level ground), all exercises at once, each with its own robots."""
    ground = None if name is None else terrain.build(name, level)
    spot = (0.0, 0.0) if name is None else FAMILIES[name].drill
    plan = exercises()
    robots = [
        Robot(c.friction, c.payload_kg, spot, math.pi if direction == BACKWARDS else 0.0)
        for direction, c in groups
        for _ in range(seeds)
        for _ in plan
    ]
    field = Field(setting.spec, setting.config, ground, robots, setting.seed + 1, setting.threads)
    field.sim.load = setting.load
    n = len(robots)
    mine = np.arange(n) % len(plan)
    seconds = np.array([e.seconds for e in plan])[mine]
    field.settle(setting.policy)
    hips = np.array([j for leg in range(4) for j in (3 * leg, 3 * leg + 1)])
    hip_range = setting.spec.joint_range_rad[hips]
    largest = np.array(MAX_COMMAND)
    period = field.config.period_s
    lost = field.fallen.copy()
    samples: list[Array] = []
    counts: list[NDArray[np.bool_]] = []
    torque: Array | None = None
    steps = round(seconds.max() / period)
    for t in range(steps):
        running = t * period < seconds - 1e-9
        ids = np.flatnonzero(running & ~lost)
        command = np.array([e.command(t * period + 1e-9) for e in plan])[mine]
        field.drive(setting.policy, command, ids)
        lost |= field.fallen | field.outside()
        if (t + 1) * period >= (len(samples) + 1) * quality.INTERVAL_S - 1e-9:
            sim = field.sim
            quat = sim.qpos[:, 3:7]
            now = quality.instant(
                frames.rotate_inverse(quat, sim.qvel[:, :3]),
                sim.qvel[:, 3:6],
                command,
                largest,
                quality.joint_excursion(sim.q[:, hips], hip_range),
                sim.torque,
                sim.dq,
                frames.projected_gravity(quat),
                torque,
            )
            now[lost] = 0.0
            samples.append(now)
            counts.append(running)
            torque = sim.torque.copy()
        if watch is not None and t % 25 == 0:
            watch(t / steps)
    setting.faults.extend(
        f"{_where(name, level, groups[i // (seeds * len(plan))])}: {what}" for i, what in sorted(field.faults.items())
    )
    values, valid = np.stack(samples, axis=1), np.stack(counts, axis=1)  # (n, instants, 6), (n, instants)
    return {
        group: _figures(values[part], valid[part], lost[part], plan, seeds)
        for k, group in enumerate(groups)
        for part in (slice(k * seeds * len(plan), (k + 1) * seeds * len(plan)),)
    }


def _figures(
    values: Array, valid: NDArray[np.bool_], lost: NDArray[np.bool_], plan: Sequence[Exercise], seeds: int
) -> DrillFigures:
    products = quality.quality(values)
    goals: list[float] = []
    for seed in range(seeds):
        for goal in (MAX_VELOCITY, DIAGONAL):
            rows = [seed * len(plan) + i for i, e in enumerate(plan) if e.goal == goal]
            goals.append(quality.worse_half(products[rows][valid[rows]]))
    means = values[valid].mean(axis=0)
    return DrillFigures(
        metrics=dict(zip(quality.METRICS, means.tolist(), strict=True)),
        quality=float(np.mean(goals)),
        falls=int(lost.sum()),
        robots=len(lost),
    )


def _where(name: str | None, level: int, group: tuple[str, Condition]) -> str:
    direction, c = group
    where = "flat" if name is None else f"{name} {direction}, level {level}"
    return f"{where}, friction {c.friction:g}, while following commands"
