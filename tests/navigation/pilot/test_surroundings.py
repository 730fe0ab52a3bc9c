"""Maps on the way: one of the robot's own making goes on however far it has drifted, a known one does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from rudel.core.types import RobotState
from rudel.navigation.map import GridMap
from rudel.navigation.pilot import Surroundings
from rudel.navigation.types import Estimate, StampedCloud
from tests.navigation.map.casting import ROBOT, STAND_M, room, scan

SURE = np.diag([1e-4] * 3 + [1e-6] * 3)
DRIFT = np.diag([4.0] * 3 + [0.01] * 3)


def at(cloud: StampedCloud, covariance: np.ndarray, drift: np.ndarray) -> Estimate:
    return Estimate(cloud.time_s, cloud.pose, np.zeros(6), covariance, "tracking", drift=drift)


def level() -> GridMap:
    zero = np.zeros((80, 80), np.float32)
    return GridMap(0.1, (-4.0, -4.0), zero, zero + 3, zero, zero, zero, np.zeros(zero.shape, np.uint8))


def taken_in(mapping: Surroundings, covariance: np.ndarray, drift: np.ndarray) -> bool:
    """Is a second scan used, of a pose of that covariance?"""
    first, second = (scan(room(), time_s=t) for t in (0.1, 0.2))
    mapping.add(first, at(first, SURE, np.zeros((6, 6))))
    mapping.add(second, at(second, covariance, drift))
    return mapping.live.time_s == second.time_s


def test_its_own_map_goes_on_however_large_the_drift_that_both_share():
    assert taken_in(Surroundings(None, ROBOT, STAND_M), SURE + DRIFT, DRIFT)


@pytest.mark.parametrize("static", [None, level()])
def test_a_pose_that_is_uncertain_by_itself_is_not_mapped(static: GridMap | None):
    assert not taken_in(Surroundings(static, ROBOT, STAND_M), SURE + DRIFT, np.zeros((6, 6)))


def test_drift_makes_no_height_less_certain():
    still, moved = (Surroundings(None, ROBOT, STAND_M) for _ in range(2))
    cloud = scan(room())
    still.add(cloud, at(cloud, SURE, np.zeros((6, 6))))
    moved.add(cloud, at(cloud, SURE + 0.001 * DRIFT, 0.001 * DRIFT))
    np.testing.assert_allclose(moved.live.variance(), still.live.variance(), rtol=1e-4)


def test_noise_excuses_less_where_nobody_has_surveyed():
    mapping = Surroundings(None, ROBOT, STAND_M)
    assert mapping.live.spec.excused < 1.0
    mapping.excuse()
    assert mapping.live.spec.excused == 1.0
    assert Surroundings(level(), ROBOT, STAND_M).live.spec.excused == 1.0


CROUCH_M = 0.07


def below(carried: Callable[[RobotState], float] | None) -> np.ndarray:
    """Heights around a robot that stood up and then goes on half a metre, crouching."""
    mapping = Surroundings(None, ROBOT, STAND_M, carried)
    for time_s, x, crouch_m in ((0.1, 0.0, 0.0), (0.2, 0.2, CROUCH_M), (0.3, 0.5, CROUCH_M)):
        for late_s in (0.0, 0.05):  # after the scan it is up again: that is another moment
            mapping.state(state(time_s + late_s, STAND_M - (0.0 if late_s else crouch_m)))
        cloud = scan(room(), (x, 0.0), time_s)
        pose = dataclasses.replace(cloud.pose, position=cloud.pose.position - (0, 0, crouch_m))
        mapping.add(dataclasses.replace(cloud, pose=pose), at(cloud, SURE, np.zeros((6, 6))))
    return mapping.live.heights(np.array([(x, 0.0) for x in np.arange(-0.1, 0.71, 0.1)]))


def state(time_s: float, height_m: float) -> RobotState:
    """One whose first joint tells the height."""
    q, zero = np.full(12, height_m), np.zeros(12)
    return RobotState(time_s, q, zero, zero, np.array([1.0, 0, 0, 0]), zero[:3], zero[:3], np.ones(4))


def test_the_ground_is_where_the_feet_stand_however_low_the_base_is_carried():
    np.testing.assert_allclose(below(lambda state: float(state.q[0])), 0.0, atol=0.015)
    assert below(None).min() < -0.8 * CROUCH_M  # else this would test nothing


def test_a_state_without_a_time_is_none():
    mapping = Surroundings(None, ROBOT, STAND_M, lambda state: float(state.q[0]))
    mapping.state(state(np.nan, 0.1))
    cloud = scan(room())
    mapping.add(cloud, at(cloud, SURE, np.zeros((6, 6))))
    np.testing.assert_allclose(mapping.live.heights(np.zeros((1, 2))), 0.0, atol=0.015)
