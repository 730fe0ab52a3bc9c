"""What is true of an environment's robots at this moment, put together for the terms that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion import surroundings
from rudel.locomotion.observation import Readings
from rudel.locomotion.snapshot import Snapshot

if TYPE_CHECKING:
    from rudel.locomotion.env import LocomotionEnv

Array = NDArray[np.float32]


def heading_velocity(world: Array, yaw: Array) -> Array:
    """Velocities in the world [m/s], (n, 3), as seen from headings [rad], (n,): (n, 3)."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.stack((cos * world[:, 0] + sin * world[:, 1], cos * world[:, 1] - sin * world[:, 0], world[:, 2]), axis=1)


def snapshot(env: LocomotionEnv, readings: Readings, velocity: Array, yaw: Array) -> Snapshot:
    """The truth about all robots; ``velocity`` (n, 3) in the heading frame, headings ``yaw`` (n,)."""
    sim, robot = env.sim, env.robot
    feet, xy = sim.foot_position, sim.qpos[:, :2]
    ground = env.ground.height(xy)
    below_feet = env.ground.foot_height(feet)
    clearance = feet[:, :, 2] - robot.foot_radius_m - below_feet
    around, incline = None, env.level_ground
    if env.config.critic_terrain:
        heights = surroundings.scan(xy, yaw, env.ground.height)
        around, incline = heights - ground.astype(np.float32)[:, None], surroundings.gradient(heights)
    return Snapshot(
        command=env.followed,
        stepping=env.stepping,
        velocity=velocity,
        tracking_error=env.tracking_error,
        gyro=readings.gyro,
        gravity=readings.gravity,
        height=(sim.qpos[:, 2] - ground).astype(np.float32),
        stance_height=(sim.qpos[:, 2] - below_feet.mean(axis=1)).astype(np.float32),
        q_offset=readings.q_offset,
        dq=readings.dq,
        torque=sim.torque.astype(np.float32),
        action=env.action,
        last_action=env.last_action,
        older_action=env.older_action,
        foot_force=sim.foot_force.astype(np.float32),
        peak_force=sim.peak_force.astype(np.float32),
        foot_velocity=sim.foot_velocity.astype(np.float32),
        foot_clearance=clearance.astype(np.float32),
        phase=env.phase,
        power=sim.mechanical_power.astype(np.float32),
        friction=env.friction,
        weight_n=env.weight_n,
        nominal_height=robot.nominal_height_m,
        around=around,
        incline=incline,
        payload_kg=env.payload_kg,
    )
