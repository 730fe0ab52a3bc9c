"""Feet below their hips when the body tilts: the tilt that is measured, and what the trot does about it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.locomotion import gait, legs
from rudel.locomotion.gauntlet.field import Field, Robot
from rudel.locomotion.gauntlet.terrain import build
from rudel.locomotion.skills import walk
from rudel.locomotion.upright import MOST, tilt, tilt_single
from tests.locomotion import samples

F = np.float32
PARAMS = dataclasses.replace(samples.GAIT, upright=1.0, upright_s=0.2)
PERIOD_S = 0.02
STANCE = legs.forward_kinematics(samples.LEGS, samples.DEFAULT.astype(F)[None])[0]
HIPS = np.array(samples.LEGS.hips, F)
REST = (np.zeros(1, F), np.zeros((1, 3), F))  # phase, command
WALKING = np.ones((1, 1), F)
component = st.floats(-1, 1, width=32)


def gravity_of(pitch: float, roll: float = 0.0) -> np.ndarray:
    """Unit gravity in the frame of a base with its nose down by ``pitch`` and its right side down by ``roll``."""
    return np.array([[math.sin(pitch), -math.cos(pitch) * math.sin(roll), -math.cos(pitch) * math.cos(roll)]], F)


def feet(tilted: np.ndarray, params: gait.GaitParams) -> np.ndarray:
    return gait.foot_targets(samples.LEGS, params, STANCE, *REST, tilt=tilted)[0][0]


def settle(gravity: np.ndarray, steps: int = 200) -> np.ndarray:
    seen = np.zeros((1, 2), F)
    for _ in range(steps):
        seen = tilt(PARAMS, seen, gravity, WALKING, PERIOD_S)
    return seen


@pytest.mark.parametrize(("pitch", "roll"), [(0.3, 0.0), (-0.25, 0.1), (0.0, -0.4)])
def test_feet_come_to_lie_below_their_hips_along_gravity(pitch: float, roll: float) -> None:
    gravity = gravity_of(pitch, roll)
    moved = feet(settle(gravity), PARAMS) - feet(np.zeros((1, 2), F), PARAMS)
    down = -STANCE[:, 2].mean() * gravity[0] / -gravity[0, 2]  # from the hips' height to the feet's, along gravity
    np.testing.assert_allclose(moved[:, :2], np.tile(down[:2], (4, 1)), atol=1e-5)
    np.testing.assert_allclose(moved[:, 2], 0, atol=1e-6)


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(("pitch", "roll"), [(0.2, 0.0), (-0.15, 0.1), (0.0, -0.2)])
def test_legs_of_other_lengths_take_a_share_of_an_incline_from_the_body(
    pitch: float, roll: float, share: float
) -> None:
    """With gravity as it is felt, the feet stand on a plane that is 1 + share times as steep as the body's tilt."""
    params = dataclasses.replace(samples.GAIT, body_level=share)
    tilted = settle(gravity_of(pitch, roll))
    at = HIPS + feet(tilted, params)
    plane = np.linalg.lstsq(np.c_[at[:, :2], np.ones(4)], at[:, 2], rcond=None)[0][:2]
    horizontal = tilted[0]  # slope, in the base frame, of a plane at right angles to gravity
    np.testing.assert_allclose(horizontal - plane, (1 + share) * horizontal, atol=1e-5)


@pytest.mark.parametrize("roll", [0.2, -0.1])
def test_legs_take_more_of_a_tilt_to_the_side(roll: float) -> None:
    params = dataclasses.replace(samples.GAIT, body_level=0.3, roll_level=0.4)
    for pitched, share in ((0.0, 0.7), (0.2, 0.3)):
        tilted = settle(gravity_of(pitched, 0.0 if pitched else roll))
        at = HIPS + feet(tilted, params)
        plane = np.linalg.lstsq(np.c_[at[:, :2], np.ones(4)], at[:, 2], rcond=None)[0][:2]
        np.testing.assert_allclose(-plane, share * tilted[0], atol=1e-5)


def test_the_tilt_is_taken_in_with_its_time_constant() -> None:
    gravity = gravity_of(0.3)
    assert 0.5 < settle(gravity, round(PARAMS.upright_s / PERIOD_S))[0, 0] / math.tan(0.3) < 0.75  # 1 - 1/e
    np.testing.assert_allclose(settle(gravity)[0], [math.tan(0.3), 0], atol=1e-5)


@given(st.tuples(component, component, component), st.tuples(component, component))
def test_one_robot_is_as_the_batch_and_whoever_lies_asks_for_nothing_impossible(
    gravity: tuple[float, float, float], before: tuple[float, float]
) -> None:
    resting = dataclasses.replace(PARAMS, upright_rest_s=0.05)
    for stepping in (0.0, 0.4, 1.0):
        batch = tilt(resting, np.array([before], F), np.array([gravity], F), np.array([[stepping]], F), PERIOD_S)
        single = tilt_single(resting, before, (gravity[0], gravity[1], gravity[2]), stepping, PERIOD_S)
        np.testing.assert_allclose(single, batch[0], atol=1e-6)
    assert np.abs(settle(np.array([gravity], F))).max() <= MOST + 1e-6


@pytest.mark.parametrize("level", [3])
def test_a_robot_that_is_set_down_on_a_slope_stands_there(level: int) -> None:
    """Nose up on 13.6 and 16.1 degrees, without a policy: it tips over backwards unless its feet are soon below it."""
    base = walk.rough()
    assert base.gait is not None
    falls: dict[float, int] = {}
    for rest_s in (0.0, base.gait.upright_rest_s):
        # brisk, as it would be while it tips, it steps out of some falls by itself
        config = dataclasses.replace(base, gait=dataclasses.replace(base.gait, upright_rest_s=rest_s, brisk=1.0))
        field = Field(robots.load("lite3"), config, build("slope", level), [Robot(0.7, 0.0, (0.0, 0.0), 0.0)] * 4, 3, 1)
        for _ in range(round(1.5 / config.period_s)):
            field.step(np.zeros((4, 12), F))
        falls[rest_s] = int((field.felt[:, 2] > -0.3).sum())
    assert falls == {0.0: 4, base.gait.upright_rest_s: 0}


def test_while_standing_the_tilt_is_felt_sooner() -> None:
    resting = dataclasses.replace(PARAMS, upright_rest_s=0.05)
    none, down = np.zeros((1, 2), F), gravity_of(0.3)
    standing, walking = (tilt(resting, none, down, np.full((1, 1), share, F), PERIOD_S) for share in (0.0, 1.0))
    full = math.tan(0.3)
    np.testing.assert_allclose(standing[0, 0], full * 0.02 / 0.07, rtol=1e-5)
    np.testing.assert_allclose(walking[0, 0], full * 0.02 / 0.22, rtol=1e-5)
    np.testing.assert_array_equal(
        tilt(PARAMS, none, down, WALKING, PERIOD_S), tilt(PARAMS, none, down, 0 * WALKING, PERIOD_S)
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("upright", math.nan),
        ("body_level", math.inf),
        ("roll_level", math.nan),
        ("load_roll", math.inf),
        ("upright_s", -0.1),
        ("damping_s", math.inf),
        ("load_measured", 1.5),
        ("swing_hold", 0.6),
        ("swing_wait", 0.5),
    ],
)
def test_a_gait_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(PARAMS, **{name: value}).validate()
