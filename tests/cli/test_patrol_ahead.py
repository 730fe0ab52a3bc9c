"""On the way to a stand the head turns to what comes next, and the heading is one from which the head can see it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rudel.cli._patrol_ahead import BEHIND_RAD, EVERY_S, NEAR_M, Ahead, headed
from rudel.core import frames
from rudel.core.findings import Target
from rudel.core.types import Pose
from rudel.inspection.capture import Where, aim
from rudel.missions import Stand
from rudel.navigation.types import Estimate, Status
from tests.inspection.scene import RIG

angles = st.floats(-math.pi, math.pi)


def at(x: float, y: float, yaw: float, status: Status = "tracking") -> Estimate:
    quat = frames.quat_from_yaw(np.asarray(yaw)).astype(np.float64)
    return Estimate(0.0, Pose(np.array([x, y, 0.32]), quat), np.zeros(6), 1e-4 * np.eye(6), status)


def stand(x: float, y: float, yaw: float | None = None) -> tuple[Stand, Target]:
    target = Target("V-1", "valve", (x, y + 1.1, 0.6))
    return Stand("V-1", (x, y), yaw, target=target), target


def test_the_head_looks_from_where_the_robot_will_stand() -> None:
    goal, target = stand(2.0, 0.0)
    found = Ahead(goal, target, RIG).aim(0.0, at(0.0, 0.0, 0.0))
    then = aim(target, Where(at(2.0, 0.0, 0.0).pose, 0.01, 0.01), RIG)
    assert found is not None
    assert then is not None
    assert found == pytest.approx((then.pan_rad, then.tilt_rad, then.zoom))
    assert math.degrees(found[0]) == pytest.approx(87, abs=1)  # to the left, from a head behind the middle


def test_it_is_not_asked_too_often_nor_from_far_away_nor_without_a_pose() -> None:
    ahead = Ahead(*stand(2.0, 0.0), RIG)
    assert ahead.aim(0.0, at(1.9 - NEAR_M, 0.0, 0.0)) is None
    assert ahead.aim(0.0, at(0.0, 0.0, 0.0, "lost")) is None
    asked = [ahead.aim(0.02 * k, at(0.0, 0.0, 0.0)) is not None for k in range(50)]
    assert sum(asked) == round(1.0 / EVERY_S)
    assert asked[0]


@given(st.floats(-3, 3), st.floats(-3, 3), angles)
def test_what_it_would_have_behind_it_is_faced(x: float, y: float, yaw: float) -> None:
    assume(math.hypot(x, y) > 0.3)
    goal, target = stand(0.0, 0.0)
    found = headed(goal, at(x, y, yaw))
    coming = math.atan2(-y, -x)
    behind = abs(math.remainder(math.pi / 2 - coming, 2 * math.pi)) > BEHIND_RAD
    assert (found.yaw is None) == (not behind)
    if found.yaw is not None:
        assert found.yaw == pytest.approx(math.atan2(target.look_at[1], 0.0))
        assert found.tolerance_rad < BEHIND_RAD


@given(angles)
def test_at_the_stand_already_its_own_heading_counts(yaw: float) -> None:
    goal, _ = stand(0.0, 0.0)
    behind = abs(math.remainder(math.pi / 2 - yaw, 2 * math.pi)) > BEHIND_RAD
    assert (headed(goal, at(0.1, 0.0, yaw)).yaw is not None) == behind


def test_a_heading_that_was_asked_for_stays() -> None:
    goal, _ = stand(0.0, 0.0, -1.5)
    assert headed(goal, at(0.0, 3.0, 0.0)) is goal
    bare = Stand("corner", (0.0, 0.0))
    assert headed(bare, at(0.0, 3.0, 0.0)) is bare
