"""How fast the legs say that the body moves, and the feet that catch it when that is too fast."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.locomotion import gait, legs, observation
from rudel.locomotion.capture import Capture, capture, leg_velocity
from rudel.locomotion.gauntlet.field import Field, Robot
from rudel.locomotion.skills import walk
from rudel.locomotion.terms.randomisation import nominal
from tests.locomotion import envs
from tests.locomotion.samples import DEFAULT, GAIT, LEGS, MIRROR_ORDER, MIRROR_SIGNS

F = np.float32
PERIOD_S = 0.02
PARAMS = dataclasses.replace(GAIT, duty=0.6, capture_s=0.2, capture_mps=0.3, capture_most_m=0.15, legs_s=0.0)
HIPS = np.array(LEGS.hips)
REST = (np.zeros(1, F), np.zeros((1, 1), F))  # phase, stepping: all feet on the ground
number = st.floats(-1, 1, width=32)


def turn(rate: np.ndarray, seconds: float) -> np.ndarray:
    """Rotation matrix of a body that turned with ``rate`` [rad/s] for a moment."""
    x, y, z = rate * seconds
    return np.eye(3) + np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])


def moving(velocity: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints, their speeds and the gyro of a base over four feet that stand still in the world."""
    feet = HIPS + legs.forward_kinematics(LEGS, DEFAULT[None].astype(F))[0]
    poses: list[np.ndarray] = []
    h = 0.01
    for t in (-h, h):  # feet as seen from the base that moved for t
        seen = (feet - velocity * t) @ turn(rate, t)
        poses.append(legs.inverse_kinematics(LEGS, (seen - HIPS)[None].astype(F)))
    q = legs.inverse_kinematics(LEGS, (feet - HIPS)[None].astype(F))
    return q, np.asarray((poses[1] - poses[0]) / (2 * h), F), rate[None].astype(F)


