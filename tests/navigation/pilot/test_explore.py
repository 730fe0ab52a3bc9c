"""Exploring shows what can be seen, and the way home is always affordable."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rudel.navigation.pilot import Endurance, Explore
from rudel.navigation.types import Costs
from tests.navigation.follow.yards import EDGE_M, costs_of
from tests.navigation.pilot.stand_ins import Yard

SIGHT_M = 1.5


class Discovered:
    """A map of what has come within sight of the robot, walls or not."""

    def __init__(self, yard: Yard, obstacle: np.ndarray) -> None:
        self._yard, self._truth = yard, costs_of(obstacle)
        self.seen = np.zeros(obstacle.shape, np.bool_)

    def add(self, cloud: object, at: object) -> None: ...
    def forget(self) -> None: ...

    def whole(self) -> Costs:
        x, y, _ = self._yard.localiser.pose
        ny, nx = self.seen.shape
        cx, cy = (np.arange(nx) + 0.5) * EDGE_M, (np.arange(ny) + 0.5) * EDGE_M
        self.seen |= np.hypot(cx - x, (cy - y)[:, None]) < SIGHT_M
        cost = np.where(self.seen, self._truth.cost, np.nan).astype(np.float32)
        known = self._truth.obstacle & self.seen
        return Costs(EDGE_M, (0.0, 0.0), cost, known, self._truth.clearance_m)

    local = whole


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
