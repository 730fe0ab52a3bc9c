"""Getting out of trouble, one rung after the other: it always comes to an end."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rudel.core.types import Twist
from rudel.navigation.follow.follower import Follower
from rudel.navigation.follow.marks import Marks
from rudel.navigation.follow.trail import Trail
from rudel.navigation.types import XY, Costs, Estimate

# What each rung does, in order. "mark": the place ahead counts as blocked from then on, so that planning finds another
# way. Each part has a time after which it counts as done, whatever the robot did.
RUNGS: tuple[tuple[str, ...], ...] = (
    ("wait",),
    ("wait", "back"),
    ("back", "mark", "turn"),
    ("back_far", "mark_wide", "turn"),
    ("call",),
)
PART_S = {"wait": 1.0, "back": 6.0, "back_far": 10.0, "turn": 5.0, "mark": 0.0, "mark_wide": 0.0, "call": 0.0}
BACK_M = {"back": 0.6, "back_far": 1.2}
MARK_AHEAD_M, MARK_M = 0.45, {"mark": 0.2, "mark_wide": 0.4}
SAME_SPOT_M = 1.0  # trouble nearer than this to the last one is the same trouble, one rung higher
TURN_RAD, TURN_RADPS = math.radians(80.0), 0.5
FIRST_RUNG = {"no_motion": 1, "no_turn": 1, "yield": 2}  # waiting is no use there, or has been done


@dataclass(frozen=True)
class Act:
    """What recovery wants: a twist while ``part`` is under way.

    ``ended``: "" under way; "replan" when it is time to plan anew; "call" when there is nothing left to try.
    """

    twist: Twist
    part: str
    ended: str = ""


class Ladder:
    """One robot's troubles on the way to one goal.

    Args:
        follower: that checks motions.
        trail: of where the robot came from.
        marks: where blocked places are noted.
        most: troubles on the way to one goal before it calls for help.
    """

    def __init__(self, follower: Follower, trail: Trail, marks: Marks, most: int = 12) -> None:
        self._follower, self._trail, self._marks, self._most = follower, trail, marks, most
        self.reset()

    def reset(self) -> None:
        """With a new goal."""
        self._parts: list[str] = []
        self._spot: XY | None = None
        self._rung = self.count = 0
        self._aim: XY | None = None
        self._ahead: XY = (0.0, 0.0)
        self._started_s = 0.0
        self._turned, self._last_yaw, self._side = 0.0, 0.0, 1.0

    @property
    def busy(self) -> bool:
        """Is a recovery under way?"""
        return bool(self._parts)

    def begin(self, estimate: Estimate, reason: str) -> str:
        """Start with the rung that is due for trouble of this kind, here; returns its parts for people."""
        same = self._spot is not None and math.dist(self._spot, estimate.xy) < SAME_SPOT_M
        first = FIRST_RUNG.get(reason, 0)
        self._rung = max(self._rung + 1, first) if same else first
        if not same:
            self._spot = estimate.xy
        x, y = estimate.xy  # what is in the way is ahead of where it happened
        self._ahead = x + MARK_AHEAD_M * math.cos(estimate.yaw), y + MARK_AHEAD_M * math.sin(estimate.yaw)
        self.count += 1
        rung = len(RUNGS) - 1 if self.count > self._most else min(self._rung, len(RUNGS) - 1)
        self._parts = list(RUNGS[rung])
        self._enter(estimate)
        return " ".join(self._parts)

    def act(self, estimate: Estimate, costs: Costs) -> Act:
        """The next command of the recovery that is under way."""
        while self._parts:
            part = self._parts[0]
            if part == "call":
                return Act(Twist(), part, "call")
            late = not 0.0 <= estimate.time_s - self._started_s < PART_S[part]
            twist = None if late else self._twist(part, estimate, costs)
            if twist is not None:
                return Act(twist, part)
            self._parts.pop(0)
            self._enter(estimate)
        return Act(Twist(), "", "replan")

    def _enter(self, estimate: Estimate) -> None:
        """Begin the part that is first now."""
        self._started_s, self._turned, self._last_yaw = estimate.time_s, 0.0, estimate.yaw
        part = self._parts[0] if self._parts else ""
        if part in BACK_M:
            self._aim = self._trail.back(BACK_M[part])
        elif part in MARK_M:
            self._marks.add(self._ahead, MARK_M[part], estimate.time_s)
        elif part == "turn":
            self._side = -self._side

    def _twist(self, part: str, estimate: Estimate, costs: Costs) -> Twist | None:
        """None: the part is done, or cannot be done."""
        if part == "wait":
            return Twist()
        if part in BACK_M and self._aim is not None:
            step = self._follower.back_to(estimate, self._aim, costs)
            return None if step.phase in ("arrived", "blocked") or step.remaining_m < 0.12 else step.twist
        if part == "turn":
            self._turned += math.remainder(estimate.yaw - self._last_yaw, 2 * math.pi)
            self._last_yaw = estimate.yaw
            if abs(self._turned) < TURN_RAD:
                step = self._follower.turn(estimate, self._side * TURN_RADPS, costs)
                return None if step.phase == "blocked" else step.twist
        return None
