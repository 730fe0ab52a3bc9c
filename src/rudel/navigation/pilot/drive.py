"""Getting a robot to one goal: plan, follow, plan anew, get out of trouble."""

from __future__ import annotations

import math

from rudel.core.types import Twist
from rudel.navigation.follow import Follower, Ladder, Marks, Step, Stuck, Track, Trail
from rudel.navigation.pilot.journal import Journal
from rudel.navigation.pilot.order import Goal, Outcome
from rudel.navigation.pilot.ports import Mapping, Planning
from rudel.navigation.plan.watch import blocked_ahead_m
from rudel.navigation.types import XY, Costs, Estimate, Footprint, NoRoute, Route

PLAN_EVERY_S, ASK_EVERY_S = 2.0, 0.5  # with a route, and while there is none
NEAR_M = 2.0  # nearer than this a goal is seen as it is
LOOK_S = 3.0  # a goal that there was no way to from the start is asked for so long: the first scans are poor
BETTER_SHARE = 0.85  # a new route is taken when it costs less than this share of what is left of the old one
# What blocks the way further off than this is looked at from nearer, unless another way is hardly dearer than that.
DOUBT_M, DETOUR_SHARE = 1.5, 1.25
HOPES = 3  # how often, on the way to a goal, what is seen from afar to be closed is gone to and looked at from near
_NEVER_CURED = ("outside", "keep_out")  # waiting and looking again does not help


