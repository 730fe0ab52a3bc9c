"""Many robots on one terrain, each with its own ground friction, payload, start and command."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.gauntlet.load import Load
from rudel.locomotion.ground import Ground
from rudel.locomotion.policy import Policy
from rudel.locomotion.terms.randomisation import Randomisation
from rudel.robots.spec import RobotSpec
from rudel.sim.batch import BatchSim
from rudel.sim.options import SimOptions, evaluation_options
from rudel.worlds import Terrain

Array = NDArray[np.floating]
Ids = NDArray[np.intp]

UPSIDE = 0.0  # a base whose up axis points below the horizon has fallen, for good with these robots
JITTER_M, JITTER_RAD = 0.05, 0.05  # of start positions and headings: what else tells the seeds apart
SETTLE_S = 1.0  # at zero command before anything is asked
CLEARANCE_M = 0.005


@dataclass(frozen=True)
class Robot:
    """One robot of a field: ground friction, payload in the base [kg], start (x, y) [m], heading [rad]."""

    friction: float
    payload_kg: float
    start: tuple[float, float]
    yaw: float


def field_options() -> SimOptions:
    """The steps of an evaluation, and the whole robot touches the ground."""
    return dataclasses.replace(evaluation_options(), body_contacts=True)


def field_config(config: SkillConfig) -> SkillConfig:
    """The skill on the gauntlet: noise and a random delay of up to one period, bodies as they are built.

    The sensor noise is that of rudel's other evaluations. The published protocol's is larger (0.8 rad/s, 3 rad/s).
    """
    bodies = Randomisation(friction=(1.0, 1.0), mass=0.0, gains=0.0)
    return dataclasses.replace(config, randomisation=bodies, episode_s=1e6, reset_noise_rad=0.03, reset_speed=0.0)


class FieldSim(BatchSim):
    """Steps only the robots in ``active``, watches their motors and can shove them.

    Attributes:
        active: ids of the robots that are stepped; None: all.
        load: what the joints had to do; None: nobody counts.
        shove: force on the base in the world [N], (n, 3), for the next ``shove_steps`` physics steps.
    """

    active: Ids | None = None
    load: Load | None = None
    shove: Array | None = None
    shove_steps: int = 0

    def step(self, targets: NDArray[np.floating], previous: NDArray[np.floating], delay: NDArray[np.integer]) -> None:
        """One control period, see BatchSim.step; of its figures only the state and ``torque`` are kept up."""
        ids = np.arange(self.n) if self.active is None else self.active
        if not ids.size:
            return
        push = self.push.reshape(self.n, -1, 6)
        new, old, late = targets[ids], previous[ids], delay[ids]
        last = int(late.max())
        shape = (self.substeps, ids.size, 12)
        torque, speed = np.empty(shape), np.empty(shape)
        for k in range(self.substeps):
            if k <= last:
                self.ctrl[ids] = new if k == last else np.where((late <= k)[:, None], new, old)
            if self.shove is not None:
                push[:, self.base, :3] = self.shove if self.shove_steps > 0 else 0.0
                self.shove_steps -= 1
            speed[k] = self.dq[ids]
            self.batch.step(ids)
            torque[k] = self.torque[ids]  # given at the speed before the step
        if self.load is not None:
            sound = np.isfinite(torque).all(axis=(0, 2)) & np.isfinite(speed).all(axis=(0, 2))
            self.load.add(torque[:, sound].reshape(-1, 12), speed[:, sound].reshape(-1, 12))


class _FieldGround(Ground):
    """A terrain to stand on; heights enter nothing that the gauntlet reads, so they are not worked out."""

    flat = False

    def __init__(self, terrain: Terrain | None) -> None:
        self.terrain = terrain

    def add_to(self, mj: mujoco.MjSpec) -> None:
        if self.terrain is None:
            super().add_to(mj)
        else:
            self.terrain.add_to(mj)


class Field(LocomotionEnv):
    """The environment of an evaluation with placed robots; the policy acts for those that still count.

    Args:
        spec, config: the robot and what its policy's contract asks for.
        terrain: None is an endless plane.
        robots: who stands where.
        seed: of noise, delays and starts. Robot i gets the same numbers whoever else is stepped.
        threads: of the physics; 0: one for each core.

    Attributes:
        fallen: who lies on side or back, gave numbers that are not finite, or is to be left alone, (n,).
        faults: what of a robot was not finite.
    """

    simulation = FieldSim
    sim: FieldSim

    def __init__(
        self,
        spec: RobotSpec,
        config: SkillConfig,
        terrain: Terrain | None,
        robots: Sequence[Robot],
        seed: int,
        threads: int = 0,
    ) -> None:
        self.terrain, self.placed = terrain, tuple(robots)
        super().__init__(spec, field_config(config), _FieldGround(terrain), len(robots), field_options(), seed, threads)
        self.autoreset = False
        self._prepare_bodies()
        self.fallen = np.zeros(self.num_envs, bool)
        self.faults: dict[int, str] = {}
        self.obs, _ = self.reset()
        self.until_command[:] = np.iinfo(np.int64).max // 2  # commands are given, not drawn

    def _prepare_bodies(self) -> None:
        sim = self.sim
        friction = np.array([robot.friction for robot in self.placed])
        mine = np.flatnonzero(sim.model.geom_bodyid > 0)
        sim.batch.expand("geom_friction")[:, mine, 0] = friction[:, None]
        payload = np.array([robot.payload_kg for robot in self.placed])
        if payload.any():
            sim.batch.expand("body_mass")[:, sim.base] = sim.model.body_mass[sim.base] + payload
            sim.batch.set_const()

    def _reset_robots(self, ids: NDArray[np.intp]) -> None:
        super()._reset_robots(ids)
        jitter = self.rng.uniform(-1, 1, (ids.size, 3))
        for i, offset in zip(ids, jitter, strict=True):
            robot = self.placed[i]
            xy = np.array(robot.start) + JITTER_M * offset[:2]
            self.sim.qpos[i, :7] = self._standing(xy, robot.yaw + JITTER_RAD * offset[2])
        self.command[ids] = 0.0

    def _standing(self, xy: Array, yaw: float) -> Array:
        """Base pose (7,) over xy (2,), tilted as the plane through the ground below the four feet."""
        cos, sin = np.cos(yaw), np.sin(yaw)
        feet = (np.asarray(self.control.legs.hips) + self.control.stance)[:, :2].astype(np.float64)
        world = xy + np.stack((cos * feet[:, 0] - sin * feet[:, 1], sin * feet[:, 0] + cos * feet[:, 1]), axis=1)
        heights = np.zeros(4) if self.terrain is None else self.terrain.height(world)
        plane, *_ = np.linalg.lstsq(np.column_stack((feet, np.ones(4))), heights, rcond=None)
        above = float((heights - (feet @ plane[:2] + plane[2])).max()) + CLEARANCE_M
        pitch, roll = -np.arctan(plane[0]), np.arctan(plane[1] / np.hypot(1.0, plane[0]))
        tilt = frames.multiply(
            np.array([np.cos(pitch / 2), 0.0, np.sin(pitch / 2), 0.0]),
            np.array([np.cos(roll / 2), np.sin(roll / 2), 0.0, 0.0]),
        )
        quat = frames.multiply(frames.quat_from_yaw(np.asarray(yaw)), tilt)
        up = frames.rotate(quat, np.array([0.0, 0.0, 1.0]))
        base = np.array([*xy, plane[2]]) + up * self.robot.nominal_height_m
        base[2] += above
        return np.concatenate((base, quat))

    @property
    def xy(self) -> Array:
        """True base positions [m], (n, 2)."""
        return self.sim.qpos[:, :2]

    @property
    def yaw_true(self) -> Array:
        """True headings [rad], (n,)."""
        return np.asarray(frames.yaw_of(self.sim.qpos[:, 3:7]), np.float64)

    def drive(self, policy: Policy, command: Array, ids: Ids) -> None:
        """One control period for robots ``ids`` under commands (n, 3), which are clipped to what the policy may get."""
        limit = np.asarray(policy.contract.max_twist)
        self.set_commands(np.clip(command, -limit, limit).astype(np.float32))
        self.sim.active = ids
        actions = np.zeros((self.num_envs, self.control.actions), np.float32)
        if ids.size:
            actions[ids] = policy.act(self.obs[ids])
        bad = ~np.isfinite(actions).all(axis=1)
        actions[bad] = 0.0
        self.obs, *_ = self.step(actions)
        broken = [robot for robot, *_ in self.broken]
        self.broken.clear()
        self.faults |= dict.fromkeys(np.flatnonzero(bad).tolist(), "output of the policy")
        self.faults |= dict.fromkeys(broken, "state of the simulation")
        self.fallen |= bad
        self.fallen[broken] = True
        up = -frames.projected_gravity(self.sim.qpos[:, 3:7])[:, 2]
        self.fallen |= up < UPSIDE

    def settle(self, policy: Policy, watch: Callable[[], None] | None = None) -> None:
        """Stand for SETTLE_S at zero command."""
        everyone = np.arange(self.num_envs)
        for _ in range(round(SETTLE_S / self.config.period_s)):
            self.drive(policy, np.zeros((self.num_envs, 3)), everyone[~self.fallen])
            if watch is not None:
                watch()

    def outside(self) -> NDArray[np.bool_]:
        """Whether a base has left the terrain, (n,)."""
        if self.terrain is None:
            return np.zeros(self.num_envs, bool)
        return np.any(np.abs(self.xy) > np.array(self.terrain.size_m) / 2, axis=1)
