"""What the pilot needs from localisation, maps and planning; rudel.navigation has one of each."""

from __future__ import annotations

from typing import Protocol

from rudel.core.readings import Odometry, Scan
from rudel.core.types import RobotState
from rudel.navigation.types import XY, Costs, Estimate, NoRoute, Route, StampedCloud


class Locating(Protocol):
    """Where the robot is; see rudel.navigation.localise.Localiser."""

    def state(self, state: RobotState, /) -> None: ...
    def odometry(self, reading: Odometry, /) -> None: ...
    def scan(self, reading: Scan, /) -> None: ...
    def estimate(self) -> Estimate: ...
    def take_cloud(self) -> StampedCloud | None: ...
    def relocalise(self) -> None: ...


class Mapping(Protocol):
    """What is known of the ground; see rudel.navigation.pilot.surroundings.Surroundings."""

    def state(self, state: RobotState, /) -> None:
        """What the robot measures now: the ground is where its feet stand."""
        ...

    def add(self, cloud: StampedCloud, estimate: Estimate, /) -> None:
        """Take a scan in."""
        ...

    def forget(self) -> None:
        """Drop what was seen lately: the pose was not what it seemed."""
        ...

    def excuse(self) -> None:
        """From now on let ground off for what noise may explain: there is nothing better left."""
        ...

    def whole(self) -> Costs:
        """Everything, to plan on."""
        ...

    def local(self) -> Costs:
        """Around the robot, to follow on."""
        ...

    def hopeful(self, xy: XY, within_m: float, /) -> Costs | None:
        """What is seen now near xy, beyond that what was known before; None: nothing was."""
        ...


class Planning(Protocol):
    """Ways; see rudel.navigation.plan.Planner."""

    def plan(self, costs: Costs, start_xy: XY, goal_xy: XY, /) -> Route | NoRoute: ...
