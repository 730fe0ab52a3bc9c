"""Noticing that commands do not turn into motion, or motion not into progress."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from rudel.core.types import Twist
from rudel.navigation.types import XY, Estimate


@dataclass(frozen=True)
class StuckLimits:
    """When a robot counts as stuck.

    Attributes:
        window_s: commands and motion are compared over this time.
        least_m, least_rad: commands that come to less in the window say nothing.
        share: of the commanded way (or turn) that has to show.
        blocked_s: without any motion that has room.
        yield_s: waiting for something that moves.
        progress_s, progress_m: within that time the way left to the goal has to shrink by this much.
    """

    window_s: float = 3.0
    least_m: float = 0.45
    least_rad: float = 0.9
    share: float = 0.25
    blocked_s: float = 2.5
    yield_s: float = 12.0
    progress_s: float = 20.0
    progress_m: float = 0.3


class Stuck:
    """Feed it every control step; it answers with a reason or None."""

    def __init__(self, limits: StuckLimits | None = None) -> None:
        self.limits = limits or StuckLimits()
        self._past: deque[tuple[float, XY, float, float, float]] = deque()
        self.reset()

    def reset(self) -> None:
        """After a recovery, or with a new goal."""
        self._past.clear()
        self._way = self._turn = 0.0
        self._since: dict[str, float] = {}
        self._best_m, self._best_s = math.inf, -math.inf

    def lengthened(self, remaining_m: float) -> None:
        """The way left has become longer by another plan, which is no lack of progress."""
        self._best_m = max(self._best_m, remaining_m) if math.isfinite(self._best_m) else self._best_m

    def notice(self, estimate: Estimate, twist: Twist, phase: str, remaining_m: float) -> str | None:
        """A reason ("no_motion", "no_turn", "blocked", "yield", "no_progress"), or None.

        Args:
            estimate: where the robot believes to be.
            twist: what is commanded from now on.
            phase: of the follower's step.
            remaining_m: way left to the goal [m].
        """
        now, limits = estimate.time_s, self.limits
        if self._past and now < self._past[-1][0]:
            self.reset()  # the clock jumped back: nothing that was kept can be compared
        if phase in ("arrived",) or not all(map(math.isfinite, (*estimate.xy, estimate.yaw))):
            self.reset()
            return None
        for name, most_s in (("blocked", limits.blocked_s), ("yield", limits.yield_s)):
            if phase != name:
                self._since.pop(name, None)
            elif now - self._since.setdefault(name, now) >= most_s:
                return name
        if remaining_m < self._best_m - limits.progress_m or self._best_s == -math.inf:
            self._best_m, self._best_s = remaining_m, now
        elif phase == "yield":
            self._best_s += now - (self._past[-1][0] if self._past else now)
        elif now - self._best_s > limits.progress_s:
            return "no_progress"
        return self._compare(now, estimate, twist)

    def _compare(self, now: float, estimate: Estimate, twist: Twist) -> str | None:
        """Commanded against estimated motion over the window."""
        limits = self.limits
        if self._past:
            dt = now - self._past[-1][0]
            self._way += math.hypot(twist.vx, twist.vy) * dt
            self._turn += twist.wz * dt
        self._past.append((now, estimate.xy, estimate.yaw, self._way, self._turn))
        while len(self._past) > 2 and now - self._past[1][0] >= limits.window_s:
            self._past.popleft()
        at, xy, _, way, turn = self._past[0]
        if now - at < limits.window_s:
            return None
        asked_m, asked_rad = self._way - way, abs(self._turn - turn)
        went_m = max(math.dist(xy, one[1]) for one in self._past)
        turned_rad = abs(
            sum(
                math.remainder(b[2] - a[2], 2 * math.pi)
                for a, b in zip(list(self._past)[:-1], list(self._past)[1:], strict=True)
            )
        )
        if asked_m > limits.least_m and went_m < limits.share * asked_m and turned_rad < limits.least_rad:
            return "no_motion"
        if asked_m <= limits.least_m and asked_rad > limits.least_rad and turned_rad < limits.share * asked_rad:
            return "no_turn"
        return None
