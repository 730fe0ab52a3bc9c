"""The filter: rotations round trip, counting adds up, corrections teach scale and bias, covariances stay sound."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.navigation.localise import _rotation as rotation
from rudel.navigation.localise._deskew import deskew
from rudel.navigation.localise._motion import Motion, MotionSettings

vectors = st.tuples(*[st.floats(-1.7, 1.7)] * 3).map(np.array)


@given(v=vectors)
def test_rotations_round_trip(v: np.ndarray) -> None:
    matrix = rotation.exp(v)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(rotation.log(matrix), v, atol=1e-8)
    np.testing.assert_allclose(rotation.matrix_of(rotation.quat_of(matrix)), matrix, atol=1e-12)
    level = rotation.levelled(matrix)
    assert math.atan2(level[1, 0], level[0, 0]) == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(level[2], matrix[2], atol=1e-12)  # the vertical in the base stays


def begun(settings: MotionSettings | None = None) -> Motion:
    motion = Motion(settings or MotionSettings())
    motion.begin(0.0, np.zeros(3), np.eye(3), np.eye(6) * 1e-6)
    return motion


def test_counting_adds_up_on_a_circle() -> None:
    """0.5 m/s at 0.5 rad/s: once around in 4 pi seconds, back where it began."""
    motion = begun(dataclasses.replace(MotionSettings(), scale=(1.0, 1.0, 1.0)))
    steps = 600
    dt = 4 * math.pi / steps
    for k in range(steps):
        motion.step((k + 1) * dt, np.array([0, 0, 0.5 * dt]), np.array([0.5 * dt, 0.0, 0.0]))
    np.testing.assert_allclose(motion.position, 0, atol=1e-3)
    np.testing.assert_allclose(motion.rotation, np.eye(3), atol=1e-9)
    assert motion.velocity[0] == pytest.approx(0.5)
    assert motion.gyro[2] == pytest.approx(0.5)


@pytest.mark.parametrize(("speed", "which"), [(0.6, 0), (-0.4, 1)])
def test_scale_and_bias_are_learnt_from_corrections(speed: float, which: int) -> None:
    motion, bias, counted = begun(), 0.004, 0.82
    information = np.diag([1 / 0.01**2] * 3 + [1 / 0.003**2] * 3)
    for k in range(1, 1001):
        t = 0.02 * k
        motion.step(t, np.array([0, 0, bias * 0.02]), np.array([counted * speed * 0.02, 0.0, 0.0]))
        if k % 5 == 0:
            true = np.array([speed * t, 0.0, 0.0])
            away = np.concatenate((true - motion.position, -rotation.log(motion.rotation)))
            prior = motion.covariance[:6, :6]
            motion.correct(t, np.linalg.solve(information + np.linalg.inv(prior), information @ away), information)
    assert motion.scale[which] == pytest.approx(1 / counted, rel=0.01)
    assert motion.bias[2] == pytest.approx(bias, abs=5e-4)
    assert motion.covariance[9 + which, 9 + which] < 0.02**2


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_covariances_stay_sound_and_corrections_only_shrink_them(seed: int) -> None:
    rng, motion = np.random.default_rng(seed), begun()
    for k in range(1, 60):
        t = 0.02 * k
        turned = None if rng.random() < 0.1 else rng.normal(size=3) * 0.02
        motion.step(t, turned, None if rng.random() < 0.1 else rng.normal(size=3) * 0.02)
        before = motion.covariance.copy()
        if rng.random() < 0.3:
            half = rng.normal(size=(6, int(rng.integers(1, 7)))) * 30
            motion.correct(t - 0.03, rng.normal(size=6) * 0.01, half @ half.T)
        if rng.random() < 0.3:
            motion.level(rotation.exp(rng.normal(size=3) * 0.05))
        values = np.linalg.eigvalsh(motion.covariance)
        assert values[0] > -1e-12
        assert np.linalg.eigvalsh(before - motion.covariance)[0] > -1e-9
        np.testing.assert_allclose(motion.rotation @ motion.rotation.T, np.eye(3), atol=1e-9)


def test_information_about_nothing_changes_nothing() -> None:
    motion = begun()
    motion.step(0.02, np.zeros(3), np.array([0.01, 0.0, 0.0]))
    before = motion.position.copy(), motion.covariance.copy()
    motion.correct(0.02, np.zeros(6), np.zeros((6, 6)))
    np.testing.assert_array_equal(motion.position, before[0])
    np.testing.assert_allclose(motion.covariance, before[1], atol=1e-15)


@settings(max_examples=20)
@given(turn=st.floats(-2, 2), speed=st.floats(-1, 1))
def test_deskewing_undoes_the_motion(turn: float, speed: float) -> None:
    """Fixed points, each seen from where the base was at its time, come to where the middle of the sweep sees them."""
    motion = begun(dataclasses.replace(MotionSettings(), scale=(1.0, 1.0, 1.0)))
    for k in range(1, 11):
        motion.step(0.02 * k, np.array([0, 0, 0.02 * turn]), np.array([0.02 * speed, 0.0, 0.0]))
    rng = np.random.default_rng(0)
    there, times = rng.uniform(-8, 8, (200, 3)), np.sort(rng.uniform(0, 0.1, 200))
    poses = [motion.at(0.05 + float(t)) for t in times]
    seen = np.array([r.T @ (x - p) for x, (p, r) in zip(there, poses, strict=True)])
    position, axes = motion.at(0.1)
    out = deskew(seen, times, 0.05, 0.1, motion)
    np.testing.assert_allclose(out, (there - position) @ axes, atol=5e-3)


@given(v=vectors, w=vectors)
def test_adrift_it_goes_on_from_where_it_was_with_the_tilt_that_is_stated(v: np.ndarray, w: np.ndarray) -> None:
    motion = begun()
    motion.begin(1.0, v, rotation.exp(0.5 * v), np.eye(6))
    before, level = rotation.exp(0.5 * v), rotation.levelled(rotation.exp(0.5 * w))
    motion.adrift(level)
    np.testing.assert_allclose(motion.rotation[2], level[2], atol=1e-12)  # the vertical in the base
    heading = math.atan2(before[1, 0], before[0, 0])
    assert math.atan2(motion.rotation[1, 0], motion.rotation[0, 0]) == pytest.approx(heading, abs=1e-9)
    np.testing.assert_array_equal(motion.position, v)
    assert motion.sigma_m < 0.01


@given(v=vectors, w=vectors)
def test_carried_to_another_frame_what_was_counted_since_stays(v: np.ndarray, w: np.ndarray) -> None:
    motion = begun()
    motion.begin(1.0, v, rotation.exp(v), np.eye(6))
    then = motion.position.copy(), motion.rotation.copy()
    motion.step(1.1, np.array([0.0, 0.1, 0.3]), np.array([0.05, 0.01, 0.0]))
    moved, turned = then[1].T @ (motion.position - then[0]), then[1].T @ motion.rotation
    motion.carry(then, (w, rotation.exp(w)), 0.01 * np.eye(6))
    np.testing.assert_allclose(rotation.exp(w).T @ (motion.position - w), moved, atol=1e-12)
    np.testing.assert_allclose(rotation.exp(w).T @ motion.rotation, turned, atol=1e-12)
    assert motion.sigma_m == pytest.approx(0.1)


def test_legs_that_walk_on_the_spot_teach_no_scale_that_legs_cannot_have() -> None:
    motion = begun()
    for k in range(1, 400):
        motion.step(0.02 * k, np.zeros(3), np.array([-0.01, 0.0, 0.0]))
        motion.correct(0.02 * k, np.array([-0.02, 0.0, 0.0, 0.0, 0.0, 0.0]), np.diag([1e6] * 6))
    low, high = MotionSettings().scale[1] - 0.3, MotionSettings().scale[1] + 0.3
    assert motion.scale[1] == pytest.approx(high)
    assert (motion.scale >= low).all()
