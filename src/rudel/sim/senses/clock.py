"""Clocks that run a little fast or slow and do not know what time it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rudel.core.clock import Clock
from rudel.core.errors import BadInput

MAX_DRIFT_PPM = 100_000.0


@dataclass(frozen=True)
class ClockError:
    """stamp = offset_s + t (1 + drift_ppm / 10^6), for a true time t [s].

    Common quartz is within 20 to 100 ppm (1 ppm is 0.09 s a day).

    Attributes:
        offset_s: what the clock shows at t = 0 [s].
        drift_ppm: how much too fast it runs [parts per million].
    """

    offset_s: float = 0.0
    drift_ppm: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.offset_s):
            raise BadInput(f"offset_s of a clock is {self.offset_s}, must be a number")
        if not abs(self.drift_ppm) <= MAX_DRIFT_PPM:
            raise BadInput(f"drift_ppm of a clock is {self.drift_ppm}, must lie within +-{MAX_DRIFT_PPM:g}")

    @property
    def rate(self) -> float:
        """Clock seconds per true second."""
        return 1 + self.drift_ppm * 1e-6

    def stamp_s(self, true_s: float) -> float:
        """What the clock shows at ``true_s``."""
        return self.offset_s + true_s * self.rate

    def true_s(self, stamp_s: float) -> float:
        """When the clock shows ``stamp_s``."""
        return (stamp_s - self.offset_s) / self.rate


class DriftingClock:
    """A Clock that follows another one with an error."""

    def __init__(self, true: Clock, error: ClockError) -> None:
        self._true, self.error = true, error

    def now_s(self) -> float:
        return self.error.stamp_s(self._true.now_s())

    def sleep_until(self, time_s: float) -> None:
        self._true.sleep_until(self.error.true_s(time_s))
