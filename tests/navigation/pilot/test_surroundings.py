"""Maps on the way: one of the robot's own making goes on however far it has drifted, a known one does not."""

from __future__ import annotations

import numpy as np
import pytest

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
