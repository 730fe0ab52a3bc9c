"""From actions to joint targets, the same mapping that the policy file's contract describes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.locomotion import brisk as brisking
from rudel.locomotion import capture as capturing
from rudel.locomotion import caution, upright
from rudel.locomotion import gait as gaits
from rudel.locomotion import lean as leaning
from rudel.locomotion import stumble as stumbling
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.kinematics import leg_geometry
from rudel.locomotion.legs import LegGeometry, forward_kinematics
from rudel.robots.spec import RobotSpec
from rudel.sim.model import joint_addresses

Array = NDArray[np.float32]
GRAVITY = 9.81


@dataclass(frozen=True, eq=False)
class Control:
    """Joint target = reference(phase, command) + action_scale * action, clipped to the joint range."""

    default_pose: Array
    action_scale: Array
    lower: Array
    upper: Array
    kp: float
    kd: float
    period_s: float
    heading_gain: float
    action_clip: float
    gait: GaitParams | None
    legs: LegGeometry
    stance: Array

    @classmethod
    def from_config(cls, spec: RobotSpec, config: SkillConfig, model: mujoco.MjModel) -> Control:
        legs = leg_geometry(spec, model)
        pose = np.asarray(spec.default_pose, np.float32)
        kp = config.kp if config.kp is not None else spec.kp
        kd = config.kd if config.kd is not None else spec.kd
        gait = config.gait
        if gait is not None:
            weight = float(model.body_mass.sum() * GRAVITY)
            load_kp = kp if gait.load_kp else 0.0  # 0 switches the load offset off
            gait = dataclasses.replace(
                gait, load_kp=load_kp, weight_n=weight, com_x_m=com_x(spec, model), damping_s=kd / kp
            )
        scale = spec.action_scale if config.action_scale is None else np.tile(config.action_scale, 4)
        return cls(
            default_pose=pose,
            action_scale=np.asarray(scale, np.float32),
            lower=spec.joint_range_rad[:, 0].astype(np.float32),
            upper=spec.joint_range_rad[:, 1].astype(np.float32),
            kp=kp,
            kd=kd,
            period_s=config.period_s,
            heading_gain=config.heading_gain,
            action_clip=config.action_clip,
            gait=gait,
            legs=legs,
            stance=forward_kinematics(legs, pose[None])[0],
        )

    def brisk(self, unrest: Array, apex: Array) -> Array | None:
        """How brisk the trot is, (n, 1), after a tilt of late (n,), with that apex (n, 1); None: as ever."""
        return None if self.gait is None else brisking.brisk(self.gait, unrest, apex)

    def advance(self, phase: Array, brisk: Array | None = None) -> Array:
        """Gait phase one period later, (n,), of a trot that is brisk by that share (n, 1)."""
        if self.gait is None:
            return phase
        step = np.asarray(brisking.frequency_hz(self.gait, brisk) * self.period_s, np.float32)
        return np.asarray((phase + step.reshape(-1)) % np.float32(1), np.float32)

    def stepping(self, command: Array) -> Array:
        """Share of the full gait, (n, 1)."""
        return np.ones((len(command), 1), np.float32) if self.gait is None else gaits.gate(command, self.gait)

    def lean(self, shift: Array, before: Array, command: Array) -> Array:
        """Shift of the feet one period later [m], (n, 2); the command followed goes from ``before`` to ``command``."""
        if self.gait is None or not self.gait.lean:
            return shift
        height = -float(self.stance[:, 2].mean())
        return leaning.lean(self.gait, height, shift, before, command, self.period_s)

    def tilt(self, tilt: Array, gravity: Array, stepping: Array) -> Array:
        """Tilt of the body one period later, (n, 2), by measured ``gravity`` (n, 3); see rudel.locomotion.upright."""
        if self.gait is None or not self.gait.feels_tilt:
            return tilt
        return upright.tilt(self.gait, tilt, gravity, stepping, self.period_s)

    def unrest(self, unrest: Array, gravity: Array) -> Array:
        """Largest tilt of late one period later, (n,), by measured ``gravity`` (n, 3); see rudel.locomotion.caution."""
        if self.gait is None:
            return unrest
        return caution.unrest(self.gait, unrest, gravity, self.period_s)

    def heed(self, command: Array, unrest: Array, gravity: Array) -> Array:
        """What of a command (n, 3) is followed on the ground that there is; see rudel.locomotion.caution."""
        if self.gait is None:
            return command
        return caution.heed(self.gait, command, unrest, gravity)

    def leg_velocity(
        self, before: Array, phase: Array, stepping: Array, q_offset: Array, dq: Array, gyro: Array
    ) -> Array:
        """Velocity of the base as the legs tell it [m/s], (n, 2); see rudel.locomotion.capture."""
        if self.gait is None:
            return before
        q = np.asarray(q_offset + self.default_pose, np.float32)
        return capturing.leg_velocity(self.legs, self.gait, before, phase, stepping, q, dq, gyro, self.period_s)

    def capture(self, velocity: Array, command: Array, stepping: Array) -> Array:
        """By how much the feet are moved for a body that is too fast [m], (n, 2)."""
        if self.gait is None or not self.gait.capture_s:
            return np.zeros_like(velocity)
        return capturing.capture(self.gait, velocity, command, stepping)

    @property
    def feels_speed(self) -> bool:
        """Whether the trot answers how fast the body moves."""
        return self.gait is not None and bool(self.gait.capture_s)

    @property
    def actions(self) -> int:
        """Length of an action: the joints, and what else a policy decides."""
        return len(self.default_pose) + (0 if self.gait is None else self.gait.extra_actions)

    def raise_apex(self, apex: Array, action: Array) -> Array:
        """The apex of the swing one period later [m], (n, 1), under actions (n, ``actions``)."""
        if self.gait is None or not self.gait.swing_rate_mps:
            return apex
        return gaits.raise_apex(self.gait, apex, action[:, len(self.default_pose) :], self.period_s)

    def stumble(
        self,
        apex: Array,
        phase: Array,
        command: Array,
        targets: NDArray[np.floating],
        measured: Array,
        speed: Array,
        unrest: Array,
    ) -> Array:
        """The apex after what swinging feet ran into [m], (n, 1); see rudel.locomotion.stumble."""
        if self.gait is None or not self.gait.stumble:
            return apex
        of_joints = (np.asarray(targets, np.float32), measured, speed)
        of_robots = (apex, phase, command, *of_joints)
        return stumbling.stumble(self.legs, self.gait, self.stance, *of_robots, self.period_s, unrest)

    def targets(
        self,
        action: Array,
        phase: Array,
        command: Array,
        shift: Array | None = None,
        apex: Array | None = None,
        tilt: Array | None = None,
        measured: Array | None = None,
        gyro: Array | None = None,
        brisk: Array | None = None,
    ) -> Array:
        """Joint position targets [rad], (n, 12); of the action only what concerns the joints."""
        action = action[:, : len(self.default_pose)]
        if self.gait is None:
            reference = self.default_pose
        else:
            reference = gaits.joint_reference(
                self.legs, self.gait, self.stance, phase, command, shift, apex, tilt, measured, gyro, brisk
            )
            if self.gait.standing_authority < 1:
                action = action * gaits.authority(gaits.gate(command, self.gait), self.gait)
        if np.isfinite(self.action_clip):
            action = np.clip(action, -self.action_clip, self.action_clip)
        return np.asarray(np.clip(reference + self.action_scale * action, self.lower, self.upper), np.float32)


def com_x(spec: RobotSpec, model: mujoco.MjModel) -> float:
    """Centre of mass ahead of the base origin in the default pose [m]."""
    data = mujoco.MjData(model)
    data.qpos[:] = model.qpos0
    data.qpos[joint_addresses(model, spec)[0]] = spec.default_pose
    mujoco.mj_forward(model, data)
    base = model.body(spec.base).id
    return float(data.subtree_com[base, 0] - data.xpos[base, 0])
