"""What an executor asks of a robot, real or simulated: walk there, look at that, dock; it is told how it went.

Nothing here waits. A call begins something and gives a handle; the executor looks at the handle in later ticks.
Positions are in the map frame [m], times on the robot's clock [s].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rudel.core.findings import Inspection, Target
from rudel.core.types import Event
from rudel.navigation.types import XY

Running = Literal["running", "succeeded", "failed"]


@dataclass(frozen=True)
class Stand:
    """Where to stand.

    Attributes:
        name: of the point.
        xy: of the base [m].
        yaw: heading to arrive with [rad]; None: any.
        tolerance_m, tolerance_rad: how far off counts as arrived.
        speed_mps: not faster than this on the way; None: as fast as the robot may.
        target: what is looked at there, so that a head can turn to it on the way; None: nothing particular.
    """

    name: str
    xy: XY
    yaw: float | None = None
    tolerance_m: float = 0.25
    tolerance_rad: float = 0.175
    speed_mps: float | None = None
    target: Target | None = None


@dataclass(frozen=True)
class Look:
    """One look at one target.

    Attributes:
        target: what at; ``expected`` comes from the site's register and from the mission, which wins.
        step: the mission's word: inspect, read_gauge, read_code, thermal, gas, photo.
        senses: without which the look has failed, by the names of Capture.readings; None: those that things of this
            kind need, so that a broken camera costs only what it alone could have told. All others are taken along.
        detectors: names of those that are to look; None: all that are for things of this kind.
        min_confidence: a reading below that counts as abstained.
        nominal_s: how long this takes, for dry runs and batteries [s].
    """

    target: Target
    step: str
    senses: tuple[str, ...] | None
    detectors: tuple[str, ...] | None
    min_confidence: float = 0.0
    nominal_s: float = 5.0


class Handle(Protocol):
    """Something that was begun."""

    @property
    def status(self) -> Running:
        """How it stands; once it is not "running" it never changes again."""
        ...

    @property
    def reason(self) -> str:
        """Why it failed, for people; "" otherwise."""
        ...

    def cancel(self) -> None:
        """Stop doing it and stand; harmless when it has ended already."""
        ...


class LookHandle(Handle, Protocol):
    """A look that was begun."""

    @property
    def inspections(self) -> Sequence[Inspection]:
        """What the detectors said, when it has succeeded; may be empty (a photo has no detectors)."""
        ...


class Ports(Protocol):
    """A robot, as a mission sees it. Every method returns at once.

    A call that cannot begin raises RudelError: Retry counts as an attempt that failed, GiveUp ends the step's attempts.
    At most one handle is running at a time.
    """

    def now_s(self) -> float:
        """Time on the robot's clock [s]."""
        ...

    def battery(self) -> float:
        """Charge that is left, 0 to 1."""
        ...

    def xy(self) -> XY | None:
        """Where the robot believes it is [m]; None: it does not know."""
        ...

    def goto(self, stand: Stand) -> Handle:
        """Walk there; succeeds when it stands there within the tolerances."""
        ...

    def look(self, look: Look) -> LookHandle:
        """Aim, capture and run the detectors; the robot stands at the point already."""
        ...

    def explore(self, seconds: float) -> Handle:
        """See what is not on the map yet, for at most so long; succeeds when time is up or nothing is left to see."""
        ...

    def dock(self, charge_to: float) -> Handle:
        """Onto the charger that the robot stands before, and charge up to this share; 0: dock and stay."""
        ...

    def halt(self, why: str) -> None:
        """Come to rest and sit down where it is: the mission ends here, and a person is wanted."""
        ...

    def say(self, event: Event) -> None:
        """Record it, in order, durably: a mission is resumed from what was said (see rudel.missions.progress).

        What is about to begin is said before it begins.
        """
        ...
