"""Measure a policy: exploration off, commands over the whole range, noise, delay and every robot different."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel import robots as registry
from rudel.core.errors import UnknownName
from rudel.core.frames import yaw_of
from rudel.locomotion.config import CommandConfig, SkillConfig
from rudel.locomotion.courses import ROUGH
from rudel.locomotion.courses import rough_grounds as rough_grounds  # where walking is trained on rough ground
from rudel.locomotion.deploy import check_robot, config_of
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import Ground, make_ground
from rudel.locomotion.policy import Policy
from rudel.locomotion.terms.randomisation import Randomisation
from rudel.robots.spec import RobotSpec
from rudel.sim.options import SimOptions, evaluation_options, reference_options, training_options

Array = NDArray[np.float32]
Act = Callable[[Array], Array]

SETTLE_S, WINDOW_S, DURATION_S, RESAMPLE_S, IMPACT_S = 1.0, 0.5, 10.0, 5.0, 0.04
ROBOTS = 256  # of an evaluation, with commands drawn at random
STRAIGHT, STANDING = 32, 32  # robots beside the random ones that walk straight and that stand


@dataclass(frozen=True)
class Evaluation:
    """Figures of one policy; units in the names.

    Attributes:
        vel_error_mps, yaw_error_radps: mean error of the velocity averaged over 0.5 s (norm of xy; yaw), the first
            second after each change of command left out.
        vel_error_instant_mps: mean norm of the xy error without averaging.
        falls: robots that fell, of ``robots``.
        drift_pct: lateral distance over forward distance of straight walking for 10 s, mean of the robots, in percent.
        cost_of_transport: positive mechanical energy over weight times distance, random commands.
        stand_still_mps: mean horizontal speed at zero command after the first second.
        torque_limit_share: share of all joint samples with 95 % or more of the torque that the motor has at that speed.
        torque_p99_share: 99th percentile of torque over stall torque.
        contact_impulse: impulse of a foot's normal force above half the robot's weight (its share in a trot) in the
            first 40 ms after touch-down, mean of all touch-downs [N s].
        robots, seconds, seed: what was measured.
    """

    vel_error_mps: float
    yaw_error_radps: float
    vel_error_instant_mps: float
    falls: int
    drift_pct: float
    cost_of_transport: float
    stand_still_mps: float
    torque_limit_share: float
    torque_p99_share: float
    contact_impulse: float
    robots: int
    seconds: float
    seed: int


def env_steps(period_s: float, robots: int = ROBOTS) -> int:
    """Control steps that an evaluation takes, over all robots."""
    return round(DURATION_S / period_s) * (robots + STRAIGHT + STANDING)


def summary(f: Evaluation) -> str:
    """One line for people."""
    return f"{f.vel_error_mps:.3f} m/s, {f.yaw_error_radps:.3f} rad/s, falls {f.falls}"


def evaluation_ground(world: str, difficulty: float, seed: int) -> Ground:
    """Where a training on ``world`` is measured: on level ground when it was trained on courses."""
    return make_ground("flat" if world == ROUGH else world, difficulty, seed)


def evaluation_config(config: SkillConfig, randomisation: Randomisation | None = None) -> SkillConfig:
    """The skill as it is evaluated: fixed commands, no exploration, the stated spread of robots."""
    return dataclasses.replace(
        config,
        commands=CommandConfig((1.0, 0.5, 1.0), RESAMPLE_S, 0.0, 0.0),
        randomisation=Randomisation() if randomisation is None else randomisation,
        episode_s=1e6,
    )


def _spread(high: Array | tuple[float, float, float], n: int, rng: np.random.Generator) -> Array:
    return (rng.uniform(-1, 1, (n, 3)) * np.asarray(high)).astype(np.float32)


def evaluate(
    spec: RobotSpec,
    config: SkillConfig,
    act: Act,
    *,
    ground: Ground | None = None,
    robots: int = ROBOTS,
    seed: int = 1000,
    options: SimOptions | None = None,
    randomisation: Randomisation | None = None,
    duration_s: float = DURATION_S,
    most_falls: int | None = None,
) -> Evaluation | None:
    """Run ``act`` (observations (n, k) -> actions (n, 12)) on a fresh batch of robots and measure it.

    With ``most_falls``, more falls than that end the measurement early, and the answer is None.
    """
    rng = np.random.default_rng(seed)
    n = robots + STRAIGHT + STANDING
    env = LocomotionEnv(
        spec, evaluation_config(config, randomisation), ground or Ground(), n, options or evaluation_options(), seed
    )
    env.autoreset = False
    env.reset()
    env.until_command[:] = np.iinfo(np.int64).max // 2  # commands are given below
    steps = round(duration_s / config.period_s)
    change = round(RESAMPLE_S / config.period_s)
    planar = np.empty((steps, n, 3), np.float32)
    commands = np.empty((steps, n, 3), np.float32)
    record = _Recorder(env, steps)
    for t in range(steps):
        if t % change == 0:
            command = _spread((1.0, 0.5, 1.0), n, rng)
            command[robots : robots + STRAIGHT] = 0.0
            command[robots : robots + STRAIGHT, 0] = np.linspace(0.3, 1.0, STRAIGHT)
            command[robots + STRAIGHT :] = 0.0
            env.set_commands(command)
            obs = env.observe()  # the new command, noise drawn anew
        obs, *_ = env.step(act(obs))
        planar[t], commands[t] = env.planar, env.command
        record.add(t)
        if most_falls is not None and int((~record.alive).sum()) > most_falls:
            return None
    return record.finish(planar, commands, robots, seed, change)


PHYSICS = {"training": training_options, "evaluation": evaluation_options, "reference": reference_options}


def evaluate_policy(
    policy: Policy,
    *,
    world: str = "flat",
    difficulty: float = 0.5,
    robots: int = ROBOTS,
    seed: int = 1000,
    physics: str = "evaluation",
    robot: str | None = None,
) -> Evaluation:
    """Evaluate a loaded policy on the robot that its contract names (or on ``robot``, a name or a spec file).

    ``physics`` is one of PHYSICS; "reference" is physics that no policy was trained on (1 ms steps, elliptic cones, no
    armature) with actions that arrive a whole period late.
    """
    if physics not in PHYSICS:
        raise UnknownName("physics", physics, PHYSICS)
    spec = registry.load(robot or policy.contract.robot)
    check_robot(policy.contract, spec)
    late = Randomisation(delay_share=(1.0, 1.0)) if physics == "reference" else None
    figures = evaluate(
        spec,
        config_of(policy.contract),
        policy.act,
        ground=make_ground(world, difficulty, seed),
        robots=robots,
        seed=seed,
        options=PHYSICS[physics](),
        randomisation=late,
    )
    assert figures is not None  # nothing was to end it early
    return figures


class _Recorder:
    """Accumulates what the figures need while the robots walk."""

    def __init__(self, env: LocomotionEnv, steps: int) -> None:
        self.env, self.steps = env, steps
        n = env.num_envs
        self.start_xy, self.start_yaw = env.sim.qpos[:, :2].copy(), self._yaw()
        self.up = np.ones((steps, n), bool)
        self.alive = np.ones(n, bool)
        self.power = np.zeros((steps, n), np.float32)
        self.near_limit = np.zeros(n)
        self.share = np.zeros((steps, n, 12), np.float16)
        self.loaded = np.ones((n, 4), bool)
        self.since = np.full((n, 4), 1000)
        self.impact_steps = max(1, round(IMPACT_S / env.config.period_s))
        self.touchdowns, self.touchdown_impulse = 0, 0.0

    def _yaw(self) -> NDArray[np.floating]:
        return np.asarray(yaw_of(self.env.sim.qpos[:, 3:7]))

    def add(self, t: int) -> None:
        env, sim = self.env, self.env.sim
        fell = np.zeros(env.num_envs, bool)
        for _, term in env.terminations:
            fell |= term(env.snapshot)
        fell[[robot for robot, *_ in env.broken]] = True  # physics that broke is no way to stay up
        env.broken.clear()
        self.alive &= ~fell
        self.up[t] = self.alive
        self.power[t] = sim.mechanical_power
        effort, speed = env.robot.effort_nm, env.robot.speed_radps
        available = np.clip(effort * (1 - np.sign(sim.torque) * sim.dq / speed), 0, effort)
        torque = np.abs(sim.torque)
        self.near_limit += (torque >= 0.95 * available).mean(axis=1) * self.alive
        self.share[t] = torque / effort
        down = sim.impulse > 0.02
        landed = down & ~self.loaded & self.alive[:, None]
        self.since += 1
        self.since[landed] = 0
        recent = (self.since < self.impact_steps) & self.alive[:, None]
        self.touchdown_impulse += float((sim.excess_impulse * recent).sum())
        self.touchdowns += int(landed.sum())
        self.loaded = down

    def finish(self, planar: Array, commands: Array, robots: int, seed: int, change: int) -> Evaluation:
        period = self.env.config.period_s
        window, settle = round(WINDOW_S / period), round(SETTLE_S / period)
        error = planar - commands
        sums = np.concatenate((np.zeros((1, *error.shape[1:])), np.cumsum(error, axis=0, dtype=np.float64)))
        start = np.arange(self.steps - window + 1)
        valid = (start % change >= settle) & (start % change + window <= change)
        averaged = (sums[window:] - sums[:-window])[valid] / window  # (windows, n, 3)
        up = self.up[window - 1 :][valid][:, :robots]
        count = max(int(up.sum()), 1)
        xy = np.linalg.norm(averaged[:, :robots, :2], axis=2)
        settled = (np.arange(self.steps) % change >= settle)[:, None] & self.up
        instant = np.linalg.norm(error[:, :robots, :2], axis=2)
        speed = np.linalg.norm(averaged[..., :2] + commands[window - 1 :][valid][..., :2], axis=2)[:, :robots]
        energy = float((self.power * self.up)[:, :robots].sum() / max(int(self.up[:, :robots].sum()), 1))
        mean_speed = float((speed * up).sum() / count)
        return Evaluation(
            vel_error_mps=float((xy * up).sum() / count),
            yaw_error_radps=float((np.abs(averaged[:, :robots, 2]) * up).sum() / count),
            vel_error_instant_mps=float((instant * settled[:, :robots]).sum() / max(int(settled[:, :robots].sum()), 1)),
            falls=int((~self.alive).sum()),
            drift_pct=self._drift(robots),
            cost_of_transport=energy / (self.env.weight_n * max(mean_speed, 1e-6)),
            stand_still_mps=float(np.linalg.norm(planar[settle:, robots + STRAIGHT :, :2], axis=2).mean()),
            torque_limit_share=float(self.near_limit.sum() / max(int(self.up.sum()), 1)),
            torque_p99_share=self._torque_p99(),
            contact_impulse=self.touchdown_impulse / max(self.touchdowns, 1),
            robots=robots,
            seconds=self.steps * period,
            seed=seed,
        )

    def _torque_p99(self) -> float:
        if not self.alive.any():
            return 1.0
        return float(np.percentile(self.share[:, self.alive].astype(np.float32), 99))

    def _drift(self, robots: int) -> float:
        ids = slice(robots, robots + STRAIGHT)
        moved = self.env.sim.qpos[ids, :2] - self.start_xy[ids]
        cos, sin = np.cos(self.start_yaw[ids]), np.sin(self.start_yaw[ids])
        forward = cos * moved[:, 0] + sin * moved[:, 1]
        lateral = cos * moved[:, 1] - sin * moved[:, 0]
        return float(100 * np.mean(np.abs(lateral) / np.maximum(np.abs(forward), 0.1)))
