"""The pilot in a process of its own, as the loop sees it: readings in, and the order that was found meanwhile out.

What it answers is always about an earlier control period, so that loop and pilot work at the same time. Where the loop
waits for it, that is the period before, whatever the machine does: the same ride byte by byte wherever the pilot runs.
Where it must not wait, on a robot, it is the newest there is; an order that got too old is none, and the robot stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rudel.core.errors import GiveUp
from rudel.core.readings import Odometry, Reading, Scan
from rudel.core.types import Event, RobotState, Twist
from rudel.navigation.pilot.carrier import Carrier, Here, InStep, Unwaited
from rudel.navigation.pilot.explore import Endurance
from rudel.navigation.pilot.journal import SOURCE
from rudel.navigation.pilot.order import Goal, Order, Outcome
from rudel.navigation.pilot.pilot import Pilot
from rudel.navigation.pilot.seat import Answer, ByHand, GiveUpTask, Hand, Laps, Period, Seat, Wish
from rudel.navigation.types import Costs, Estimate

STALE_S = 0.25  # an order that is older than this is none; safety has its own, shorter limit
NOBODY = Answer(0, Order(), None, None, 0, "", "", math.inf, (), 0.0)


class PilotAside:
    """A pilot whose answers come a period later. A context manager; every wish is heard with the next ``step``.

    Args:
        make: makes the pilot, where it will run; it is to tell its events to what it is given.
        period_s: control period [s].
        process: give it a process of its own; False: it runs here, with the same answers at the same time.
        wait: for the answer to the period before; False: never wait, take the newest. Needs a process.
        listen: called with every event, here.
        stale_s: see STALE_S; only where it is not waited for.

    Attributes:
        events: all so far, in order.
        order: the last one.
        number: of the present control period.
        gone: why there will be no more answers, "" while there are; only where it is not waited for.
    """

    def __init__(
        self,
        make: Callable[[Callable[[Event], None]], Pilot],
        period_s: float,
        *,
        process: bool,
        wait: bool = True,
        listen: Callable[[Event], None] | None = None,
        stale_s: float = STALE_S,
    ) -> None:
        self.events: list[Event] = []
        self.order, self.number = Order(), 0
        self._period_s, self._stale_s, self._listen = period_s, stale_s, listen
        self._unwaited = process and not wait
        kind = (InStep if wait else Unwaited) if process else Here
        self._carrier: Carrier = kind(lambda: Seat(make))
        self._answer = NOBODY
        self._outcome: Outcome | None = None
        self._wishes: list[Wish] = []
        self._wished = self._tasks = 0
        self._command: Callable[[], Twist] | None = None
        self._done: Callable[[], bool] = bool
        self.gone, self._late = "", False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def close(self) -> None:
        """End its process; any number of times."""
        self._carrier.close()

    # --- what it says -------------------------------------------------------------------------------------------------

    @property
    def estimate(self) -> Estimate | None:
        """Where the robot believed it was, in the period that was answered last."""
        return self._answer.estimate

    @property
    def outcome(self) -> Outcome | None:
        """Of the task that it was given last; None: not yet."""
        return self._outcome

    @property
    def task(self) -> int:
        """Number of the task that it was given last, 0: none yet."""
        return self._tasks

    @property
    def trouble(self) -> str:
        """See Health."""
        return self._answer.trouble

    @property
    def phase(self) -> str:
        """What following does, "" where it does nothing."""
        return self._answer.phase

    @property
    def remaining_m(self) -> float:
        """To the goal along the way [m]; inf: not known."""
        return self._answer.remaining_m

    @property
    def took_s(self) -> float:
        """Processor time of its last answer [s]."""
        return self._answer.took_s

    @property
    def pid(self) -> int | None:
        """Of its process; None: it has none of its own."""
        return self._carrier.pid

    @property
    def age_s(self) -> float:
        """How long ago the period was that the present order answers [s]: what safety is to know of it."""
        return (self.number - self._answer.number) * self._period_s

    def whole_map(self) -> Costs:
        """What it knows of the place now; waits for it, so for before and after, not for a robot that walks.

        Raises:
            GiveUp: its process is gone.
        """
        return self._carrier.whole_map()

    # --- what it is asked for -----------------------------------------------------------------------------------------

    def goto(self, goal: Goal) -> None:
        """Go there."""
        self._begin(goal)

    def repeat(self, goals: Sequence[Goal], laps: int = 1) -> None:
        """Go along these points, in order."""
        self._begin(Laps(tuple(goals), laps))

    def explore(self, endurance: Endurance) -> None:
        """See what is on no map, and come back here; not before there is an estimate."""
        self._begin(endurance)

    def by_hand(self, command: Callable[[], Twist], done: Callable[[], bool]) -> None:
        """Somebody else steers: both are asked here, every period."""
        self._command, self._done = command, done
        self._begin(ByHand())

    def stop(self) -> None:
        """Give the task up and stand."""
        self.give_up("stopped", "told to stop")

    def give_up(self, reason: str, message: str) -> None:
        """End the task without success, for a reason from outside; the next order is to stand already."""
        self._outcome = Outcome(False, reason, message)
        self._wish(GiveUpTask(reason, message))

    def step(self, state: RobotState, readings: Sequence[Reading] = ()) -> Order:
        """The order for the coming control period.

        Args:
            state: what the robot measures now.
            readings: that have arrived since the last call, in that order; those that navigation uses go over.

        Raises:
            GiveUp: it failed, or its process is gone; not where it is not waited for: there the robot stands, and it is
                an event and the outcome.
        """
        self.number += 1
        try:
            for answer in self._carrier.receive():
                self._take(answer)
            hand = Hand() if self._command is None else Hand(self._command(), self._done())
            used = tuple(reading for reading in readings if isinstance(reading, Scan | Odometry))
            self._carrier.send(Period(self.number, state, used, tuple(self._wishes), hand))
            self._wishes.clear()
        except GiveUp as gone:
            if not self._unwaited:
                raise
            self._lose(str(gone), state.time_s)
        self.order = self._newest(state.time_s)
        return self.order

    def _begin(self, wish: Wish) -> None:
        self._tasks += 1
        self._outcome = None
        self._wish(wish)

    def _wish(self, wish: Wish) -> None:
        self._wished += 1
        self._wishes.append(wish)

    def _take(self, answer: Answer) -> None:
        self._answer = answer
        if answer.wishes == self._wished:  # else it has not heard yet what is wanted now
            self._outcome = answer.outcome
        for event in answer.events:
            self._say(event)

    def _newest(self, now_s: float) -> Order:
        late = self._unwaited and self.age_s > self._stale_s
        if late != self._late and self._answer is not NOBODY:
            self._late = late
            self._say(Event("late", now_s, {"value": late, "age_s": self.age_s}, SOURCE))
        given_up = self._answer.wishes < self._wished and self._outcome is not None
        return Order() if late or given_up or self.gone else self._answer.order

    def _lose(self, why: str, now_s: float) -> None:
        if not self.gone:
            self.gone = why
            self._say(Event("gone", now_s, {"message": why}, SOURCE))
        if self._outcome is None:
            self._outcome = Outcome(False, "pilot", why)

    def _say(self, event: Event) -> None:
        self.events.append(event)
        if self._listen is not None:
            self._listen(event)
