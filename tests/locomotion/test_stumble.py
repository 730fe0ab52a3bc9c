"""Swinging feet that run into something: the apex rises at once, comes down slowly, and only then."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.locomotion import legs
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.stumble import Stumble, stumble
from tests.locomotion.samples import DEFAULT, GAIT, LEGS, LIMITS

F = np.float32
STANCE = legs.forward_kinematics(LEGS, DEFAULT[None].astype(F))[0]
PARAMS = dataclasses.replace(GAIT, duty=0.6, swing_height_m=0.05, swing_range_m=(0.03, 0.12), stumble=3.0)
PERIOD_S = 0.02
MIDDLE = 0.8  # phase at which front left and hind right are in the middle of their swing
AHEAD = (0.5, 0.0, 0.0)


def after(
    hang_back_m: float,
    leg: int = 0,
    phase: float = MIDDLE,
    command: tuple[float, float, float] = AHEAD,
    apex: float = 0.05,
    speed: float = 0.0,
) -> float:
    """The apex after one foot was found so far behind where it was sent, along x; ``speed`` of all hip y [rad/s]."""
    sent = STANCE[None].repeat(2, axis=0)
    sent[1, leg, 0] -= F(hang_back_m)
    q = legs.inverse_kinematics(LEGS, sent)
    state = (np.array([[apex]], F), np.array([phase], F), np.array([command], F))
    dq = np.tile(np.array([0, speed, 0], F), 4)[None]
    return float(stumble(LEGS, PARAMS, STANCE, *state, q[:1], q[1:], dq, PERIOD_S, np.zeros(1, F))[0, 0])


def test_a_foot_that_hangs_back_more_than_it_may_raises_the_apex_by_the_excess() -> None:
    free = PARAMS.stumble_lag_m + 0.5 * PARAMS.stumble_lag_s
    assert after(free - 0.002) == pytest.approx(0.05)
    assert after(free + 0.01) == pytest.approx(0.05 + PARAMS.stumble * 0.01, abs=1e-4)
    assert after(0.3) == pytest.approx(0.12)  # the highest


def test_only_what_swings_and_is_behind_counts() -> None:
    assert after(0.15, leg=1) == pytest.approx(0.05)  # on the ground
    assert after(-0.15) == pytest.approx(0.05)  # ahead of where it was sent
    assert after(0.15, phase=0.7) == pytest.approx(0.05)  # hardly off the ground
    assert after(0.15, speed=-3.0) == pytest.approx(0.12)  # thrown back
    assert after(0.15, speed=3.0) == pytest.approx(0.05)  # late, but on its way: nothing holds it
    assert after(-0.15, command=(-0.5, 0.0, 0.0)) == pytest.approx(0.12)  # walking backwards, that is behind
    assert after(0.15, command=(0.0, 0.0, 0.0)) == pytest.approx(0.05)  # it goes nowhere


def test_a_turning_robot_feels_with_the_direction_of_each_foot() -> None:
    """Turning left, the feet on the left go backwards and those on the right forwards."""
    assert after(0.15, leg=0, command=(0.0, 0.0, 1.0)) == pytest.approx(0.05)
    assert after(0.15, leg=3, command=(0.0, 0.0, 1.0)) > 0.08


def test_the_apex_comes_down_with_its_time_constant_and_stays_at_the_gaits_own() -> None:
    apex = 0.12
    for _ in range(round(PARAMS.stumble_s / PERIOD_S)):
        apex = after(0.0, apex=apex)
    assert 0.3 < (apex - 0.05) / 0.07 < 0.45  # 1 / e
    for _ in range(1000):
        apex = after(0.0, apex=apex)
    assert apex == pytest.approx(0.05, abs=1e-4)


CALM = dataclasses.replace(PARAMS, calm_swing_m=0.02, pace_tilt=(0.1, 0.3))


def risen(unrest: float, hang_back_m: float = 0.0, apex: float = 0.02) -> float:
    """The apex, where feet swing lower while all is calm, after a tilt of late."""
    sent = STANCE[None].repeat(2, axis=0)
    sent[1, 0, 0] -= F(hang_back_m)
    q = legs.inverse_kinematics(LEGS, sent)
    state = (np.array([[apex]], F), np.array([MIDDLE], F), np.array([AHEAD], F))
    still, felt = np.zeros((1, 12), F), np.array([unrest], F)
    return float(stumble(LEGS, CALM, STANCE, *state, q[:1], q[1:], still, PERIOD_S, felt)[0, 0])


def test_feet_swing_lower_where_all_is_calm_and_rise_at_once_with_a_tilt_or_a_stumble() -> None:
    assert risen(0.05) == pytest.approx(0.02)
    assert risen(0.2) == pytest.approx(0.035, abs=1e-5)  # half way
    assert risen(0.5) == pytest.approx(0.05, abs=1e-5)
    free = CALM.stumble_lag_m + 0.5 * CALM.stumble_lag_s
    assert risen(0.0, free + 0.01) == pytest.approx(after(free + 0.01), abs=1e-5)
    apex = 0.05
    for _ in range(round(CALM.stumble_s / PERIOD_S)):
        apex = risen(0.0, apex=apex)
    assert 0.3 < (apex - 0.02) / 0.03 < 0.45  # slowly down again


@pytest.mark.parametrize(
    ("changes", "said"), [({"calm_swing_m": 0.06}, "above swing_height_m"), ({"stumble": 0.0}, "or leave it out")]
)
def test_a_calm_swing_that_cannot_be_is_refused(changes: dict[str, float], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        dataclasses.replace(CALM, **changes).validate()


@pytest.mark.parametrize("params", [PARAMS, CALM])
def test_one_robot_is_as_the_batch(params: GaitParams) -> None:
    rng, n = np.random.default_rng(0), 2000
    one = Stumble(LEGS, params, STANCE)
    unrest = rng.uniform(0.0, 0.4, n).astype(F)
    apex, phase = rng.uniform(0.05, 0.12, (n, 1)).astype(F), rng.random(n).astype(F)
    command = (rng.uniform(-1.5, 1.5, (n, 3)) * rng.choice([0.0, 0.05, 1.0], (n, 1))).astype(F)
    sent, measured = (rng.uniform(*np.array(LIMITS).T, (n, 12)).astype(F) for _ in range(2))
    speed = rng.uniform(-5, 5, (n, 12)).astype(F)
    batch = stumble(LEGS, params, STANCE, apex, phase, command, sent, measured, speed, PERIOD_S, unrest)
    for i in range(n):
        of_joints = (sent[i].tolist(), measured[i].tolist(), speed[i].tolist())
        so_far = (float(apex[i, 0]), float(phase[i]), tuple(command[i].tolist()))
        found = one(*so_far, *of_joints, PERIOD_S, float(unrest[i]))
        assert found == pytest.approx(float(batch[i, 0]), abs=1e-4)
    assert (batch > apex).mean() > 0.05  # some stumbled
    assert (batch < apex).mean() > 0.2  # some did not


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stumble", -1.0),
        ("stumble_s", 0.0),
        ("stumble_lag_m", math.nan),
        ("stance_reach_m", -0.1),
        ("calm_swing_m", -0.01),
        ("calm_swing_m", math.nan),
    ],
)
def test_what_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(PARAMS, **{name: value}).validate()
