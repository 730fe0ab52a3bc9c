"""Runs a mission, tick by tick, with neither a clock nor any input or output of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rudel.core.errors import BadInput
from rudel.core.findings import Inspection
from rudel.missions.battery import Battery
from rudel.missions.mission import Mission
from rudel.missions.ports import Ports
from rudel.missions.program import Part, Program, Task
from rudel.missions.progress import DONE, Ended, Progress
from rudel.missions.run import Run
from rudel.missions.scope import lay_out
from rudel.missions.site import Site
from rudel.missions.tree import grow


@dataclass(frozen=True)
class Outcome:
    """How a mission ended: completed, ended_safely or failed, and why it was not completed."""

    outcome: str
    why: str


class Executor:
    """A mission under way. The same mission, site and answers of the ports give the same calls and events.

    Args:
        mission, site: what is to be done, and where.
        ports: the robot.
        resume: how far an earlier executor came (``Progress.of`` its events).
        battery: what the way home is reckoned with.
        program: the mission laid out already, to save doing it twice.

    Raises:
        BadMission: the mission cannot be laid out on that site.
        BadInput: ``resume`` is of another mission file.
    """

    def __init__(
        self,
        mission: Mission,
        site: Site,
        ports: Ports,
        resume: Progress | None = None,
        *,
        battery: Battery | None = None,
        program: Program | None = None,
    ) -> None:
        self.program = program or lay_out(mission, site)
        if resume is not None and resume.digest not in ("", mission.digest):
            raise BadInput(
                f"{mission.source} is not the file that was under way (SHA-256 {resume.digest[:12]}..., this one is "
                f"{mission.digest[:12]}...): resume with that file, or begin anew"
            )
        fresh = resume is None or not resume.digest
        progress = Progress() if resume is None or fresh else resume
        self._run = Run(self.program, ports, battery or Battery(), progress)
        self._tree = grow(self._run, self.program)
        self._fresh, self._first = fresh, True

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._run.progress

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None: it is under way."""
        found = self.progress.outcome
        return None if found is None else Outcome(*found)

    @property
    def points(self) -> tuple[str, ...]:
        """All inspection points, in order; without those that only a branch asks for that was not taken."""
        return tuple(dict.fromkeys(task.point for task in self._asked(self.program.parts) if task.point))

    @property
    def inspections(self) -> tuple[Inspection, ...]:
        """What was said about them so far, before a restart as well."""
        return self.progress.inspected()

    @property
    def doing(self) -> str:
        """What it is at, for people."""
        tip = self._tree.tip()
        if self.outcome is not None or tip is None:
            return "" if self.outcome is None else self.outcome.outcome
        task = getattr(tip, "task", None)
        return tip.name if task is None else task.title

    @property
    def unvisited(self) -> dict[str, str]:
        """Inspection points at which nothing was done so far, and why."""
        ended, found = self.progress.ended, dict[str, list[str]]()
        seen = {one["point"] for one in self.progress.inspections}
        for task in self._asked(self.program.parts):
            if task.point and task.point not in seen:
                found.setdefault(task.point, []).append(self._why_not(ended.get(task.id)))
        return {point: next(filter(None, reversed(whys))) for point, whys in found.items() if all(whys)}

    def _why_not(self, ended: Ended | None) -> str:
        if ended is not None:
            return "" if ended.outcome == DONE else ended.why
        ending = self.progress.ending
        if ending is not None:
            return f"the mission was ended before: {ending[1]}"
        return "not yet"

    def _asked(self, parts: Iterable[Part]) -> Iterator[Task]:
        """Tasks of some parts; of a fork that has been decided, those of the way that was taken."""
        for part in parts:
            if isinstance(part, Task):
                yield part
                continue
            taken = self.progress.branches.get(part.id)
            yield from self._asked(part.then if taken is not False else ())
            yield from self._asked(part.otherwise if taken is not True else ())

    @property
    def wake_s(self) -> float:
        """Until when nothing happens unless the ports say so [s]; in the past when there is no such time."""
        return self._run.wake_s

    def end(self, how: Literal["return", "stop"], why: str) -> None:
        """End it early: go home, or sit down where it is. Takes effect with the next tick."""
        if self.outcome is None:
            self._run.end(how, why)

    def tick(self) -> Outcome | None:
        """Look how things stand, and begin what comes next. Never waits; call it as often as the robot's loop runs."""
        if self.outcome is not None:
            return self.outcome
        if self._first:
            self._first = False
            mission, site = self.program.mission, self.program.site
            facts = {"mission": mission.name, "digest": mission.digest, "world": site.name}
            if self._fresh:
                self._run.say("mission_begins", **facts, points=list(self.points))
            else:
                self._run.say("mission_resumes", **facts, under_way=self.progress.under_way)
        self._tree.tick_once()
        return self.outcome
