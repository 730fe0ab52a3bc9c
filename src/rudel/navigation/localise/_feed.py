"""One sensor as the reader sees it: what its stamps mean on the robot's clock, and whether it still works."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

RATE_OF_QUARTZ = 200e-6  # a clock may run this much fast or slow for ever without being called faulty
JITTER_S = 0.03  # a control period of 20 ms, in which whatever arrives waits to be read, and a half
IN_STEP_S = 0.045  # clocks that seem to differ by less are taken for one: what is left is waiting, not time
LATE_S = 0.3  # a reading that is older than its sisters by this is one of the past
NEW_CLOCK_S = 2.0  # after so long of stamps in good order a jump was the clock's, and it is followed
SETTLING_S = 2.0  # after the first reading
_WINDOW = 0.5  # [s] over which the quickest arrival counts


@dataclass(frozen=True)
class FeedSpec:
    """What is known of a sensor beforehand.

    Attributes:
        name: for messages.
        delay_s: from the stamp to the arrival when nothing is in the way [s].
        stopped_s: without a good reading for this long it has stopped [s].
    """

    name: str
    delay_s: float
    stopped_s: float


class Feed:
    """Follows one sensor's clock and notices faults: stopped, frozen, nan, blind, past, clock."""

    def __init__(self, spec: FeedSpec) -> None:
        self.spec = spec
        self._last_stamp: float | None = None
        self._last_content: bytes | None = None
        self._good_s: float | None = None  # when, by the robot's clock
        self._trouble: tuple[str, float] | None = None
        # arrival and arrival - stamp; of those in the window only what is quicker than all after it
        self._recent: deque[tuple[float, float]] = deque()
        self._reference: float | None = None
        self._reference_s = self._first_s = 0.0
        self._odd: list[tuple[float, float]] = []

    def accept(self, stamp_s: float, now_s: float, content: bytes, broken: str | None = None) -> float | None:
        """The time of the reading on the robot's clock [s], or None: it must not be used.

        Args:
            stamp_s: on the sensor's clock.
            now_s: when it arrived, on the robot's clock.
            content: what it says, to notice repetition.
            broken: what is wrong with the content, "nan" or "blind"; None: nothing.
        """
        if self._good_s is None:
            self._good_s = now_s  # it has begun
        if broken is not None or not math.isfinite(stamp_s):
            return self._refuse(broken or "nan", now_s)
        if self._out_of_order(stamp_s, now_s):
            return self._refuse("past", now_s)
        self._last_stamp = stamp_s
        if content == self._last_content:
            return self._refuse("frozen", now_s)
        self._last_content, self._good_s = content, now_s
        return stamp_s + self._shift(stamp_s, now_s)

    def faults(self, now_s: float) -> tuple[str, ...]:
        """What is wrong at ``now_s`` on the robot's clock."""
        name, found = self.spec.name, list[str]()
        if self._trouble is not None and now_s - self._trouble[1] <= self.spec.stopped_s:
            found.append(f"{name} {self._trouble[0]}")
        elif self._good_s is not None and now_s - self._good_s > self.spec.stopped_s:
            found.append(f"{name} stopped")
        if self._reference is not None and self._recent and abs(self._quickest() - self._reference) > JITTER_S:
            found.append(f"{name} clock")
        return tuple(found)

    def good(self, now_s: float) -> bool:
        """Whether good readings came lately."""
        return self._good_s is not None and now_s - self._good_s <= self.spec.stopped_s

    def _refuse(self, why: str, now_s: float) -> None:
        self._trouble = why, now_s

    def _quickest(self) -> float:
        return self._recent[0][1]

    def _out_of_order(self, stamp_s: float, now_s: float) -> bool:
        """Is it of the past? A clock that was set anew looks the same, and is believed when it goes on in order."""
        last = self._last_stamp
        late = bool(self._recent) and now_s - stamp_s > self._quickest() + LATE_S
        if last is None or not (stamp_s <= last or late):
            self._odd.clear()
            return False
        in_order = not self._odd or stamp_s > self._odd[-1][1]
        even = not self._odd or abs((now_s - self._odd[0][0]) - (stamp_s - self._odd[0][1])) < LATE_S
        if not (in_order and even):
            self._odd.clear()
        self._odd.append((now_s, stamp_s))
        if late and stamp_s > last:  # comes late, though in order: a queue, or old readings sent again
            return True
        if now_s - self._odd[0][0] < NEW_CLOCK_S:
            return True
        self._recent.clear()
        self._odd.clear()
        self._reference = None
        return False

    def _shift(self, stamp_s: float, now_s: float) -> float:
        """What to add to stamps to have the robot's time [s]."""
        delay_s = now_s - stamp_s
        while self._recent and self._recent[-1][1] >= delay_s:
            self._recent.pop()
        self._recent.append((now_s, delay_s))
        while self._recent[0][0] < now_s - _WINDOW:
            self._recent.popleft()
        quickest = self._quickest()
        if self._reference is None:
            self._reference, self._reference_s, self._first_s = quickest, now_s, now_s
        if now_s - self._first_s < SETTLING_S:  # the first ones may have waited in a queue
            self._reference = min(self._reference, quickest)
        leak = RATE_OF_QUARTZ * (now_s - self._reference_s)
        self._reference += min(max(quickest - self._reference, -leak), leak)
        self._reference_s = now_s
        apart = quickest - self.spec.delay_s
        return 0.0 if abs(apart) < IN_STEP_S else apart
