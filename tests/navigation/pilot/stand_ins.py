"""A robot that does exactly what it is told, and a localiser that says where it is, for tests of the pilot."""

from __future__ import annotations

import dataclasses

import numpy as np

from rudel.core.types import RobotState, Twist
from rudel.navigation.pilot import Order, Patience, Pilot
from rudel.navigation.plan import Planner
from rudel.navigation.types import XY, Costs, Estimate
from tests.navigation.follow.yards import EDGE_M, FOOTPRINT, costs_of, estimate, go

DT_S = 0.02


class Localiser:
    """Says what a test wants it to say."""

    def __init__(self, pose: np.ndarray) -> None:
        self.pose, self.time_s, self.changes = pose, 0.0, {}
        self.searches = 0

    def state(self, state: RobotState) -> None:
        self.time_s = state.time_s

    def odometry(self, reading: object) -> None: ...
    def scan(self, reading: object) -> None: ...
    def take_cloud(self) -> None: ...

    def estimate(self) -> Estimate:
        return dataclasses.replace(estimate(self.pose, self.time_s), **self.changes)

    def relocalise(self) -> None:
        self.searches += 1


class Ground:
    """A map that knows everything."""

    def __init__(self, costs: Costs) -> None:
        self.costs, self.forgotten = costs, 0
        self.before: np.ndarray | None = None  # obstacles of a survey
        self.states: list[RobotState] = []

    def add(self, cloud: object, at: Estimate) -> None: ...
    def state(self, state: RobotState) -> None:
        self.states.append(state)

    def excuse(self) -> None: ...

    def forget(self) -> None:
        self.forgotten += 1

    def whole(self) -> Costs:
        return self.costs

    local = whole

    def hopeful(self, xy: XY, within_m: float) -> Costs | None:
        if self.before is None:
            return None
        ny, nx = self.before.shape
        x, y = (np.arange(nx) + 0.5) * EDGE_M - xy[0], (np.arange(ny) + 0.5) * EDGE_M - xy[1]
        return costs_of(np.where(np.hypot(x, y[:, None]) < within_m, self.costs.obstacle, self.before))


class Yard:
    """A pilot with a robot to steer."""

    def __init__(self, obstacle: np.ndarray | None = None, pose=(4.0, 4.0, 0.0), **more) -> None:
        self.ground = Ground(costs_of(np.zeros((80, 80), np.bool_) if obstacle is None else obstacle))
        self.localiser = Localiser(np.array(pose, np.float64))
        more.setdefault("patience", Patience(4.0, 4.0, 4.0, 1.0, 0.5))
        self.pilot = Pilot(self.localiser, self.ground, Planner(), FOOTPRINT, **more)
        self.rng, self.time_s, self.obeys = np.random.default_rng(0), 0.0, True
        self.changes: dict[str, object] = {}
        self.orders: list[Order] = []

    def state(self) -> RobotState:
        noise = self.rng.normal(0.0, 0.01, 12)
        quat, up = np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 9.81])
        fields = {"q": noise, "dq": noise, "tau": noise, "quat": quat, "gyro": noise[:3], "accel": up + noise[:3]}
        return RobotState(time_s=self.time_s, contact=np.ones(4), **(fields | self.changes))

    def run(self, seconds: float) -> Order:
        """Step until then, or until there is an outcome."""
        for _ in range(round(seconds / DT_S)):
            self.time_s += DT_S
            self.orders.append(self.pilot.step(self.state()))
            if self.obeys:
                self.localiser.pose = go(self.localiser.pose, self.orders[-1].twist, DT_S)
            if self.pilot.outcome is not None:
                break
        return self.orders[-1]

    def moved_since(self, count: int) -> bool:
        return any(order.twist != Twist() for order in self.orders[count:])
