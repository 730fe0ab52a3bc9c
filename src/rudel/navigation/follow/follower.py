"""Local control: along a route, at the speed that ground, room and arrival allow, and to a stop at its end."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.types import Twist
from rudel.navigation.follow.choice import Chooser, Chosen
from rudel.navigation.follow.limits import FollowLimits
from rudel.navigation.follow.slip import Slip
from rudel.navigation.follow.track import Aim, Track
from rudel.navigation.types import XY, Costs, Estimate, Footprint

Floats = NDArray[np.float64]

_SCAN_OLD_S = 0.4  # later than that the robot walks slower
_TURN_FIRST_RAD = 1.1  # a bearing beyond this is turned to on the spot
_ARRIVING_M = 0.5
_GAP_S, _STEP_S = 0.3, 0.04  # after a longer silence the robot stands, whatever was said last; then it goes on so
_ROUGH_SHARE = 0.7  # of the speed is lost on the hardest ground that is allowed
_LEAST_ROOM_SHARE = 0.3  # of the speed is left where the footprint only just fits
_GAIN_PER_S, _TURN_GAIN_PER_S = 1.4, 2.0
_LEVEL_RAD, _LEVEL_GAIN = math.radians(3.0), 2.0  # leaning less than that, it may change its speed so much faster
_COARSE_M, _COARSE_SETTLE_S = 0.25, 0.1  # goals that far and no heading asked for: no waiting
_STOP_SHARE = 0.4  # of arrive_m: nearer than this it stops; it starts again beyond arrive_m
# Feet that catch in rough ground make nothing of a creeping step. After CLOSE_S this near, anything within arrive_m is
# good enough; until then it steps out more and more.
_CLOSE_M, _CLOSE_S, _MORE_MPS2, _MOST_MPS = 0.15, 1.0, 0.12, 0.35


@dataclass(frozen=True)
class Step:
    """One answer of the follower.

    Attributes:
        twist: what to command.
        phase: "follow", "turn", "around", "squeeze" (hardly any room), "yield" (something moves there), "blocked",
            "arriving", "arrived", "halt" (the estimate is no number).
        remaining_m: along the route to its end [m].
        speed_mps: what was allowed here.
        slow: what limits the speed: "", "ground", "room", "turn", "arrival", "estimate".
    """

    twist: Twist
    phase: str
    remaining_m: float = math.nan
    speed_mps: float = 0.0
    slow: str = ""


class Follower:
    """See :meth:`follow`; keeps whether the robot has stopped at its goal.

    Args:
        footprint: of the robot.
        limits: speeds and accuracy.
    """

    def __init__(self, footprint: Footprint, limits: FollowLimits | None = None) -> None:
        self.footprint, self.limits = footprint, limits or FollowLimits()
        self.chooser = Chooser(footprint, self.limits)
        self._settled_s: float | None = None
        self._near = (self.limits.arrive_m, self.limits.arrive_rad)
        self._now_s, self._said_s, self._said, self._level = 0.0, -math.inf, Twist(), False
        self._kept: Twist | None = None
        self._close_s: float | None = None  # since when it has been next to its goal
        self._slip = Slip(self.limits.lag_s)

    def near(self, arrive_m: float | None, arrive_rad: float | None) -> None:
        """How near to the next goals counts as there; None: as the limits say."""
        self._near = (arrive_m or self.limits.arrive_m, arrive_rad or self.limits.arrive_rad)

    def reset(self) -> None:
        """Forget that the robot was at a goal, and what was chosen there. It may be walking: that is not forgotten."""
        self._settled_s = self._kept = self._close_s = None

    def follow(
        self, estimate: Estimate, track: Track, costs: Costs, goal_yaw: float | None = None, *, share: float = 1.0
    ) -> Step:
        """The twist for now.

        Args:
            estimate: where the robot is.
            track: its progress along the route; the route's last point is the goal.
            costs: of the live map.
            goal_yaw: heading to have at the goal [rad]; None: any.
            share: of the speed that is allowed at most, (0, 1].
        """
        pose = _planar(estimate)
        if pose is None:
            return Step(Twist(), "halt")
        self._now_s, self._level = estimate.time_s, _lean(estimate) < _LEVEL_RAD
        self._slip.see(estimate)
        step = self._step(estimate, pose, track, costs, goal_yaw, share)
        step = dataclasses.replace(step, twist=self._against_slip(step.twist, pose, costs))
        self._slip.told(estimate.time_s, step.twist)
        return step

    def _step(
        self, estimate: Estimate, pose: Floats, track: Track, costs: Costs, goal_yaw: float | None, share: float
    ) -> Step:
        end = track.route.points[-1]
        speed, slow, aim = self._speed(estimate, pose, track, costs)
        off = float(np.hypot(*(end - pose[:2])))
        if off < _ARRIVING_M and aim.remaining_m < 2 * _ARRIVING_M:
            return self._arrive(estimate, pose, end, costs, goal_yaw, speed * min(max(share, 0.0), 1.0))
        self._settled_s = self._close_s = None
        return self._go(pose, aim.xy, costs, speed * min(max(share, 0.0), 1.0), slow, aim.remaining_m)

    def _against_slip(self, twist: Twist, pose: Floats, costs: Costs) -> Twist:
        """What to command so that ``twist`` comes about, where that has room as well: the slip may end at any step."""
        if math.hypot(twist.vx, twist.vy) < self.limits.creep_mps / 2:
            return twist  # it stands, or turns on the spot
        most = max(self.limits.vy_mps, abs(twist.vy))
        held = dataclasses.replace(twist, vy=min(max(twist.vy - self._slip.aside_mps, -most), most))
        return held if held == twist or self.chooser.allows(costs, pose, held, tight=True) else twist

    def back_to(self, estimate: Estimate, xy: XY, costs: Costs) -> Step:
        """The twist backwards to a point nearby, without a route, the face away from it."""
        pose = _planar(estimate)
        if pose is None:
            return Step(Twist(), "halt")
        ex, ey = _in_base(pose, xy)
        away = math.hypot(ex, ey)
        limits = self.limits
        speed = min(limits.back_mps, max(limits.creep_mps, _GAIN_PER_S * away))
        bearing = math.remainder(math.atan2(ey, ex) - math.pi, 2 * math.pi)  # of its back
        if away < 0.05:
            return Step(Twist(), "arrived", away)
        wanted = Twist(
            speed * ex / away,
            min(max(speed * ey / away, -limits.vy_mps), limits.vy_mps),
            min(max(_TURN_GAIN_PER_S * bearing, -0.5 * limits.wz_radps), 0.5 * limits.wz_radps),
        )
        chosen = self.chooser.choose(costs, pose, wanted, xy)
        return Step(chosen.twist, "follow" if chosen.how in ("wanted", "slower") else chosen.how, away, speed)

    def turn(self, estimate: Estimate, rate_radps: float, costs: Costs) -> Step:
        """Turn on the spot where there is room for it; "blocked" where there is none."""
        pose = _planar(estimate)
        if pose is None:
            return Step(Twist(), "halt")
        twist = Twist(wz=min(max(rate_radps, -self.limits.wz_radps), self.limits.wz_radps))
        allowed = self.chooser.allows(costs, pose, twist)
        return Step(twist, "turn") if allowed else Step(Twist(), "blocked")

    def _speed(self, estimate: Estimate, pose: Floats, track: Track, costs: Costs) -> tuple[float, str, Aim]:
        """Allowed speed [m/s], what limits it, and what to steer for."""
        limits = self.limits
        least, most = limits.look_ahead_m
        room = self.chooser.room_m(costs, pose)
        open_share = min(max(room / limits.slow_clearance_m, 0.0), 1.0)
        aim = track.aim(estimate.xy, least + (most - least) * open_share)
        shares = {
            "ground": min(1.0 - _ROUGH_SHARE * min(max(aim.cost, 0.0), 1.0), aim.speed_share),
            "room": _LEAST_ROOM_SHARE + (1.0 - _LEAST_ROOM_SHARE) * open_share,
            "turn": 1.0 / (1.0 + aim.turn_rad),
            "arrival": self._brake_mps(aim.remaining_m) / limits.vx_mps,
            "estimate": 0.6 if estimate.status == "degenerate" else 0.5 if estimate.scan_age_s > _SCAN_OLD_S else 1.0,
        }
        slow = min(shares, key=lambda name: shares[name])
        share = min(shares[slow], 1.0)
        return max(limits.vx_mps * share, limits.creep_mps), slow if share < 0.95 else "", aim

    def _go(self, pose: Floats, aim: XY, costs: Costs, speed: float, slow: str, remaining_m: float) -> Step:
        limits = self.limits
        ex, ey = _in_base(pose, aim)
        bearing = math.atan2(ey, ex)
        wz = min(max(_TURN_GAIN_PER_S * bearing, -limits.wz_radps), limits.wz_radps)
        if abs(bearing) > _TURN_FIRST_RAD:
            wanted, phase = Twist(wz=wz), "turn"
        else:
            vy = min(max(0.6 * speed * math.sin(bearing), -limits.vy_mps), limits.vy_mps)
            wanted, phase = Twist(speed * math.cos(bearing), vy, wz), "follow"
        chosen = self._say(costs, pose, wanted, aim, speed)
        return Step(chosen.twist, phase if chosen.how in ("wanted", "slower") else chosen.how, remaining_m, speed, slow)

    def _arrive(
        self, estimate: Estimate, pose: Floats, end: Floats, costs: Costs, goal_yaw: float | None, allowed: float
    ) -> Step:
        """The last half metre: straight to the goal in any direction, turning on the way."""
        limits, (arrive_m, arrive_rad) = self.limits, self._near
        ex, ey = _in_base(pose, (float(end[0]), float(end[1])))
        away = math.hypot(ex, ey)
        turn = 0.0 if goal_yaw is None else math.remainder(goal_yaw - float(pose[2]), 2 * math.pi)
        if away > _CLOSE_M:
            self._close_s = None
        elif self._close_s is None:
            self._close_s = estimate.time_s
        waited_s = 0.0 if self._close_s is None else estimate.time_s - self._close_s
        share = 1.0 if self._settled_s is not None or waited_s > _CLOSE_S else _STOP_SHARE
        if away <= share * arrive_m and abs(turn) <= share * arrive_rad:
            if self._settled_s is None:
                self._settled_s = estimate.time_s
            self._said, self._said_s = Twist(), estimate.time_s
            coarse = goal_yaw is None and arrive_m >= _COARSE_M
            there = estimate.time_s - self._settled_s >= (_COARSE_SETTLE_S if coarse else limits.settle_s)
            return Step(Twist(), "arrived" if there else "arriving", away)
        self._settled_s = None
        vx = vy = wz = 0.0
        if away > _STOP_SHARE * arrive_m:
            least = min(limits.creep_mps + _MORE_MPS2 * waited_s, _MOST_MPS)
            speed = max(min(self._brake_mps(away), allowed), least)
            vx = min(max(speed * ex / away, -limits.back_mps), limits.vx_mps)
            vy = min(max(speed * ey / away, -limits.vy_mps), limits.vy_mps)
        if goal_yaw is not None and abs(turn) > _STOP_SHARE * arrive_rad:
            rate = min(max(_TURN_GAIN_PER_S * abs(turn), limits.creep_mps), limits.wz_radps)
            wz = math.copysign(rate, turn)
        chosen = self._say(costs, pose, Twist(vx, vy, wz), (float(end[0]), float(end[1])), allowed)
        phase = "arriving" if chosen.how in ("wanted", "slower") else chosen.how
        return Step(chosen.twist, phase, away, math.hypot(vx, vy), "arrival")

    def _brake_mps(self, way_m: float) -> float:
        """Largest speed [m/s] from which the robot comes to rest within ``way_m``, the lag included."""
        a, lag = self.limits.brake_mps2, self.limits.lag_s
        return math.sqrt((a * lag) ** 2 + 2 * a * way_m) - a * lag

    def _say(self, costs: Costs, pose: Floats, wanted: Twist, aim: XY, most_mps: float) -> Chosen:
        """The wanted twist where there is room for it, else what the chooser finds; both reached gradually.

        Judged is where the motion leads, not its first instant: a hundredth of a motion always has room, and leads
        nowhere.
        """
        chosen = self.chooser.choose(costs, pose, wanted, aim, self._kept, most_mps)
        self._kept = chosen.twist if chosen.how in ("around", "squeeze") else None
        dt, said, limits = self._now_s - self._said_s, self._said, self.limits
        if not 0.0 < dt < _GAP_S:
            dt, said = _STEP_S, Twist()
        if chosen.how not in ("blocked", "yield"):
            to = chosen.twist
            gain = limits.gain_mps2 * (_LEVEL_GAIN if self._level else 1.0)
            vx, vy = (_towards(was, now, gain * dt) for was, now in ((said.vx, to.vx), (said.vy, to.vy)))
            eased = Twist(vx, vy, _towards(said.wz, to.wz, limits.gain_radps2 * dt))
            if eased == to or self.chooser.allows(costs, pose, eased, tight=chosen.how == "squeeze"):
                chosen = Chosen(eased, chosen.how)
        self._said, self._said_s = chosen.twist, self._now_s
        return chosen


def _towards(was: float, now: float, step: float) -> float:
    """``now``, or as near to it as a step from ``was`` comes; twice as near where the size shrinks."""
    step = step if abs(now) > abs(was) and was * now >= 0 else 2 * step
    return was + min(max(now - was, -step), step)


def _planar(estimate: Estimate) -> Floats | None:
    """(3,) x, y, yaw; None where one of them is no number."""
    pose = np.array([*estimate.xy, estimate.yaw])
    return pose if np.isfinite(pose).all() else None


def _in_base(pose: Floats, xy: XY) -> tuple[float, float]:
    """Offset of a point as the robot sees it: forward and left [m]."""
    dx, dy = xy[0] - float(pose[0]), xy[1] - float(pose[1])
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    return cos * dx + sin * dy, cos * dy - sin * dx


def _lean(estimate: Estimate) -> float:
    """Between the robot's upright axis and the vertical [rad]."""
    _, x, y, _ = estimate.pose.quat.tolist()
    return math.acos(min(max(1 - 2 * (x * x + y * y), -1.0), 1.0))
