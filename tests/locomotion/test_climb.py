"""Front feet that reach further ahead upstairs: when, which, how far, and one robot as a batch."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.locomotion import climb, gait, legs
from tests.locomotion import samples

F = np.float32
STANCE = legs.forward_kinematics(samples.LEGS, samples.DEFAULT[None].astype(F))[0]
PARAMS = dataclasses.replace(samples.GAIT, climb_reach_m=0.1, stumble=4.0)
USUAL = dataclasses.replace(PARAMS, climb_reach_m=0.0)
FAST = 0.8
STEEP = climb.NOSE_UP[1] + 0.1


def reach(raised_m: float = 0.2, nose_up: float = STEEP, vx: float = FAST, side: float = 0.0) -> float:
    tilt = np.array([[-nose_up, side]], F)
    return float(
        climb.reach(PARAMS, np.array([[PARAMS.swing_height_m + raised_m]], F), tilt, np.array([[vx]], F))[0, 0]
    )


def feet(phase: float, raised_m: float, nose_up: float, vx: float, params: gait.GaitParams = PARAMS) -> np.ndarray:
    apex, tilt = np.array([[params.swing_height_m + raised_m]], F), np.array([[-nose_up, 0.0]], F)
    at = (np.array([phase], F), np.array([[vx, 0.0, 0.0]], F), None, apex, tilt)
    return gait.foot_targets(samples.LEGS, params, STANCE, *at)[0][0]


def test_it_takes_a_stumble_and_a_nose_that_is_up_and_a_way_ahead() -> None:
    assert reach() == pytest.approx(PARAMS.climb_reach_m)
    low, high = climb.NOSE_UP
    assert [reach(raised_m=r * climb.RAISED_M) for r in (-1, 0, 0.5, 1)] == pytest.approx([0, 0, 0.05, 0.1], abs=1e-5)
    assert [reach(nose_up=n) for n in (-0.5, 0.0, low, (low + high) / 2, high)] == pytest.approx(
        [0, 0, 0, 0.05, 0.1], abs=1e-5
    )
    assert [reach(vx=v) for v in (-1.0, 0.0, climb.FULL_MPS / 2, 1.0)] == pytest.approx([0, 0, 0.05, 0.1], abs=1e-5)
    assert reach(nose_up=0.0, side=STEEP) == 0  # leaning over to a side is no stairs


def test_a_trot_that_climbs_feels_how_the_body_is_tilted() -> None:
    """Without anything else that answers it, too: it would wait for a nose that is never up."""
    assert not gait.GaitParams().feels_tilt
    assert gait.GaitParams(climb_reach_m=0.1).feels_tilt


def test_only_front_feet_reach_further() -> None:
    further = feet(0.3, 0.2, STEEP, FAST) - feet(0.3, 0.2, STEEP, FAST, USUAL)
    assert (further[:2, 0] > 0.04).all()
    assert not further[2:].any()
    assert not further[:, 1:].any()


@given(st.floats(0, 1, exclude_max=True), st.floats(-0.1, 0.1), st.floats(-1, 1))
def test_on_slopes_and_on_blocks_nothing_changes(phase: float, small: float, vx: float) -> None:
    """Nose up without a stumble, and a stumble without the nose up."""
    np.testing.assert_array_equal(feet(phase, 0.0, STEEP, vx), feet(phase, 0.0, STEEP, vx, USUAL))
    np.testing.assert_array_equal(feet(phase, 0.2, small, vx), feet(phase, 0.2, small, vx, USUAL))


def test_a_foot_lands_that_much_further_ahead_and_never_jumps() -> None:
    """Over a whole cycle its way beyond the usual one is continuous, and largest where it touches down."""
    phases = np.linspace(0, 1, 2001)[:-1]
    further = np.array([(feet(p, 0.2, STEEP, FAST) - feet(p, 0.2, STEEP, FAST, USUAL))[0, 0] for p in phases])
    assert further.argmax() == 0
    assert further[0] == pytest.approx(PARAMS.climb_reach_m, rel=1e-4)
    assert further.min() == pytest.approx(climb.KEPT * PARAMS.climb_reach_m, rel=1e-2)
    assert np.abs(np.diff(np.append(further, further[0]))).max() < 0.01 * PARAMS.climb_reach_m


@given(st.floats(-0.05, 0.2), st.floats(-0.6, 0.6), st.floats(-1, 1), st.booleans(), st.floats(0, 1), st.floats(0, 1))
def test_one_robot_reaches_as_far_as_a_batch(
    raised_m: float, nose_up: float, vx: float, on_ground: bool, s: float, t: float
) -> None:
    one = climb.reach_single(PARAMS, PARAMS.swing_height_m + raised_m, -nose_up, vx)
    assert one == pytest.approx(reach(raised_m, nose_up, vx), abs=1e-5)
    assert 0 <= one <= PARAMS.climb_reach_m
    many = climb.ahead(np.array([[on_ground]]), np.array([[s]], F), np.array([[t]], F))
    assert climb.ahead_single(on_ground, s, t) == pytest.approx(float(many[0, 0]), abs=1e-6)


@pytest.mark.parametrize("value", [-0.01, math.inf, math.nan])
def test_what_is_no_reach_is_refused(value: float) -> None:
    with pytest.raises(BadInput, match="climb_reach_m"):
        dataclasses.replace(PARAMS, climb_reach_m=value).validate()


def test_a_reach_that_could_never_count_is_refused() -> None:
    PARAMS.validate()
    dataclasses.replace(PARAMS, stumble=0.0, swing_rate_mps=0.5).validate()
    with pytest.raises(BadInput, match=r"climb_reach_m 0\.1 never counts"):
        dataclasses.replace(PARAMS, stumble=0.0).validate()
