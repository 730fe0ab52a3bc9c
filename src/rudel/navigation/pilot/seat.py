"""Where a pilot sits when it is not in the loop: one word from the loop each control period, and one answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rudel.core.readings import Reading
from rudel.core.types import Event, RobotState, Twist
from rudel.navigation.pilot.explore import Endurance, Explore
from rudel.navigation.pilot.order import Goal, Order, Outcome
from rudel.navigation.pilot.pilot import Pilot
from rudel.navigation.pilot.tasks import Manual
from rudel.navigation.types import Costs, Estimate


@dataclass(frozen=True)
class Laps:
    """Go along these points, in order, so many times."""

    goals: tuple[Goal, ...]
    laps: int = 1


@dataclass(frozen=True)
class ByHand:
    """Somebody else steers; see Period.hand."""


@dataclass(frozen=True)
class GiveUpTask:
    """End the task without success, for a reason from outside."""

    reason: str
    message: str


Wish = Goal | Laps | Endurance | ByHand | GiveUpTask
"""What a pilot may be asked to do. Endurance: explore with that."""


@dataclass(frozen=True)
class Hand:
    """How somebody steers: the twist that is wanted now, and whether they have finished."""

    twist: Twist = field(default_factory=Twist)
    done: bool = False


@dataclass(frozen=True, eq=False)
class Period:
    """The loop's word.

    Attributes:
        number: counts control periods.
        state: measured now.
        readings: that have arrived since the last period, in that order.
        wishes: since the last period, in that order.
        hand: of who steers by hand.
    """

    number: int
    state: RobotState
    readings: Sequence[Reading] = ()
    wishes: Sequence[Wish] = ()
    hand: Hand = field(default_factory=Hand)


@dataclass(frozen=True)
class MapWanted:
    """Asks for the whole map, Costs."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The pilot's answer to one Period.

    Attributes:
        number: of the period.
        order: for the legs.
        estimate, outcome: see Pilot.
        wishes: how many it has heard of by then, in all.
        trouble: see Health.
        phase, remaining_m: of following: what it does, and how far it is to the goal [m]; "" and inf: it does not.
        events: that happened since the last answer.
        took_s: processor time for this answer [s].
    """

    number: int
    order: Order
    estimate: Estimate | None
    outcome: Outcome | None
    wishes: int
    trouble: str
    phase: str
    remaining_m: float
    events: tuple[Event, ...]
    took_s: float


class Seat:
    """Answers a Period with an Answer, and MapWanted with Costs.

    Args:
        make: makes the pilot, which is to tell its events to what it is given.
    """

    def __init__(self, make: Callable[[Callable[[Event], None]], Pilot]) -> None:
        self._events: list[Event] = []
        self._pilot = make(self._events.append)
        self._wishes, self._hand = 0, Hand()

    def __call__(self, word: Period | MapWanted) -> Answer | Costs:
        return self._step(word) if isinstance(word, Period) else self._pilot.mapping.whole()

    def _step(self, word: Period) -> Answer:
        began_s = time.thread_time()
        pilot, self._hand = self._pilot, word.hand
        for wish in word.wishes:
            self._wishes += 1
            self._grant(wish)
        order = pilot.step(word.state, word.readings)
        events, step = tuple(self._events), pilot.drive.last
        self._events.clear()
        pilot.journal.events.clear()  # they are kept where they are sent to
        return Answer(
            word.number,
            order,
            pilot.estimate,
            pilot.outcome,
            self._wishes,
            pilot.health.trouble,
            "" if step is None else step.phase,
            math.inf if step is None else step.remaining_m,
            events,
            time.thread_time() - began_s,
        )

    def _grant(self, wish: Wish) -> None:
        pilot = self._pilot
        if isinstance(wish, Goal):
            pilot.goto(wish)
        elif isinstance(wish, Laps):
            pilot.repeat(wish.goals, wish.laps)
        elif isinstance(wish, Endurance):
            assert pilot.estimate is not None  # who asks has seen one
            pilot.do(Explore(pilot.drive, pilot.mapping, pilot.journal, wish, pilot.estimate))
        elif isinstance(wish, ByHand):
            pilot.do(Manual(lambda: self._hand.twist, lambda: self._hand.done))
        else:
            pilot.give_up(wish.reason, wish.message)
