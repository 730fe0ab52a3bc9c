"""Localisation as a whole: still robots stay, moving ones are followed, what is not known is said."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

import numpy as np
import pytest

from rudel.core import frames
from rudel.core.readings import Odometry, Scan
from rudel.core.types import Pose, RobotState
from rudel.navigation.localise import Localiser, PointMap
from rudel.navigation.localise import _rotation as rotation
from rudel.navigation.types import Estimate
from tests.navigation.localise import scenes

Array = scenes.Array
ROOM = scenes.room()


@pytest.fixture(scope="module")
def room_map() -> PointMap:
    return scenes.mapped(ROOM, np.array([[2.0, 2.0], [6.0, 3.5]]), 0.01)


def feed(localiser: Localiser, message: scenes.Message) -> None:
    if isinstance(message, RobotState):
        localiser.state(message)
    elif isinstance(message, Odometry):
        localiser.odometry(message)
    else:
        localiser.scan(message)


def follow(localiser: Localiser, messages: Iterable[scenes.Message]) -> list[Estimate]:
    """The estimate after every scan."""
    estimates: list[Estimate] = []
    for message in messages:
        feed(localiser, message)
        if isinstance(message, Scan):
            estimates.append(localiser.estimate())
    return estimates


def errors(estimates: list[Estimate], motion: scenes.Motion) -> Array:
    """(n, 6) of position [m] and rotation [rad] against the truth."""
    rows = []
    for e in estimates:
        true = motion.pose(e.time_s)
        turn = rotation.matrix_of(e.pose.quat) @ rotation.matrix_of(true.quat).T
        rows.append(np.concatenate((e.pose.position - true.position, rotation.log(turn))))
    return np.array(rows)


def test_a_still_robot_stays_where_it_is_without_a_map() -> None:
    motion = scenes.still(3.0, 2.0, 0.4)
    localiser = Localiser(scenes.RIG, start=motion.pose(0.0))
    estimates = follow(localiser, scenes.stream(ROOM, motion, 2.5))
    assert {e.status for e in estimates} == {"tracking"}
    assert np.abs(errors(estimates, motion)[:, :3]).max() < 0.015
    assert np.linalg.norm(estimates[-1].twist[:3]) < 0.05


def test_without_a_map_the_way_is_measured() -> None:
    motion = scenes.circle(4.0, 3.2, 1.2, 0.6)
    localiser = Localiser(scenes.RIG, start=motion.pose(0.0))
    estimates = follow(localiser, scenes.stream(ROOM, motion, 6.0))
    away = np.linalg.norm(errors(estimates, motion)[:, :2], axis=1)
    assert away[-1] < 0.05
    assert estimates[-1].pose.frame == "odom"
    assert estimates[-1].covariance[0, 0] > estimates[5].covariance[0, 0]  # the error adds up
    drift = np.array([e.drift[0, 0] for e in estimates])
    assert (np.diff(drift) >= 0).all()  # and the map on the way shares it
    assert drift[-1] > 1e-6
    assert all((np.linalg.eigvalsh(e.covariance - e.drift) > 0).all() for e in estimates)


def test_in_a_map_it_is_followed_and_the_scale_of_the_legs_is_found(room_map: PointMap) -> None:
    motion = scenes.straight(1.8, 2.6, 0.7)
    start = motion.pose(0.0)
    shifted = Pose(start.position + np.array([0.15, -0.1, 0.05]), start.quat)
    localiser = Localiser(scenes.RIG, room_map, shifted)
    estimates = follow(localiser, scenes.stream(ROOM, motion, 6.0, scenes.Noise(counted=0.85)))
    error = errors(estimates[5:], motion)
    assert np.sqrt(np.mean(np.square(error[:, :3]))) < 0.02
    assert np.sqrt(np.mean(np.square(error[:, 3:]))) < 0.01
    assert localiser.scale[0] == pytest.approx(1 / 0.85, abs=0.02)
    assert not any(e.drift.any() for e in estimates)  # a map that was known before does not drift
    assert estimates[-1].fit > 0.5
    assert estimates[-1].scan_age_s < 0.1


def test_its_covariance_covers_its_error(room_map: PointMap) -> None:
    """Normalised squared errors stay below the 95 % bound of chi^2. Nothing is shared by neighbouring points here, so
    that a filter made for real places is on the safe side; benchmarks/localise.py states it for walks.
    """
    squared: list[float] = []
    for seed in range(3):
        motion = scenes.circle(4.0, 3.2, 1.2, 0.5)
        localiser = Localiser(scenes.RIG, room_map, motion.pose(0.0))
        estimates = follow(localiser, scenes.stream(ROOM, motion, 3.0, seed=seed))
        for e, error in zip(estimates, errors(estimates, motion), strict=True):
            squared.append(float(error @ np.linalg.solve(e.covariance, error)))
    assert np.mean(np.array(squared) < 12.6) > 0.9
    assert np.median(squared) > 0.003


def test_a_bare_tunnel_is_said_to_leave_its_axis_open() -> None:
    boxes = scenes.tunnel(bare=True)
    target = scenes.mapped(boxes, np.array([[x, 0.0] for x in (-8.0, 0.0, 8.0)]), 0.01)
    motion = scenes.straight(-2.0, 0.0, 0.7)
    localiser = Localiser(scenes.RIG, target, motion.pose(0.0))
    estimates = follow(localiser, scenes.stream(boxes, motion, 4.0, scenes.Noise(counted=0.87)))
    assert {e.status for e in estimates[2:]} == {"degenerate"}
    assert all(abs(e.degenerate[0, 0]) > 0.98 for e in estimates[2:])
    error = errors(estimates, motion)
    assert np.abs(error[:, 1]).max() < 0.03  # across it is held
    assert abs(error[-1, 0]) < 0.15  # the legs go on: the scan does not say "you stand"
    assert np.abs(error[:, 0]).max() < 3 * math.sqrt(max(e.covariance[0, 0] for e in estimates))


def test_a_pose_is_found_from_nothing(room_map: PointMap) -> None:
    motion = scenes.still(6.0, 3.6, 2.0)
    localiser = Localiser(scenes.RIG, room_map)
    assert localiser.estimate().status == "starting"
    estimates = follow(localiser, scenes.stream(ROOM, motion, 2.5))
    assert estimates[0].time_s < 0.3
    assert estimates[-1].status == "tracking"
    assert np.linalg.norm(errors(estimates, motion)[-1, :2]) < 0.05


def test_carried_away_it_says_lost_and_finds_itself_again(room_map: PointMap) -> None:
    before, after = scenes.still(3.0, 2.0), scenes.still(7.6, 4.2, 2.5)
    localiser = Localiser(scenes.RIG, room_map, before.pose(0.0))
    follow(localiser, scenes.stream(ROOM, before, 1.0))
    usual, statuses = localiser._doubt, list[str]()
    last: Estimate | None = None
    for message in scenes.stream(ROOM, after, 4.0):
        moved = shifted(message, 2.0)
        feed(localiser, moved)
        if isinstance(moved, Scan):
            last = localiser.estimate()
            statuses.append(last.status)
            wrong = np.linalg.norm(last.pose.position - after.pose(0).position) > 0.3
            assert not (wrong and last.known and len(statuses) > 8)
    assert last is not None
    assert "lost" in statuses
    assert last.status == "tracking"
    assert np.linalg.norm(last.pose.position - after.pose(0).position) < 0.05
    assert localiser._doubt is not usual  # how scans fitted in the other place says nothing here


def test_set_down_while_it_is_lost_it_forgets_what_it_collected(room_map: PointMap) -> None:
    localiser = Localiser(scenes.RIG, room_map)
    follow(localiser, scenes.stream(scenes.tunnel(bare=False), scenes.still(0.0, 0.0), 0.6))
    assert localiser._seeker is not None
    assert localiser._seeker._scans
    localiser.relocalise()
    assert not localiser._seeker._scans
    assert localiser.estimate().status == "starting"


@pytest.mark.parametrize("times", [1.2, 1.6, 2.2])
def test_scans_that_fit_worse_than_usual_make_it_look_and_much_worse_ones_make_it_lost(
    room_map: PointMap, times: float
) -> None:
    motion = scenes.still(3.0, 2.0)
    localiser = Localiser(scenes.RIG, room_map, motion.pose(0.0))
    follow(localiser, scenes.stream(ROOM, motion, 1.0))
    assert localiser._seeker is not None
    assert localiser._seeker.attempts == 0
    usual = localiser._doubt
    usual._usual *= times  # as if it had been where scans fit so much better
    estimates = follow(localiser, (shifted(m, 2.0) for m in scenes.stream(ROOM, motion, 1.2)))
    assert ("lost" in {e.status for e in estimates}) == (times > 2.0)
    assert (localiser._doubt is not usual) == (times > 1.4)  # it looked, and is here after all
    assert (localiser._seeker.attempts > 0) == (times > 1.4)
    assert estimates[-1].status == "tracking"
    np.testing.assert_allclose(estimates[-1].pose.position, motion.pose(0.0).position, atol=0.03)


def shifted(message: scenes.Message, seconds: float) -> scenes.Message:
    """The same, later."""
    return dataclasses.replace(message, time_s=message.time_s + seconds)


def test_where_the_map_does_not_fit_it_is_lost_and_stays_lost(room_map: PointMap) -> None:
    elsewhere = scenes.tunnel(bare=False)
    motion = scenes.still(0.0, 0.0)
    localiser = Localiser(scenes.RIG, room_map, scenes.still(3.0, 2.0).pose(0.0))
    estimates = follow(localiser, scenes.stream(elsewhere, motion, 2.0))
    assert estimates[-1].status == "lost"
    assert not estimates[-1].known
    assert estimates[-1].covariance[0, 0] > 1e4
    assert localiser.take_cloud() is None


def test_the_cloud_lies_on_the_map_although_the_robot_turned(room_map: PointMap) -> None:
    motion = scenes.Motion(lambda t: (3.0, 2.5, 1.0 * t))
    localiser = Localiser(scenes.RIG, room_map, motion.pose(0.0))
    follow(localiser, scenes.stream(ROOM, motion, 1.2, scenes.EXACT))
    cloud = localiser.take_cloud()
    assert cloud is not None
    assert localiser.take_cloud() is None  # once
    match = room_map.match(cloud.points.astype(np.float64))
    away = np.abs(np.einsum("ij,ij->i", match.normal, cloud.points[match.index] - match.centre))
    assert np.percentile(away, 75) < 0.02  # a tenth of a radian of turning would smear it by 0.2 m
    np.testing.assert_allclose(
        cloud.origin, cloud.pose.position + frames.rotate(cloud.pose.quat, scenes.RIG.lidar_position)
    )


def test_same_messages_same_bytes(room_map: PointMap) -> None:
    motion = scenes.circle(4.0, 3.2, 1.2, 0.5)
    messages = list(scenes.stream(ROOM, motion, 1.5))
    ends: list[bytes] = []
    for _ in range(2):
        localiser = Localiser(scenes.RIG, room_map)
        last = follow(localiser, messages)[-1]
        ends.append(last.pose.position.tobytes() + last.pose.quat.tobytes() + last.covariance.tobytes())
    assert ends[0] == ends[1]


def dusty(scan: Scan, share: float, rng: np.random.Generator) -> Scan:
    """Many rays meet a speck somewhere on their way."""
    length = np.linalg.norm(scan.points, axis=1, keepdims=True)
    hit = rng.random(len(scan.points)) < share
    ranges = np.where(hit[:, None], rng.uniform(0.5, 40.0, (len(hit), 1)), length)
    return dataclasses.replace(scan, points=(scan.points / length * ranges).astype(np.float32))


def test_dust_does_not_make_it_lost(room_map: PointMap) -> None:
    motion, rng = scenes.straight(1.8, 2.6, 0.5), np.random.default_rng(1)
    localiser = Localiser(scenes.RIG, room_map, motion.pose(0.0))
    stream = scenes.stream(ROOM, motion, 2.5)
    estimates = follow(localiser, (dusty(m, 0.6, rng) if isinstance(m, Scan) else m for m in stream))
    assert {e.status for e in estimates} == {"tracking"}
    assert np.linalg.norm(errors(estimates, motion)[-1, :3]) < 0.03


def test_scans_alone_are_enough_for_a_slow_robot() -> None:
    """Neither legs nor gyro: the motion between two scans is what goes on."""
    motion = scenes.Motion(lambda t: (3.0 + 0.3 * t, 2.5, 0.2 * t))
    localiser = Localiser(scenes.RIG, start=motion.pose(0.0))
    scans = [m for m in scenes.stream(ROOM, motion, 1.0) if isinstance(m, Scan)]
    estimates = follow(localiser, scans)
    error = np.array(
        [e.pose.position - motion.pose(s.time_s + 0.05).position for e, s in zip(estimates, scans, strict=True)]
    )
    assert all(e.known for e in estimates)
    assert np.abs(error[-1, :2]).max() < 0.06  # the estimate is of the end of the sweep, 0.05 s later


def test_states_that_come_late_set_the_clock(room_map: PointMap) -> None:
    """A sensor whose clock starts anywhere may speak first; the robot's clock is what counts once it does."""
    motion = scenes.still(3.0, 2.0)
    localiser = Localiser(scenes.RIG, room_map, motion.pose(0.0))
    messages = list(scenes.stream(ROOM, motion, 1.0))
    first = next(m for m in messages if isinstance(m, Odometry))
    localiser.odometry(dataclasses.replace(first, time_s=5000.0))
    estimates = follow(localiser, messages)
    assert estimates[-1].time_s == pytest.approx(1.0, abs=0.15)
    assert estimates[-1].status == "tracking"
    assert estimates[-1].faults == ()
