"""Measure a policy that gets up: robots lie in every pose, and are looked at for four seconds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel import robots as registry
from rudel.core.errors import UnknownName
from rudel.locomotion import footing
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.courses import ROUGH
from rudel.locomotion.deploy import check_robot, config_of
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.evaluate import PHYSICS, Act
from rudel.locomotion.fallen import FallenConfig
from rudel.locomotion.getup_env import GetupEnv, options_for
from rudel.locomotion.ground import Ground, make_ground
from rudel.locomotion.policy import Policy
from rudel.locomotion.terms.randomisation import Randomisation
from rudel.robots.spec import RobotSpec
from rudel.sim.options import SimOptions, evaluation_options

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

ROBOTS = 1000  # of an evaluation; while training a quarter of that
DEADLINE_S, HOLD_S, DURATION_S = 3.0, 0.3, 4.0
ON_BACK, ON_BELLY = 0.7, -0.7  # z of gravity in the base: within 45 degrees of lying on it
SETTLE_PERIODS = 100  # control steps per robot that finding the poses costs, about


@dataclass(frozen=True)
class GetupEvaluation:
    """Figures of one policy; units in the names.

    A robot has got up when, within 3 s, it has stood for 0.3 s, and was upright and high from then on until 4 s.
    Standing: tilted by less than 18 degrees against the ground, base above 80 % of its nominal height over the mean of
    the ground around it, and no joint faster than 1 rad/s; upright and high: the first two.

    Attributes:
        success_pct: share of the robots that got up; failed_pct: of the others.
        from_back_pct, from_side_pct, from_belly_pct: the same of those that lay so (nan: none did).
        time_median_s, time_p95_s: from the start to the end of those 0.3 s, of robots that got up.
        torque_limit_share: share of all joint samples with 95 % or more of the torque that the motor has at that speed.
        base_impact_mps, base_impact_p95_mps: largest change of the base's velocity within one control period, median
            and 95th percentile of the robots.
        energy_j: positive mechanical energy of the joints until it stood, mean of the robots that got up.
        robots, seconds, seed: what was measured.
    """

    success_pct: float
    failed_pct: float
    from_back_pct: float
    from_side_pct: float
    from_belly_pct: float
    time_median_s: float
    time_p95_s: float
    torque_limit_share: float
    base_impact_mps: float
    base_impact_p95_mps: float
    energy_j: float
    robots: int
    seconds: float
    seed: int


@dataclass(frozen=True)
class Record:
    """What n robots did in t control periods.

    Attributes:
        lay: z of gravity in the base at the start, (n,).
        up, standing: after each period, see GetupEvaluation, (t, n).
        near_limit: share of joint samples near the motor's limit, (n,).
        impact: largest change of the base's velocity [m/s], (n,).
        power: positive mechanical power [W], (t, n).
        broken: whose physics broke, (n,).
    """

    lay: Floats
    up: Flags
    standing: Flags
    near_limit: Floats
    impact: Floats
    power: Floats
    broken: Flags


def time_to_stand(up: Flags, standing: Flags, period_s: float) -> Floats:
    """When each robot had got up [s], (n,); nan: it did not.

    Args:
        up, standing: after each period, (t, n), standing only where up.
        period_s: of control.
    """
    hold = max(1, round(HOLD_S / period_s))
    count = np.cumsum(np.concatenate((np.zeros((1, up.shape[1]), np.int64), standing)), axis=0)
    held = np.zeros_like(up)
    held[hold - 1 :] = count[hold:] - count[:-hold] == hold
    stays = np.flip(np.logical_and.accumulate(np.flip(up, axis=0), axis=0), axis=0)
    good = held & stays
    good[round(DEADLINE_S / period_s) :] = False
    return np.where(good.any(axis=0), (good.argmax(axis=0) + 1) * period_s, np.nan)


def env_steps(period_s: float, robots: int = ROBOTS // 4) -> int:
    """Control steps that an evaluation takes, over all robots, those that let them fall included."""
    return robots * (round(DURATION_S / period_s) + SETTLE_PERIODS)


def evaluation_ground(world: str, difficulty: float, seed: int) -> Ground:
    """Where a training on ``world`` is measured: blocks stand for rough ground."""
    return make_ground("blocks", 0.5, seed) if world == ROUGH else make_ground(world, difficulty, seed)


def rough_grounds(seed: int) -> list[Ground]:
    """Rough ground: level, blocks up to 7 and 13 cm, slopes of 14 degrees."""
    seeds = [int(s) for s in np.random.SeedSequence([seed, 5]).generate_state(3)]
    parts = (("blocks", 0.3), ("blocks", 0.6), ("slope", 0.45))
    grounds = (make_ground(world, difficulty, s) for (world, difficulty), s in zip(parts, seeds, strict=True))
    return [Ground(), *grounds]


def evaluation_config(config: SkillConfig, n: int, ground: Ground, spread: Randomisation | None = None) -> SkillConfig:
    """The skill as it is evaluated: n poses, each once, no end but the last, the stated spread of robots."""
    return dataclasses.replace(
        config,
        fallen=dataclasses.replace(config.fallen or FallenConfig(), states=n, side_share=0.0),
        randomisation=Randomisation() if spread is None else spread,
        terminations=(),
        critic_terrain=not ground.flat,
        episode_s=1e6,
    )


def evaluate(
    spec: RobotSpec,
    config: SkillConfig,
    act: Act,
    *,
    ground: Ground | None = None,
    robots: int = ROBOTS // 4,
    seed: int = 1000,
    options: SimOptions | None = None,
    randomisation: Randomisation | None = None,
    duration_s: float = DURATION_S,
    most_falls: int | None = None,
) -> GetupEvaluation | None:
    """Run ``act`` (observations (n, k) -> actions (n, 12)) on a fresh batch of fallen robots and measure it.

    ``most_falls`` is there for the sake of other evaluations: nobody stands who could fall.
    """
    del most_falls
    done = record(spec, config, act, ground or Ground(), robots, seed, options, randomisation, duration_s)
    return figures([done], config.period_s, seed)


def record(
    spec: RobotSpec,
    config: SkillConfig,
    act: Act,
    ground: Ground,
    robots: int,
    seed: int,
    options: SimOptions | None = None,
    randomisation: Randomisation | None = None,
    duration_s: float = DURATION_S,
) -> Record:
    """What fallen robots do under ``act``; arguments as for :func:`evaluate`."""
    config = evaluation_config(config, robots, ground, randomisation)
    env = GetupEnv(spec, config, ground, robots, options_for(config, options or evaluation_options(), ground), seed)
    env.autoreset = False
    obs, _ = env.reset()
    steps = round(duration_s / config.period_s)
    lay = env.snapshot.gravity[:, 2].astype(np.float64)
    up, standing = np.zeros((steps, robots), bool), np.zeros((steps, robots), bool)
    power, near, impact = np.zeros((steps, robots)), np.zeros(robots), np.zeros(robots)
    for t in range(steps):
        obs, *_ = env.step(act(obs))
        up[t], standing[t] = footing.up(env.snapshot), footing.standing(env.snapshot)
        power[t] = env.sim.mechanical_power
        near += _near_limit(env)
        np.maximum(impact, np.linalg.norm(env.snapshot.jolt, axis=1), out=impact)
    broken = np.zeros(robots, bool)
    broken[[robot for robot, *_ in env.broken]] = True
    return Record(lay, up, standing, near / steps, impact, power, broken)


def _near_limit(env: LocomotionEnv) -> Floats:
    """Share of each robot's joints with 95 % or more of the torque that the motor has at that speed, (n,)."""
    sim, effort = env.sim, env.robot.effort_nm
    available = np.clip(effort * (1 - np.sign(sim.torque) * sim.dq / env.robot.speed_radps), 0, effort)
    return (np.abs(sim.torque) >= 0.95 * available).mean(axis=1)


