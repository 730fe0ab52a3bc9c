"""The lean: feet move against the acceleration that a command asks for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.locomotion import gait, legs
from rudel.locomotion.lean import GRAVITY, MOST_MPS2, lean, lean_single
from tests.locomotion import samples

F = np.float32
PARAMS = dataclasses.replace(samples.GAIT, lean=0.5, lean_s=0.08)
HEIGHT_M, PERIOD_S = 0.3, 0.02
STANCE = legs.forward_kinematics(samples.LEGS, samples.DEFAULT.astype(F)[None])[0]
number = st.floats(-2, 2, width=32)
twist = st.tuples(number, number, number)


def settle(before: tuple[float, float, float], command: tuple[float, float, float], steps: int = 200) -> np.ndarray:
    shift = np.zeros((1, 2), F)
    for _ in range(steps):
        shift = lean(PARAMS, HEIGHT_M, shift, np.array([before], F), np.array([command], F), PERIOD_S)
    return shift[0]


def test_a_steady_acceleration_ends_at_its_share_of_what_balances_it() -> None:
    step = 2.0 * PERIOD_S
    np.testing.assert_allclose(settle((0.0, 0, 0), (step, 0, 0)), [-0.5 * HEIGHT_M / GRAVITY * 2.0, 0], atol=1e-6)
    np.testing.assert_allclose(settle((0, 0.0, 0), (0, -step, 0)), [0, 0.5 * HEIGHT_M / GRAVITY * 2.0], atol=1e-6)


def test_a_steady_straight_walk_does_not_lean_and_a_curve_leans_outwards() -> None:
    np.testing.assert_array_equal(settle((0.8, 0.2, 0), (0.8, 0.2, 0)), [0, 0])
    left = settle((1.0, 0, 1.0), (1.0, 0, 1.0))  # turns left: accelerated to the left, feet to the right
    np.testing.assert_allclose(left, [0, -0.5 * HEIGHT_M / GRAVITY * 1.0], atol=1e-6)


def test_it_is_taken_up_with_its_time_constant() -> None:
    end = settle((0, 0, 0), (0.02, 0, 0))
    after = settle((0, 0, 0), (0.02, 0, 0), steps=round(PARAMS.lean_s / PERIOD_S))
    assert 0.5 < after[0] / end[0] < 0.75  # 1 - 1/e in continuous time


@given(twist, twist)
def test_no_command_shifts_feet_beyond_the_limit_and_mirrored_commands_lean_mirrored(
    before: tuple[float, float, float], command: tuple[float, float, float]
) -> None:
    shift = settle(before, command)
    assert np.abs(shift).max() <= 0.5 * HEIGHT_M / GRAVITY * MOST_MPS2 + 1e-6
    mirrored = settle((before[0], -before[1], -before[2]), (command[0], -command[1], -command[2]))
    np.testing.assert_allclose(mirrored, shift * [1, -1], atol=1e-6)


@given(twist, twist, st.tuples(st.floats(-0.125, 0.125, width=32), st.floats(-0.125, 0.125, width=32)))
def test_one_robot_leans_as_a_batch_does(
    before: tuple[float, float, float], command: tuple[float, float, float], shift: tuple[float, float]
) -> None:
    many = lean(PARAMS, HEIGHT_M, np.array([shift], F), np.array([before], F), np.array([command], F), PERIOD_S)[0]
    np.testing.assert_allclose(lean_single(PARAMS, HEIGHT_M, shift, before, command, PERIOD_S), many, atol=1e-6)


def test_all_feet_move_by_the_shift() -> None:
    phase, command = np.array([0.3], F), np.array([[0.5, 0.1, 0.2]], F)
    still, _ = gait.foot_targets(samples.LEGS, PARAMS, STANCE, phase, command)
    moved, _ = gait.foot_targets(samples.LEGS, PARAMS, STANCE, phase, command, np.array([[0.03, -0.02]], F))
    np.testing.assert_allclose(moved - still, np.tile([0.03, -0.02, 0], (1, 4, 1)), atol=1e-6)


@pytest.mark.parametrize(("name", "value"), [("lean", np.nan), ("lean_s", -0.1), ("lean_s", np.inf)])
def test_a_lean_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(PARAMS, **{name: value}).validate()
