"""One robot in one world, stepped in fine steps and driven by full joint targets: for everything but training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rudel.core import frames
from rudel.core.clock import Clock, WallClock
from rudel.core.errors import BadInput, GiveUp
from rudel.core.types import JointTargets, Pose
from rudel.robots.spec import RobotSpec
from rudel.sim import scenery
from rudel.sim.model import KD_SLOT, KP_SLOT, add_plane, compile_model, joint_addresses
from rudel.sim.options import SimOptions
from rudel.sim.pacing import Pacer
from rudel.sim.sensors import add_imu
from rudel.worlds import Place

Array = NDArray[np.float64]

_BIT = mujoco.mjtCtrlInput
CLEARANCE_M = 0.001  # a placed robot starts this far above the ground, so that it does not start inside of it
_ALL_INPUTS = sum(int(bit) for bit in (_BIT.mjINPUT_POS, _BIT.mjINPUT_VEL, _BIT.mjINPUT_FF))
_DIVERGED = (mujoco.mjtWarning.mjWARN_BADQPOS, mujoco.mjtWarning.mjWARN_BADQVEL, mujoco.mjtWarning.mjWARN_BADQACC)
_POS, _VEL, _FF = 0, 1, 2  # columns of the motors' inputs, in MuJoCo's own order


def live_options() -> SimOptions:
    """1 ms steps, the whole robot touches the world."""
    return SimOptions(substep_s=0.001, tolerance=1e-8, body_contacts=True)


@dataclass(frozen=True, eq=False)
class TrueState:
    """What no sensor says: for evaluation and pictures only, never for control.

    Attributes:
        time_s: simulated time [s].
        pose: world_T_base.
        velocity: linear velocity of the base in the world [m/s], (3,).
        gyro: angular velocity in the base frame [rad/s], (3,).
    """

    time_s: float
    pose: Pose
    velocity: Array
    gyro: Array

    @property
    def yaw(self) -> float:
        """Heading [rad] in (-pi, pi]."""
        return float(frames.yaw_of(self.pose.quat))

    @property
    def twist(self) -> Array:
        """(3,) vx, vy [m/s] in the robot's heading frame, turning rate about the vertical [rad/s]."""
        vx, vy, _ = frames.rotate_inverse(frames.quat_from_yaw(np.asarray(self.yaw)), self.velocity)
        return np.array([vx, vy, frames.rotate(self.pose.quat, self.gyro)[2]])


