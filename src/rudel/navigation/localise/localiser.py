"""Where the robot is: LiDAR, gyro and legs against a map, or against the map that it makes on the way."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rudel.core.readings import Odometry, Scan
from rudel.core.types import Pose, RobotState
from rudel.navigation.localise import _rotation
from rudel.navigation.localise._deskew import Wake, straighten, wake
from rudel.navigation.localise._doubt import CLEARLY, LASTING, Asked, Doubt, further, slipped, turned
from rudel.navigation.localise._inbox import LEAST_POINTS, Inbox, Sweep
from rudel.navigation.localise._local import LocalMap
from rudel.navigation.localise._motion import Motion
from rudel.navigation.localise._seeker import Seeker
from rudel.navigation.localise._voxels import Array, thin
from rudel.navigation.localise.pointmap import PointMap
from rudel.navigation.localise.register import Registration
from rudel.navigation.localise.rig import Rig
from rudel.navigation.localise.search import GlobalSearch
from rudel.navigation.localise.settings import Settings
from rudel.navigation.types import Estimate, StampedCloud, Status

_NO_DRIFT = np.zeros((6, 6))
UNKNOWN_M = 1e3  # standard deviation of a position that is not known
RESTART_M, RESTART_RAD = 1.0, 0.3  # what a map that the robot had to begin anew may be off against the last one
_GAP_S = 0.1  # longer without odometry: the filter goes on by itself


class Localiser:
    """Feed it every message in the order of arrival; ask it at any time.

    With a map it tracks in it, and searches all of it when it has no pose or lost the one it had. Without a map it
    begins at the origin and measures its way against what it saw before. It draws no random numbers: the same messages
    give the same bytes.

    Args:
        rig: of the robot.
        map: to localise in; None: there is none.
        start: map_T_base at the first message; None with a map: search.
        settings: all numbers.
    """

    def __init__(
        self, rig: Rig, map: PointMap | None = None, start: Pose | None = None, settings: Settings | None = None
    ) -> None:
        self.rig, self.settings = rig, settings or Settings()
        s = self.settings
        self._map = map
        self._local = LocalMap(s.local) if map is None else None
        self._seeker = None if map is None else Seeker(GlobalSearch(map, rig, s.search, s.register))
        self._motion, self._inbox = Motion(s.motion), Inbox(rig)
        self._mount = rig.lidar_position, _rotation.matrix_of(rig.lidar_quat)
        self._start, self._begun = start, False
        self._status: Status = "starting"
        self._doubt = Doubt()
        self._bad = 0  # registrations in a row that did not count
        self._registered_s = -math.inf
        self._last: Registration | None = None
        self._sweep: Sweep | None = None
        self._wake: Wake | None = None  # of the newest sweep; corrections turn the whole past and leave it as it is
        self._fixed: tuple[float, Array, Array] | None = None  # the last corrected pose

    def state(self, state: RobotState) -> None:
        """The robot's own measurements, every control period."""
        if not self._inbox.state(state):
            return
        if self._inbox.another_clock:
            self._inbox.another_clock = self._begun = False
        self._begin(state.time_s)
        body = self._inbox.body
        if body.set_down:
            body.set_down = False
            self.relocalise()
        if state.time_s - self._motion.time_s > _GAP_S:
            self._step(state.time_s, None)
        if self._alone and self._motion.sigma_m > self.settings.lost_sigma_m:
            self._lose()

    def odometry(self, odometry: Odometry) -> None:
        """What the legs count."""
        counted = self._inbox.odometry(odometry)
        if counted is not None:
            self._begin(counted.time_s)
            self._step(counted.time_s, counted.moved, counted.gyro)

    def scan(self, scan: Scan) -> None:
        """A sweep of the LiDAR."""
        sweep = self._inbox.scan(scan)
        if sweep is None:
            return
        self._begin(sweep.start_s)
        if sweep.end_s > self._motion.time_s + _GAP_S:  # neither legs nor states
            self._step(sweep.end_s, None)
        self._sweep = sweep
        self._wake = None
        points, offsets_s = sweep.solid
        kept = thin(points, self.settings.thin_m)
        if len(kept) < LEAST_POINTS:
            return  # nothing but the robot itself
        self._wake = wake(sweep.start_s, sweep.end_s - sweep.start_s, sweep.middle_s, self._motion)
        near = straighten(points.take(kept, axis=0), offsets_s.take(kept), self._wake, self._mount)
        self._register(near.astype(np.float64), sweep)
        if sweep.end_s > self._motion.time_s:
            self._wake = None  # its end was a guess, and will be known by the time that the cloud is asked for

    def relocalise(self) -> None:
        """Forget the pose and search the whole map; without a map there is nothing to search."""
        self._lose()
        if self._seeker is not None:
            self._seeker.restart()  # lost already, it has collected what it saw elsewhere

    def estimate(self) -> Estimate:
        """Where the robot is, at the time of its newest state (of the newest message, without states)."""
        motion, s, now_s = self._motion, self.settings, self._inbox.now_s
        time_s = motion.time_s if now_s is None else max(now_s, motion.time_s)
        position, rotation = motion.at(time_s)
        # a trotting base shakes: its gyro knows more of the last 20 ms than "as before"
        turned = self._inbox.body.turned(motion.time_s, time_s)
        if turned is not None:
            rotation = motion.rotation @ _rotation.exp(turned - motion.bias * (time_s - motion.time_s))
        covariance, drift = motion.covariance[:6, :6] + np.diag([s.floor_m**2] * 3 + [s.floor_rad**2] * 3), _NO_DRIFT
        if self._status != "tracking":
            covariance = np.diag([UNKNOWN_M**2] * 3 + [s.motion.tilt_rad**2] * 2 + [math.pi**2])
        elif self._local is not None:
            drift = self._local.drift
            covariance = covariance + drift
        open_directions = np.zeros((0, 3)) if self._last is None else self._last.degenerate
        if self._alone:
            open_directions = np.eye(3)
        degenerate = self._status == "tracking" and len(open_directions) > 0
        return Estimate(
            time_s=time_s,
            pose=self._pose(position, rotation),
            twist=_doubles(np.concatenate((motion.velocity, motion.gyro))),
            covariance=_doubles(covariance),
            status="degenerate" if degenerate else self._status,
            degenerate=_doubles(open_directions),
            scan_age_s=time_s - self._registered_s,
            faults=self._inbox.faults(),
            fit=math.nan if self._last is None else self._last.fit,
            drift=_doubles(drift),
        )

    def take_cloud(self) -> StampedCloud | None:
        """The newest scan in the map, deskewed, once; None: there is none, or the pose is not known."""
        if self._sweep is None or self._status != "tracking":
            return None
        sweep, self._sweep = self._sweep, None
        pose = position, rotation = self._motion.at(sweep.middle_s)
        points, offsets_s = sweep.solid  # specks of dust would be obstacles in the air
        points = straighten(points, offsets_s, self._wake_of(sweep), self._mount, pose)
        origin = _doubles(position + rotation @ self._mount[0])
        return StampedCloud(sweep.middle_s, points.astype(np.float32), origin, self._pose(position, rotation))

    @property
    def scale(self) -> Array:
        """(3,) true distance over counted distance of the legs, as estimated: forward, backward, sideways."""
        return self._motion.scale.copy()

    def _pose(self, position: Array, rotation: Array) -> Pose:
        frame = "odom" if self._map is None else self._map.frame
        return Pose(_doubles(position), _doubles(_rotation.quat_of(rotation)), frame)

    def _wake_of(self, sweep: Sweep) -> Wake:
        """How the base moved during the newest sweep."""
        if self._wake is None:
            self._wake = wake(sweep.start_s, sweep.end_s - sweep.start_s, sweep.middle_s, self._motion)
        return self._wake

    @property
    def _alone(self) -> bool:
        """Nothing but the legs has held the pose for a while."""
        return self._motion.time_s - self._registered_s > self.settings.alone_s

    def _begin(self, time_s: float) -> None:
        """With the first message: the start, or anywhere."""
        if self._begun:
            return
        self._begun, s, start = True, self.settings, self._start
        sigma_m, sigma_rad = (s.start_sigma_m, s.start_sigma_rad) if self._map is not None else (1e-3, 1e-3)
        if start is None:
            position, rotation = np.zeros(3), self._inbox.body.level
        else:
            position, rotation = start.position, _rotation.matrix_of(start.quat)
            self._status = "tracking"
        self._motion.begin(time_s, position, rotation, np.diag([sigma_m**2] * 3 + [0.02**2] * 2 + [sigma_rad**2]))

    def _step(self, time_s: float, moved: Array | None, gyro: Array | None = None) -> None:
        """Let the filter go on: turned by the robot's gyro, else by that of the odometry."""
        start_s, body = self._motion.time_s, self._inbox.body
        if time_s <= start_s:
            return
        turned = body.turned(start_s, time_s)
        if turned is None and gyro is not None:
            turned = gyro * (time_s - start_s)
        self._motion.step(time_s, turned, moved)

    def _register(self, points: Array, sweep: Sweep) -> None:
        """Hold a scan, points (n, 3) in the base frame at its middle, against the map."""
        tilt = self._inbox.body.tilt()
        if tilt is not None:
            self._motion.level(tilt)
        if self._local is not None:
            if not self._local.empty:
                self._take_in(points, sweep, self._local.target)
            else:
                self._registered_s, self._status = sweep.end_s, "tracking"
            position, rotation = self._motion.at(sweep.middle_s)
            if self._bad == 0 and self._local.wants(position, rotation):
                self._extend(sweep, position, rotation)
        elif self._map is not None and self._status == "tracking":
            self._take_in(points, sweep, self._map)
        else:
            self._look_for(points, sweep)

    def _take_in(self, points: Array, sweep: Sweep, target: PointMap) -> None:
        """Register, and correct the filter by it when it can be believed."""
        motion, s = self._motion, self.settings
        asked = Asked(points, target, *motion.at(sweep.middle_s), motion.covariance[:6, :6], s.register)
        found = asked.answer()
        doubted = self._local is None and not motion.blind and self._doubt.due(found, sweep.end_s)
        wider = None if motion.blind else (further if doubted else slipped)(asked, found)
        if motion.blind:
            found = turned(asked, found)
        elif wider is not None:
            found, motion.covariance[:6, :6] = wider
        self._last = found
        surprise = 0.0 if motion.blind else float(found.moved @ np.linalg.solve(motion.covariance[:6, :6], found.moved))
        least = s.fit if self._local is None else s.local_fit
        if found.fit >= least and surprise <= s.surprise and found.converged:
            teach = wider is None and not len(found.degenerate)
            motion.correct(sweep.middle_s, found.moved, found.information, teach=teach)
            before, self._fixed = self._fixed, (sweep.middle_s, *motion.at(sweep.middle_s))
            if before is not None:
                motion.moves_as(before, self._fixed)
            self._registered_s, self._bad = sweep.end_s, 0
            if self._doubt.unlike >= LASTING:
                self._reconsider(points, sweep, found)
            return
        self._bad += 1
        if self._bad < s.lost_after:
            return
        if self._local is None:
            self._lose()
        elif sweep.end_s - self._registered_s > s.alone_s:
            self._local.restart(RESTART_M, RESTART_RAD)
            self._bad = 0

    def _reconsider(self, points: Array, sweep: Sweep, found: Registration) -> None:
        """Scans fit, but have fitted worse than usual for a while: is there another place for them?"""
        assert self._seeker is not None
        if self._doubt.unlike == LASTING:
            self._seeker.restart()
        if self._doubt.strange >= LASTING:
            self._lose()
        else:
            self._look_for(points, sweep, found)

    def _extend(self, sweep: Sweep, position: Array, rotation: Array) -> None:
        """Put a scan into the robot's own map."""
        assert self._local is not None
        points = straighten(*sweep.solid, self._wake_of(sweep), self._mount)
        if self._last is not None and len(self._last.degenerate):
            self._motion.covariance = self._local.absorb(self._motion.covariance, self._last.degenerate)
        self._local.add(points.astype(np.float64), position, rotation)

    def _look_for(self, points: Array, sweep: Sweep, here: Registration | None = None) -> None:
        """Search the map for the only pose that fits the last scans; clearly better than ``here``, if it is known."""
        assert self._seeker is not None
        position, rotation = self._motion.at(sweep.middle_s)
        found = self._seeker.look(points, position, rotation, self._inbox.body.level, sweep.middle_s)
        if found is None:
            return
        search = self._seeker.search
        if here is not None and search.apart(found.position, found.rotation, position, rotation):
            asked = Asked(points, search.map, found.position, found.rotation, found.covariance, self.settings.register)
            if asked.answer().agreement < here.agreement + CLEARLY:
                return
        self._doubt = Doubt()  # how scans used to fit was elsewhere
        self._motion.carry((position, rotation), (found.position, found.rotation), found.covariance)
        self._last, self._registered_s, self._bad, self._fixed = found.registration, sweep.end_s, 0, None
        self._status = "tracking"

    def _lose(self) -> None:
        """The pose is not to be trusted any more: search, and count from here meanwhile."""
        if self._seeker is None or self._status != "tracking":
            return
        self._status, self._bad, self._fixed = "lost", 0, None
        self._motion.adrift(self._inbox.body.level)
        self._seeker.restart()


def _doubles(array: Array) -> NDArray[np.float64]:
    return np.asarray(array, np.float64)
