"""A small place and a robot for tests of missions: points on a line, ways as the crow flies."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from rudel.core.errors import RudelError
from rudel.core.findings import Evidence, Finding, Inspection
from rudel.core.types import Event
from rudel.missions import Look, Mission, Site, SitePoint, Stand, Way, parse
from rudel.missions.battery import Battery
from rudel.missions.simulated import Doing, SimulatedPorts

KINDS = ("dial_gauge", "valve", "qr", "cable_joint", "gas_bottle")
THINGS = {
    f"P-{k}": SitePoint(f"P-{k}", (5.0 * k, 0.0), 0.0, 0.0, (5.0 * k, 1.4, 1.2), kind, {"unit": "bar"} if k < 2 else {})
    for k, kind in enumerate(KINDS, 1)
}
NEAREST = "; the nearest point that can be reached is (1.00, 0.00)"


def way(a: tuple[float, float], b: tuple[float, float]) -> Way:
    length = math.dist(a, b)
    return Way([a, b], [1.0, 1.0], length, length)


def refusal(xy: tuple[float, float]) -> str:
    inside = -1 <= xy[0] <= 100 and -5 <= xy[1] <= 5
    return "" if inside else f"({xy[0]:.2f}, {xy[1]:.2f}) lies in an obstacle{NEAREST}"


def site(dock: bool = True) -> Site:
    start = SitePoint("start", (0.0, 0.0), 0.0, kind="start")
    charger = SitePoint("dock", (0.0, 1.0), 0.0, kind="charge") if dock else None
    return Site("line", THINGS, {"inspection": tuple(THINGS)}, start, charger, refusal, way)


def mission(steps: str, more: str = "") -> Mission:
    """A mission with these steps (YAML, flow style) and further lines."""
    return parse(f"rudel_mission: 1\nname: test\n{more}\nsteps: {steps}\n")


def finding(point: str, kind: str, severity: str = "major", confidence: float = 0.9) -> Inspection:
    one = Finding(f"{point}-{kind}", point, kind, severity, confidence, 0.0, "test", (Evidence("camera/zoom", 0.0),))
    return Inspection(point, "", "test", "abnormal", 0.0, findings=(one,))


class Robot(SimulatedPorts):
    """Simulated ports with other timings, and answers that a test chooses.

    Args:
        says: point -> what its looks find, one list for each look in turn (the last one for all further looks).
        raises: point -> error that goto raises.
    """

    def __init__(
        self,
        says: Mapping[str, list[list[Inspection]]] | None = None,
        fails: Mapping[str, str] | None = None,
        raises: Mapping[str, RudelError] | None = None,
        share: float = 1.0,
        battery: Battery | None = None,
        slower: float = 1.0,
        listen: Callable[[Event], None] | None = None,
    ) -> None:
        super().__init__(site(), battery or Battery(), share, fails, listen)
        self.says, self.raises, self.slower = {k: list(v) for k, v in (says or {}).items()}, dict(raises or {}), slower
        self.calls: list[str] = []

    def goto(self, stand: Stand) -> Doing:
        self.calls.append(f"goto {stand.name}")
        if stand.name in self.raises:
            raise self.raises[stand.name]
        doing = super().goto(stand)
        doing.ends_s = doing.begun_s + (doing.ends_s - doing.begun_s) * self.slower
        return doing

    def look(self, look: Look) -> Doing:
        self.calls.append(f"{look.step} {look.target.point}")
        doing = super().look(look)
        found = self.says.get(look.target.point, [[]])
        doing.inspections = tuple(found.pop(0) if len(found) > 1 else found[0])
        return doing

    def dock(self, charge_to: float) -> Doing:
        self.calls.append(f"dock {charge_to:g}")
        return super().dock(charge_to)

    def halt(self, why: str) -> None:
        assert not self.busy, "halted while something was under way"
        super().halt(why)

    def killed(self) -> None:
        """The program is gone, and with it what was under way."""
        self._doing = None

    @property
    def busy(self) -> bool:
        return self._doing is not None and self._doing.status == "running"

    def _begin(self, doing: Doing) -> Doing:
        assert not self.busy, "two things at once"
        return super()._begin(doing)
