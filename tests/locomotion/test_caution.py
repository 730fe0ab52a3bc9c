"""Slower on rough ground: unrest rises with a tilt at once and fades, the pace follows it, one robot as a batch."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.core.frames import projected_gravity
from rudel.locomotion import caution
from rudel.locomotion.config import apply_tuning
from rudel.locomotion.courses import Course, CourseGround
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.terms.randomisation import nominal
from rudel.sim.options import training_options

F = np.float32
PARAMS = GaitParams(pace=0.6, pace_tilt=(0.1, 0.3), pace_s=1.5)


def gravity(tilt_rad: float, towards_rad: float = 0.0) -> np.ndarray:
    side = math.sin(tilt_rad)
    return np.array([[side * math.cos(towards_rad), side * math.sin(towards_rad), -math.cos(tilt_rad)]], F)


@given(st.floats(0, 1), st.floats(-math.pi, math.pi))
def test_unrest_is_the_tangent_of_the_tilt_whatever_its_direction(tilt: float, towards: float) -> None:
    felt = caution.unrest(PARAMS, np.zeros(1, F), gravity(tilt, towards), 0.02)
    assert felt[0] == pytest.approx(math.tan(tilt), abs=1e-4)


def test_a_tilt_is_felt_at_once_and_forgotten_with_its_time_constant() -> None:
    felt = caution.unrest(PARAMS, np.zeros(1, F), gravity(0.4), 0.001)
    assert felt[0] == pytest.approx(math.tan(0.4), rel=1e-4)
    for _ in range(1500):
        felt = caution.unrest(PARAMS, felt, gravity(0.0), 0.001)
    assert felt[0] == pytest.approx(math.tan(0.4) / math.e, rel=2e-3)


def test_the_pace_falls_from_one_to_its_least_between_the_two_tilts() -> None:
    unrest = np.array([0.0, 0.1, 0.2, 0.3, 5.0], F)
    np.testing.assert_allclose(caution.pace(PARAMS, unrest)[:, 0], [1, 1, 0.8, 0.6, 0.6], atol=1e-6)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(-math.pi, math.pi)), min_size=1, max_size=20))
def test_one_robot_is_as_cautious_as_a_batch(tilts: list[tuple[float, float]]) -> None:
    many, one = np.zeros(1, F), 0.0
    for tilt, towards in tilts:
        now = gravity(tilt, towards)
        many = caution.unrest(PARAMS, many, now, 0.02)
        x, y, z = map(float, now[0])
        one = caution.unrest_single(PARAMS, one, (x, y, z), 0.02)
        assert one == pytest.approx(float(many[0]), rel=1e-4, abs=1e-5)
        assert caution.pace_single(PARAMS, one) == pytest.approx(float(caution.pace(PARAMS, many)[0, 0]), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pace", 0.0),
        ("pace", 1.1),
        ("pace", math.nan),
        ("pace_s", -1.0),
        ("pace_tilt", (0.3, 0.1)),
        ("pace_tilt", (0.1,)),
        ("rest_tilt", -0.1),
        ("rest_tilt", math.nan),
    ],
)
def test_what_cannot_be_a_pace_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(PARAMS, **{name: value}).validate()


STEPS = dataclasses.replace(PARAMS, rest_tilt=0.4, gate_mps=0.1)


def heed(params: GaitParams, command: tuple[float, float, float], tilt_rad: float, towards_rad: float) -> np.ndarray:
    felt = gravity(tilt_rad, towards_rad)
    unrest = caution.unrest(params, np.zeros(1, F), felt, 0.02)
    many = caution.heed(params, np.array([command], F), unrest, felt)[0]
    x, y, z = map(float, felt[0])
    np.testing.assert_allclose(caution.heed_single(params, command, float(unrest[0]), (x, y, z)), many, atol=1e-5)
    return many


@pytest.mark.parametrize(("tilt", "steps"), [(0.0, False), (0.36, False), (0.4, True), (1.0, True), (1.1, False)])
@pytest.mark.parametrize("towards", [0.1, 3.0, -2.0])
def test_who_stands_and_tips_over_steps_uphill_until_it_lies(tilt: float, steps: bool, towards: float) -> None:
    told = heed(STEPS, (0.0, 0.0, 0.0), tilt, towards)
    uphill = -math.copysign(0.1, math.cos(towards))  # gravity points downhill
    np.testing.assert_allclose(told, [uphill if steps else 0.0, 0.0, 0.0], atol=1e-6)
    assert not heed(PARAMS, (0.0, 0.0, 0.0), tilt, towards).any()


@given(st.tuples(*[st.floats(-1, 1)] * 3), st.floats(0.45, 1.0), st.floats(-math.pi, math.pi))
def test_who_walks_is_told_nothing_else_however_it_is_tilted(
    command: tuple[float, float, float], tilt: float, towards: float
) -> None:
    there, without = heed(STEPS, command, tilt, towards), heed(PARAMS, command, tilt, towards)
    if np.linalg.norm(without) > STEPS.gate_mps + 1e-4:
        np.testing.assert_array_equal(there, without)
    assert np.linalg.norm(there - without) <= STEPS.gate_mps + 1e-6


def trotting(ground: Ground, n: int, command_mps: float, **gait: float) -> LocomotionEnv:
    """Robots that are told one speed for good, with the trot for rough ground but for ``gait``."""
    base = apply_tuning(walk.rough(), robots.tuning("lite3", "walk"))
    assert base.gait is not None
    config = dataclasses.replace(base, gait=dataclasses.replace(base.gait, **gait), randomisation=nominal())
    env = LocomotionEnv(robots.load("lite3"), config, ground, n, training_options(), seed=1, threads=1)
    env.autoreset = False
    env.reset(seed=1)
    env.until_command[:] = 10**9
    env.set_commands(np.tile(np.array([command_mps, 0.0, 0.0], F), (n, 1)))
    return env


def go(env: LocomotionEnv, seconds: float) -> None:
    for _ in range(round(seconds / env.config.period_s)):
        env.step(np.zeros((env.num_envs, 12), F))


def tipped_over(rest_tilt: float) -> int:
    """Of 16 robots without a policy that are set down nose up by 29 degrees and told to stand: who lies on its back."""
    env, pitch = trotting(Ground(), 16, 0.0, rest_tilt=rest_tilt), -0.5
    env.sim.qpos[:, 2] += 0.12  # on its hind feet
    env.sim.qpos[:, 3:7] = [math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0]
    go(env, 3.0)
    return int((projected_gravity(env.sim.qpos[:, 3:7])[:, 2] > -0.5).sum())


def test_who_stands_and_tips_over_steps_out_of_it() -> None:
    assert tipped_over(0.45) <= 2
    assert tipped_over(0.0) >= 8  # else this would test nothing


def followed(ground: Ground, pace: float) -> np.ndarray:
    """Speeds that eight robots follow, told 0.8 m/s, after four seconds."""
    env = trotting(ground, 8, 0.8, pace=pace)
    go(env, 4.0)
    return env.followed[:, 0]


def test_robots_on_a_slope_follow_less_and_on_level_ground_all_of_their_command() -> None:
    slope = CourseGround(Course("slope", "slope", size_m=8.0, hardest=0.7, sinks=(True,)), seed=3, levels=2)
    slope.origins[0] = slope.origins[1]  # all begin on the harder of the two
    np.testing.assert_allclose(followed(slope, 1.0), 0.8, atol=1e-3)
    assert followed(slope, 0.5).mean() < 0.6
    np.testing.assert_allclose(followed(Ground(), 0.5), 0.8, atol=0.05)
