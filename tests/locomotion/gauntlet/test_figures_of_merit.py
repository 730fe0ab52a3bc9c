"""Metrics, steering, motor load and score: laws on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.locomotion.gauntlet import quality
from rudel.locomotion.gauntlet.drill import DIAGONAL, MAX_COMMAND, MAX_VELOCITY, exercises
from rudel.locomotion.gauntlet.load import Load
from rudel.locomotion.gauntlet.result import condition_score, make_course, overall
from rudel.locomotion.gauntlet.steering import towards

SPEC = robots.load("lite3")
LARGEST = np.array(MAX_COMMAND)


def instant(rng: np.random.Generator, n: int = 50, size: float = 1.0) -> np.ndarray:
    wide = [rng.normal(size=(n, k)) * size for k in (3, 3, 3, 12, 12, 3)]
    velocity, gyro, command, torque, dq, gravity = wide
    return quality.instant(
        velocity, gyro, command, LARGEST, np.abs(rng.normal(size=n)) * size, torque, dq, gravity, torque * 0.5
    )


def test_a_perfect_instant_is_worth_one() -> None:
    command = np.array([[0.7, -0.2, 0.5]])
    zero = np.zeros((1, 12))
    level = np.array([[0.0, 0.0, -1.0]])
    velocity, gyro = command * [1, 1, 0], command * [0, 0, 1]
    values = quality.instant(velocity, gyro, command, LARGEST, np.zeros(1), zero, zero, level, zero)
    np.testing.assert_allclose(values, 1.0)
    assert quality.quality(values) == pytest.approx(1.0)


@given(st.integers(0, 1000), st.floats(0, 100))
def test_metrics_and_quality_stay_between_0_and_1(seed: int, size: float) -> None:
    values = instant(np.random.default_rng(seed), size=size)
    assert values.shape == (50, len(quality.METRICS))
    assert np.all((values >= 0) & (values <= 1))
    products = quality.quality(values)
    assert np.all((products >= 0) & (products <= values.max(axis=1) + 2 * quality.LEAST))


def test_worse_tracking_is_worth_less() -> None:
    command = np.tile([1.0, 0.0, 0.0], (5, 1))
    zero, level = np.zeros((5, 12)), np.tile([0.0, 0.0, -1.0], (5, 1))
    velocity = np.array([[1.0 - 0.2 * i, 0, 0] for i in range(5)])
    values = quality.instant(velocity, np.zeros((5, 3)), command, LARGEST, np.zeros(5), zero, zero, level, None)
    assert np.all(np.diff(values[:, 0]) < 0)
    assert np.all(np.diff(quality.quality(values)) < 0)
    np.testing.assert_allclose(values[:, 1:], 1.0)


def test_numbers_that_are_none_count_nothing() -> None:
    bad = np.full((1, 3), np.nan)
    zero = np.zeros((1, 12))
    values = quality.instant(bad, bad, np.zeros((1, 3)), LARGEST, np.zeros(1), zero, zero, bad, None)
    assert values[0, [0, 1, 4]] == pytest.approx(0.0)


def test_joints_are_free_in_the_middle_of_their_range() -> None:
    low, high = SPEC.joint_range_rad.T
    for share, free in ((0.31, True), (0.5, True), (0.69, True), (0.29, False), (0.71, False), (1.0, False)):
        beyond = quality.joint_excursion((low + share * (high - low))[None], SPEC.joint_range_rad)[0]
        assert (beyond == 0) == free
    assert quality.joint_excursion(high[None], SPEC.joint_range_rad)[0] == pytest.approx(0.3)


def test_worse_half() -> None:
    assert quality.worse_half(np.array([3.0, 0.0, 2.0, 1.0])) == 0.5
    assert quality.worse_half(np.array([0.7])) == 0.7


def test_exercises_are_the_published_ones() -> None:
    plan = exercises()
    assert [e.goal for e in plan].count(MAX_VELOCITY) == 6
    assert [e.goal for e in plan].count(DIAGONAL) == 8
    assert {e.command(0.0) for e in plan if e.goal == MAX_VELOCITY} == {
        *((s * 1.0, 0.0, 0.0) for s in (1, -1)),
        *((0.0, s * 0.5, 0.0) for s in (1, -1)),
        *((0.0, 0.0, s * 1.0) for s in (1, -1)),
    }
    for e in plan:
        first, last = np.array(e.command(0.0)), np.array(e.command(e.seconds - 1e-6))
        assert e.command(e.parts[0][1] - 1e-6) == e.command(0.0)
        assert np.allclose(last, 0.0 if e.goal == MAX_VELOCITY else -first)


@given(st.integers(0, 1000))
def test_steering_knows_no_left_and_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 20
    xy, goal, yaw = rng.normal(size=(n, 2)) * 3, rng.normal(size=(n, 2)) * 3, rng.uniform(-3, 3, n)
    speed = rng.choice([-1.0, 0.8], n)
    flip = np.array([1.0, -1.0])
    mirrored = towards(xy * flip, -yaw, goal * flip, speed)
    np.testing.assert_allclose(mirrored, towards(xy, yaw, goal, speed) * [1, -1, -1], atol=1e-12)
    half_turn = towards(-xy, yaw, -goal, -speed)  # the goal behind instead of ahead, walking backwards
    np.testing.assert_allclose(half_turn[:, 0], -towards(xy, yaw, goal, speed)[:, 0], atol=1e-12)


def test_steering_leads_to_the_goal() -> None:
    goal = np.array([[4.0, -1.0]])
    for speed in (1.0, -1.0):
        xy, yaw = np.zeros((1, 2)), np.array([2.0])
        for _ in range(1000):
            vx, vy, wz = towards(xy, yaw, goal, np.array([speed]))[0]
            assert abs(vx) <= 1
            assert abs(wz) <= 1
            c, s = np.cos(yaw[0]), np.sin(yaw[0])
            xy = xy + 0.02 * np.array([[c * vx - s * vy, s * vx + c * vy]])
            yaw = yaw + 0.02 * wz
            if np.linalg.norm(xy - goal) < 0.1:
                break
        else:
            pytest.fail(f"never came there at {speed} m/s")


def test_load_tells_what_is_above_the_line() -> None:
    load = Load(SPEC.effort_nm, SPEC.speed_radps)
    half_speed = np.tile(SPEC.speed_radps / 2, (100, 1))
    load.add(np.tile(SPEC.effort_nm / 2, (100, 1)), half_speed)  # exactly what is there
    load.add(-np.tile(SPEC.effort_nm, (100, 1)), half_speed)  # braking: the full torque is there
    assert load.figures().within_line
    assert load.figures().torque_max == pytest.approx(1.0)
    assert load.figures().speed_p99 == pytest.approx(0.5, abs=0.002)
    load.add(np.tile(SPEC.effort_nm * 0.51, (1, 1)), half_speed[:1])
    assert not load.figures().within_line
    other = Load(SPEC.effort_nm, SPEC.speed_radps)
    other.merge(load)
    assert other.figures() == load.figures()


def test_score_is_the_published_formula() -> None:
    assert condition_score(10, 1.0) == pytest.approx(1.0)
    assert condition_score(1, 0.5) == pytest.approx(0.095)
    assert condition_score(0, 0.9) == 0.0
    assert condition_score(None, 0.7) == 0.7
    scores = [condition_score(level, 0.5) for level in range(11)]
    assert scores == sorted(scores)
    where = [(0.4, 0.0), (1.0, 0.0)]
    nothing = make_course("stairs_forwards", True, where, [0, 0], {})
    extra = make_course("wave_backwards", False, where, [10, 10], {})
    assert nothing.score == 0.0
    assert overall([nothing, extra]) == 0.0
    assert set(nothing.metrics.values()) == {0.0}