@pytest.mark.parametrize("velocity", [(0.6, 0.0, 0.0), (-0.3, 0.4, 0.1), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("rate", [(0.0, 0.0, 0.0), (0.5, -0.8, 0.0), (0.0, 0.0, 1.0)])
def test_feet_that_stand_tell_how_the_body_moves(velocity: tuple[float, ...], rate: tuple[float, ...]) -> None:
    seen = moving(np.array(velocity), np.array(rate))
    found = leg_velocity(LEGS, PARAMS, np.zeros((1, 2), F), *REST, *seen, PERIOD_S)
    np.testing.assert_allclose(found[0], velocity[:2], atol=0.01)


def test_feet_in_the_air_are_not_asked() -> None:
    q, dq, gyro = moving(np.array([0.5, 0.0, 0.0]), np.zeros(3))
    phase, full = np.array([0.3], F), np.ones((1, 1), F)  # in the middle of the stance of two legs
    air = (phase[0] + gait.TROT_OFFSET) % 1.0 > PARAMS.duty
    assert air.sum() == 2
    dq[:, np.repeat(air, 3)] = 20.0
    found = leg_velocity(LEGS, PARAMS, np.zeros((1, 2), F), phase, full, q, dq, gyro, PERIOD_S)
    np.testing.assert_allclose(found[0], [0.5, 0.0], atol=0.01)


def test_with_no_foot_to_ask_the_last_word_stands() -> None:
    hopping = dataclasses.replace(PARAMS, duty=0.3)
    q, dq, gyro = moving(np.array([0.5, 0.0, 0.0]), np.zeros(3))
    before = np.array([[0.2, -0.1]], F)
    phase, full = np.array([0.4], F), np.ones((1, 1), F)
    np.testing.assert_array_equal(leg_velocity(LEGS, hopping, before, phase, full, q, dq, gyro, PERIOD_S), before)
    single = Capture(LEGS, hopping).velocity((0.2, -0.1), 0.4, 1.0, *(v[0].tolist() for v in (q, dq, gyro)), PERIOD_S)
    assert single == (0.2, -0.1)


def test_it_is_an_average_over_the_time_constant() -> None:
    slow = dataclasses.replace(PARAMS, legs_s=0.1)
    seen, found = moving(np.array([1.0, 0.0, 0.0]), np.zeros(3)), np.zeros((1, 2), F)
    for _ in range(5):
        found = leg_velocity(LEGS, slow, found, *REST, *seen, PERIOD_S)
    assert 1 - found[0, 0] == pytest.approx((0.1 / 0.12) ** 5, abs=0.01)


@given(st.lists(number, min_size=5, max_size=5))
def test_any_speed_between_none_and_the_command_is_as_it_should_be(numbers: list[float]) -> None:
    x, y, share, aside, wz = numbers
    command, full = np.array([[x, y, wz]], F), np.ones((1, 1), F)
    within = np.abs(F(share)) * command[:, :2]
    assert not capture(PARAMS, within, command, full).any()
    size = max(math.hypot(x, y), 1e-3)
    off = np.array([[-y, x]], F) / F(size) * F(aside * 0.29)  # less beside it than walking makes
    assert not capture(PARAMS, within + off, command, full).any()


@given(st.floats(0, 2 * math.pi), st.floats(0.31, 4), st.floats(0, 1))
def test_feet_go_the_way_that_the_body_does_and_not_too_far(angle: float, speed: float, stepping: float) -> None:
    way = np.array([[math.cos(angle), math.sin(angle)]], F)
    moved = capture(PARAMS, F(speed) * way, np.zeros((1, 3), F), np.full((1, 1), stepping, F))
    far = stepping * min(0.2 * (speed - 0.3), 0.15)
    np.testing.assert_allclose(moved, far * way, atol=1e-5)


def test_a_mirrored_robot_feels_and_does_the_mirror_image() -> None:
    rng = np.random.default_rng(1)
    n = 40
    q = np.asarray(DEFAULT + 0.2 * rng.normal(size=(n, 12)), F)
    dq, gyro, phase = rng.normal(size=(n, 12)).astype(F), rng.normal(size=(n, 3)).astype(F), rng.random(n).astype(F)
    command, full, none = rng.uniform(-1, 1, (n, 3)).astype(F), np.ones((n, 1), F), np.zeros((n, 2), F)
    signs = np.array(MIRROR_SIGNS, F)
    felt = leg_velocity(LEGS, PARAMS, none, phase, full, q, dq, gyro, PERIOD_S)
    mirror = (q[:, MIRROR_ORDER] * signs, dq[:, MIRROR_ORDER] * signs, gyro * np.array([-1, 1, -1], F))
    seen = leg_velocity(LEGS, PARAMS, none, (phase + F(0.5)) % F(1), full, *mirror, PERIOD_S)
    np.testing.assert_allclose(seen, felt * np.array([1, -1], F), atol=1e-3)
    moved = capture(PARAMS, seen, command * np.array([1, -1, -1], F), full)
    np.testing.assert_allclose(moved, capture(PARAMS, felt, command, full) * np.array([1, -1], F), atol=1e-3)
    assert moved.any()


def test_one_robot_is_a_batch_of_one() -> None:
    rng = np.random.default_rng(0)
    params = dataclasses.replace(PARAMS, legs_s=0.06)
    single = Capture(LEGS, params)
    for k in range(300):
        q, dq = DEFAULT + 0.3 * rng.normal(size=12), 3 * rng.normal(size=12)
        gyro, before, command = rng.normal(size=3), rng.normal(size=2), rng.uniform(-1, 1, 3)
        phase, stepping = float(F(rng.random())), float(rng.choice([0.0, 0.5, 1.0]))
        rows = (before, np.array([phase]), np.array([stepping]), q, dq, gyro)
        b, p, s, *seen = (np.asarray(v, F)[None] for v in rows)
        batch = leg_velocity(LEGS, params, b, p[0], s, *seen, PERIOD_S)
        one = single.velocity(tuple(before), phase, stepping, q.tolist(), dq.tolist(), gyro.tolist(), PERIOD_S)
        np.testing.assert_allclose(one, batch[0], atol=1e-5, err_msg=str(k))
        moved = single.shift(tuple(batch[0].tolist()), (command[0], command[1]), stepping)
        np.testing.assert_allclose(moved, capture(params, batch, command[None].astype(F), s)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value"), [("capture_s", -0.1), ("capture_mps", math.nan), ("capture_most_m", -1.0), ("legs_s", math.inf)]
)
def test_numbers_that_no_gait_can_have_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(PARAMS, **{name: value}).validate()


def test_what_is_told_of_the_speed_is_as_noisy_as_the_sensors_are() -> None:
    config = envs.calm(walk.rough(), randomisation=dataclasses.replace(nominal(), dq_radps=1.5))
    env = envs.make(config, n=64)
    env.reset()
    exact = envs.make(envs.calm(walk.rough()), n=64)
    exact.reset()
    for e in (env, exact):
        e.set_commands(np.zeros((64, 3), F))
        e.until_command[:] = 1000
        for _ in range(20):
            e.step(np.zeros((64, 12), F))
    assert np.abs(exact.leg_velocity).max() < 0.05  # they stand
    noise = np.sqrt((env.leg_velocity**2).mean() - (exact.leg_velocity**2).mean())
    assert 0.04 < noise < 0.1


def test_what_the_motors_push_with_is_reckoned_from_the_joints_that_are_seen() -> None:
    terms = (("joint_pos", 1.0), ("joint_error", 1.0))
    env = envs.make(dataclasses.replace(walk.rough(), observation=terms), n=8)
    obs, _ = env.reset()
    assert not obs[:, 12:].any()  # nothing was sent yet
    obs, *_ = env.step(np.zeros((8, 12), F))
    np.testing.assert_allclose(obs[:, :12] + obs[:, 12:], env.targets - env.default_pose, atol=1e-5)


def test_who_starts_anew_knows_nothing_of_the_last_episode() -> None:
    env = envs.make(walk.rough(), n=4)
    env.reset()
    for _ in range(10):
        env.step(np.zeros((4, 12), F))
    assert env.leg_velocity.all()
    env.unrest[:] = 9.0
    env.steps[:2] = env.episode_steps
    obs, *_ = env.step(np.zeros((4, 12), F))
    error, speed = (observation.place(env.config.observation, name) for name in ("joint_error", "leg_velocity"))
    for part in (error, speed):
        assert not obs[:2, part].any()
        assert obs[2:, part].all()
    assert (env.unrest[:2] == 0).all()
    assert (env.unrest[2:] > 8).all()


def fallen(capture_s: float) -> int:
    """How many of 64 robots fall that walk without a policy and are shoved with 19 N s, to all sides."""
    base = walk.rough()
    assert base.gait is not None
    # as high a swing everywhere: feet that swing low catch fewer (27 fall instead of 34)
    trot = dataclasses.replace(base.gait, capture_s=capture_s, calm_swing_m=0.0)
    config = dataclasses.replace(base, gait=trot)
    n = 64
    field = Field(robots.load("lite3"), config, None, [Robot(0.7, 0.0, (0.0, 0.0), 0.0)] * n, 3, 1)
    way = 2 * np.pi * np.arange(n) / 8
    for t in range(round(4 / config.period_s)):
        time_s = t * config.period_s
        field.set_commands(np.tile([0.5 if time_s > 0.8 else 0.0, 0.0, 0.0], (n, 1)).astype(F))
        if t == round(2.2 / config.period_s):
            field.sim.shove = 190.0 * np.stack((np.cos(way), np.sin(way), 0 * way), axis=1)
            field.sim.shove_steps = round(0.1 / field.sim.model.opt.timestep)
        field.step(np.zeros((n, 12), F))
    return int((field.felt[:, 2] > -0.5).sum())


def test_fewer_robots_fall_when_they_are_shoved() -> None:
    caught, stiff = fallen(0.25), fallen(0.0)
    assert stiff > 28
    assert caught <= 0.75 * stiff  # 25 for 37
