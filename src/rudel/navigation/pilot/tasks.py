"""Tasks that are made of drives: go there, go round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from rudel.core.types import Twist
from rudel.navigation.pilot.drive import Drive
from rudel.navigation.pilot.journal import Journal
from rudel.navigation.pilot.order import Goal, Outcome
from rudel.navigation.types import Estimate


class Task(Protocol):
    """Something to do; asked for a twist every control step while nothing keeps the robot from going on."""

    def step(self, estimate: Estimate, share: float) -> tuple[Twist, Outcome | None]:
        """The twist for now, and the outcome once there is one."""
        ...

    def resume(self) -> None:
        """After trouble that had nothing to do with the task: the robot may stand elsewhere now."""
        ...


class Goto:
    """To one goal."""

    def __init__(self, drive: Drive, goal: Goal) -> None:
        self._drive = drive
        drive.go(goal)

    def step(self, estimate: Estimate, share: float) -> tuple[Twist, Outcome | None]:
        return self._drive.step(estimate, share=share)

    def resume(self) -> None:
        self._drive.resume()


class Repeat:
    """Along the points of a taught round; a point that cannot be reached is passed over and said.

    Args:
        drive: that drives.
        goals: in order.
        journal: for events.
        laps: how many times round.
    """

    def __init__(self, drive: Drive, goals: Sequence[Goal], journal: Journal, laps: int = 1) -> None:
        self._drive, self._journal = drive, journal
        self._goals = [(k, goal) for _ in range(laps) for k, goal in enumerate(goals)]
        self.skipped: list[int] = []
        self._next()

    def step(self, estimate: Estimate, share: float) -> tuple[Twist, Outcome | None]:
        twist, outcome = self._drive.step(estimate, share=share)
        if outcome is None:
            return twist, None
        index, goal = self._now
        if outcome.success:
            self._journal.say("point", index=index, xy=goal.xy)
        else:
            self.skipped.append(index)
            self._journal.say("skipped", index=index, xy=goal.xy, reason=outcome.reason, message=outcome.message)
            if not self._goals or outcome.reason == "stuck":
                return Twist(), Outcome(False, outcome.reason, f"point {index}: {outcome.message}", outcome.nearest)
        if self._goals:
            self._next()
            return twist, None
        text = f"{len(self.skipped)} points passed over" if self.skipped else "all points reached"
        return Twist(), Outcome(True, "repeated", text)

    def resume(self) -> None:
        self._drive.resume()

    def _next(self) -> None:
        self._now = self._goals.pop(0)
        self._drive.go(self._now[1])


class Manual:
    """Somebody else steers, for teaching; limits are theirs, too.

    Args:
        command: what is wanted now.
        done: has the driver finished?
    """

    def __init__(self, command: Callable[[], Twist], done: Callable[[], bool]) -> None:
        self._command, self._done = command, done

    def step(self, estimate: Estimate, share: float) -> tuple[Twist, Outcome | None]:
        if self._done():
            return Twist(), Outcome(True, "taught")
        twist = self._command()
        return Twist(share * twist.vx, share * twist.vy, share * twist.wz), None

    def resume(self) -> None:
        """Nothing is kept that could be out of date."""
