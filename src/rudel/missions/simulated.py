"""Ports of a robot that only reckons: it walks planned ways at planned speeds, and everything that it does succeeds.

What it says about things it makes up: nothing. A look takes its time and finds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rudel.core.findings import Inspection
from rudel.core.types import Event
from rudel.missions.battery import Battery
from rudel.missions.ports import Look, Running, Stand
from rudel.missions.site import Site, Way
from rudel.navigation.types import XY

TURN_RADPS, SETTLE_S = 0.8, 1.0  # turning on the spot to arrive with a heading; standing still before anything else
TICK_S, WAIT_S = 0.5, 60.0  # longest step of simulated time while something is done, and while it only waits


@dataclass
class Doing:
    """Something that is under way; ``power``: "walk", "stand" or "charge"."""

    reason: str
    ends_s: float
    power: str
    way: Way | None = None
    stand: Stand | None = None
    begun_s: float = 0.0
    charge_to: float = 0.0
    status: Running = "running"
    inspections: tuple[Inspection, ...] = ()

    def cancel(self) -> None:
        """Stop."""
        if self.status == "running":
            self.status, self.reason = "failed", "cancelled"


class SimulatedPorts:
    """Reckons time, distance and charge.

    Args:
        site: where.
        battery: how fast it drains and charges.
        share: charge at the start, 0 to 1.
        fails: name of a point -> why the walk to it fails halfway, to see what the mission does then.
        listen: is given every event.
    """

    def __init__(
        self,
        site: Site,
        battery: Battery,
        share: float = 1.0,
        fails: Mapping[str, str] | None = None,
        listen: Callable[[Event], None] | None = None,
    ) -> None:
        self.site, self.model, self.share, self.fails = site, battery, share, dict(fails or {})
        self.events: list[Event] = []
        self.ways: list[Way] = []
        self.distance_m, self.walked_s, self.halted = 0.0, 0.0, ""
        self._listen, self._now_s, self._doing = listen, 0.0, None
        self._doing: Doing | None
        self._xy: XY = site.start.xy
        self._yaw = site.start.yaw or 0.0

    def now_s(self) -> float:
        return self._now_s

    def battery(self) -> float:
        return self.share

    def xy(self) -> XY | None:
        return self._xy

    def goto(self, stand: Stand) -> Doing:
        way = self.site.way(self._xy, stand.xy)
        if way is None:
            return self._begin(Doing("there is no way", self._now_s, "stand", status="failed"))
        speed = min(stand.speed_mps or self.site.speed_mps, self.site.speed_mps)
        last = self._yaw
        if len(way.points) > 1 and way.length_m > 0.1:
            (ax, ay), (bx, by) = way.points[-2], way.points[-1]
            last = math.atan2(by - ay, bx - ax)
        turn_s = 0.0 if stand.yaw is None else abs(math.remainder(stand.yaw - last, 2 * math.pi)) / TURN_RADPS
        seconds = way.seconds(speed) + turn_s + SETTLE_S
        if stand.name in self.fails:
            seconds /= 2
        return self._begin(Doing("", self._now_s + seconds, "walk", way, stand))

    def look(self, look: Look) -> Doing:
        return self._begin(Doing("", self._now_s + look.nominal_s, "stand"))

    def explore(self, seconds: float) -> Doing:
        return self._begin(Doing("", self._now_s + seconds, "walk"))

    def dock(self, charge_to: float) -> Doing:
        charging_s = max(charge_to - self.share, 0.0) * self.model.charge_s
        return self._begin(Doing("", self._now_s + 20.0 + charging_s, "charge", charge_to=charge_to))

    def halt(self, why: str) -> None:
        self.halted = why

    def say(self, event: Event) -> None:
        self.events.append(event)
        if self._listen is not None:
            self._listen(event)

    def advance(self, wake_s: float = -math.inf) -> None:
        """Let time pass: to the end of what is under way, or to ``wake_s`` [s]; at most a little at once."""
        doing = self._doing
        running = doing is not None and doing.status == "running"
        ends_s, longest_s = (wake_s, WAIT_S) if not running or doing is None else (doing.ends_s, TICK_S)
        step_s = TICK_S if ends_s <= self._now_s else min(max(ends_s - self._now_s, 1e-6), longest_s)
        self._now_s += step_s
        power = doing.power if running and doing is not None else "stand"
        if power == "walk":
            self.walked_s += step_s
            self.share -= self.model.drain(step_s)
        elif power == "stand":
            self.share -= self.model.drain(0.0, step_s)
        self.share = max(self.share, 0.0)
        if running and doing is not None and self._now_s >= doing.ends_s - 1e-9:
            self._end(doing)

    def _begin(self, doing: Doing) -> Doing:
        doing.begun_s = self._now_s
        self._doing = doing
        return doing

    def _end(self, doing: Doing) -> None:
        doing.status = "succeeded"
        if doing.power == "charge":
            self.share = max(self.share, doing.charge_to)
        if doing.stand is None or doing.way is None:
            return
        if doing.stand.name in self.fails:
            doing.status, doing.reason = "failed", self.fails[doing.stand.name]
            return  # and it turns back to where it came from: half the way there, half back
        self.ways.append(doing.way)
        self.distance_m += doing.way.length_m
        self._xy, self._yaw = doing.stand.xy, doing.stand.yaw or self._yaw
