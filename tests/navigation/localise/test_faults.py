"""Broken sensors: each is noticed within a second, named, and does not take the pose along."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.readings import Odometry, Scan
from rudel.core.types import RobotState
from rudel.navigation.localise import Localiser, PointMap
from rudel.navigation.localise._feed import Feed, FeedSpec
from tests.navigation.localise import scenes
from tests.navigation.localise.test_localiser import feed

ROOM = scenes.room()
BREAKS_S = 1.5
MOTION = scenes.straight(1.8, 2.6, 0.5)


@pytest.fixture(scope="module")
def room_map() -> PointMap:
    return scenes.mapped(ROOM, np.array([[2.0, 2.0], [6.0, 3.5]]), 0.01)


@pytest.fixture(scope="module")
def messages() -> list[scenes.Message]:
    return list(scenes.stream(ROOM, MOTION, 3.0))


def nan(message: scenes.Message) -> scenes.Message:
    if isinstance(message, Scan):
        return dataclasses.replace(message, points=np.full_like(message.points, np.nan))
    if isinstance(message, Odometry):
        return dataclasses.replace(message, position=np.full(3, np.nan))
    return dataclasses.replace(message, gyro=np.full(3, np.nan))


class Broken:
    """What is left of a stream when one kind of message goes wrong after BREAKS_S."""

    def __init__(self, kind: type, how: str) -> None:
        self.kind, self.how = kind, how
        self.good: list[scenes.Message] = []

    def __call__(self, message: scenes.Message) -> scenes.Message | None:
        if not isinstance(message, self.kind):
            return message
        if message.time_s < BREAKS_S:
            self.good.append(message)
            return message
        if self.how == "stopped":
            return None
        if self.how == "nan":
            return nan(message)
        if self.how == "frozen":
            return dataclasses.replace(self.good[-1], time_s=message.time_s)
        if self.how == "past":
            return next(m for m in reversed(self.good) if m.time_s <= message.time_s - 1.0)
        assert self.how == "clock"
        return dataclasses.replace(message, time_s=message.time_s + 0.08 * (message.time_s - BREAKS_S))


def ride(localiser: Localiser, messages: list[scenes.Message], broken: Callable[..., scenes.Message | None]) -> list:
    """(time, faults) after every message that arrives."""
    said: list[tuple[float, tuple[str, ...]]] = []
    for message in messages:
        left = broken(message)
        if left is not None:
            feed(localiser, left)
        estimate = localiser.estimate()
        said.append((estimate.time_s, estimate.faults))
    return said


@pytest.mark.parametrize("kind", [Scan, Odometry])
@pytest.mark.parametrize("how", ["stopped", "frozen", "nan", "past", "clock"])
def test_a_broken_sensor_is_named_within_a_second(
    room_map: PointMap, messages: list[scenes.Message], kind: type, how: str
) -> None:
    name = "lidar" if kind is Scan else "odometry"
    localiser = Localiser(scenes.RIG, room_map, MOTION.pose(0.0))
    said = ride(localiser, messages, Broken(kind, how))
    assert not any(faults for t, faults in said if t < BREAKS_S)
    first = next((t for t, faults in said if f"{name} {how}" in faults), math.inf)
    assert first - BREAKS_S < 1.0
    end = localiser.estimate()
    true = MOTION.pose(end.time_s)
    assert end.known
    assert np.linalg.norm(end.pose.position - true.position) < 0.15


@pytest.mark.parametrize("how", ["stopped", "frozen", "nan"])
def test_so_is_the_state_of_the_robot(room_map: PointMap, messages: list[scenes.Message], how: str) -> None:
    localiser = Localiser(scenes.RIG, room_map, MOTION.pose(0.0))
    said = ride(localiser, messages, Broken(RobotState, how))
    assert not any(faults for t, faults in said if t < BREAKS_S - 0.03)  # then its clock stands as well
    assert any(f"state {how}" in faults or "state stopped" in faults for t, faults in said if t < BREAKS_S + 1.0)
    true = MOTION.pose(localiser.estimate().time_s)
    assert np.linalg.norm(localiser.estimate().pose.position - true.position) < 0.15


def test_without_the_lidar_the_legs_go_on_and_say_how_far_they_can_be_trusted(
    room_map: PointMap, messages: list[scenes.Message]
) -> None:
    localiser = Localiser(scenes.RIG, room_map, MOTION.pose(0.0))
    ride(localiser, messages, Broken(Scan, "stopped"))
    end = localiser.estimate()
    assert end.status == "degenerate"
    assert len(end.degenerate) == 3
    assert end.scan_age_s > 1.0
    error = np.linalg.norm(end.pose.position - MOTION.pose(end.time_s).position)
    assert error < 4 * math.sqrt(np.trace(end.covariance[:3, :3]))


def test_a_repaired_sensor_is_no_fault_any_more(room_map: PointMap, messages: list[scenes.Message]) -> None:
    localiser = Localiser(scenes.RIG, room_map, MOTION.pose(0.0))
    said = ride(localiser, messages, lambda m: None if isinstance(m, Scan) and 1.0 < m.time_s < 1.8 else m)
    assert any("lidar stopped" in faults for _, faults in said)
    assert said[-1][1] == ()


SPEC = FeedSpec("lidar", 0.12, 0.35)


@settings(max_examples=50)
@given(
    offset_s=st.floats(-1e5, 1e5),
    drift_ppm=st.floats(-100, 100),
    jitter=st.lists(st.floats(0, 0.019), min_size=100, max_size=100),
)
def test_ordinary_clocks_are_followed_without_complaint(offset_s: float, drift_ppm: float, jitter: list[float]) -> None:
    feed_ = Feed(SPEC)
    for k, late in enumerate(jitter):
        true_s = 0.1 * k
        stamp = offset_s + true_s * (1 + drift_ppm * 1e-6)
        time_s = feed_.accept(stamp, true_s + 0.12 + late, str(k).encode())
        assert time_s is not None
        assert time_s == pytest.approx(true_s, abs=0.05)
        assert feed_.faults(true_s + 0.12 + late) == ()


def test_a_clock_that_is_set_anew_is_believed_after_a_while() -> None:
    feed_ = Feed(SPEC)
    used = []
    for k in range(80):
        stamp = 0.1 * k - (1000.0 if k >= 20 else 0.0)
        used.append(feed_.accept(stamp, 0.1 * k + 0.12, str(k).encode()))
    assert used[20] is None
    assert "lidar past" not in feed_.faults(8.0)
    last = used[-1]
    assert last is not None
    assert last == pytest.approx(7.9, abs=0.02)


def test_a_covered_lidar_is_blind(room_map: PointMap) -> None:
    localiser = Localiser(scenes.RIG, room_map, MOTION.pose(0.0))
    nothing = np.zeros(0, np.float32)
    empty = Scan(0.0, "lidar", np.zeros((0, 3), np.float32), nothing, np.zeros(0, np.uint16), nothing)
    for message in scenes.stream(ROOM, MOTION, 0.3):
        feed(localiser, dataclasses.replace(empty, time_s=message.time_s) if isinstance(message, Scan) else message)
    assert "lidar blind" in localiser.estimate().faults
