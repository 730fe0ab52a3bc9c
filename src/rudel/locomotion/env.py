"""A vectorised environment: n robots in one world, Gymnasium's vector interface, same-step autoreset."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.locomotion import commands, heading, measure, observation
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.control import Control
from rudel.locomotion.courses import CourseGround
from rudel.locomotion.curriculum import Curriculum
from rudel.locomotion.ground import Ground
from rudel.locomotion.history import History
from rudel.locomotion.terms import critic, rewards, terminations
from rudel.locomotion.terms.randomisation import add_noise, push, randomise_bodies
from rudel.robots.spec import RobotSpec
from rudel.sim.batch import BatchSim
from rudel.sim.options import SimOptions

Array = NDArray[np.float32]
GRAVITY = 9.81
TURNED = 0.15  # of half a turn: on a course, robots start facing an edge of their tile within this


class LocomotionEnv(VectorEnv[Array, Array, Array]):
    """n robots that follow velocity commands.

    Observations (n, k) float32 in the order of the skill's contract; actions (n, a) float32, unbounded, nominally of
    size 1.
    ``critic_observation()`` gives the privileged input that only training uses. The same seed gives the same bytes.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  # Gymnasium's name, and its type
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }
    simulation: type[BatchSim] = BatchSim

    def __init__(
        self,
        spec: RobotSpec,
        config: SkillConfig,
        ground: Ground,
        n: int,
        options: SimOptions,
        seed: int = 0,
        threads: int = 0,
    ) -> None:
        config.validate()
        self.robot, self.config, self.ground, self.num_envs = spec, config, ground, n
        self.seed_value = seed
        self.sim = self.simulation(spec, n, options, config.period_s, ground.add_to, threads)
        self.control = Control.from_config(spec, config, self.sim.model)
        self.apex_at_start = 0.0 if config.gait is None else config.gait.calm_apex_m
        k = observation.size(config.observation, config.history)
        self.single_observation_space = gym.spaces.Box(-np.inf, np.inf, (k,), np.float32)
        self.single_action_space = gym.spaces.Box(-np.inf, np.inf, (self.control.actions,), np.float32)
        self.observation_space = gym.spaces.Box(-np.inf, np.inf, (n, k), np.float32)
        self.action_space = gym.spaces.Box(-np.inf, np.inf, (n, self.control.actions), np.float32)
        self.render_mode = None
        on_course = isinstance(ground, CourseGround)
        self.rewards = rewards.select({**config.rewards, **(config.course_rewards if on_course else {})})
        self.terminations = terminations.select(config.terminations)
        self.episode_steps = round(config.episode_s / config.period_s)
        self.weight_n = float(self.sim.model.body_mass.sum() * GRAVITY)
        self.default_pose = np.asarray(spec.default_pose, np.float32)
        self.autoreset = True
        self.feels_speed = self.control.feels_speed or any(name == "leg_velocity" for name, _ in config.observation)
        self.curriculum = Curriculum(ground, n) if isinstance(ground, CourseGround) else None
        self.history = History(n, config.history, observation.size(config.observation)) if config.history else None
        self._allocate(n)
        self._seed(seed)

    # --- Gymnasium interface ------------------------------------------------------------------------------------------

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Start all episodes anew; a seed makes what follows repeatable."""
        if seed is not None:
            self._seed(seed)
        everyone = np.arange(self.num_envs)
        self.command[:] = 0.0  # what was asked before must not show in what comes next
        if self.curriculum is not None:
            self.curriculum.scatter(self.rng)
        self._reset_robots(everyone)
        self.sim.batch.forward()
        self._measure()
        return self.observe(), {}

    def step(self, actions: Array) -> tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """One control period for every robot.

        Args:
            actions: (n, 12); one more where the policy chooses how high feet swing.

        Returns:
            observation (n, k), reward (n,), terminated (n,), truncated (n,), info with ``rewards`` (mean of each
            weighted term) and, where an episode ended, ``final_obs`` (n, k), ``final_critic`` (n, c) and
            ``_final_obs`` (n,) as Gymnasium defines them.
        """
        actions = np.asarray(actions, np.float32)
        if actions.shape != self.action_space.shape:
            raise BadInput(f"actions have shape {actions.shape}, need {self.action_space.shape}")
        self.older_action, self.last_action, self.action = self.last_action, self.action, actions.copy()
        measured = np.asarray(self.bent + self.default_pose + self.q_bias, np.float32)
        before = (self.apex, self.phase, self.steered, self.targets)
        self.apex = self.control.stumble(*before, measured, self.spun, self.unrest)
        if self.feels_speed:
            read = (self.read_q, self.read_dq, self.read_gyro)
            self.leg_velocity = self.control.leg_velocity(self.leg_velocity, self.phase, self.stepping, *read)
        brisk = self.control.brisk(self.unrest, self.apex)
        self.phase = self.control.advance(self.phase, brisk)
        self.apex = self.control.raise_apex(self.apex, actions)
        self.tilt = self.control.tilt(self.tilt, self.felt, self.stepping)
        shift = self.shift + self.control.capture(self.leg_velocity, self.steered, self.stepping)
        sensed = (self.tilt, measured, self.read_gyro, brisk)
        targets = self.control.targets(actions, self.phase, self.steered, shift, self.apex, *sensed)
        if self.history is not None:
            self.history.step()
        if self.config.randomisation.push_every_s:
            push(self.sim, self.config.randomisation, self.rng)
        np.copyto(self.last_good, self.sim.batch.state)
        self.sim.step(targets, self.targets, self._draw_delay())
        bad = ~np.isfinite(self.sim.qvel).all(axis=1)
        if bad.any():
            self._set_aside(np.flatnonzero(bad), targets)
        self.targets = targets
        self.unsent[:] = False
        self.steps += 1
        self._measure(average=True)
        self._resample_commands()
        self._track_heading()
        snapshot = self.snapshot
        terms = {name: term(snapshot) * np.float32(weight) for name, weight, term in self.rewards}
        if bad.any():
            for value in terms.values():
                value[bad] = 0.0  # what broken physics says is no merit, and may be no number
        reward = np.sum(list(terms.values()), axis=0, dtype=np.float32) * np.float32(self.config.period_s)
        terminated = np.zeros(self.num_envs, bool)
        for _, term in self.terminations:
            terminated |= term(snapshot)
        terminated |= bad
        reward -= np.float32(self.config.fall_penalty) * terminated
        truncated = ((self.steps >= self.episode_steps) | self._outside()) & ~terminated
        info: dict[str, Any] = {"rewards": {name: float(value.mean()) for name, value in terms.items()}}
        done = terminated | truncated
        if self.autoreset and done.any():
            info["final_obs"], info["final_critic"] = self.observe(), self.critic_observation()
            info["_final_obs"] = done.copy()
            if self.curriculum is not None:
                self.curriculum.finish(np.flatnonzero(done), terminated[done], self.rng)
            self._reset_robots(np.flatnonzero(done))
            if bad.any():
                self.sim.batch.forward(np.flatnonzero(bad))  # their outputs may be no numbers
            self._measure()
        return self.observe(), reward, terminated, truncated, info

    def close_extras(self, **kwargs: Any) -> None:
        """Nothing to close: the thread pool ends with the batch."""

    # --- training interface -------------------------------------------------------------------------------------------

    def critic_observation(self) -> Array:
        """Privileged input (n, c): the exact present observation, then the true state, see terms.critic."""
        return np.concatenate((self._exact, critic.privileged(self.snapshot)), axis=1)

    def set_commands(self, command: Array) -> None:
        """Give every robot a command (n, 3) from the next step on."""
        self.command[:] = command

    def _allocate(self, n: int) -> None:
        self.steps = np.zeros(n, np.int64)
        self.until_command = np.zeros(n, np.int64)
        self.command = np.zeros((n, 3), np.float32)
        self.stepping = np.zeros((n, 1), np.float32)
        self.heading_error = np.zeros(n, np.float32)
        self.followed = self.command.copy()
        self.shift = np.zeros((n, 2), np.float32)
        self.apex = np.full((n, 1), self.apex_at_start, np.float32)
        self.tilt = np.zeros((n, 2), np.float32)
        self.unrest = np.zeros(n, np.float32)
        self.felt, self.bent = np.zeros((n, 3), np.float32), np.zeros((n, 12), np.float32)  # gravity, joints, as of now
        self.spun = np.zeros((n, 12), np.float32)  # speed of the joints
        self.leg_velocity = np.zeros((n, 2), np.float32)
        self.unsent = np.ones((n, 1), bool)  # who was sent no targets in this episode
        self.read_gyro = np.zeros((n, 3), np.float32)  # what the sensors said, noise and all; joints as offsets
        self.read_q, self.read_dq = np.zeros((n, 12), np.float32), np.zeros((n, 12), np.float32)
        self.steered = self.command.copy()
        self.phase = np.zeros(n, np.float32)
        self.action = np.zeros((n, self.control.actions), np.float32)
        self.last_action = np.zeros_like(self.action)
        self.older_action = np.zeros_like(self.action)
        self.targets = np.zeros((n, 12))
        self.level_ground = np.zeros((n, 2), np.float32)
        self.tracking_error = np.zeros((n, 3), np.float32)
        self.last_good = self.sim.batch.state.copy()
        self.broken: list[tuple[int, NDArray[np.float64], NDArray[np.float64]]] = []

    def _set_aside(self, ids: NDArray[np.intp], targets: Array) -> None:
        """Robots whose physics broke: remember the state before, and go on from it until they are reset."""
        for i in ids:
            self.broken.append((int(i), self.last_good[i].copy(), np.array(targets[i], np.float64)))
        sim = self.sim
        sim.batch.state[ids] = self.last_good[ids]
        sim.batch.forward(ids)
        for of_period in (sim.peak_force, sim.impulse, sim.excess_impulse, sim.mechanical_power):
            of_period[ids] = 0.0

    def _seed(self, seed: int) -> None:
        """Bodies, commands and noise of the whole batch from one seed."""
        super().reset(seed=seed)
        self.rng = np.random.default_rng(seed)
        r = self.config.randomisation
        self.friction, self.payload_kg = randomise_bodies(self.sim, r, self.control.kp, self.control.kd, self.rng)
        n = self.num_envs
        self.gyro_bias = self.rng.uniform(-1, 1, (n, 3)).astype(np.float32) * np.float32(r.gyro_bias_radps)
        self.own_delay = self.rng.random(n)
        self.heading_drift = self.rng.uniform(-1, 1, n).astype(np.float32) * np.float32(r.heading_drift_radps)
        self.q_bias = self.rng.uniform(-1, 1, (n, 12)).astype(np.float32) * np.float32(r.q_bias_rad)

    def _track_heading(self) -> None:
        """Sum up how far the heading, as the IMU tells it, lags behind the commanded turn; steer by it."""
        yaw = frames.yaw_of(self.sim.qpos[:, 3:7]).astype(np.float32)
        turned = np.asarray(yaw - self.yaw + self.heading_drift * np.float32(self.config.period_s), np.float32)
        self.yaw = yaw
        moving, c = self.stepping[:, 0] > 0, self.config
        self.heading_error = heading.update(self.heading_error, self.followed[:, 2], turned, c.period_s, moving)
        before = self.followed
        self.unrest = self.control.unrest(self.unrest, self.felt)
        wanted = self.control.heed(self.command, self.unrest, self.felt)
        self.followed = heading.slew(before, wanted, c.command_slew, c.period_s)
        self.shift = self.control.lean(self.shift, before, self.followed)
        self._steer()

    def _steer(self) -> None:
        self.stepping = self.control.stepping(self.followed)
        # fading with the gait, so that coming to rest is no jump
        self.steered = heading.steer(self.followed, self.heading_error * self.stepping[:, 0], self.config.heading_gain)

    def _draw_delay(self) -> NDArray[np.int64]:
        """Physics steps that each robot's targets take to arrive, (n,)."""
        r = self.config.randomisation
        low, high = (share * self.sim.substeps for share in r.delay_share)
        u = self.own_delay if r.delay_constant else self.rng.random(self.num_envs)
        return np.rint(low + (high - low) * u).astype(np.int64)

    def _draw_commands(self, ids: NDArray[np.intp]) -> Array:
        c, last = self.config.commands, self.command[ids]
        if self.curriculum is None:
            return commands.draw(c, last, self.rng)
        return commands.draw_crossing(c, last, self.curriculum.sign[ids], self.rng)

    def _outside(self) -> NDArray[np.bool_]:
        away = self.ground.outside if self.curriculum is None else self.curriculum.left
        return away(self.sim.qpos[:, :2])

    def _resample_commands(self) -> None:
        self.until_command -= 1
        due = np.flatnonzero(self.until_command <= 0)
        if due.size:
            self.command[due] = self._draw_commands(due)
            self.until_command[due] = round(self.config.commands.resample_s / self.config.period_s)

    def _reset_robots(self, ids: NDArray[np.intp]) -> None:
        n, c, rng = ids.size, self.config, self.rng
        qpos = np.zeros((n, self.sim.model.nq))
        qvel = np.zeros((n, self.sim.model.nv))
        course = self.curriculum
        qpos[:, :3] = self.ground.spawn(n, rng) if course is None else course.start(ids, rng)
        yaw = rng.uniform(-np.pi, np.pi, n)
        if course is not None:
            yaw = TURNED * yaw + rng.integers(0, 4, n) * (np.pi / 2)
            self.command[ids] = 0.0
        if self.history is not None:
            self.history.fresh[ids] = True
        qpos[:, 2] += self.robot.nominal_height_m + 0.005
        qpos[:, 3:7] = frames.quat_from_yaw(yaw)
        qpos[:, self.sim.qpos_joints] = self.robot.default_pose + rng.uniform(-1, 1, (n, 12)) * c.reset_noise_rad
        qvel[:, :6] = rng.uniform(-1, 1, (n, 6)) * c.reset_speed
        self.sim.reset(ids, qpos, qvel)
        self.phase[ids] = rng.random(n, dtype=np.float32)
        self.command[ids] = self._draw_commands(ids)
        longest = round(c.commands.resample_s / c.period_s)
        self.until_command[ids] = rng.integers(longest // 4, longest + 1, n)
        # the first episodes end at different times, so that resets do not come in waves
        self.steps[ids] = rng.integers(0, self.episode_steps // 2, n) if n == self.num_envs else 0
        self.action[ids] = self.last_action[ids] = self.older_action[ids] = 0.0
        self.heading_error[ids] = 0.0
        self.followed[ids] = 0.0
        self.shift[ids] = 0.0
        self.apex[ids] = self.apex_at_start
        self.tilt[ids] = 0.0
        self.unrest[ids] = 0.0
        self.leg_velocity[ids] = 0.0
        self.unsent[ids] = True
        self._steer()
        self.targets[ids] = self.control.targets(
            self.action[ids], self.phase[ids], self.steered[ids], self.shift[ids], self.apex[ids]
        )
        self.tracking_error[ids] = 0.0

    def _measure(self, average: bool = False) -> None:
        """Read the simulation into readings (exact) and a snapshot."""
        sim, c = self.sim, self.config
        quat = sim.qpos[:, 3:7].astype(np.float32)
        gravity = frames.projected_gravity(quat)
        gyro = sim.qvel[:, 3:6].astype(np.float32)
        q_offset = sim.q.astype(np.float32) - self.default_pose
        dq = sim.dq.astype(np.float32)
        yaw = frames.yaw_of(quat)
        if not average:
            self.yaw = yaw  # a reset is no turn
        velocity = measure.heading_velocity(sim.qvel[:, :3].astype(np.float32), yaw)
        self.planar = np.stack((velocity[:, 0], velocity[:, 1], gyro[:, 2]), axis=1)
        if average:
            keep = np.float32(np.exp(-c.period_s / c.velocity_filter_s))
            self.tracking_error += (1 - keep) * (self.planar - self.followed - self.tracking_error)
            if self.curriculum is not None:
                self.curriculum.track(sim.qpos[:, :2], velocity[:, :2], self.followed[:, :2], c.period_s)
        self.readings = observation.Readings(
            gyro, gravity, self.steered, q_offset, dq, self.action[:, :12], self.phase, self.stepping, self.apex,
            self._joint_error(q_offset), self.leg_velocity,
        )  # fmt: skip
        self.felt, self.bent, self.spun = gravity, q_offset, dq
        self._exact = observation.assemble(c.observation, self.readings)
        self.snapshot = measure.snapshot(self, self.readings, velocity, yaw)

    def _joint_error(self, q_offset: Array) -> Array:
        error = np.asarray(self.targets - self.default_pose - q_offset, np.float32)
        return np.where(self.unsent, np.float32(0), error)

    def observe(self) -> Array:
        """The noisy observation (n, k) that the policy gets."""
        readings = observation.Readings(**vars(self.readings))
        readings.command, readings.stepping, readings.phase = self.steered, self.stepping, self.phase
        add_noise(readings, self.config.randomisation, self.gyro_bias, self.q_bias, self.rng)
        self.read_gyro, self.read_q, self.read_dq = readings.gyro, readings.q_offset, readings.dq
        readings.joint_error = self._joint_error(readings.q_offset)
        present = observation.assemble(self.config.observation, readings)
        return present if self.history is None else self.history.look(present)
