"""What a sense is: something that is shown one stretch of simulated time after another and says what it measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.core.readings import Reading
from rudel.core.types import Pose, RobotState
from rudel.sim.senses.clock import ClockError

Array = NDArray[np.floating]
_ROUNDING_S = 1e-9


@dataclass(frozen=True, eq=False)
class Span:
    """A stretch of true time, (start_s, end_s], one control period as a rule.

    Attributes:
        start_s, end_s: true times [s].
        start, end: world_T_base at either end.
        data: the simulation at the end.
        gyro: angular velocity of the base in the base frame at the end [rad/s], (3,).
        state: what the robot itself measured at the end, or None.
    """

    start_s: float
    end_s: float
    start: Pose
    end: Pose
    data: mujoco.MjData
    gyro: Array
    state: RobotState | None = None

    def poses_at(self, times_s: Array) -> tuple[Array, Array]:
        """Base positions (n, 3) and orientations (n, 4) at true times (n,), straight from start to end."""
        length = self.end_s - self.start_s
        share = ((times_s - self.start_s) / length if length > 0 else np.ones_like(times_s))[:, None]
        towards = self.end.quat * (1.0 if self.start.quat @ self.end.quat >= 0 else -1.0)
        quats = self.start.quat + share * (towards - self.start.quat)
        position = self.start.position + share * (self.end.position - self.start.position)
        return position, quats / np.linalg.norm(quats, axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Taken:
    """A reading and the true time [s] at which it was complete."""

    true_s: float
    reading: Reading


def doubles(array: Array) -> NDArray[np.float64]:
    """``array`` as float64; no copy if it is."""
    return np.asarray(array, np.float64)


class Sense(Protocol):
    """One simulated sensor. ``clock`` is its own and puts the stamps on its readings."""

    clock: ClockError

    def advance(self, span: Span) -> list[Taken]:
        """What became complete within ``span``, in the order of time. Called with spans that follow each other."""
        ...


class Ticks:
    """When a sensor of ``rate_hz`` measures, by its own clock: at k / rate of it.

    It is asked once a span, so that rates above that of the spans come down to theirs, and a measurement is up to one
    span late; its stamp says when it really was.
    """

    def __init__(self, rate_hz: float, clock: ClockError) -> None:
        if not (math.isfinite(rate_hz) and rate_hz > 0):
            raise BadInput(f"rate_hz is {rate_hz}, must be a number > 0")
        self._period_s, self._clock = 1 / rate_hz, clock
        self._next: int | None = None

    def due(self, span: Span) -> bool:
        """Is there a measurement to take at the end of ``span``?"""
        ticks = (self._clock.stamp_s(span.end_s) - self._clock.offset_s) / self._period_s
        reached = math.floor(ticks + _ROUNDING_S / self._period_s)
        if self._next is not None and reached < self._next:
            return False
        self._next = reached + 1
        return True
