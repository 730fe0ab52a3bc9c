"""What feet carry: joint targets that bear it, sides that a tilt asks for, and moments that brake the body."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.locomotion import legs, loads
from rudel.locomotion.gauntlet.field import Field, Robot
from rudel.locomotion.skills import walk
from rudel.locomotion.upright import MOST
from tests.locomotion import samples

F = np.float32
PARAMS = dataclasses.replace(samples.GAIT, steady=2.0, steady_most=0.5)
AT = legs.forward_kinematics(samples.LEGS, samples.DEFAULT.astype(F)[None]) + np.array(samples.LEGS.hips, F)
FEET = AT[0].astype(float)
EVEN = np.full((1, 4), 0.25, F)
TROT = np.array([[0.5, 0.0, 0.0, 0.5]], F)
rate = st.floats(-3, 3, width=32)


@pytest.mark.parametrize("geo", [samples.LEGS, samples.MIXED])
@pytest.mark.parametrize("aslant", [None, (0.0, 0.0), (0.4, 0.0), (0.0, -0.3), (-0.2, 0.3)])
def test_load_offset_is_minus_jacobian_transpose_force_over_kp(
    geo: legs.LegGeometry, aslant: tuple[float, float] | None
) -> None:
    rng, kp, step = np.random.default_rng(0), 30.0, 1e-5
    way = np.array([*(aslant or (0.0, 0.0)), 1.0])
    for _ in range(20):
        q = (samples.DEFAULT + rng.uniform(-0.3, 0.3, 12)) * np.array(geo.signs)
        force = rng.uniform(0, 80, 4)
        along = np.empty(12)  # how far the foot goes along the force for each joint
        for j in range(12):
            dq = np.eye(12)[j] * step
            ahead, behind = (legs.forward_kinematics(geo, (q + s * dq)[None])[0, j // 3] for s in (1, -1))
            along[j] = (ahead - behind) @ way / (2 * step)
        tilted = None if aslant is None else np.array([aslant])
        offset = loads.load_offset(geo, q[None], force[None], kp, tilted)[0]
        np.testing.assert_allclose(offset, -along * np.repeat(force, 3) / kp, atol=1e-5)


@pytest.mark.parametrize("shares", [[0.25, 0.25, 0.25, 0.25], [0.4, 0.1, 0.1, 0.4], [0.5, 0.0, 0.0, 0.5]])
@pytest.mark.parametrize("tilt_y", [0.15, -0.2])
def test_feet_carry_by_where_gravity_meets_the_ground_between_them(shares: list[float], tilt_y: float) -> None:
    """Whole, the centre of their load lies below the base along gravity; in part, on the way there."""
    given_loads = np.array([shares], F)
    before = float(given_loads[0] @ FEET[:, 1])
    below = -FEET[0, 2] * tilt_y  # of the base, to the left
    for share in (0.0, 0.5, 1.0):
        carried = loads.lean_on(share, given_loads, AT, np.array([tilt_y], F))
        assert carried.sum() == pytest.approx(1.0, abs=1e-6)
        assert (carried >= 0).all()
        assert float(carried[0] @ FEET[:, 1]) == pytest.approx(before + share * (below - before), abs=1e-5)


def test_nobody_carries_much_less_or_more_than_on_level_ground_however_tilted() -> None:
    carried = loads.lean_on(1.0, EVEN, AT, np.array([MOST], F))[0]
    assert carried.sum() == pytest.approx(1.0, abs=1e-6)
    assert 10 < carried.max() / carried.min() <= loads.MOST_SHARE / loads.LEAST_SHARE + 1e-4


def moment(given_loads: np.ndarray, gyro: tuple[float, float]) -> np.ndarray:
    """About x and y [N m], through the middle of the load, of what is changed: r x F of forces along z."""
    now = loads.steady(PARAMS, given_loads, AT, np.array([[*gyro, 0.3]], F))
    more = (now - given_loads)[0].astype(float) * PARAMS.weight_n
    middle = given_loads[0] @ FEET / given_loads.sum()
    return np.array([more @ (FEET - middle)[:, 1], -more @ (FEET - middle)[:, 0]])


@pytest.mark.parametrize("gyro", [(0.3, 0.0), (0.0, -0.4), (-0.2, 0.1)])
def test_four_feet_brake_the_body_by_the_stated_moment(gyro: tuple[float, float]) -> None:
    given_moment, asked = moment(EVEN, gyro), -PARAMS.steady * np.array(gyro)
    side = np.sqrt(((FEET - FEET.mean(axis=0)) ** 2).mean(axis=0))[[1, 0]]  # of the feet about x and about y
    held = side**2 / (side**2 + loads.LEAST_WIDTH_M**2)  # by what the least width takes away
    np.testing.assert_allclose(given_moment, asked * held, rtol=1e-3, atol=1e-4)
    assert (held > 0.85).all()


@given(rate, rate)
def test_it_only_takes_energy_and_never_adds_weight(roll: float, pitch: float) -> None:
    for given_loads in (EVEN, TROT):
        assert moment(given_loads, (roll, pitch)) @ np.array([roll, pitch]) <= 1e-5
        now = loads.steady(PARAMS, given_loads, AT, np.array([[roll, pitch, 0.0]], F))
        assert now.sum() == pytest.approx(1.0, abs=1e-5)
        assert (now >= loads.LEAST_SHARE * given_loads - 1e-6).all()
        assert (now <= loads.MOST_SHARE * given_loads + 1e-6).all()


def test_two_feet_brake_across_their_line_and_not_about_it() -> None:
    line = (FEET[0] - FEET[3])[:2] / np.linalg.norm((FEET[0] - FEET[3])[:2])
    about, across = 0.4 * line, 0.4 * np.array([-line[1], line[0]])
    assert np.linalg.norm(moment(TROT, (about[0], about[1]))) < 1e-4
    assert np.linalg.norm(moment(TROT, (across[0], across[1]))) > 0.9 * PARAMS.steady * 0.4


def test_a_rate_beyond_the_most_is_no_shaking_and_asks_for_no_more() -> None:
    np.testing.assert_allclose(moment(EVEN, (0.3, -0.4)), moment(EVEN, (3.0, -4.0)), atol=1e-5)


def test_no_foot_is_lifted_or_overloaded_by_it() -> None:
    strong = dataclasses.replace(PARAMS, steady=80.0)
    now = loads.steady(strong, EVEN, AT, np.array([[0.5, 0.1, 0.0]], F))
    assert now.min() == pytest.approx(loads.LEAST_SHARE * 0.25)
    assert now.max() == pytest.approx(loads.MOST_SHARE * 0.25)


def test_it_needs_to_know_where_the_joints_are() -> None:
    assert PARAMS.feels_joints
    assert not dataclasses.replace(PARAMS, steady=0.0).feels_joints


def test_left_and_right_are_alike() -> None:
    gyro = np.array([[0.3, 0.2, 0.0]], F)
    one = loads.steady(PARAMS, EVEN, AT, gyro)
    other = loads.steady(PARAMS, EVEN, AT, gyro * np.array([-1, 1, 1], F))
    np.testing.assert_allclose(one, other[:, [1, 0, 3, 2]], atol=1e-6)


def test_a_trot_that_is_braked_shakes_less() -> None:
    """Without a policy, on level ground, at 0.6 m/s: rms of roll and pitch rates."""
    base = walk.rough()
    assert base.gait is not None
    shaken: dict[float, float] = {}
    for moment_per_rate in (0.0, base.gait.steady):
        config = dataclasses.replace(base, gait=dataclasses.replace(base.gait, steady=moment_per_rate))
        field = Field(robots.load("lite3"), config, None, [Robot(0.7, 0.0, (0.0, 0.0), 0.0)] * 8, 3, 1)
        squares: list[float] = []
        for step in range(round(4 / config.period_s)):
            field.set_commands(np.tile(np.array([0.6, 0.0, 0.0], F), (8, 1)))
            field.step(np.zeros((8, 12), F))
            if step * config.period_s > 1.5:
                squares.append(float((field.sim.qvel[:, 3:5] ** 2).mean()))
        shaken[moment_per_rate] = float(np.sqrt(np.mean(squares)))
    assert shaken[base.gait.steady] < 0.9 * shaken[0.0]


@pytest.mark.parametrize(("name", "value"), [("steady", -1.0), ("steady", np.inf), ("steady_most", np.nan)])
def test_what_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"gait: {name}"):
        dataclasses.replace(PARAMS, **{name: value}).validate()
