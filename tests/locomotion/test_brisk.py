"""Quicker, shorter strokes on slopes: when a trot is brisk, what follows from it, one robot as a batch."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.core.frames import projected_gravity
from rudel.locomotion import brisk, gait, legs
from rudel.locomotion.control import Control
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.terms.randomisation import nominal
from rudel.sim.options import training_options
from tests.locomotion import samples

F = np.float32
STANCE = legs.forward_kinematics(samples.LEGS, samples.DEFAULT[None].astype(F))[0]
PARAMS = dataclasses.replace(
    samples.GAIT,
    stance_reach_m=0.03,
    stroke_tilt=-0.4,
    brisk=1.6,
    brisk_reach_m=(0.02, 0.05),
    brisk_stroke_tilt=-0.1,
)
USUAL = dataclasses.replace(PARAMS, brisk=1.0)
twists = st.tuples(*[st.floats(-1, 1)] * 3)


def share(unrest: float, raised_m: float = 0.0, params: gait.GaitParams = PARAMS) -> float:
    found = brisk.brisk(params, np.array([unrest], F), np.array([[params.swing_height_m + raised_m]], F))
    assert found is not None
    return float(found[0, 0])


def test_a_trot_is_brisk_where_it_is_tilted_and_nothing_is_in_the_way() -> None:
    low, high = PARAMS.pace_tilt
    assert [share(tilt) for tilt in (0.0, low, high, 3.0)] == pytest.approx([0, 0, 1, 1], abs=1e-6)
    assert share((low + high) / 2) == pytest.approx(0.5, abs=1e-5)
    raised = [share(high, raised * brisk.CLEAR_M) for raised in (-1.0, 0.0, 0.5, 1.0, 5.0)]
    assert raised == pytest.approx([1, 1, 0.5, 0, 0], abs=1e-4)


def test_without_a_brisk_frequency_it_never_is() -> None:
    assert brisk.brisk(USUAL, np.ones(3, F), np.zeros((3, 1), F)) is None
    assert brisk.brisk_single(USUAL, 1.0, 0.0) == 0.0
    assert brisk.frequency_hz(USUAL, None) == USUAL.frequency_hz


@given(st.floats(0, 1), st.floats(-0.02, 0.02))
def test_one_robot_is_as_brisk_as_a_batch(unrest: float, raised_m: float) -> None:
    one = brisk.brisk_single(PARAMS, unrest, PARAMS.swing_height_m + raised_m)
    assert one == pytest.approx(share(unrest, raised_m), abs=1e-4)
    many = brisk.frequency_hz(PARAMS, np.array([[one]], F))
    assert brisk.frequency_single_hz(PARAMS, one) == pytest.approx(float(many[0, 0]), rel=1e-6)
    assert PARAMS.frequency_hz <= many[0, 0] <= PARAMS.brisk_hz


@given(st.floats(0, 1, exclude_max=True), twists)
def test_strokes_are_as_much_shorter_as_they_are_quicker(phase: float, twist: tuple[float, float, float]) -> None:
    """Feet on the ground go back at the commanded speed however brisk: way over time is the same."""
    command, at = np.array([twist], F), np.array([phase], F)
    brisk_feet, _ = gait.foot_targets(samples.LEGS, PARAMS, STANCE, at, command, brisk=np.ones((1, 1), F))
    feet, _ = gait.foot_targets(samples.LEGS, PARAMS, STANCE, at, command)
    speeds = (brisk_feet - STANCE)[..., :2] * F(PARAMS.brisk_hz), (feet - STANCE)[..., :2] * F(PARAMS.frequency_hz)
    np.testing.assert_allclose(*speeds, atol=1e-5)


def test_reach_goes_by_the_direction_and_strokes_by_their_own_incline() -> None:
    ways = np.array([[0.5], [-0.5]], F)
    assert brisk.stance_reach_m(PARAMS, None, ways) == F(0.03)
    np.testing.assert_allclose(brisk.stance_reach_m(PARAMS, np.ones((2, 1), F), ways)[:, 0], [0.02, 0.05])
    np.testing.assert_allclose(brisk.stance_reach_m(PARAMS, np.full((2, 1), 0.5, F), ways)[:, 0], [0.025, 0.04])
    np.testing.assert_allclose(brisk.stroke_tilt(PARAMS, np.array([[0.0], [1.0]], F))[:, 0], [-0.4, -0.1], atol=1e-7)


@given(st.floats(0, 1, exclude_max=True), twists)
def test_on_level_ground_nothing_changes(phase: float, twist: tuple[float, float, float]) -> None:
    at = (STANCE, np.array([phase], F), np.array([twist], F), None, None, np.array([[0.2, 0.1]], F))
    still = gait.foot_targets(samples.LEGS, PARAMS, *at, brisk=np.zeros((1, 1), F))
    usual = gait.foot_targets(samples.LEGS, USUAL, *at)
    for mine, other in zip(still, usual, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("brisk", 0.9),
        ("brisk", math.nan),
        ("brisk", math.inf),
        ("brisk_stroke_tilt", math.inf),
        ("brisk_reach_m", (0.02,)),
        ("brisk_reach_m", (0.02, -0.01)),
        ("brisk_reach_m", (math.nan, 0.02)),
        ("brisk_reach_m", (0.0, 0.02)),  # beside a reach that bounds: 0 would be none at all
    ],
)
def test_what_cannot_be_brisk_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(PARAMS, **{name: value}).validate()


def test_the_environment_steps_quicker_once_it_is_tilted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two robots under the same command, one held nose up by 17 degrees: its clock runs at the brisk frequency."""
    told: list[np.ndarray] = []
    targets = Control.targets

    def spy(*sent: Any) -> np.ndarray:
        told.append(sent[-1])
        return targets(*sent)

    config = dataclasses.replace(walk.rough(), randomisation=nominal())
    env = LocomotionEnv(robots.load("lite3"), config, Ground(), 2, training_options(), seed=1, threads=1)
    assert config.gait is not None
    env.autoreset = False
    env.reset()
    monkeypatch.setattr(Control, "targets", spy)
    quat = np.array([[1.0, 0, 0, 0], [math.cos(0.15), 0, -math.sin(0.15), 0]], F)
    for _ in range(3):
        before = env.phase.copy()
        env.felt = projected_gravity(quat).astype(F)
        env.unrest = env.control.unrest(env.unrest, env.felt)
        env.step(np.zeros((2, env.control.actions), F))
        env.sim.qpos[:, 2] = 1.0  # in the air, where nothing is in the way of a foot
    ran = (env.phase - before) % 1 / config.period_s
    np.testing.assert_allclose(ran, [config.gait.frequency_hz, config.gait.brisk_hz], rtol=2e-3)
    np.testing.assert_allclose(told[-1][:, 0], [0, 1], atol=0.01)  # so quick are its strokes, too
