"""Exploring: to the edge of what is known, again and again, and home while that can be afforded."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rudel.core.types import Twist
from rudel.navigation.pilot.drive import Drive
from rudel.navigation.pilot.journal import Journal
from rudel.navigation.pilot.order import Goal, Outcome
from rudel.navigation.pilot.ports import Mapping
from rudel.navigation.plan import Frontier, Home, frontiers
from rudel.navigation.types import XY, Estimate

REACHED_M, CLOSER_M = 0.6, 0.15  # a frontier is seen from there as well as from its very place; else it goes closer
MOST_VISITS = 2  # what cannot be seen then is hidden
CAREFUL_SHARE = 0.5  # of the speed: what was seen once, from afar and between the lines of a LiDAR hides steps
LOOK_EVERY_S = 3.0  # between two judgements on whether the present frontier is still one
SURE_S, ASK_EVERY_S = 3.0, 0.5  # nothing to go to: it stands and looks so long, since ground seen once looks rough
GONE_M = 1.2  # no frontier within this distance of the one that was chosen: it has been seen
WORTHWHILE_M = 0.05  # what a frontier has to show for each metre [m^2/m], see Frontier.worth: each of them is a risk
SAME_M = 0.8  # frontiers nearer than this to another one are taken for that


@dataclass(frozen=True)
class Endurance:
    """What may be used up.

    Attributes:
        time_s: for the whole exploration, the way home included.
        battery_s: how long the battery lets it walk from the start; inf: not limited.
        home_mps: speed that the way home is reckoned with: what is walked over rubble, turns and stops included, since
            there is no second try.
        reserve_s: kept back.
    """

    time_s: float
    battery_s: float = math.inf
    home_mps: float = 0.17
    reserve_s: float = 15.0

    def affordable(self, used_s: float, way_m: float) -> bool:
        """Is a way of this length still affordable?"""
        return used_s + way_m / self.home_mps + self.reserve_s <= min(self.time_s, self.battery_s)


class Explore:
    """See module. Success is having come home, with nothing left to see ("explored") or with the time used ("home").

    Args:
        drive, mapping: that drive and map.
        journal: for events.
        endurance: time and battery.
        start: where home is, and since when.
    """

    def __init__(self, drive: Drive, mapping: Mapping, journal: Journal, endurance: Endurance, start: Estimate) -> None:
        self._drive, self._mapping, self._journal = drive, mapping, journal
        self._endurance, self._home, self._start_s = endurance, start.xy, start.time_s
        self._target: Frontier | None = None
        self._failed: list[XY] = []
        self._been: list[XY] = []
        self._ending = ""
        self._looked_s = -math.inf
        self._excused = False
        self._none_since_s: float | None = None  # since when there has been nothing to go to

    def step(self, estimate: Estimate, share: float) -> tuple[Twist, Outcome | None]:
        if not self._ending and self._target is not None and estimate.time_s - self._looked_s > LOOK_EVERY_S:
            self._look(estimate)
        if not self._ending and self._target is None:
            if self._none_since_s is None or estimate.time_s - self._looked_s >= ASK_EVERY_S:
                self._choose(estimate)
            if self._target is None and not self._ending:
                return Twist(), None
        twist, outcome = self._drive.step(estimate, share=share * CAREFUL_SHARE)
        if outcome is None:
            return twist, None
        if self._ending:
            if outcome.success:
                return Twist(), Outcome(True, self._ending, "home again")
            return Twist(), Outcome(False, outcome.reason, f"on the way home: {outcome.message}", outcome.nearest)
        if not outcome.success and self._target is not None:
            self._failed.append(self._target.centroid)
            self._journal.say("frontier_failed", xy=self._target.centroid, reason=outcome.reason)
        elif self._target is not None:
            self._been.append(self._target.centroid)
        self._target = None
        return Twist(), None

    def resume(self) -> None:
        self._drive.resume()

    def _used_s(self, estimate: Estimate) -> float:
        return estimate.time_s - self._start_s

    def _choose(self, estimate: Estimate) -> None:
        """The frontier that shows most for its way, among those from which home can be afforded."""
        self._looked_s = estimate.time_s
        costs = self._drive.trodden(self._mapping.whole())  # what dust or drift closes is no end of the world
        home = Home(self._drive.rather_trodden(costs), self._home)
        best, left = None, False
        for frontier in frontiers(costs, estimate.xy):  # the most worthwhile first
            if frontier.worth < WORTHWHILE_M:
                break
            near = [xy for xy in self._been if math.dist(frontier.centroid, xy) < SAME_M]
            if len(near) >= MOST_VISITS or any(math.dist(frontier.centroid, xy) < SAME_M for xy in self._failed):
                continue
            left = True
            way_m = frontier.way_m + home.length_from(frontier.approach)
            if self._endurance.affordable(self._used_s(estimate), way_m):
                best = frontier
                break
        if best is None:
            if self._none_since_s is None:
                self._none_since_s = estimate.time_s
            if left or estimate.time_s - self._none_since_s >= SURE_S:
                self._nothing(left, estimate)
            return
        self._target, self._none_since_s = best, None
        self._journal.say("frontier", xy=best.approach, gain_m2=best.gain_m2)
        again = any(math.dist(best.centroid, xy) < SAME_M for xy in self._been)
        self._drive.go(Goal(best.approach, pass_m=CLOSER_M if again else REACHED_M))

    def _nothing(self, left: bool, estimate: Estimate) -> None:
        """Nowhere to go on ground that is surely good: on to what may be good, and home when that is seen as well."""
        if left or self._excused:
            self._go_home("home" if left else "explored", estimate)
            return
        self._excused, self._none_since_s = True, None
        self._failed.clear()
        self._mapping.excuse()
        self._journal.say("doubtful", used_s=self._used_s(estimate))

    def _look(self, estimate: Estimate) -> None:
        """Is the present frontier still one, and home still affordable?"""
        self._looked_s = estimate.time_s
        costs = self._drive.trodden(self._mapping.whole())
        back_m = Home(self._drive.rather_trodden(costs), self._home).length_from(estimate.xy)
        if not self._endurance.affordable(self._used_s(estimate), back_m if math.isfinite(back_m) else 0.0):
            self._go_home("home", estimate)
        elif self._target is not None:
            there = self._target.centroid
            found = frontiers(costs, estimate.xy)
            if all(math.dist(one.centroid, there) > GONE_M for one in found):
                self._target = None

    def _go_home(self, ending: str, estimate: Estimate) -> None:
        self._ending, self._target = ending, None
        self._journal.say("homeward", why=ending, used_s=self._used_s(estimate))
        self._drive.go(Goal(self._home), trodden=True)
