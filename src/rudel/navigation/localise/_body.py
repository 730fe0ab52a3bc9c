"""What the robot itself measures: turning, tilt, and whether its feet are on the ground."""

from __future__ import annotations

from collections import deque

import numpy as np

from rudel.core import frames
from rudel.core.types import RobotState
from rudel.navigation.localise import _rotation
from rudel.navigation.localise._feed import Feed, FeedSpec
from rudel.navigation.localise._voxels import Array

_KEPT = 400
REACH_S = 0.05  # the gyro is taken to go on so long after its last reading
LIFTED_S = 0.3  # without any foot on the ground; a trot never is
STATE = FeedSpec("state", 0.0, 0.25)


class Body:
    """Collects RobotStates. Times are the robot's own.

    Attributes:
        lifted: the robot hangs in the air.
        set_down: it was lifted and stands again; whoever acts upon it clears this.
    """

    def __init__(self) -> None:
        self.feed = Feed(STATE)
        self.lifted = self.set_down = False
        self._times: deque[float] = deque(maxlen=_KEPT)
        self._turned: deque[Array] = deque(maxlen=_KEPT)  # integral of the gyro since the first reading
        self._gyro = np.zeros(3)
        self._quat: Array | None = None
        self._airborne_s: float | None = None

    def add(self, state: RobotState) -> bool:
        """Take in a state; False: it is broken."""
        numbers = np.concatenate((state.gyro, state.quat, state.contact))
        fine = bool(np.isfinite(numbers).all()) and abs(float(state.quat @ state.quat) - 1) < 0.1
        if self.feed.accept(state.time_s, state.time_s, numbers.tobytes(), None if fine else "nan") is None:
            return False
        if self._times:
            dt = state.time_s - self._times[-1]
            self._turned.append(self._turned[-1] + (self._gyro + state.gyro) / 2 * dt)
        else:
            self._turned.append(np.zeros(3))
        self._times.append(state.time_s)
        self._gyro, self._quat = state.gyro, state.quat
        self._feet(state)
        return True

    def turned(self, start_s: float, end_s: float) -> Array | None:
        """(3,) integral of the gyro between two times [rad]; None: it did not measure then."""
        times = self._times
        if len(times) < 2 or start_s < times[0] - REACH_S or end_s > times[-1] + REACH_S:
            return None
        return self._until(end_s) - self._until(start_s)

    def tilt(self) -> Array | None:
        """(3, 3) the newest orientation; its heading means nothing here."""
        return None if self._quat is None else _rotation.matrix_of(self._quat)

    @property
    def level(self) -> Array:
        """(3, 3) roll and pitch without heading; level where nothing is known."""
        if self._quat is None:
            return np.eye(3)
        return _rotation.yaw_matrix(-float(frames.yaw_of(self._quat))) @ _rotation.matrix_of(self._quat)

    def _until(self, time_s: float) -> Array:
        times, turned = self._times, self._turned
        if time_s >= times[-1]:
            return turned[-1] + self._gyro * (time_s - times[-1])
        for k in range(len(times) - 2, -1, -1):
            if times[k] <= time_s:
                share = (time_s - times[k]) / (times[k + 1] - times[k])
                return turned[k] + share * (turned[k + 1] - turned[k])
        return turned[0]

    def _feet(self, state: RobotState) -> None:
        if not len(state.contact) or (state.contact > 0).any():  # without such sensors it never is in the air
            if self.lifted:
                self.set_down = True
            self.lifted, self._airborne_s = False, None
            return
        if self._airborne_s is None:
            self._airborne_s = state.time_s
        self.lifted = state.time_s - self._airborne_s >= LIFTED_S