class Drive:
    """Drives to goals, one after the other.

    Args:
        footprint: of the robot.
        follower, planner, mapping: what it works with.
        trail: where the robot came from; the pilot drops the crumbs.
        journal: for events.
    """

    def __init__(
        self,
        footprint: Footprint,
        follower: Follower,
        planner: Planning,
        mapping: Mapping,
        trail: Trail,
        journal: Journal,
    ) -> None:
        self._follower, self._planner, self._mapping, self._journal = follower, planner, mapping, journal
        self.marks = Marks(footprint.inscribed_m)
        self._ladder = Ladder(follower, trail, self.marks)
        self._trail, self._trodden_m = trail, footprint.inscribed_m
        self._stuck = Stuck()
        self.route: Route | None = None
        self.last: Step | None = None
        self._goal: Goal | None = None
        self._track: Track | None = None
        self._planned_s = -math.inf
        self._had_route = False
        self._refused: NoRoute | None = None
        self._asked_s: float | None = None
        self._on_trail, self._hopes = False, 0
        self._provisional = False  # does the route only lead near the goal?

    def go(self, goal: Goal, *, keep_going: bool = False, trodden: bool = False) -> None:
        """A new goal.

        Args:
            goal: where to.
            keep_going: trouble on the way to the last one still counts.
            trodden: rather on ground that the robot has walked on before, which is free whatever it looks like now.
        """
        self._on_trail = trodden
        self._goal, self.route, self._track, self.last = goal, None, None, None
        self._planned_s, self._had_route, self._refused = -math.inf, False, None
        self._asked_s, self._provisional, self._hopes = None, False, 0
        self._follower.reset()
        self._follower.near(goal.arrive_m, goal.arrive_rad)
        self._stuck.reset()
        if not keep_going:
            self._ladder.reset()

    def resume(self) -> None:
        """After an interruption: plan anew, and do not hold the time that passed against the robot."""
        self.route, self._track, self._planned_s = None, None, -math.inf
        self._follower.reset()
        self._stuck.reset()

    def step(self, estimate: Estimate, *, share: float = 1.0) -> tuple[Twist, Outcome | None]:
        """The twist for now; an outcome once the goal is reached or given up.

        Args:
            estimate: known and finite.
            share: of the speed that is allowed at most.
        """
        goal = self._goal
        if goal is None:
            return Twist(), None
        if goal.pass_m is not None and math.dist(estimate.xy, goal.xy) <= goal.pass_m:
            return Twist(), Outcome(True, "arrived")
        self.marks.forget_old(estimate.time_s)
        local = self.marks.over(self._mapping.local())
        if self._ladder.busy:
            return self._recover(estimate, local)
        every_s = ASK_EVERY_S if self._track is None else PLAN_EVERY_S
        if estimate.time_s - self._planned_s >= every_s:
            outcome = self._plan(estimate, goal)
            if outcome is not None:
                return Twist(), outcome
        if self._track is None:
            return Twist(), None
        yaw = None if self._provisional else goal.yaw
        step = self.last = self._follower.follow(estimate, self._track, local, yaw, share=share)
        if step.phase == "arrived" and self._provisional:
            self.resume()
            return Twist(), None
        if step.phase == "arrived":
            return Twist(), Outcome(True, "arrived")
        reason = self._stuck.notice(estimate, step.twist, step.phase, step.remaining_m)
        if reason is not None:
            self._begin(estimate, reason)
            return Twist(), None
        return step.twist, None

    def _begin(self, estimate: Estimate, reason: str) -> None:
        parts = self._ladder.begin(estimate, reason)
        self._journal.say("stuck", reason=reason, xy=estimate.xy, tries=parts, count=self._ladder.count)

    def _recover(self, estimate: Estimate, local: Costs) -> tuple[Twist, Outcome | None]:
        act = self._ladder.act(estimate, local)
        if act.ended == "call":
            refused = self._refused
            if refused is not None:
                return Twist(), Outcome(False, refused.reason, refused.message, refused.nearest)
            return Twist(), Outcome(False, "stuck", f"tried everything at ({estimate.xy[0]:.2f}, {estimate.xy[1]:.2f})")
        if act.ended == "replan":
            self.resume()
        return act.twist, None

    def _plan(self, estimate: Estimate, goal: Goal) -> Outcome | None:
        """Take a new route where that is due; an outcome when there can be none."""
        self._planned_s = estimate.time_s
        found = self._ask(estimate.xy, goal.xy)
        if isinstance(found, NoRoute) and len(self.marks) and found.reason not in _NEVER_CURED:
            self._journal.say("marks_dropped", count=len(self.marks))
            self.marks.clear()  # perhaps they closed the only way
            found = self._ask(estimate.xy, goal.xy)
        if isinstance(found, NoRoute) and found.reason not in _NEVER_CURED and self._doubtful(estimate):
            return None
        if isinstance(found, NoRoute) and found.reason not in _NEVER_CURED:
            found = self._hope(estimate, goal) or self._back_on_the_trail(estimate, goal) or found
        if isinstance(found, NoRoute):
            self._refused, self.route, self._track = found, None, None
            self._journal.say("no_route", reason=found.reason, message=found.message, nearest=found.nearest)
            if self._asked_s is None:
                self._asked_s = estimate.time_s
            if found.reason in _NEVER_CURED:
                return Outcome(False, found.reason, found.message, found.nearest)
            if goal.checked and self._approach(found, estimate, goal):
                return None
            passing = goal.pass_m is not None  # a point on the way is no reason to try everything
            if found.reason == "start_blocked" or (self._had_route and not passing):
                self._begin(estimate, "no_route")
            elif estimate.time_s - self._asked_s >= LOOK_S:
                return Outcome(False, found.reason, found.message, found.nearest)
            return None
        self._refused = self._asked_s = None
        if self._provisional:
            self._track, self._provisional = None, False
        if self._track is None or self._worth(found, estimate):
            if not self._had_route:
                self._journal.say("route", length_m=found.length_m, goal=goal.xy)
            self.route, self._track, self._had_route = found, Track(found), True
            self._stuck.lengthened(found.length_m)
        return None

    def trodden(self, costs: Costs) -> Costs:
        """``costs`` with the ground that the robot has walked on free, whatever it looks like now."""
        return self._trail.opened(costs, self._trodden_m)

    def rather_trodden(self, costs: Costs) -> Costs:
        """``trodden``, with that ground easy and all other hard: what ``go(trodden=True)`` is reckoned on."""
        return self._trail.preferred(costs, self._trodden_m)

    def _hope(self, estimate: Estimate, goal: Goal) -> Route | None:
        """The way by what was known before, where what closes it has been seen from afar only; None: there is none."""
        if self._hopes >= HOPES:
            return None
        costs = self._mapping.hopeful(estimate.xy, DOUBT_M)
        found = None if costs is None else self._planner.plan(self.marks.over(costs), estimate.xy, goal.xy)
        if not isinstance(found, Route):
            return None
        self._hopes += 1
        self._journal.say("hope", length_m=found.length_m, goal=goal.xy)
        return found

    def _back_on_the_trail(self, estimate: Estimate, goal: Goal) -> Route | None:
        """A way over ground that was walked on before, whatever it looks like now; None: that does not help."""
        costs = self._mapping.whole()
        opened = self.trodden(costs)
        found = None if opened is costs else self._planner.plan(opened, estimate.xy, goal.xy)
        if not isinstance(found, Route):
            return None
        self._journal.say("trodden", length_m=found.length_m, goal=goal.xy)
        return found

    def _approach(self, refused: NoRoute, estimate: Estimate, goal: Goal) -> bool:
        """Go near a goal that cannot be reached as it looks from afar; False: it is near, or cannot get nearer."""
        near, away_m = refused.nearest, math.dist(estimate.xy, goal.xy)
        if near is None or away_m < NEAR_M or math.dist(near, goal.xy) > away_m - NEAR_M / 2:
            return False
        way = self._ask(estimate.xy, near)
        if isinstance(way, NoRoute) or way.length_m < NEAR_M / 2:
            return False
        self.route, self._track, self._provisional = way, Track(way), True
        return True

    def _ask(self, start: XY, goal: XY) -> Route | NoRoute:
        costs = self._mapping.whole()
        if self._on_trail:  # over nothing else, unless that has been marked: it would waver between two ways
            found = self._planner.plan(self.marks.over(self._trail.only(costs, self._trodden_m)), start, goal)
            if isinstance(found, Route):
                return found
            costs = self.rather_trodden(costs)
        return self._planner.plan(self.marks.over(costs), start, goal)

    def _worth(self, new: Route, estimate: Estimate) -> bool:
        """Is the new route to be taken in place of the present one? Nearly equal ones would make it waver."""
        old, step = self.route, self.last
        if old is None or step is None or step.phase in ("blocked", "around") or old.length_m <= 0:
            return True
        if not math.isfinite(step.remaining_m):
            return True
        left = old.total_cost * min(step.remaining_m / old.length_m, 1.0)
        if self._blocked_m(old, estimate) is not None:
            return new.total_cost < DETOUR_SHARE * left or not self._doubtful(estimate)
        return new.total_cost < BETTER_SHARE * left

    def _doubtful(self, estimate: Estimate) -> bool:
        """Is there a route that is blocked, if at all, far ahead only, by what may be gone when it is seen from nearer?

        Specks of dust and the edges of things seen at a slant close ways for a moment; turning round for each of them
        takes longer than going on until it is certain. What the robot has marked itself is certain.
        """
        if self.route is None or self._track is None or self._provisional or len(self.marks):
            return False
        ahead_m = self._blocked_m(self.route, estimate)
        return ahead_m is None or ahead_m > DOUBT_M

    def _blocked_m(self, route: Route, estimate: Estimate) -> float | None:
        """How far ahead the route is blocked where the live map looks [m]; None: it is not."""
        return blocked_ahead_m(route, self.marks.over(self._mapping.local()), estimate.xy)
