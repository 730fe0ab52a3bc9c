"""Many robots stepped at once on all cores, each with its own mass, friction and gains."""

from __future__ import annotations

import os
from collections.abc import Callable

import mujoco
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from rudel.robots.spec import RobotSpec
from rudel.sim.model import KD_SLOT, KP_SLOT, compile_model, joint_addresses
from rudel.sim.options import SimOptions

Array = NDArray[np.float64]


def available_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


class BatchSim:
    """n simulations of one robot in one world, stepped by MuJoCo's own thread pool.

    State arrays are live views (n, ...): a write is the robot's state at the next step. Outputs describe the state
    before the last physics step, as mj_step leaves them.

    Attributes:
        qpos (n, nq), qvel (n, nv): state. The base is qpos[:, :7] (position, quaternion wxyz) and qvel[:, :6] (linear
            velocity in the world, angular velocity in the base frame).
        torque: motor torque [N m], (n, 12).
        foot_position: foot centres in the world [m], (n, 4, 3).
        foot_force: normal force on each foot [N], (n, 4).
        foot_velocity: velocity of the foot centres in the world [m/s], (n, 4, 3).
    """

    def __init__(
        self,
        spec: RobotSpec,
        n: int,
        options: SimOptions,
        period_s: float = 0.02,
        add_world: Callable[[mujoco.MjSpec], None] | None = None,
        threads: int = 0,
    ) -> None:
        self.spec, self.n, self.period_s = spec, n, period_s
        self.model = compile_model(spec, options, period_s, add_world)
        self.substeps = options.substeps(period_s)
        self.threads = threads or available_cores()
        self.batch = Batch(self.model, n, self.threads)
        self.qpos: Array = self.batch.bind("qpos")
        self.qvel: Array = self.batch.bind("qvel")
        self.ctrl: Array = self.batch.bind("ctrl")
        self.warmstart: Array = self.batch.bind("qacc_warmstart")
        self.push: Array = self.batch.bind("xfrc_applied")
        self.qpos_joints, self.qvel_joints = joint_addresses(self.model, spec)
        self.torque: Array = self.batch.bind("actuator_force")
        sites = [self.model.site(foot).id for foot in spec.feet]
        self._sites = self.batch.bind("site_xpos")
        self._site_slice = slice(sites[0], sites[0] + 4) if sites == list(range(sites[0], sites[0] + 4)) else sites
        sensors: Array = self.batch.bind("sensordata")
        force = self.model.sensor(f"{spec.feet[0]}_force").adr[0]
        velocity = self.model.sensor(f"{spec.feet[0]}_velocity").adr[0]
        self.foot_force: Array = sensors[:, force : force + 4]
        self.foot_velocity: Array = sensors[:, velocity : velocity + 12].reshape(n, 4, 3)
        self.peak_force = np.zeros((n, 4))
        self.impulse, self.excess_impulse = np.zeros((n, 4)), np.zeros((n, 4))
        self.half_weight = float(self.model.body_mass.sum() * 9.81 / 2)
        self.mechanical_power = np.zeros(n)
        joints = self.qvel_joints
        in_order = np.array_equal(joints, np.arange(joints[0], joints[0] + len(joints)))
        self._joint_slice = slice(joints[0], joints[-1] + 1) if in_order else joints
        self.base = self.model.body(spec.base).id

    @property
    def foot_position(self) -> Array:
        """Foot centres in the world [m], (n, 4, 3)."""
        return self._sites[:, self._site_slice]

    @property
    def q(self) -> Array:
        """Joint positions [rad], (n, 12)."""
        return self.qpos[:, self.qpos_joints]

    @property
    def dq(self) -> Array:
        """Joint velocities [rad/s], (n, 12)."""
        return self.qvel[:, self.qvel_joints]

    def reset(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        """Put robots ``ids`` (k,) into the states qpos (k, nq), qvel (k, nv); outputs follow with the next step."""
        self.qpos[ids] = qpos
        self.qvel[ids] = qvel
        self.warmstart[ids] = 0.0
        self.push[ids] = 0.0

    def step(self, targets: NDArray[np.floating], previous: NDArray[np.floating], delay: NDArray[np.integer]) -> None:
        """One control period.

        Args:
            targets: joint position targets [rad], (n, 12).
            previous: targets of the last period, still in force while the new ones travel, (n, 12).
            delay: physics steps that each robot's targets take to arrive, (n,), 0 .. substeps.

        Sets ``peak_force`` (n, 4), the largest foot force of the period [N], ``impulse`` (n, 4), its integral [N s],
        ``excess_impulse`` (n, 4), the integral of what is above half the robot's weight [N s], and
        ``mechanical_power`` (n,), the mean of the positive part of torque times speed [W].
        """
        self.peak_force[:] = 0.0
        self.impulse[:] = 0.0
        self.excess_impulse[:] = 0.0
        self.mechanical_power[:] = 0.0
        last = -1
        worst = int(delay.max(initial=0))
        for k in range(self.substeps):
            if k <= worst or last < 0:
                self.ctrl[:] = targets if k >= worst else np.where((delay <= k)[:, None], targets, previous)
                last = k
            before = self.qvel[:, self._joint_slice].copy()
            self.batch.step()
            np.maximum(self.peak_force, self.foot_force, out=self.peak_force)
            self.impulse += self.foot_force
            self.excess_impulse += np.maximum(self.foot_force - self.half_weight, 0.0)
            # the motor's work over the step: its torque times the mean of the speeds at both ends
            power = self.torque * (before + self.qvel[:, self._joint_slice])
            self.mechanical_power += np.maximum(power, 0.0).sum(axis=1)
        self.mechanical_power /= 2 * self.substeps
        self.impulse *= self.model.opt.timestep
        self.excess_impulse *= self.model.opt.timestep

    def set_gains(self, kp: Array, kd: Array) -> None:
        """Joint gains per robot, each (n, 12) or broadcastable."""
        gains = self.batch.expand("actuator_gainprm")
        gains[:, :, KP_SLOT] = kp
        gains[:, :, KD_SLOT] = kd
