"""The pilot: readings in, orders out. It ties localisation, maps, planning and following together.

It knows nothing but what it is told through :meth:`Pilot.step`, and it always comes to an outcome.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rudel.core.readings import Odometry, Reading, Scan
from rudel.core.types import Event, RobotState, Twist
from rudel.navigation.follow import Follower, FollowLimits, Trail
from rudel.navigation.pilot.drive import Drive
from rudel.navigation.pilot.health import Health, Patience
from rudel.navigation.pilot.journal import Journal
from rudel.navigation.pilot.order import Goal, Order, Outcome
from rudel.navigation.pilot.ports import Locating, Mapping, Planning
from rudel.navigation.pilot.tasks import Goto, Repeat, Task
from rudel.navigation.types import XY, Estimate, Footprint

SEARCH_RADPS, SEARCH_TURN_S = 0.35, 9.0  # looking round when lost: half a turn one way, then the other
DEGRADED_SHARE = 0.5  # of the speed, while a sensor that can be done without is broken
JUMP_M = 0.4  # a pose that comes back further away than that: what was seen before is in the wrong place

Interest = Callable[[Reading, Estimate], None]


class Pilot:
    """One robot's navigator.

    Call ``goto``, ``explore`` or ``repeat`` once, then ``step`` every control period until ``outcome`` is there.

    Args:
        localiser, mapping, planner: see rudel.navigation.pilot.ports.
        footprint: of the robot, with the ground that its policy can do.
        limits: speeds and accuracy.
        listen: called with every event.
        interest: shown every reading that navigation itself does not use, with the estimate; may call ``note``.
        can_get_up: do the legs know what "get_up" is?
        patience: how long troubles are waited out.
        control_every: states between two new commands (2: 25 Hz at 50 states a second).
    """

    def __init__(
        self,
        localiser: Locating,
        mapping: Mapping,
        planner: Planning,
        footprint: Footprint,
        limits: FollowLimits | None = None,
        *,
        listen: Callable[[Event], None] | None = None,
        interest: Interest | None = None,
        can_get_up: bool = False,
        patience: Patience | None = None,
        control_every: int = 2,
    ) -> None:
        self.localiser, self.mapping, self.planner, self.footprint = localiser, mapping, planner, footprint
        self.journal, self.trail = Journal(listen), Trail()
        self.follower = Follower(footprint, limits)
        self.drive = Drive(footprint, self.follower, planner, mapping, self.trail, self.journal)
        self.health = Health(patience)
        self.outcome: Outcome | None = None
        self.estimate: Estimate | None = None
        self._interest, self._can_get_up, self._every = interest, can_get_up, max(1, control_every)
        self._task: Task | None = None
        self._count, self._order = 0, Order()
        self._trouble, self._known_xy, self._turn_room = "", None, False
        self._unseen = False  # is there a scan that was registered and is not in the map yet?

    @property
    def events(self) -> list[Event]:
        """Everything that happened, in order."""
        return self.journal.events

    @property
    def task(self) -> Task | None:
        """What it is at, or was at last."""
        return self._task

    def goto(self, goal: Goal) -> None:
        """Go there."""
        self.do(Goto(self.drive, goal))

    def repeat(self, goals: Sequence[Goal], laps: int = 1) -> None:
        """Go along these points, in order."""
        self.do(Repeat(self.drive, goals, self.journal, laps))

    def do(self, task: Task) -> None:
        """Any task."""
        self._task, self.outcome = task, None

    def stop(self) -> None:
        """Give the task up and stand."""
        self.give_up("stopped", "told to stop")

    def give_up(self, reason: str, message: str) -> None:
        """End the task without success, for a reason from outside (its time is up, the legs failed)."""
        self._finish(Outcome(False, reason, message))

    def note(self, kind: str, xy: XY, **data: object) -> None:
        """Note something of interest at a place in the map."""
        self.journal.say("noted", what=kind, xy=xy, **data)

    def step(self, state: RobotState, readings: Sequence[Reading] = ()) -> Order:
        """The order for the coming control period.

        Args:
            state: what the robot measures now.
            readings: that have arrived since the last call, in that order.
        """
        if math.isfinite(state.time_s):
            self.journal.time_s = state.time_s
        self.localiser.state(state)
        self.mapping.state(state)
        if self._unseen:
            self._see()
        for reading in readings:
            if isinstance(reading, Scan):
                self.localiser.scan(reading)
                # one period registers it, the next one maps it: both in one would be longer than a period may be
                self._unseen = not self._trouble
            elif isinstance(reading, Odometry):
                self.localiser.odometry(reading)
            elif self._interest is not None and self.estimate is not None:
                self._interest(reading, self.estimate)
        self._count += 1
        if (self._count - 1) % self._every == 0 or self._order.posture != "walk":
            self._order = self._decide(state)
        return self._order

    def _see(self) -> None:
        """Put what was seen last into the map, unless it cannot be trusted where that would be."""
        self._unseen = False
        cloud = self.localiser.take_cloud()
        if cloud is not None and self.estimate is not None and not self._trouble:
            self.mapping.add(cloud, self.estimate)

    def _decide(self, state: RobotState) -> Order:
        estimate = self.estimate = self.localiser.estimate()
        trouble = self.health.judge(state, estimate)
        self.journal.change("status", estimate.status, xy=estimate.xy)
        self.journal.change("sensors", estimate.faults)
        if trouble != self._trouble:
            self._turned_to(trouble, estimate)
        if not self._unseen:
            self._see()
        if self.outcome is not None:
            return Order("walk" if self.outcome.success or trouble == "fallen" else "sit")
        if trouble:
            return self._bear(trouble, estimate)
        self.trail.note(estimate)
        self._known_xy = estimate.xy
        if self._task is None:
            return Order()
        share = DEGRADED_SHARE if estimate.faults else 1.0
        twist, outcome = self._task.step(estimate, share)
        if outcome is not None:
            self._finish(outcome)
            return Order("walk" if outcome.success else "sit")
        return Order("walk", twist)

    def _turned_to(self, trouble: str, estimate: Estimate) -> None:
        """The trouble is another one than before."""
        before, self._trouble = self._trouble, trouble
        self.journal.say("trouble", value=trouble, before=before, xy=estimate.xy, faults=estimate.faults)
        if before == "fallen" and trouble != "fallen":
            self.localiser.relocalise()
            self.mapping.forget()
        if trouble == "lost" and self._known_xy is not None:
            room = self.follower.chooser.room_m(self.mapping.local(), _planar(estimate))
            self._turn_room = room > self.footprint.circumscribed_m - self.footprint.inscribed_m
        elif trouble == "lost":
            self._turn_room = True
        if not trouble:
            if self._known_xy is not None and math.dist(self._known_xy, estimate.xy) > JUMP_M:
                self.mapping.forget()
                self.trail.forget()
            if self._task is not None:
                self._task.resume()

    def _bear(self, trouble: str, estimate: Estimate) -> Order:
        """What to do while something keeps the robot from its task."""
        now = self.journal.time_s
        if trouble == "fallen" and not self._can_get_up:
            self._finish(Outcome(False, "fallen", "the robot fell and cannot get up by itself"))
            return Order("sit")
        if self.health.exhausted(now):
            words = {
                "lost": ("lost", "where the robot is could not be found out"),
                "starting": ("sensor", f"no scan has come: {', '.join(estimate.faults) or 'is the lidar on?'}"),
                "blind": ("sensor", f"no usable scan: {', '.join(estimate.faults) or 'lidar stopped'}"),
                "fallen": ("fallen", "the robot fell and did not get up"),
                "unfit": ("sensor", "the robot's own state is frozen or no number"),
            }
            self._finish(Outcome(False, *words[trouble]))
            return Order("sit")
        if trouble == "fallen":
            return Order("get_up")
        waited = now - self.health.since_s - self.health.patience.settle_s
        if trouble == "lost" and waited > 0 and self._turn_room:
            side = 1.0 if int(waited / SEARCH_TURN_S) % 2 == 0 else -1.0
            return Order("walk", Twist(wz=side * SEARCH_RADPS))
        return Order()

    def _finish(self, outcome: Outcome) -> None:
        self.outcome = outcome
        data = {"success": outcome.success, "reason": outcome.reason, "message": outcome.message}
        self.journal.say("outcome" if outcome.success else "call", **data, nearest=outcome.nearest)


def _planar(estimate: Estimate) -> NDArray[np.float64]:
    return np.array([*estimate.xy, estimate.yaw])