def figures(records: Sequence[Record], period_s: float, seed: int) -> GetupEvaluation:
    """The figures of several batches taken together."""
    joined = Record(*(np.concatenate(parts, axis=-1) for parts in zip(*map(_parts, records), strict=True)))
    time = time_to_stand(joined.up, joined.standing, period_s)
    time[joined.broken] = np.nan
    good = np.isfinite(time)
    steps = len(joined.up)
    before = np.arange(steps)[:, None] * period_s < time  # false where there is no time
    energy = (joined.power * before).sum(axis=0) * period_s
    back, belly = joined.lay > ON_BACK, joined.lay < ON_BELLY

    def share(who: Flags) -> float:
        return float(100 * good[who].mean()) if who.any() else float("nan")

    def quantile(q: float) -> float:
        return float(np.quantile(time[good], q)) if good.any() else float("nan")

    return GetupEvaluation(
        success_pct=float(100 * good.mean()),
        failed_pct=float(100 * (1 - good.mean())),
        from_back_pct=share(back),
        from_side_pct=share(~back & ~belly),
        from_belly_pct=share(belly),
        time_median_s=quantile(0.5),
        time_p95_s=quantile(0.95),
        torque_limit_share=float(joined.near_limit.mean()),
        base_impact_mps=float(np.median(joined.impact)),
        base_impact_p95_mps=float(np.quantile(joined.impact, 0.95)),
        energy_j=float(energy[good].mean()) if good.any() else float("nan"),
        robots=len(time),
        seconds=steps * period_s,
        seed=seed,
    )


def _parts(r: Record) -> list[NDArray[np.generic]]:
    return [getattr(r, field.name) for field in dataclasses.fields(r)]


def summary(f: GetupEvaluation) -> str:
    """One line for people."""
    return (
        f"{f.success_pct:.1f} % of {f.robots} up, after {f.time_median_s:.2f} s (median), {f.time_p95_s:.2f} s (95 %)"
    )


def evaluate_policy(
    policy: Policy,
    *,
    world: str = "flat",
    difficulty: float = 0.5,
    robots: int = ROBOTS,
    seed: int = 1000,
    physics: str = "evaluation",
    robot: str | None = None,
) -> GetupEvaluation:
    """Evaluate a loaded policy on the robot that its contract names (or on ``robot``, a name or a spec file).

    Args:
        world: a registered world, or "rough": equal numbers of robots on each of :func:`rough_grounds`.
        physics: one of PHYSICS; "reference" is physics that no policy was trained on, with actions that arrive a whole
            period late.
    """
    if physics not in PHYSICS:
        raise UnknownName("physics", physics, PHYSICS)
    spec = registry.load(robot or policy.contract.robot)
    check_robot(policy.contract, spec)
    late = Randomisation(delay_share=(1.0, 1.0)) if physics == "reference" else None
    config = config_of(policy.contract)
    grounds = rough_grounds(seed) if world == ROUGH else [make_ground(world, difficulty, seed)]
    parts = [part for part in np.array_split(np.arange(robots), len(grounds)) if part.size]
    records = [
        record(spec, config, policy.act, ground, part.size, seed + i, PHYSICS[physics](), late)
        for i, (ground, part) in enumerate(zip(grounds, parts, strict=False))
    ]
    return figures(records, config.period_s, seed)
