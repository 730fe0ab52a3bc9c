"""Messages as they arrive: brought to the robot's clock, and refused when their sensor is broken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.readings import Odometry, Scan
from rudel.core.types import RobotState
from rudel.navigation.localise._body import Body
from rudel.navigation.localise._dust import solid
from rudel.navigation.localise._feed import Feed, FeedSpec
from rudel.navigation.localise._voxels import Array
from rudel.navigation.localise.rig import Rig

SILENT = 12  # messages of other sensors in a row: the robot's state is missing, and with it the clock
JUMP_M = 1.0  # between two reports of the odometry: it was set anew
_SAMPLE = 7  # of the points, to notice a repeated scan; shares no factor with a usual number of lines
STATE_STOPPED_S = 0.25
LEAST_POINTS = 50  # of a scan: with fewer it sees nothing, as when it is covered


@dataclass(frozen=True, eq=False)
class Counted:
    """Odometry since its last report: displacement (3,) in the base frame of then [m], None for the first one."""

    time_s: float
    moved: Array | None
    gyro: Array


@dataclass(frozen=True, eq=False)
class Sweep:
    """A scan without broken points, on the robot's clock; it is brought to its middle."""

    scan: Scan
    start_s: float
    end_s: float

    @property
    def middle_s(self) -> float:
        return (self.start_s + self.end_s) / 2

    @cached_property
    def solid(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Points (k, 3) in the sensor frame [m] and their time offsets (k,) [s], without specks of dust."""
        kept = solid(self.scan)
        if len(kept) == len(self.scan.points):
            return self.scan.points, self.scan.offsets_s
        return self.scan.points.take(kept, axis=0), self.scan.offsets_s.take(kept)


class Inbox:
    """Takes messages in; see Localiser.

    Attributes:
        body: what the robot itself measures.
        now_s: the robot's clock; None: no message yet.
        another_clock: the first state came after other messages: times before it mean nothing now.
    """

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.body, self.now_s = Body(), None
        self.odometer = Feed(FeedSpec("odometry", rig.odometry_delay_s, 0.25))
        self.lidar = Feed(FeedSpec("lidar", rig.lidar_delay_s, max(0.35, 3.5 * rig.lidar_period_s)))
        self._silent, self._state_s, self.another_clock = 0, None, False
        self._before: tuple[Odometry, float] | None = None

    now_s: float | None
    _state_s: float | None

    def state(self, state: RobotState) -> bool:
        """Whether the state can be used; if so, it sets the clock."""
        if not math.isfinite(state.time_s) or not self.body.add(state):
            return False
        if self._state_s is None and self.now_s is not None:  # until now sensors' clocks had to do
            self.odometer, self.lidar = Feed(self.odometer.spec), Feed(self.lidar.spec)
            self._before, self.another_clock = None, True
        self._silent, self.now_s, self._state_s = 0, state.time_s, state.time_s
        return True

    def odometry(self, odometry: Odometry) -> Counted | None:
        """What was counted, or None: it cannot be used."""
        numbers = np.concatenate((odometry.position, odometry.quat, odometry.velocity, odometry.gyro))
        fine = bool(np.isfinite(numbers).all()) and abs(float(odometry.quat @ odometry.quat) - 1) < 0.1
        now_s = self._arrival(odometry.time_s, self._rig.odometry_delay_s)
        time_s = self.odometer.accept(odometry.time_s, now_s, numbers.tobytes(), None if fine else "nan")
        if time_s is None:
            return None
        before, self._before = self._before, (odometry, time_s)
        moved = None
        if before is not None and time_s - before[1] <= self.odometer.spec.stopped_s:
            way = odometry.position - before[0].position
            if float(way @ way) < JUMP_M**2:
                moved = np.asarray(frames.rotate_inverse(before[0].quat, way), np.float64)
        return Counted(time_s, moved, odometry.gyro)

    def scan(self, scan: Scan) -> Sweep | None:
        """The sweep, or None: it cannot be used."""
        good = _finite(scan)
        some = len(scan.points) if good is None else int(good.sum())
        broken = "nan" if 2 * some < len(scan.points) else "blind" if some < LEAST_POINTS else None
        now_s = self._arrival(scan.time_s, self._rig.lidar_delay_s)
        time_s = self.lidar.accept(scan.time_s, now_s, scan.points[::_SAMPLE].tobytes(), broken)
        if time_s is None:
            return None
        if good is not None and some < len(good):
            ring, intensity = scan.ring[good], scan.intensity[good]
            scan = Scan(scan.time_s, scan.frame, scan.points[good], scan.offsets_s[good], ring, intensity)
        return Sweep(scan, time_s, time_s + float(scan.offsets_s.max()))

    def faults(self) -> tuple[str, ...]:
        """What is wrong now, such as "lidar stopped"."""
        if self.now_s is None:
            return ()
        state = self.body.feed.faults(self.now_s)
        if self._state_s is not None and not state and self.now_s - self._state_s > STATE_STOPPED_S:
            state = ("state stopped",)
        return (*state, *self.odometer.faults(self.now_s), *self.lidar.faults(self.now_s))

    def _arrival(self, stamp_s: float, delay_s: float) -> float:
        """Now, on the robot's clock. Without states the sensors' own clocks have to do."""
        self._silent += 1
        if math.isfinite(stamp_s) and (self._state_s is None or self._silent > SILENT):
            self.now_s = stamp_s + delay_s if self.now_s is None else max(self.now_s, stamp_s + delay_s)
        return math.nan if self.now_s is None else self.now_s


def _finite(scan: Scan) -> NDArray[np.bool_] | None:
    """(n,) which points are numbers with a time; None: all of them, which their sum tells in a tenth of the time."""
    if math.isfinite(float(scan.points.sum()) + float(scan.offsets_s.sum())):
        return None
    return np.isfinite(scan.points).all(axis=1) & np.isfinite(scan.offsets_s)
