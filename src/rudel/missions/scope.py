"""A mission meets a site: names are resolved, repetitions written out, and what cannot be done is complained about."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from rudel.missions import steplist
from rudel.missions.fields import Values
from rudel.missions.mission import HOME, STAY, Mission
from rudel.missions.places import expected, made, no_point
from rudel.missions.ports import Look, Stand
from rudel.missions.problem import BadMission, Mark, Problem, unknown
from rudel.missions.program import HOME_ID, ON_FAILURE, RETRIES, Act, Dock, Part, Program, Task, tasks_in
from rudel.missions.site import Site, SitePoint
from rudel.missions.steplist import MOST_STEPS, Block, Body, Step
from rudel.missions.values import Log

TOLERANCE_M, TOLERANCE_DEG = 0.25, 10.0


def lay_out(mission: Mission, site: Site) -> Program:
    """Raises BadMission, with line and column, for names that the site does not have and places nobody can get to."""
    scope = Scope(mission, site)
    parts = scope.body(mission.steps, "")
    home = scope.home()
    if scope.log.problems:
        raise BadMission(mission.source, scope.log.problems)
    points = tuple(dict.fromkeys(task.point for task in tasks_in(parts) if task.point))
    return Program(mission, site, parts, home, points, tuple(scope.notes))


def problems(mission: Mission, site: Site) -> list[tuple[int, int, str]]:
    """(line, column, message) of everything that keeps the mission from being laid out there; [] when nothing does."""
    try:
        lay_out(mission, site)
    except BadMission as bad:
        return [(one.mark.line, one.mark.column, one.message) for one in bad.problems]
    return []


class Scope:
    """What steps are given when they lay themselves out."""

    def __init__(self, mission: Mission, site: Site) -> None:
        self.mission, self.site, self.log = mission, site, Log()
        self.notes: list[Problem] = []
        self.known: dict[str, SitePoint] = {**site.points, **mission.points}
        self._ids: dict[str, int] = {}
        self._refusals: dict[tuple[float, float], str] = {}
        self._noted: set[str] = set()
        self._count = 0

    def body(self, body: Body, prefix: str) -> tuple[Part, ...]:
        """The parts of a list of steps or of a named block."""
        steps = self.mission.blocks[body.name] if isinstance(body, Block) else body
        found: list[Part] = []
        for k, step in enumerate(steps, 1):
            found += steplist.module(step.kind).lay_out(step, self, f"{prefix}{k}")
        return tuple(found)

    def point(self, ref: str | Values, mark: Mark) -> SitePoint | None:
        """The point of that name or description; None after complaining."""
        if isinstance(ref, Values):
            return made(ref, "")
        if ref in self.known:
            return self.known[ref]
        places = {"start": self.site.start, **({"dock": self.site.dock} if self.site.dock else {})}
        if ref in places:
            return places[ref]
        self.log.say(mark, no_point(ref, {**self.known, **places}))
        return None

    def setting(self, step: Step, key: str, otherwise: Any) -> Any:
        """A common key of a step, or of the mission's defaults."""
        defaults = self.mission.values["defaults"]
        for values in (step.values, defaults):
            if values is not None and values.get(key) is not None:
                return values[key]
        return otherwise

    def task(self, step: Step, id: str, at: SitePoint | None, act: Act | None, *, named: bool = True) -> Task:
        """One task of a step; complains when nobody can get there (``named``: the file asks for this very place)."""
        count = self._ids[id] = self._ids.get(id, 0) + 1
        self._count += 1
        if self._count > MOST_STEPS:
            said = f"more than {MOST_STEPS} steps, repetitions counted: repeat less often"
            raise BadMission(self.mission.source, [Problem(step.mark, said)])
        why = "" if at is None else self._refusal(at)
        place = "" if at is None else f"{at.name!r}: "
        if why and named:
            self.log.say(step.values.at(_where(step)), place + why)
        elif why:
            self._note(step.mark, f"{place}left out, {why}")
        stand = None if at is None else self.stand(at, step)
        if stand is not None and isinstance(act, Look):
            stand = dataclasses.replace(stand, target=act.target)
        return Task(
            id if count == 1 else f"{id}#{count}",
            step.kind,
            step.values.get("label") or f"{step.kind} {at.name}" if at is not None else step.kind,
            step.mark,
            stand,
            act,
            self.setting(step, "timeout_s", None),
            self.setting(step, "retries", RETRIES),
            self.setting(step, "on_failure", ON_FAILURE),
            why,
        )

    def stand(self, at: SitePoint, step: Step | None) -> Stand:
        """Where to stand for a point."""
        get = (lambda key, value: value) if step is None else (lambda key, value: self.setting(step, key, value))
        speeds = [s for s in (get("speed_mps", None), self.mission.speed_mps, self.site.speed_mps) if s is not None]
        slack = TOLERANCE_DEG if at.turn_rad is None else math.degrees(at.turn_rad)
        turn = math.radians(get("tolerance_deg", slack))
        return Stand(at.name, at.xy, at.yaw, get("tolerance_m", TOLERANCE_M), turn, min(speeds))

    def expected(self, at: SitePoint, more: Values | None) -> dict[str, Any]:
        """What the register, the mission's point and the step say is normal, the later the stronger."""
        register = self.site.points.get(at.name)
        return {**({} if register is None else register.expected), **at.expected, **expected(more)}

    def stops(self, name: str, mark: Mark, *, backwards: bool = False) -> list[SitePoint]:
        """The points of a route, of the mission or of the world."""
        found: list[SitePoint] = []
        if name in self.mission.routes:
            for stop in self.mission.routes[name]:
                if isinstance(stop, Values) and "route" in stop:
                    found += self.stops(stop["route"], stop.at("route"))
                elif (point := self.point(stop, self.mission.values["routes"].at(name))) is not None:
                    found.append(point)
        elif name in self.site.routes:
            for stop in self.site.routes[name]:
                if stop in self.known:
                    found.append(self.known[stop])
                else:
                    self._note(mark, f"{stop!r}: left out, nothing says from where it is to be looked at")
        else:
            self.log.say(mark, unknown("route", name, {**self.site.routes, **self.mission.routes}))
        return found[::-1] if backwards else found

    def home(self) -> Task | None:
        """How the mission ends."""
        name, mark = self.mission.home, self.mission.values.at("return")
        if name == STAY:
            return None
        if name == "dock" and self.site.dock is None:
            self.log.say(mark, f"{self.site.name!r} has no dock; choices: start, stay, or a point")
            return None
        at = self.site.start if name == "start" else self.site.dock if name == "dock" else None
        if at is None and name not in self.known:
            self.log.say(mark, no_point(name, {**self.known, **dict.fromkeys(HOME, self.site.start)}))
            return None
        at = at or self.known[name]
        stand = dataclasses.replace(self.stand(at, None), tolerance_m=0.4)
        act = Dock(0.0) if name == "dock" else None
        why = self._refusal(at)
        if why:
            self.log.say(mark, f"{name!r}: {why}")
        return Task(HOME_ID, "return", f"return to {name}", mark, stand, act, retries=2, on_failure="stop")

    def _note(self, mark: Mark, text: str) -> None:
        """Something that people should know, once."""
        if text not in self._noted:
            self._noted.add(text)
            self.notes.append(Problem(mark, text))

    def _refusal(self, at: SitePoint) -> str:
        if at.xy not in self._refusals:
            inside = [zone.name for zone in self.mission.keep_out if zone.holds(at.xy)]
            forbidden = f"({at.xy[0]:g}, {at.xy[1]:g}) lies in {inside[0]}, which the mission forbids" if inside else ""
            why = self.site.refusal(at.xy)
            nearest = why[why.find("; the nearest") :] if "; the nearest" in why else ""
            self._refusals[at.xy] = forbidden + nearest if forbidden else why
        return self._refusals[at.xy]


def _where(step: Step) -> str:
    return next((key for key in ("point", "points", "route", "spread_m") if step.values.given(key)), "point")
