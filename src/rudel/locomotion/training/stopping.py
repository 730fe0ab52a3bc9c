"""When a training ends: figures that are met, and Ctrl-C."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any

from rudel.locomotion.training.trainer import Progress


class Interrupt:
    """Turns Ctrl-C into a flag that the loop looks at; a second Ctrl-C ends at once."""

    def __enter__(self) -> Interrupt:
        self.asked = False
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._old = signal.signal(signal.SIGINT, self._handle)
        return self

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *error: object) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._old)


def met(figures: Any, targets: Mapping[str, float]) -> bool:
    """Whether every figure named in ``targets`` is at most its target."""
    return all(getattr(figures, name) <= limit for name, limit in targets.items())


class Pace:
    """How fast a training goes.

    Attributes:
        rate: env-steps/s; a guess until the second iteration. The first one does not count: it also builds the robots,
            and lets them fall where they have to lie.
    """

    def __init__(self) -> None:
        self.rate = 3e4
        self._began: tuple[float, int] | None = None

    def take(self, env_steps: int, paused_s: float) -> None:
        """An iteration is done: env-steps so far, and seconds that went into something else."""
        if self._began is None:
            self._began = time.monotonic() - paused_s, env_steps
        else:
            busy_s = max(time.monotonic() - self._began[0] - paused_s, 1e-9)
            self.rate = (env_steps - self._began[1]) / busy_s


class Gate:
    """Decides when an evaluation is worth its seconds.

    A rule without a clock and without a memory: the same seed stops at the same iteration, also after a resume.
    """

    FIRST, EVERY, PATIENCE = 40, 6, 0.15  # later ones come further apart: an evaluation costs as much as ten iterations
    SLACK = 4.5  # exploration makes the tracking error up to four times what it is without

    def __init__(self, targets: Mapping[str, float], least: Mapping[str, float] | None = None) -> None:
        self.targets, self.least = targets, least or {}  # figures at most, mean weighted rewards at least

    def due(self, iteration: int) -> bool:
        """Whether an evaluation may come after this iteration."""
        at = self.FIRST
        while at < iteration:
            at += max(self.EVERY, round(self.PATIENCE * at))
        return at == iteration

    def open(self, p: Progress) -> bool:
        """True when the policy of this iteration may meet the targets."""
        near = p.vel_error_mps <= self.SLACK * self.targets.get("vel_error_mps", math.inf)
        yaw_near = p.yaw_error_radps <= self.SLACK * self.targets.get("yaw_error_radps", math.inf)
        paid = all(p.rewards.get(name, 0.0) >= reward for name, reward in self.least.items())
        return near and yaw_near and paid and self.due(p.iteration)