class LiveSim:
    """A robot in a world. It is also the clock of that world: waiting is what moves the physics.

    Joints follow ``source``, asked before every physics step: torque = kp (q - q_meas) + kd (dq - dq_meas) + tau, which
    the motors cut down to the stall torque and to the torque-speed line of the spec.

    Args:
        spec: the robot.
        terrain: where it stands, a Terrain or a World; None is an endless level plane.
        options: physics; None gives ``live_options()``.
        realtime_factor: simulated seconds per wall second; None or infinity: as fast as the machine can.
        wall: the clock that the factor is kept on.

    Attributes:
        model, data: MuJoCo's, for rendering and for tests.
        source: called with nothing, returns the joint targets of the next physics step.
    """

    def __init__(
        self,
        spec: RobotSpec,
        terrain: Place | None = None,
        options: SimOptions | None = None,
        *,
        realtime_factor: float | None = 1.0,
        wall: Clock | None = None,
    ) -> None:
        self.spec, self.terrain = spec, terrain
        self._pacer = Pacer(realtime_factor, wall or WallClock())
        self.model = compile_model(spec, options or live_options(), add_world=self._complete)
        self.data = mujoco.MjData(self.model)
        self.qpos_joints, self.qvel_joints = joint_addresses(self.model, spec)
        self.base: int = self.model.body(spec.base).id
        self._steps = 0
        self._inputs = self.data.ctrl.reshape(len(spec.joints), 3)
        self._gains = self.model.actuator_gainprm
        limp = JointTargets.damping(len(spec.joints), spec.stand_kd)
        self.source: Callable[[], JointTargets] = lambda: limp
        self._followed: JointTargets | None = None
        self.reset()

    def now_s(self) -> float:
        """Simulated time [s]; it never runs back, not even by ``reset``."""
        return self._steps * self.model.opt.timestep

    def sleep_until(self, time_s: float) -> None:
        """Simulate until ``now_s() >= time_s`` (to the next physics step)."""
        steps = math.ceil((time_s - self.now_s()) / self.model.opt.timestep - 1e-6)
        for _ in range(steps):
            targets = self.source()
            if targets is not self._followed:
                self._follow(targets)
            mujoco.mj_step(self.model, self.data)
            self._steps += 1
        if any(self.data.warning[kind].number for kind in _DIVERGED):
            raise GiveUp(f"the simulation of {self.spec.name} diverged at {self.now_s():.3f} s: reset it")
        if steps > 0:
            self._pacer.pace(self.now_s())

    def step(self, duration_s: float) -> None:
        """Simulate for ``duration_s`` >= 0 [s]."""
        if not duration_s >= 0:
            raise BadInput(f"duration_s is {duration_s}: time does not run back")
        self.sleep_until(self.now_s() + duration_s)

    def reset(
        self, q: ArrayLike | None = None, xy: tuple[float, float] | None = None, yaw: float | None = None
    ) -> None:
        """Put the robot on the ground, at rest.

        Args:
            q: joint positions [rad], (12,); None is the rest pose.
            xy: where in the world [m]; None is the terrain's spawn point.
            yaw: heading [rad]; None is the spawn point's for the spawn point, otherwise 0.
        """
        if yaw is None:
            yaw = 0.0 if xy is not None or self.terrain is None else self.terrain.spawn_yaw_rad
        if xy is None:
            xy = (0.0, 0.0) if self.terrain is None else self.terrain.spawn
        mujoco.mj_resetData(self.model, self.data)
        qpos = self.data.qpos
        qpos[:2] = xy
        qpos[3:7] = frames.quat_from_yaw(np.asarray(yaw))
        qpos[self.qpos_joints] = self.spec.rest_pose if q is None else q
        mujoco.mj_kinematics(self.model, self.data)
        lowest, footprint = self._lowest_point()
        ground = 0.0 if self.terrain is None else float(self.terrain.height(footprint).max())
        qpos[2] += ground - lowest + CLEARANCE_M
        self._followed = None
        self._follow(self.source())
        mujoco.mj_forward(self.model, self.data)

    def true_state(self) -> TrueState:
        """Where the robot really is and how it moves."""
        qpos, qvel = self.data.qpos, self.data.qvel
        return TrueState(self.now_s(), Pose(qpos[:3], qpos[3:7]), qvel[:3].copy(), qvel[3:6].copy())

    def _complete(self, mj: mujoco.MjSpec) -> None:
        """What batch stepping does without: all three motor inputs, an inertial sensor, ground, light and sky."""
        for motor in mj.actuators:
            motor.ctrlspec = _ALL_INPUTS
        add_imu(mj)
        scenery.add_to(mj)
        if self.terrain is None:
            add_plane(mj)
        else:
            self.terrain.add_to(mj)

    def _follow(self, targets: JointTargets) -> None:
        self._inputs[:, _POS], self._inputs[:, _VEL], self._inputs[:, _FF] = targets.q, targets.dq, targets.tau
        self._gains[:, KP_SLOT], self._gains[:, KD_SLOT] = targets.kp, targets.kd
        self._followed = targets

    def _lowest_point(self) -> tuple[float, Array]:
        """Height [m] below which no collision shape reaches (by its bounding box), and points (n, 2) that span them."""
        model, data = self.model, self.data
        solid = np.flatnonzero(model.geom_conaffinity)
        rotation = data.geom_xmat[solid].reshape(-1, 3, 3)
        centre = data.geom_xpos[solid] + np.einsum("nij,nj->ni", rotation, model.geom_aabb[solid, :3])
        half = np.einsum("nij,nj->ni", np.abs(rotation), model.geom_aabb[solid, 3:])
        sphere = model.geom_type[solid] == mujoco.mjtGeom.mjGEOM_SPHERE
        half[sphere] = model.geom_size[solid, :1][sphere]  # feet, exactly; a turned box around a ball is too large
        corners = [centre[:, :2] + half[:, :2] * sign for sign in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
        return float((centre - half)[:, 2].min()), np.concatenate((*corners, centre[:, :2]))
