"""How high the base is carried, from joints and contacts."""

from __future__ import annotations

import numpy as np
import pytest

from rudel import robots
from rudel.core.types import RobotState
from rudel.robots.carriage import Carriage
from rudel.robots.kinematics import Kinematics
from rudel.robots.spec import RobotSpec


@pytest.fixture(scope="module", params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def state(q: np.ndarray, contact: tuple[float, ...] = (1, 1, 1, 1)) -> RobotState:
    still = np.zeros(12)
    return RobotState(
        0.0, q, still, still, np.array([1.0, 0, 0, 0]), still[:3], np.array([0, 0, 9.81]), np.array(contact)
    )


def test_on_four_equal_legs_it_is_the_height_above_the_lowest_foot(spec: RobotSpec):
    for share in (0.0, 0.3, 0.7, 1.0):
        q = (1 - share) * np.array(spec.default_pose) + share * np.array(spec.rest_pose)
        assert Carriage(spec).height_m(state(q)) == pytest.approx(Kinematics(spec).base_height(q), abs=1e-3)


def test_a_lifted_foot_does_not_count_and_two_on_a_step_count_half(spec: RobotSpec):
    carriage, plain = Carriage(spec), np.array(spec.default_pose)
    q = plain.copy()
    q[2] += 0.3 * np.sign(spec.rest_pose[2] - plain[2])  # bends the first leg
    lifted_m = carriage.height_m(state(plain)) - carriage.height_m(state(q, (1, 0, 0, 0)))
    assert lifted_m > 0.01
    assert carriage.height_m(state(q, (0, 1, 1, 1))) == pytest.approx(carriage.height_m(state(plain)), abs=1e-6)
    half = carriage.height_m(state(plain)) - carriage.height_m(state(q, (1, 0, 0, 1)))
    assert half == pytest.approx(lifted_m / 2, abs=1e-6)


@pytest.mark.filterwarnings("error")
def test_without_a_foot_or_a_number_it_is_the_nominal_height(spec: RobotSpec):
    carriage, q = Carriage(spec), np.array(spec.rest_pose)
    assert carriage.height_m(state(q, (0, 0, 0, 0))) == spec.nominal_height_m
    assert carriage.height_m(state(q, (np.nan,) * 4)) == spec.nominal_height_m
    broken = q.copy()
    broken[4] = np.nan
    assert carriage.height_m(state(broken)) == spec.nominal_height_m
    upwards = np.tile([0.0, np.pi, 0.0], 4)  # straight legs above the base
    assert Kinematics(spec).feet(upwards)[:, 2].min() > 0.1
    assert carriage.height_m(state(upwards)) == spec.nominal_height_m
    assert carriage.height_m(state(q)) < spec.nominal_height_m
