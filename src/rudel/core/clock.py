"""Clocks: code asks a Clock for the time and to wait, so that simulated and wall time run the same code."""

from __future__ import annotations

import time
from typing import Protocol

from rudel.core.errors import BadInput


class Clock(Protocol):
    """Monotonic seconds since an arbitrary start."""

    def now_s(self) -> float:
        """Current time [s]."""
        ...

    def sleep_until(self, time_s: float) -> None:
        """Return when ``now_s() >= time_s``; at once if that is past."""
        ...


class WallClock:
    """The machine's monotonic clock."""

    def now_s(self) -> float:
        return time.monotonic()

    def sleep_until(self, time_s: float) -> None:
        delay_s = time_s - time.monotonic()
        if delay_s > 0:
            time.sleep(delay_s)


class SimClock:
    """A clock that only a simulation moves; waiting jumps it forward."""

    def __init__(self, time_s: float = 0.0) -> None:
        self._time_s = time_s

    def now_s(self) -> float:
        return self._time_s

    def sleep_until(self, time_s: float) -> None:
        self._time_s = max(self._time_s, time_s)

    def advance(self, dt_s: float) -> None:
        """Move forward by ``dt_s`` >= 0."""
        if dt_s < 0:
            raise BadInput(f"a clock does not run backwards: dt_s = {dt_s}")
        self._time_s += dt_s
