"""The lease: at any time at most one holder may tell the robot what to do.

Pure of clocks: every call is told the time. A holder says that it is there every third of the time-out; one that does
not is no holder any more, whether or not somebody else took over. Taking the robot from a living holder is possible
only in so many words (``take``), and is an event.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.core.types import Event

SOURCE = "lease"


class Held(Retry):
    """Somebody else holds the robot; the message says who, and for how long at least."""


class NotHolder(GiveUp):
    """The grant is no longer good: it expired, was released, or the robot was taken over."""


@dataclass(frozen=True)
class Grant:
    """What a holder shows with everything that it asks for.

    Attributes:
        holder: name.
        number: greater than that of every grant before: a late word from an earlier holder is known by it.
        heartbeat_s: how often to ``renew`` [s].
    """

    holder: str
    number: int
    heartbeat_s: float


class Lease:
    """Of one robot. Calls from several threads are put in a row.

    Args:
        timeout_s: a holder that is silent for so long has lost the robot [s].
        listen: called with every event: lease_acquired, lease_released, lease_expired, lease_taken (data: holder,
            number; of a take-over also before and why).
        first: number of the first grant. A process that starts anew has to begin above all earlier numbers.
    """

    def __init__(self, timeout_s: float = 3.0, listen: Callable[[Event], None] | None = None, *, first: int = 1):
        if not (math.isfinite(timeout_s) and timeout_s > 0):
            raise BadInput(f"timeout_s of a lease is {timeout_s}, must be a number > 0")
        self.timeout_s, self._listen, self._next = timeout_s, listen, first
        self._grant: Grant | None = None
        self._beat_s = self._now_s = -math.inf
        self._lock = threading.Lock()

    @property
    def heartbeat_s(self) -> float:
        """Time between two heartbeats [s]: two may be lost before the lease is."""
        return self.timeout_s / 3

    def acquire(self, holder: str, now_s: float) -> Grant:
        """Take the robot when nobody holds it.

        Raises:
            Held: somebody does, be it under the same name: two clients of one name are two.
        """
        with self._lock:
            present = self._present(now_s)
            if present is not None:
                left_s = self._beat_s + self.timeout_s - self._now_s
                raise Held(f"{present.holder!r} holds the robot, for {left_s:.1f} s or longer: ask it to release")
            return self._give("lease_acquired", holder)

    def take(self, holder: str, now_s: float, why: str) -> Grant:
        """Take the robot even from somebody who holds it; ``why`` is kept in the event.

        Raises:
            BadInput: no reason was given.
        """
        if not why.strip():
            raise BadInput("taking a robot over needs a reason: why=...")
        with self._lock:
            present = self._present(now_s)
            before = "" if present is None else present.holder
            return self._give("lease_taken", holder, before=before, why=why)

    def renew(self, grant: Grant, now_s: float) -> None:
        """A heartbeat.

        Raises:
            NotHolder: the grant is no longer good; ``acquire`` anew.
        """
        with self._lock:
            self._check(grant, now_s)
            self._beat_s = self._now_s

    def release(self, grant: Grant, now_s: float) -> None:
        """Give the robot back.

        Raises:
            NotHolder: it was not held any more.
        """
        with self._lock:
            self._check(grant, now_s)
            self._end("lease_released")

    def owns(self, grant: Grant | None, now_s: float) -> bool:
        """Is ``grant`` the one that counts?"""
        with self._lock:
            present = self._present(now_s)
            return present is not None and grant is not None and present.number == grant.number

    def holder(self, now_s: float) -> str | None:
        """Who holds the robot, or None."""
        with self._lock:
            present = self._present(now_s)
            return None if present is None else present.holder

    def _present(self, now_s: float) -> Grant | None:
        """The grant that counts at ``now_s``; time that runs backwards (between threads) stands still here."""
        if not math.isfinite(now_s):
            raise BadInput(f"now_s of a lease is {now_s}, must be a number")
        self._now_s = max(self._now_s, now_s)
        if self._grant is not None and self._now_s - self._beat_s >= self.timeout_s:
            self._end("lease_expired")
        return self._grant

    def _check(self, grant: Grant, now_s: float) -> None:
        present = self._present(now_s)
        if present is None or present.number != grant.number:
            by = "nobody does" if present is None else f"{present.holder!r} does"
            raise NotHolder(f"{grant.holder!r} does not hold the robot any more, {by}: acquire it anew")

    def _give(self, kind: str, holder: str, **data: object) -> Grant:
        if not holder:
            raise BadInput("a lease needs the name of its holder")
        self._grant = Grant(holder, self._next, self.heartbeat_s)
        self._next += 1
        self._beat_s = self._now_s
        self._say(kind, self._grant, **data)
        return self._grant

    def _end(self, kind: str) -> None:
        grant, self._grant = self._grant, None
        if grant is not None:
            self._say(kind, grant)

    def _say(self, kind: str, grant: Grant, **data: object) -> None:
        if self._listen is not None:
            self._listen(Event(kind, self._now_s, {"holder": grant.holder, "number": grant.number, **data}, SOURCE))
