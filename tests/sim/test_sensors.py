"""What the sensors say at rest, in the air and about themselves."""

from __future__ import annotations

import dataclasses

import mujoco
import numpy as np
import pytest

from rudel import robots
from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.types import JointTargets
from rudel.robots.spec import RobotSpec
from rudel.sim.live import LiveSim
from rudel.sim.sensors import SensorNoise, Sensors

N = 4000
WHITE = {"gyro": "gyro_radps", "accel": "accel_mps2", "q": "q_rad", "dq": "dq_radps"}


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def standing(spec: RobotSpec) -> LiveSim:
    live = LiveSim(spec, realtime_factor=None)
    pose = JointTargets.hold(spec.default_pose, spec.stand_kp, spec.stand_kd)
    live.source = lambda: pose
    live.reset(spec.default_pose)
    live.step(4.0)
    return live


def sensors(live: LiveSim, noise: SensorNoise, seed: int = 0) -> Sensors:
    return Sensors(live.spec, live.model, noise, np.random.default_rng(seed))


def test_at_rest_and_level(spec: RobotSpec) -> None:
    live = standing(spec)
    state = sensors(live, SensorNoise.exact()).read(live.data, live.now_s())
    up = frames.rotate_inverse(state.quat, np.array([0, 0, 9.81]))
    np.testing.assert_allclose(state.accel, up, atol=0.05)
    assert state.accel[2] == pytest.approx(9.81, abs=0.1)
    np.testing.assert_array_equal(state.contact, 1.0)
    np.testing.assert_allclose(state.gyro, 0, atol=0.02)
    np.testing.assert_allclose(state.tau, live.data.actuator_force, atol=1e-12)
    np.testing.assert_allclose(state.q, live.data.qpos[7:], atol=1e-12)


def test_in_free_fall_nothing_is_felt(spec: RobotSpec) -> None:
    live = standing(spec)
    nothing = JointTargets.hold(spec.default_pose, 0.0, 0.0)
    live.source = lambda: nothing
    live.reset(spec.default_pose)
    live.data.qpos[2] += 5.0
    live.step(0.3)
    state = sensors(live, SensorNoise.exact()).read(live.data, live.now_s())
    np.testing.assert_allclose(state.accel, 0, atol=1e-3)
    np.testing.assert_array_equal(state.contact, 0.0)


def test_an_imu_that_is_mounted_askew_is_put_right(spec: RobotSpec) -> None:
    """The accelerometer reads in its own axes; a state is in those of the base."""

    def turned() -> mujoco.MjSpec:
        mj = spec.make()
        mj.site("imu").quat = frames.quat_from_yaw(np.asarray(1.0))
        return mj

    read: list[np.ndarray] = []
    for one in (dataclasses.replace(spec, make=turned), spec):
        live = LiveSim(one, realtime_factor=None)
        live.reset(spec.default_pose)
        live.data.qvel[3:6] = (1.0, 2.0, 3.0)
        live.step(0.05)
        read.append(sensors(live, SensorNoise.exact()).read(live.data, 0.0).accel)
    assert np.abs(read[1][:2]).max() > 0.1
    np.testing.assert_allclose(read[0], read[1], atol=1e-6)


def test_white_noise_spreads_as_stated(spec: RobotSpec) -> None:
    live, noise = standing(spec), SensorNoise()
    device = sensors(live, noise)
    states = [device.read(live.data, 0.0) for _ in range(N)]
    exact = sensors(live, SensorNoise.exact()).read(live.data, 0.0)

    def error(name: str) -> np.ndarray:
        return np.array([getattr(s, name) for s in states]) - getattr(exact, name)

    for name, stated in WHITE.items():
        wanted = getattr(noise, stated)
        # the standard deviation of N draws has a spread of 1 / sqrt(2 N) = 1.1 %; 5 of them, with no channel out
        np.testing.assert_allclose(error(name).std(axis=0), wanted, rtol=0.055, err_msg=name)
    np.testing.assert_allclose(error("tau").std(axis=0), noise.tau_share * spec.effort_nm, rtol=0.055)
    tilt = [2 * frames.multiply(s.quat, exact.quat * [1, -1, -1, -1])[1:] for s in states]
    np.testing.assert_allclose(np.std(tilt, axis=0), noise.tilt_rad, rtol=0.055)
    channels = np.concatenate([error(name) / getattr(noise, stated) for name, stated in WHITE.items()], axis=1)
    correlation = np.corrcoef(channels.T) - np.eye(channels.shape[1])
    assert np.abs(correlation).max() < 0.1  # every channel draws for itself
    for name, bias in (("gyro", device.gyro_bias), ("accel", device.accel_bias)):
        spread = getattr(noise, WHITE[name])
        np.testing.assert_allclose(error(name).mean(axis=0), bias, atol=5 * spread / np.sqrt(N))


def test_biases_spread_over_robots_as_stated() -> None:
    live, noise = standing(robots.load("lite3")), SensorNoise()
    many = [sensors(live, noise, seed) for seed in range(1000)]
    assert np.std([s.gyro_bias for s in many]) == pytest.approx(noise.gyro_bias_radps, rel=0.06)
    assert np.std([s.accel_bias for s in many]) == pytest.approx(noise.accel_bias_mps2, rel=0.06)
    assert np.std([s.heading_drift_radps for s in many]) == pytest.approx(noise.heading_drift_radps, rel=0.1)


def test_heading_drifts_at_a_constant_rate() -> None:
    live = standing(robots.load("lite3"))
    device = sensors(live, dataclasses.replace(SensorNoise.exact(), heading_drift_radps=0.01))
    yaw = [float(frames.yaw_of(device.read(live.data, t).quat)) for t in (0.0, 10.0, 20.0)]
    rate = device.heading_drift_radps
    assert rate != 0
    np.testing.assert_allclose(np.diff(yaw), 10 * rate, rtol=1e-6)


def test_biases_walk_as_stated() -> None:
    live = standing(robots.load("lite3"))
    noise = dataclasses.replace(SensorNoise.exact(), gyro_walk=0.01, accel_walk=0.1)
    ends = []
    for seed in range(150):
        device = sensors(live, noise, seed)
        for k in range(11):
            state = device.read(live.data, 0.4 * k)
        ends.append(np.concatenate((device.gyro_bias / 0.01, device.accel_bias / 0.1)))
        np.testing.assert_allclose(state.gyro, live.data.qvel[3:6] + device.gyro_bias, atol=1e-12)
    # after 4 s: 2 root seconds; 900 draws have a spread of 2.4 %
    assert np.std(ends) == pytest.approx(2.0, rel=0.1)
    still = sensors(live, SensorNoise())
    before = still.gyro_bias.copy()
    for k in range(3):
        still.read(live.data, float(k))
    np.testing.assert_array_equal(still.gyro_bias, before)


def test_the_same_seed_measures_the_same() -> None:
    live = standing(robots.load("lite3"))
    one, same, other = (sensors(live, SensorNoise(), seed).read(live.data, 1.0) for seed in (5, 5, 6))
    assert one.gyro.tobytes() == same.gyro.tobytes()
    assert one.gyro.tobytes() != other.gyro.tobytes()


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_impossible_noise_is_refused(value: float) -> None:
    with pytest.raises(BadInput, match="gyro_radps"):
        SensorNoise(gyro_radps=value)
