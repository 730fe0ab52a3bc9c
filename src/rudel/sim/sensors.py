"""What a simulated robot measures: the truth with noise and bias of a stated size."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.types import RobotState
from rudel.robots.spec import RobotSpec
from rudel.sim.model import joint_addresses

Array = NDArray[np.float64]

IMU_SITE, ACCELEROMETER = "imu", "imu_accel"


@dataclass(frozen=True)
class SensorNoise:
    """Standard deviations; white noise is drawn at every reading, bias and drift once for a robot.

    Which sensors the robots carry is not published. The inertial noise is that of a common part (Bosch BMI088 data
    sheet: 0.014 degrees/s and 190 ug per root hertz) at an assumed bandwidth of 200 Hz; the rest is assumed.

    Attributes:
        gyro_radps, gyro_bias_radps: angular velocity, each axis [rad/s]; the bias is what a calibration at rest leaves.
        accel_mps2, accel_bias_mps2: specific force, each axis [m/s^2].
        tilt_rad: error of the orientation about each axis [rad], white.
        heading_drift_radps: rate at which the heading drifts away [rad/s], constant (0.002 rad/s is 0.1 degrees/s).
        q_rad, dq_radps: joint position [rad] and velocity [rad/s].
        tau_share: joint torque, as a share of the joint's stall torque.
        contact_share: a threshold: a foot that carries at least this share of the weight is in contact.
        gyro_walk, accel_walk: random walk of the biases, each axis [rad/s and m/s^2, per root second]; off by default.
    """

    gyro_radps: float = 0.0035
    gyro_bias_radps: float = 0.002
    accel_mps2: float = 0.026
    accel_bias_mps2: float = 0.05
    tilt_rad: float = 0.005
    heading_drift_radps: float = 0.002
    q_rad: float = 0.001
    dq_radps: float = 0.05
    tau_share: float = 0.01
    contact_share: float = 0.04
    gyro_walk: float = 0.0
    accel_walk: float = 0.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not (math.isfinite(value) and value >= 0):
                raise BadInput(f"SensorNoise.{name} is {value}, must be a number >= 0")

    @classmethod
    def exact(cls) -> SensorNoise:
        """No noise at all; the contact threshold stays."""
        return cls(0, 0, 0, 0, 0, 0, 0, 0, 0)


def add_imu(mj: mujoco.MjSpec) -> None:
    """Add the accelerometer that ``Sensors`` reads, at the robot's site ``imu``."""
    kind, site = mujoco.mjtSensor.mjSENS_ACCELEROMETER, mujoco.mjtObj.mjOBJ_SITE
    mj.add_sensor(name=ACCELEROMETER, type=kind, objtype=site, objname=IMU_SITE)


class Sensors:
    """The sensors of one robot, with its own biases.

    Args:
        spec: the robot.
        model: a model of it with ``add_imu``'s accelerometer and the foot force sensors of rudel.sim.model.
        noise: how good they are.
        rng: where biases (drawn now) and noise (drawn at every reading) come from.
    """

    def __init__(self, spec: RobotSpec, model: mujoco.MjModel, noise: SensorNoise, rng: np.random.Generator) -> None:
        self.noise, self._rng = noise, rng
        self._q, self._dq = joint_addresses(model, spec)
        self._motors = [model.actuator(name).id for name in spec.joints]
        self._force = [int(model.sensor(f"{foot}_force").adr[0]) for foot in spec.feet]
        start = int(model.sensor(ACCELEROMETER).adr[0])
        self._accel = slice(start, start + 3)
        self._base_from_site: Array = model.site(IMU_SITE).quat.copy()
        self._tau_nm = noise.tau_share * spec.effort_nm
        self._threshold_n = noise.contact_share * float(model.body_mass.sum()) * 9.81
        self.gyro_bias: Array = rng.normal(size=3) * noise.gyro_bias_radps
        self.accel_bias: Array = rng.normal(size=3) * noise.accel_bias_mps2
        self.heading_drift_radps = float(rng.normal()) * noise.heading_drift_radps
        self._walked_s: float | None = None

    def read(self, data: mujoco.MjData, time_s: float) -> RobotState:
        """One reading at ``time_s``. Force, torque and acceleration are those of the last physics step."""
        self._walk(time_s)
        noise, white = self.noise, self._rng.normal(size=9 + 3 * len(self._q))
        gyro, accel, tilt = white[0:3], white[3:6], white[6:9]
        q, dq, tau = white[9:].reshape(3, -1)
        error = noise.tilt_rad * tilt
        error[2] += self.heading_drift_radps * time_s
        quat = frames.multiply(_small_rotation(error), data.qpos[3:7])
        force = data.sensordata[self._force]
        return RobotState(
            time_s=time_s,
            q=data.qpos[self._q] + noise.q_rad * q,
            dq=data.qvel[self._dq] + noise.dq_radps * dq,
            tau=data.actuator_force[self._motors] + self._tau_nm * tau,
            quat=quat / np.linalg.norm(quat),
            gyro=data.qvel[3:6] + self.gyro_bias + noise.gyro_radps * gyro,
            accel=frames.rotate(self._base_from_site, data.sensordata[self._accel])
            + self.accel_bias
            + noise.accel_mps2 * accel,
            contact=(force >= self._threshold_n).astype(np.float64),
        )

    def _walk(self, time_s: float) -> None:
        """Let the biases wander since the last reading. Nothing is drawn for biases that stay."""
        noise, last_s = self.noise, self._walked_s
        self._walked_s = time_s
        if last_s is None or not time_s > last_s or not (noise.gyro_walk or noise.accel_walk):
            return
        gyro, accel = self._rng.normal(size=(2, 3)) * math.sqrt(time_s - last_s)
        self.gyro_bias = self.gyro_bias + noise.gyro_walk * gyro
        self.accel_bias = self.accel_bias + noise.accel_walk * accel


def _small_rotation(vector: Array) -> Array:
    """Quaternion (4,) of the rotation vector [rad] (3,)."""
    angle = float(np.linalg.norm(vector))
    return np.concatenate(([math.cos(angle / 2)], vector * (0.5 * np.sinc(angle / (2 * np.pi)))))
