"""The stop's second way: a thread that damps the robot when the stop is pressed and the loop does not turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rudel.runtime.stop import StopSwitch

EVERY_S = 0.01
LATE_S = 0.06  # three periods of 20 ms: with EVERY_S and one period still below 100 ms


class Sentinel:
    """Watches in real time. A context manager.

    A loop that turns carries the stop out itself: zero velocity, then it sits. One that hangs (in a controller, in a
    driver that blocks) cannot, and the robot would go on with its last targets until its own watchdog damps it.

    Args:
        switch: the stop.
        damp: ``Driver.stop``: may be called from any thread and never raises.
        late_s: a loop that has not turned for so long hangs [s].

    Attributes:
        acted: has it damped the robot?
    """

    def __init__(self, switch: StopSwitch, damp: Callable[[], None], *, late_s: float = LATE_S) -> None:
        self._switch, self._damp, self._late_s = switch, damp, late_s
        self._turned_s = time.monotonic()
        self._over = threading.Event()
        self.acted = False
        self._thread = threading.Thread(target=self._run, name="sentinel", daemon=True)

    def __enter__(self) -> Self:
        self._turned_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._over.set()
        self._thread.join()

    def turned(self) -> None:
        """The loop has turned: call it in every period."""
        self._turned_s = time.monotonic()

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            if time.monotonic() - self._turned_s > self._late_s and self._switch.pressed:
                self._damp()
                self.acted = True
                self._turned_s = time.monotonic()  # again after late_s, should the loop have entered the driver anew
