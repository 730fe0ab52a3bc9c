"""Exploring shows what can be seen, and the way home is always affordable."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from rudel.navigation.pilot import Endurance, Explore
from rudel.navigation.plan import Frontier, frontiers
from rudel.navigation.types import XY, Costs
from tests.navigation.follow.yards import EDGE_M, costs_of, estimate
from tests.navigation.pilot.stand_ins import Yard

SIGHT_M = 1.5


class Discovered:
    """A map of what has come within sight of the robot, walls or not."""

    def __init__(self, yard: Yard, obstacle: np.ndarray) -> None:
        self._yard, self._truth = yard, costs_of(obstacle)
        self.seen = np.zeros(obstacle.shape, np.bool_)

    def add(self, cloud: object, at: object) -> None: ...
    def state(self, state: object) -> None: ...
    def forget(self) -> None: ...
    def excuse(self) -> None: ...

    def whole(self) -> Costs:
        x, y, _ = self._yard.localiser.pose
        ny, nx = self._truth.cost.shape
        cx, cy = (np.arange(nx) + 0.5) * EDGE_M, (np.arange(ny) + 0.5) * EDGE_M
        self.seen |= np.hypot(cx - x, (cy - y)[:, None]) < SIGHT_M
        cost = np.where(self.seen, self._truth.cost, np.nan).astype(np.float32)
        known = self._truth.obstacle & self.seen
        return Costs(EDGE_M, (0.0, 0.0), cost, known, self._truth.clearance_m)

    local = whole

    def hopeful(self, xy: XY, within_m: float) -> None: ...


def explore(endurance: Endurance, seconds: float, kind: type[Discovered] = Discovered) -> tuple[Yard, Discovered]:
    obstacle = np.zeros((60, 60), np.bool_)
    obstacle[[0, -1], :] = obstacle[:, [0, -1]] = True
    obstacle[:35, 28:31] = True
    yard = Yard(obstacle, pose=(1.5, 1.5, 0.0))
    found = kind(yard, obstacle)
    yard.pilot.mapping = yard.pilot.drive._mapping = found
    yard.run(0.04)
    assert yard.pilot.estimate is not None
    yard.pilot.do(Explore(yard.pilot.drive, found, yard.pilot.journal, endurance, yard.pilot.estimate))
    yard.run(seconds)
    return yard, found


def test_everything_that_can_be_seen_is_seen_and_it_comes_home():
    yard, found = explore(Endurance(600.0), 600)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (True, "explored")
    assert found.seen.mean() > 0.95
    assert math.dist(yard.localiser.pose[:2], (1.5, 1.5)) < 0.06


@pytest.mark.parametrize("endurance", [Endurance(40.0), Endurance(999.0, battery_s=40.0)])
def test_it_is_home_before_time_or_battery_end(endurance):
    yard, found = explore(endurance, 100)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (True, "home")
    assert yard.time_s < 40
    assert math.dist(yard.localiser.pose[:2], (1.5, 1.5)) < 0.06
    assert found.seen.mean() < 0.95


class Closed(Discovered):
    """A map that closes behind the robot where nothing stands: as when the pose has drifted."""

    def whole(self) -> Costs:
        costs = super().whole()
        if self._yard.time_s < 10.0:
            return costs
        obstacle = costs.obstacle.copy()
        obstacle[18:20, 1:28] = True
        cost = np.where(obstacle, np.float32(1.0), costs.cost).astype(np.float32)
        return Costs(costs.resolution_m, costs.origin, cost, obstacle, costs.clearance_m)

    def local(self) -> Costs:
        return super().whole()


def test_a_map_that_closes_behind_it_is_no_reason_to_end():
    yard, found = explore(Endurance(600.0), 600, Closed)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (True, "explored")
    assert found.seen.mean() > 0.9


def veiled(yard: Yard, seconds: float) -> Callable[[Costs, tuple[float, float]], list[Frontier]]:
    """Frontiers of which none is found for so long, from the first look after 5 s on: ground seen once looks rough."""
    since: list[float] = []

    def found(costs: Costs, xy: tuple[float, float]) -> list[Frontier]:
        if yard.time_s > 5.0 and not since:
            since.append(yard.time_s)
        return [] if since and yard.time_s - since[0] < seconds else frontiers(costs, xy)

    return found


@pytest.mark.parametrize(("seconds", "all_seen"), [(2.0, True), (30.0, False)])
def test_nothing_to_go_to_is_believed_after_a_while_only(seconds: float, all_seen: bool, monkeypatch):
    yard, found = explore(Endurance(600.0), 0.0)
    monkeypatch.setattr("rudel.navigation.pilot.explore.frontiers", veiled(yard, seconds))
    yard.run(600)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (True, "explored")
    assert (found.seen.mean() > 0.95) == all_seen


@pytest.mark.parametrize(("way_m", "gone"), [(3.0, True), (27.0, False)])
def test_a_long_way_is_not_gone_for_next_to_nothing(way_m: float, gone: bool, monkeypatch: pytest.MonkeyPatch):
    one = Frontier((5.0, 5.0), (2.0, 2.0), 1.0, 1.0, way_m)
    monkeypatch.setattr("rudel.navigation.pilot.explore.frontiers", lambda costs, xy: [one])
    yard, _ = explore(Endurance(600.0), 8)
    assert any(event.kind == "frontier" for event in yard.pilot.events) == gone
    assert gone or any(event.kind == "homeward" for event in yard.pilot.events)


class Doubtful(Discovered):
    """A map on which noise closes the only way until it is let off."""

    closed = True

    def excuse(self) -> None:
        self.closed = False

    def whole(self) -> Costs:
        costs = super().whole()
        obstacle = costs.obstacle.copy()
        obstacle[1:-1, 28:31] |= self.closed
        clearance = costs_of(obstacle).clearance_m
        cost = np.where(np.isnan(costs.cost), costs.cost, costs_of(obstacle).cost).astype(np.float32)
        return Costs(costs.resolution_m, costs.origin, cost, obstacle, clearance)

    local = whole


def test_what_may_be_good_is_gone_over_when_nothing_better_is_left():
    yard, found = explore(Endurance(600.0), 600, Doubtful)
    assert yard.pilot.outcome is not None
    assert (yard.pilot.outcome.success, yard.pilot.outcome.reason) == (True, "explored")
    assert found.seen.mean() > 0.95
    kinds = [event.kind for event in yard.pilot.events if event.kind in ("doubtful", "homeward")]
    assert kinds == ["doubtful", "homeward"]


def test_home_is_reckoned_and_gone_along_the_trail(monkeypatch: pytest.MonkeyPatch):
    one = Frontier((4.75, 3.0), (4.75, 2.3), 1.0, 20.0, 0.5)
    monkeypatch.setattr("rudel.navigation.pilot.explore.frontiers", lambda costs, xy: [one])
    yard = Yard(np.zeros((60, 60), np.bool_), pose=(4.75, 1.75, 0.0))
    for x, y in ((1.75, 1.75), (1.75, 3.25), (4.75, 3.25)):
        yard.pilot.trail.note(estimate(np.array([x, y, 0.0]), 0.0))
    yard.run(0.04)
    home = estimate(np.array([1.75, 1.75, 0.0]), yard.time_s)
    endurance = Endurance(42.0)  # enough for the 3 m to home, not for the 6 m that it came
    yard.pilot.do(Explore(yard.pilot.drive, yard.ground, yard.pilot.journal, endurance, home))
    poses = list[np.ndarray]()
    while yard.pilot.outcome is None and yard.time_s < 60:
        yard.run(0.1)
        poses.append(yard.localiser.pose[:2].copy())
    assert not any(event.kind == "frontier" for event in yard.pilot.events)
    assert yard.pilot.outcome is not None
    assert yard.pilot.outcome.reason == "home"
    assert np.array(poses)[:, 1].max() > 2.8
