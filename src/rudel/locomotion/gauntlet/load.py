"""How hard the joints work: torque against what the motor has at that speed, over everything that was simulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

BINS = 1000
ROUNDING = 1e-6  # of the share: the simulator clips in floating point


@dataclass(frozen=True)
class LoadFigures:
    """Shares of the motor's line (stall torque at rest, falling to zero at the no-load speed).

    Attributes:
        torque_p99, torque_max: 99th percentile and maximum of torque over the torque available at that speed.
        speed_p99, speed_max: of joint speed over no-load speed.
        within_line: whether no torque was ever above the line.
        samples: joint samples, one for each joint and physics step.
    """

    torque_p99: float
    torque_max: float
    speed_p99: float
    speed_max: float
    within_line: bool
    samples: int


def available(torque: Array, speed: Array, effort: Array, no_load: Array) -> Array:
    """Torque [N m] that motors have in the direction of ``torque`` at ``speed`` [rad/s]; shapes broadcast."""
    return np.clip(effort * (1 - np.sign(torque) * speed / no_load), 0.0, effort)


class Load:
    """Counts samples of torque and speed, so that percentiles over hours of joints fit into two histograms."""

    def __init__(self, effort: Array, no_load: Array) -> None:
        self.effort, self.no_load = effort, no_load
        self._torque, self._speed = np.zeros(BINS + 1, np.int64), np.zeros(BINS + 1, np.int64)
        self._most = np.zeros(2)

    def add(self, torque: Array, speed: Array) -> None:
        """Samples (n, joints) of torque [N m] and of the joint speed [rad/s] at which it was given."""
        line = available(torque, speed, self.effort, self.no_load)
        share = np.abs(torque) / np.maximum(line, 1e-9 * self.effort)
        share[np.abs(torque) < 1e-9 * self.effort] = 0.0
        for counts, values, i in ((self._torque, share, 0), (self._speed, np.abs(speed) / self.no_load, 1)):
            if values.size:
                bins = np.minimum(values * BINS, BINS).astype(np.int64)
                counts += np.bincount(bins.ravel(), minlength=BINS + 1)
                self._most[i] = max(self._most[i], float(values.max()))

    def merge(self, other: Load) -> None:
        """Add what another one has counted."""
        self._torque += other._torque
        self._speed += other._speed
        np.maximum(self._most, other._most, out=self._most)

    def figures(self) -> LoadFigures:
        """What was counted so far; percentiles are exact to 0.1 %."""
        return LoadFigures(
            torque_p99=_percentile(self._torque),
            torque_max=float(self._most[0]),
            speed_p99=_percentile(self._speed),
            speed_max=float(self._most[1]),
            within_line=bool(self._most[0] <= 1 + ROUNDING),
            samples=int(self._torque.sum()),
        )


def _percentile(counts: NDArray[np.int64]) -> float:
    total = int(counts.sum())
    if not total:
        return 0.0
    return float(np.searchsorted(np.cumsum(counts), 0.99 * total) / BINS)
