"""Safety: what is left of an order before it reaches the legs.

One object per robot, between whoever orders (the pilot, an operator) and the machine of the robot's modes. Pure of
clocks: every call is told the time, so that it runs the same in simulated time. Only the stop is looked at directly,
in every call: it may be pressed from any thread or process, and it always wins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from rudel.core.errors import BadInput, Retry
from rudel.core.readings import Reading
from rudel.core.types import Event, JointTargets, RobotState, Twist
from rudel.navigation.pilot.order import Order, Posture
from rudel.navigation.types import Estimate
from rudel.robots.spec import RobotSpec
from rudel.runtime.answers import Answer
from rudel.runtime.balance import tilt, unusable
from rudel.runtime.battery import Charge, Gauge
from rudel.runtime.conditions import Conditions, Verdict
from rudel.runtime.fence import Fence
from rudel.runtime.lease import Grant, Lease, NotHolder
from rudel.runtime.legwatch import LegWatch
from rudel.runtime.limits import Limits
from rudel.runtime.senses import SenseWatch
from rudel.runtime.stop import StopSwitch
from rudel.runtime.watchdog import Part, Watchdog
from rudel.runtime.whereabouts import Whereabouts
from rudel.runtime.zones import Zones

SOURCE = "safety"
FENCE_TELLS_MPS = 0.05  # what the fence must take from the speed to be told


class Safety:
    """Call ``filter`` in every control period, and tell it what there is to tell in between.

    Args:
        spec: the robot.
        limits: what it keeps within.
        period_s: control period [s].
        stop: the switch; None: one for this process.
        lease: when given, orders need the grant of its holder.
        fence: in the map; None: none.
        zones: slow zones of the map; None: none.
        gauge: of the battery; None: there is none to be asked.
        parts: that have to be heard again and again.
        listen: called with every event: stop, resumed, condition, ignored (no numbers), fence.

    Attributes:
        verdict: what holds, and what the mission is advised to do.
        events: all so far, in order; the reader may empty it.
    """

    def __init__(
        self,
        spec: RobotSpec,
        limits: Limits | None = None,
        *,
        period_s: float = 0.02,
        stop: StopSwitch | None = None,
        lease: Lease | None = None,
        fence: Fence | None = None,
        zones: Zones | None = None,
        gauge: Gauge | None = None,
        parts: Iterable[Part] = (),
        listen: Callable[[Event], None] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.limits.validate()
        self.stop, self.lease, self.gauge = stop or StopSwitch(), lease, gauge
        self.fence, self.zones = fence, zones
        self.watchdog, self.legs = Watchdog(parts), LegWatch(spec, period_s)
        self.where = Whereabouts(self.limits.lost_s, self.limits.blind_s)
        self.events: list[Event] = []
        self._n, self._listen = len(spec.joints), listen
        self._senses, self._conditions = SenseWatch(), Conditions(self._say)
        self._now_s, self._way_home_m, self._hottest_c = -math.inf, 0.0, -math.inf
        self._stopped_by: tuple[str, ...] = ()
        self._ended, self._tilted, self._fenced, self._ignored = "", False, False, False
        self._twist = Twist()
        self._posture: Posture = "sit"

    @property
    def verdict(self) -> Verdict:
        return self._conditions.verdict

    @property
    def stopped(self) -> str:
        """Why the robot is not to move until somebody says resume; "": it may."""
        return self._ended

    def hear(self, part: str, now_s: float) -> None:
        """A watched part is alive."""
        self.watchdog.hear(part, now_s)

    def sense(self, name: str, reading: Reading, now_s: float) -> bool:
        """A reading came; it counts as a word of the part ``name`` when it says anything. Returns whether."""
        good = self._senses.usable(name, reading, math.hypot(self._twist.vx, self._twist.vy))
        if good and any(part.name == name for part in self.watchdog.parts):
            self.watchdog.hear(name, now_s)
        return good

    def locate(self, estimate: Estimate, now_s: float) -> None:
        """Where the robot believes it is."""
        self.where.locate(estimate, now_s)

    def charge(self, charge: Charge) -> None:
        """The battery's word."""
        if self.gauge is not None:
            self.gauge.update(charge, self.where.speed_mps)

    def temperatures(self, celsius: ArrayLike) -> None:
        """Of the joints [degrees C]; a Lite3 sends zeros while it is driven by joint commands, which are never hot."""
        values = np.asarray(celsius, dtype=np.float64)
        values = values[np.isfinite(values)]
        self._hottest_c = float(values.max()) if values.size else -math.inf

    def way_home(self, metres: float) -> None:
        """How far it is to the charger, along the way that the robot would go [m]."""
        self._way_home_m = metres if metres >= 0 else math.inf

    def sent(self, targets: JointTargets) -> None:
        """What the joints follow from now on: with it weak legs are noticed."""
        self.legs.sent(targets)

    def resume(self, by: str, now_s: float) -> None:
        """Let the robot move again, after a stop was released or the cause of sitting down is gone.

        Raises:
            Retry: the stop is still pressed; the message names by whom.
            BadInput: nobody is named.
        """
        if not by:
            raise BadInput("who lets the robot move again? resume(by=...)")
        pressed = self.stop.pressed
        if pressed:
            raise Retry(f"the stop is pressed by {', '.join(pressed)}: release it first")
        self._now_s = max(self._now_s, now_s)
        was, self._ended = self._ended, ""
        self._conditions.forget()
        self._say("resumed", by=by, was=was)

    def filter(
        self,
        order: Order,
        state: RobotState,
        now_s: float,
        *,
        heard_s: float | None = None,
        grant: Grant | None = None,
    ) -> Order:
        """What the legs may do of ``order`` in the coming period; never raises because of what ``state`` holds.

        Args:
            order: wanted.
            state: measured now.
            now_s: the loop's clock [s].
            heard_s: when the order was given, on that clock [s]; None: just now.
            grant: of who gives it; needed when there is a lease.
        """
        elapsed_s = max(0.0, now_s - self._now_s) if math.isfinite(self._now_s) else 0.0
        self._now_s = max(self._now_s, now_s)
        self.where.moved(self._twist, elapsed_s)
        found = self._look(state, now_s, heard_s, grant)
        verdict = self._conditions.update(found, now_s)
        if verdict.answer is Answer.SIT and not self._ended:
            self._ended = verdict.why
        self._look_at_stop()
        safe = Order("sit") if self._ended else self._within(order, verdict)
        self._posture, self._twist = safe.posture, safe.twist if safe.posture == "walk" else Twist()
        return safe

    def _look_at_stop(self) -> None:
        pressed = self.stop.pressed
        if pressed and not set(pressed) <= set(self._stopped_by):
            self._say("stop", by=pressed)
        if pressed:
            self._ended = f"stopped by {', '.join(pressed)}"
        self._stopped_by = pressed

    def _look(self, state: RobotState, now_s: float, heard_s: float | None, grant: Grant | None) -> dict[str, str]:
        """Conditions of the table that hold now, and why."""
        limits, found = self.limits, dict[str, str]()
        for part in self.watchdog.silent(now_s):
            found[part.condition] = _and(found.get(part.condition), f"{part.name} silent for {part.patience_s:g} s")
        found |= self.where.troubles(now_s, needed=self.fence is not None)
        age_s = 0.0 if heard_s is None else now_s - heard_s
        if not age_s < limits.dead_man_s:
            found["sender_silent"] = f"the last order is older than {limits.dead_man_s:g} s"
        if self.lease is not None:
            refused = _refused(self.lease, grant, now_s, beats=age_s < limits.dead_man_s)
            found |= {"refused": refused} if refused else {}
        wrong = unusable(state, self._n)
        if wrong is not None:
            found["state_unusable"] = wrong
            return found
        angle, _ = tilt(state)
        self._tilted = (limits.level_rad if self._tilted else limits.tilt_rad) < angle < limits.fallen_rad
        if self._tilted:
            found["tilted"] = f"by more than {math.degrees(limits.tilt_rad):.0f} degrees"
        self.legs.look(state)
        if self.legs.weak:
            found["leg_weak"] = f"leg {', '.join(self.legs.weak)}"
        if self._hottest_c >= limits.hot_c:
            hot = "joint_too_hot" if self._hottest_c >= limits.too_hot_c else "joint_hot"
            found[hot] = f"{self._hottest_c:.0f} degrees C"
        if self.gauge is not None and self.gauge.empty:
            found["battery_empty"] = f"{self.gauge.share:.0%} charge"
        elif self.gauge is not None and not self.gauge.enough(self._way_home_m):
            found["battery_low"] = f"{self.gauge.share:.0%} charge, {self._way_home_m:.0f} m from home"
        if self.fence is not None and self.where.xy is not None:
            distance_m = self.fence.distance_m(self.where.xy)
            if distance_m < 0:
                found["outside_fence"] = f"{-distance_m:.1f} m beyond its edge"
        return found

    def _within(self, order: Order, verdict: Verdict) -> Order:
        """The order within the verdict, the limits, the zones and the fence."""
        if verdict.holds("refused"):
            return Order(self._posture)
        if order.posture != "walk":
            return order
        twist = order.twist
        before, self._ignored = self._ignored, not math.isfinite(twist.vx + twist.vy + twist.wz)
        if self._ignored:
            if not before:
                self._say("ignored", order=str(twist))
            return Order()
        if verdict.answer >= Answer.STAND:
            return Order()
        if verdict.answer is Answer.TURN:
            twist = Twist(wz=twist.wz)
        limits, share = self.limits, verdict.share
        ratios = (twist.vx / limits.vx_mps, twist.vy / limits.vy_mps, twist.wz / limits.wz_radps)
        twist = _scaled(twist, share / max(share, *map(abs, ratios)))  # all three alike: the path keeps its curve
        xy, doubt_m = self.where.xy, self.where.doubt_m
        speed = math.hypot(twist.vx, twist.vy)
        if self.zones is not None and xy is not None and speed > 0:
            twist = _scaled(twist, min(1.0, self.zones.most_mps(xy, doubt_m) / speed))
        if self.fence is not None:
            twist = self._fence(self.fence, twist, doubt_m)
        return Order("walk", twist)

    def _fence(self, fence: Fence, twist: Twist, doubt_m: float) -> Twist:
        where = self.where
        if where.xy is None:
            return Twist(wz=twist.wz)
        if where.known:
            inside = fence.allow(where.xy, where.yaw, twist, doubt_m)
        else:
            inside = fence.slowed(where.xy, twist, doubt_m)
        holds = math.hypot(twist.vx - inside.vx, twist.vy - inside.vy) > FENCE_TELLS_MPS
        if holds and not self._fenced:
            self._say("fence", xy=where.xy, distance_m=fence.distance_m(where.xy))
        self._fenced = holds
        return inside

    def _say(self, kind: str, **data: object) -> None:
        event = Event(kind, self._now_s, data, SOURCE)
        self.events.append(event)
        if self._listen is not None:
            self._listen(event)


def _scaled(twist: Twist, share: float) -> Twist:
    return twist if share == 1.0 else Twist(share * twist.vx, share * twist.vy, share * twist.wz)


def _refused(lease: Lease, grant: Grant | None, now_s: float, *, beats: bool) -> str:
    """Why an order with this grant is none, or ""; a fresh one counts as a heartbeat."""
    if grant is None:
        return "an order without a lease"
    try:
        if beats:
            lease.renew(grant, now_s)
    except NotHolder as error:
        return str(error)
    return "" if lease.owns(grant, now_s) else f"{grant.holder!r} does not hold the robot any more"


def _and(before: str | None, more: str) -> str:
    return more if not before else f"{before}, {more}"
