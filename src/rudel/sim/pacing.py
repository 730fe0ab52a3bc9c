"""Holding a simulation to the pace of a wall clock."""

from __future__ import annotations

import math

from rudel.core.clock import Clock
from rudel.core.errors import BadInput

MAX_LAG_S = 0.1  # wall time that is caught up after a hiccup; what is beyond is given up, so that nothing races


class Pacer:
    """Sleeps so that simulated time runs at ``factor`` times the wall clock.

    Args:
        factor: simulated seconds per wall second, > 0; None or infinity: never sleep.
        wall: the clock to keep pace with.
    """

    def __init__(self, factor: float | None, wall: Clock) -> None:
        if factor is not None and not factor > 0:
            raise BadInput(f"realtime_factor is {factor}, must be positive (1 is real time, None as fast as possible)")
        self.factor = None if factor is None or math.isinf(factor) else factor
        self._wall = wall
        self._start: tuple[float, float] | None = None  # (simulated, wall) time that belong together [s]

    def pace(self, sim_s: float) -> None:
        """Return when the wall clock has caught up with simulated time ``sim_s`` [s]."""
        if self.factor is None:
            return
        now_s = self._wall.now_s()
        if self._start is None:
            self._start = (sim_s, now_s)
        due_s = self._start[1] + (sim_s - self._start[0]) / self.factor
        if now_s > due_s + MAX_LAG_S:
            self._start = (sim_s, now_s)
        else:
            self._wall.sleep_until(due_s)
