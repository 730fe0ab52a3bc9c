"""Tries a posture on a simulated robot, and measures what it does to it: torque, acceleration, slip, height."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np

from rudel.core.frames import projected_gravity
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.robots.limits import torque_range
from rudel.sim.driver import SimDriver
from rudel.sim.sensors import ACCELEROMETER

SMOOTHING_S = 0.02  # of the acceleration: a control period, whose steps are the loop's own
LOADED_SHARE = 0.05  # a foot that carries this share of the weight slips when it moves
GRAVITY = 9.81
MOST_S = 15.0


class Posture(Protocol):
    """rudel.robots.posture.Stand or Sit."""

    @property
    def done(self) -> bool: ...

    def step(self, state: RobotState, command: Twist) -> JointTargets: ...


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Attributes:
        seconds: until it was done.
        height_m: of the base above the ground below it, at the end.
        tilt_rad, most_tilt_rad: of the base, against the vertical, at the end and at most.
        torque_share: largest torque over stall torque; line_share: over what the motor can do at its speed.
        accel_mps2: largest acceleration along the base's z axis, averaged over a control period.
        overshoot_m: how far the base rose above where it ended.
        slip_m: longest way that one foot slid while it carried weight.
        off_rad: farthest joint from the default pose.
        drift_m: way of the base in the last second.
    """

    seconds: float
    height_m: float
    tilt_rad: float
    most_tilt_rad: float
    torque_share: float
    line_share: float
    accel_mps2: float
    overshoot_m: float
    slip_m: float
    off_rad: float
    drift_m: float


def tilt_of(quat: np.ndarray) -> float:
    """Angle between the base's z axis and the vertical [rad]."""
    return math.acos(float(np.clip(-projected_gravity(quat)[2], -1, 1)))


def set_load(driver: SimDriver, payload_kg: float = 0.0, friction: float | None = None) -> None:
    """Put ``payload_kg`` into the base, and give the feet and the body ``friction`` against the ground."""
    model, live = driver.live.model, driver.live
    model.body_mass[live.base] += payload_kg
    mujoco.mj_setConst(model, mujoco.MjData(model))
    if friction is not None:
        model.geom_friction[:, 0] = friction


def try_posture(driver: SimDriver, posture: Posture, after_s: float = 1.0) -> Trial:
    """Step ``posture`` until it is done, and ``after_s`` longer. The driver must have been entered."""
    live, spec = driver.live, driver.spec
    model, data, period_s = live.model, live.data, driver.period_s
    feet = [model.geom(foot).id for foot in spec.feet]
    force = [int(model.sensor(f"{foot}_force").adr[0]) for foot in spec.feet]
    up = int(model.sensor(ACCELEROMETER).adr[0]) + 2
    loaded_n = LOADED_SHARE * float(model.body_mass.sum()) * GRAVITY
    slip, before, torque, line, left = np.zeros(len(feet)), data.geom_xpos[feet][:, :2].copy(), 0.0, 0.0, after_s
    accel: list[float] = []
    place: list[np.ndarray] = []
    tilts: list[float] = []
    start_s, done_s = live.now_s(), math.inf
    while left > 0 and live.now_s() - start_s < MOST_S:
        driver.send(posture.step(driver.read(), Twist()))
        for _ in range(round(period_s / model.opt.timestep)):
            lower, upper = torque_range(spec, data.qvel[live.qvel_joints])
            live.step(model.opt.timestep)
            given = data.actuator_force
            torque = max(torque, float(np.abs(given / spec.effort_nm).max()))
            line = max(line, float(np.where(given > 0, given / np.maximum(upper, 1e-9), 0).max()))
            line = max(line, float(np.where(given < 0, given / np.minimum(lower, -1e-9), 0).max()))
            accel.append(float(data.sensordata[up]) - GRAVITY * math.cos(tilt_of(data.qpos[3:7])))
            now = data.geom_xpos[feet][:, :2].copy()
            slip += np.where(data.sensordata[force] > loaded_n, np.linalg.norm(now - before, axis=1), 0.0)
            before = now
        place.append(data.qpos[:3].copy())
        tilts.append(tilt_of(data.qpos[3:7]))
        if posture.done:
            done_s, left = min(done_s, live.now_s()), left - period_s
    n = round(SMOOTHING_S / model.opt.timestep)
    ground = 0.0 if live.terrain is None else float(live.terrain.height(data.qpos[:2]))
    heights = np.array(place)[:, 2]
    return Trial(
        seconds=done_s - start_s,
        height_m=float(heights[-1] - ground),
        tilt_rad=tilts[-1],
        most_tilt_rad=max(tilts),
        torque_share=torque,
        line_share=line,
        accel_mps2=float(np.abs(np.convolve(accel, np.full(n, 1 / n), "valid")).max()),
        overshoot_m=float(heights.max() - heights[-1]),
        slip_m=float(slip.max()),
        off_rad=float(np.abs(data.qpos[live.qpos_joints] - spec.default_pose).max()),
        drift_m=float(np.linalg.norm(place[-1] - place[-min(len(place), round(1.0 / period_s))])),
    )
