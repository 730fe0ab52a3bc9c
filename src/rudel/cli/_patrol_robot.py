"""A robot as a mission sees it: what the executor asks for, carried out by pilot, head, detectors and battery."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from rudel.cli import _patrol_ahead
from rudel.cli._patrol_look import Inspector, Looking, where_of
from rudel.core.readings import Reading
from rudel.core.types import Event
from rudel.inspection.rig import Rig
from rudel.missions import Look, Stand
from rudel.missions.ports import Running
from rudel.navigation.pilot import Endurance, Goal, Order, PilotAside
from rudel.navigation.types import XY
from rudel.runtime.battery import Cells

CONTACT_S = 3.0  # from standing before a charger to charging
CHARGE_PER_S = 1 / 5400.0  # of a full charge; simulated: 1.5 h from empty to full
NEAR = 1.2  # of a stand's tolerances: what the pilot is asked for; it stops at 0.4 of that
SLACK = 1.6  # of a stand's tolerances: what the pilot calls arrived is judged by the same estimate a moment later


class Going:
    """On the way to a place."""

    def __init__(self, pilot: PilotAside, stand: Stand) -> None:
        self._pilot, self._stand = pilot, stand
        self._end: tuple[Running, str] | None = None
        near_m, near_rad = NEAR * stand.tolerance_m, NEAR * stand.tolerance_rad
        pilot.goto(Goal(stand.xy, stand.yaw, checked=True, arrive_m=near_m, arrive_rad=near_rad))
        self._task = pilot.task

    @property
    def status(self) -> Running:
        if self._end is None:
            self._end = self._look()
        return "running" if self._end is None else self._end[0]

    @property
    def reason(self) -> str:
        return "" if self._end is None else self._end[1]

    def cancel(self) -> None:
        """Stand where it is."""
        if self._end is None:
            self._end = "failed", "cancelled"
            self._pilot.stop()

    def _look(self) -> tuple[Running, str] | None:
        pilot, stand = self._pilot, self._stand
        if pilot.task is not self._task:
            return "failed", "another task was begun"
        outcome = pilot.outcome
        if outcome is None:
            return None
        if not outcome.success:
            return "failed", outcome.message or outcome.reason
        estimate = pilot.estimate
        off_m = math.inf if estimate is None else math.dist(estimate.xy, stand.xy)
        if off_m > SLACK * stand.tolerance_m:
            return "failed", f"stands {off_m:.2f} m from {stand.name}, allowed are {stand.tolerance_m:g} m"
        return "succeeded", ""


class Exploring(Going):
    """Sees what is not on the map yet."""

    def __init__(self, pilot: PilotAside, seconds: float) -> None:
        assert pilot.estimate is not None
        self._pilot, self._end = pilot, None
        pilot.explore(Endurance(seconds, math.inf))
        self._task = pilot.task

    def _look(self) -> tuple[Running, str] | None:
        outcome = self._pilot.outcome
        if outcome is None:
            return None
        return ("succeeded", "") if outcome.success else ("failed", outcome.message or outcome.reason)


class Docking:
    """On the charger (simulated): after a moment the charge rises."""

    def __init__(self, robot: PatrolRobot, charge_to: float) -> None:
        self._robot, self._to, self._since = robot, charge_to, robot.now_s()
        self._end: tuple[Running, str] | None = None

    @property
    def status(self) -> Running:
        if self._end is None and self._robot.now_s() - self._since >= CONTACT_S:
            wanted_s = max(0.0, self._to - self._robot.cells_at_dock) / CHARGE_PER_S
            if self._robot.now_s() - self._since - CONTACT_S >= wanted_s or not self._to:
                self._end = "succeeded", ""
                if self._to:
                    self._robot.cells.set(max(self._to, self._robot.cells.charge.share))
        return "running" if self._end is None else self._end[0]

    @property
    def reason(self) -> str:
        return "" if self._end is None else self._end[1]

    def cancel(self) -> None:
        """Leave the charger with what was charged."""
        self._end = self._end or ("failed", "cancelled")


class PatrolRobot:
    """Implements rudel.missions.Ports. The loop sets ``time_s`` and calls ``attend`` every control period.

    Args:
        pilot: that walks.
        cells: its battery.
        rig, inspector: what it looks with, and what looks at that.
        aim: turns the camera head: pan, tilt [rad], zoom.
        watch: told every period of a look which senses have to look now; cameras that are not among them are off.
        say: keeps an event, durably.
    """

    def __init__(
        self,
        pilot: PilotAside,
        cells: Cells,
        rig: Rig,
        inspector: Inspector,
        aim: Callable[[float, float, float], None],
        watch: Callable[[Collection[str]], None],
        say: Callable[[Event], None],
    ) -> None:
        self.pilot, self.cells = pilot, cells
        self._rig, self._inspector, self._aim, self._watch, self._say = rig, inspector, aim, watch, say
        self.time_s, self.speed_mps, self.halted = 0.0, math.inf, ""
        self.cells_at_dock = 0.0
        self._looking: Looking | None = None
        self._next: _patrol_ahead.Ahead | None = None  # what the head turns to on the way

    # --- rudel.missions.Ports -----------------------------------------------------------------------------------------

    def now_s(self) -> float:
        """Time on the robot's clock [s]."""
        return self.time_s

    def battery(self) -> float:
        """Charge that is left, 0 to 1."""
        return self.cells.charge.share

    def xy(self) -> XY | None:
        """Where it believes it is [m]."""
        estimate = self.pilot.estimate
        return estimate.xy if estimate is not None and estimate.known else None

    def goto(self, stand: Stand) -> Going:
        """Walk there."""
        self.speed_mps = math.inf if stand.speed_mps is None else stand.speed_mps
        estimate = self.pilot.estimate
        self._next = None if stand.target is None else _patrol_ahead.Ahead(stand, stand.target, self._rig)
        return Going(self.pilot, stand if estimate is None else _patrol_ahead.headed(stand, estimate))

    def look(self, look: Look) -> Looking:
        """Aim, capture, detect. A sense that it needs and that is broken fails the look, with the reason."""
        self._looking = Looking(look, self._rig, self._inspector)
        self._next = None
        return self._looking

    def explore(self, seconds: float) -> Exploring:
        """See what is not on the map yet."""
        return Exploring(self.pilot, seconds)

    def dock(self, charge_to: float) -> Docking:
        """Onto the charger."""
        self.cells_at_dock = self.battery()
        return Docking(self, charge_to)

    def halt(self, why: str) -> None:
        """Sit down and stay."""
        self.halted = why or "the mission ended"
        self.pilot.give_up("stopped", self.halted)

    def say(self, event: Event) -> None:
        """Keep it."""
        self._say(event)

    # --- for the loop -------------------------------------------------------------------------------------------------

    def attend(self, readings: Mapping[str, Reading]) -> None:
        """Go on with the look that is under way."""
        looking, estimate = self._looking, self.pilot.estimate
        if estimate is None:
            return
        if self._next is not None and (aim := self._next.aim(self.time_s, estimate)) is not None:
            self._aim(*aim)
        if looking is None:
            return
        looking.step(self.time_s, where_of(estimate), readings)
        if looking.aim is not None:
            self._aim(*looking.aim)
            looking.aim = None
        self._watch(looking.wanted(self.time_s))
        if looking.status != "running":
            self._looking = None

    def order(self, order: Order) -> Order:
        """The pilot's order, as the mission allows it."""
        if self.halted:
            return Order("sit")
        if order.posture == "sit":
            return Order()  # the pilot gave a task up; what comes next is the mission's to say
        speed = math.hypot(order.twist.vx, order.twist.vy)
        if order.posture != "walk" or speed <= self.speed_mps:
            return order
        share, twist = self.speed_mps / speed, order.twist
        return Order("walk", type(twist)(share * twist.vx, share * twist.vy, share * twist.wz))
