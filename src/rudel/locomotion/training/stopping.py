"""When a training ends: figures that are met, and Ctrl-C."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Mapping
from types import FrameType

from rudel.locomotion import evaluate as evaluation
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


def met(figures: evaluation.Evaluation, targets: Mapping[str, float]) -> bool:
    """Whether every figure named in ``targets`` is at most its target."""
    return all(getattr(figures, name) <= limit for name, limit in targets.items())


class Gate:
    """Decides when an evaluation is worth its seconds.

    A rule without a clock and without a memory: the same seed stops at the same iteration, also after a resume.
    """

    FIRST, EVERY, PATIENCE = 18, 4, 0.15  # later ones come further apart: an evaluation costs as much as ten iterations
    SLACK = 4.5  # exploration makes the tracking error up to four times what it is without

    def __init__(self, targets: Mapping[str, float]) -> None:
        self.targets = targets

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
        return near and yaw_near and self.due(p.iteration)
