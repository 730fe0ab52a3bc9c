"""Domain randomisation: every robot of a batch gets its own body, motors and ground once, and noise at every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.observation import Readings
from rudel.sim.batch import BatchSim

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Randomisation:
    """Ranges. Noise is uniform in +- the value (the vendor's own training uses the same four: rl_training 127b4ff).

    Attributes:
        friction: low, high of the feet's sliding friction.
        mass: +- share of each link's mass and inertia.
        gains: +- share of kp and of kd, per joint.
        com_m: +- shift of the base's centre of mass in x, y, z [m].
        delay_share: least and largest action delay in control periods, drawn anew for every action.
        delay_constant: True draws the delay once per robot instead of for every action.
        armature: low, high factor on the joints' rotor inertia.
        gyro_radps, gravity, q_rad, dq_radps: observation noise.
        gyro_bias_radps, q_bias_rad: constant offsets per robot.
        payload_kg: least and largest load in the base (less than nothing: it is lighter than it was modelled).
        push_every_s: mean time between pushes, each a kick to the base's velocity; 0: none.
        push_mps: +- its size along x and y [m/s], and a third of it about every axis [rad/s].
        heading_drift_radps: rate at which the IMU's heading drifts, constant per robot (0.002 rad/s is 0.1 degrees/s).
    """

    friction: tuple[float, float] = (0.4, 1.0)
    mass: float = 0.15
    gains: float = 0.15
    com_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    delay_share: tuple[float, float] = (0.0, 1.0)
    delay_constant: bool = False
    armature: tuple[float, float] = (1.0, 1.0)
    gyro_radps: float = 0.2
    gravity: float = 0.05
    q_rad: float = 0.01
    dq_radps: float = 1.5
    gyro_bias_radps: float = 0.0
    q_bias_rad: float = 0.0
    heading_drift_radps: float = 0.002
    payload_kg: tuple[float, float] = (0.0, 0.0)
    push_every_s: float = 0.0
    push_mps: float = 0.0


def nominal() -> Randomisation:
    """Everything off."""
    return Randomisation(
        friction=(0.8, 0.8),
        mass=0.0,
        gains=0.0,
        delay_share=(0.0, 0.0),
        gyro_radps=0.0,
        gravity=0.0,
        q_rad=0.0,
        dq_radps=0.0,
        heading_drift_radps=0.0,
    )


def randomise_bodies(
    sim: BatchSim, r: Randomisation, kp: float, kd: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw friction, masses, centre of mass and gains of every robot; returns the feet's friction and the load (n,)."""
    n, model = sim.n, sim.model
    friction = rng.uniform(*r.friction, n)
    feet = [model.geom(foot).id for foot in sim.spec.feet]
    sim.batch.expand("geom_friction")[:, feet, 0] = friction[:, None]
    if r.mass:
        scale = rng.uniform(1 - r.mass, 1 + r.mass, (n, model.nbody))
        sim.batch.expand("body_mass")[:] = model.body_mass * scale
        sim.batch.expand("body_inertia")[:] = model.body_inertia * scale[:, :, None]
    if any(r.com_m):
        shift = rng.uniform(-1, 1, (n, 3)) * r.com_m
        sim.batch.expand("body_ipos")[:, sim.base] = model.body_ipos[sim.base] + shift
    if r.armature != (1.0, 1.0):
        factor = rng.uniform(*r.armature, (n, 12))
        sim.batch.expand("dof_armature")[:, sim.qvel_joints] = model.dof_armature[sim.qvel_joints] * factor
    payload = np.zeros(n)
    if any(r.payload_kg):
        payload = rng.uniform(*r.payload_kg, n)
        sim.batch.expand("body_mass")[:, sim.base] += payload
    if r.mass or any(r.com_m) or r.armature != (1.0, 1.0) or any(r.payload_kg):
        sim.batch.set_const()
    gains = rng.uniform(1 - r.gains, 1 + r.gains, (2, n, 12))
    sim.set_gains(kp * gains[0], kd * gains[1])
    return friction.astype(np.float32), payload.astype(np.float32)


def push(sim: BatchSim, r: Randomisation, rng: np.random.Generator) -> None:
    """Kick the bases of those whose turn it is, drawn for one control period."""
    hit = np.flatnonzero(rng.random(sim.n) < sim.period_s / r.push_every_s)
    if hit.size:
        kick = rng.uniform(-1, 1, (hit.size, 5)) * r.push_mps
        sim.qvel[hit, :2] += kick[:, :2]
        sim.qvel[hit, 3:6] += kick[:, 2:] / 3


def add_noise(readings: Readings, r: Randomisation, gyro_bias: Array, q_bias: Array, rng: np.random.Generator) -> None:
    """Replace the exact readings by noisy ones, in place of their arrays."""
    n = len(readings.gyro)
    u = rng.random((n, 30), dtype=np.float32)
    u *= 2
    u -= 1

    def spread(first: int, last: int, size: float) -> Array:
        return np.multiply(u[:, first:last], np.float32(size), dtype=np.float32)

    readings.gyro = readings.gyro + gyro_bias + spread(0, 3, r.gyro_radps)
    readings.gravity = readings.gravity + spread(3, 6, r.gravity)
    readings.q_offset = readings.q_offset + q_bias + spread(6, 18, r.q_rad)
    readings.dq = readings.dq + spread(18, 30, r.dq_radps)
