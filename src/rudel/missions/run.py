"""What all tasks of a mission under way share: robot, battery, how far it has come, where the robot stands."""

from __future__ import annotations

import math
from typing import Any

from rudel.core.findings import SEVERITIES
from rudel.core.types import Event
from rudel.missions.battery import Battery
from rudel.missions.ports import Ports, Stand
from rudel.missions.program import Explore, Fork, Program, Task
from rudel.missions.progress import SOURCE, Progress
from rudel.navigation.types import XY

WINDING = 3.0  # a way that cannot be planned from here is taken for so many times as long as the straight line


class Run:
    """Shared state.

    Attributes:
        at: where the robot stands since the last task; None: nobody has seen to it.
        low: id of the task that the battery does not allow, and why; None: it allows what has been asked.
        charged_for: id of the task that it has charged for.
        wake_s: until when nothing happens unless the ports say so [s].
    """

    def __init__(self, program: Program, ports: Ports, battery: Battery, progress: Progress) -> None:
        self.program, self.ports, self.battery, self.progress = program, ports, battery, progress
        self.at: Stand | None = None
        self.low: tuple[str, str] | None = None
        self.charged_for = ""
        self.wake_s = -math.inf
        self._interrupted = progress.under_way  # of the executor before this one

    def say(self, kind: str, **data: Any) -> None:
        """Something happens now: it is noted, and recorded by the ports before anything else is done."""
        event = Event(kind, self.ports.now_s(), data, SOURCE)
        self.progress.note(event)
        self.ports.say(event)

    def take_up(self, id: str) -> bool:
        """Whether a task is one that was interrupted when the last executor ended: it is done again."""
        again = id == self._interrupted
        self._interrupted = "" if again else self._interrupted
        return again

    def end(self, how: str, why: str) -> None:
        """End the mission early; a stop may follow a return, not the other way round."""
        ending = self.progress.ending
        if ending is None or (how == "stop" and ending[0] != "stop"):
            self.say("mission_ending", how=how, why=why)

    def stands_at(self, stand: Stand) -> bool:
        """Whether the robot is there already, from the task before."""
        at = self.at
        return at is not None and (at.xy, at.yaw) == (stand.xy, stand.yaw) and at.tolerance_m <= stand.tolerance_m

    def holds(self, fork: Fork) -> bool:
        """Whether a finding of this round fits."""
        when, least = fork.when, SEVERITIES.index(fork.when["severity"])
        return any(
            (not when["kind"] or one["kind"] in when["kind"])
            and (when["point"] is None or one["point"] == when["point"])
            and SEVERITIES.index(one["severity"]) >= least
            and one["confidence"] >= when["confidence"]
            for one in self.progress.findings
        )

    # -- battery ------------------------------------------------------------------------------------------------------

    def walk_s(self, task: Task) -> float:
        """How long the walk to a task takes [s]; 0 where no way is known."""
        return 0.0 if task.stand is None else self._seconds(self._here(), task.stand.xy, task.stand.speed_mps)

    def shortfall(self, task: Task) -> str:
        """Why the battery does not allow a task and the way home after it; "" when it does."""
        share = self.ports.battery()
        act_s = 0.0 if task.act is None else task.act.nominal_s
        walking, standing = (act_s, 0.0) if isinstance(task.act, Explore) else (0.0, act_s)
        there = self._here() if task.stand is None else task.stand.xy
        spent = self.battery.drain(self.walk_s(task) + self._home_s(there) + walking, standing) * self.battery.margin
        reserve = self.program.mission.reserve
        if share - spent >= reserve:
            return ""
        return f"battery at {share:.0%}: {task.title} and the way home take {spent:.1%}, and {reserve:.0%} must be left"

    def floor(self, task: Task) -> float:
        """Charge below which the task is broken off for the way home."""
        ends = [self._here()] + ([] if task.stand is None else [task.stand.xy])
        return self.program.mission.reserve + self.battery.drain(max(self._home_s(xy) for xy in ends))

    def _here(self) -> XY:
        if self.at is not None:
            return self.at.xy
        return self.ports.xy() or self.program.site.start.xy

    def _home_s(self, xy: XY) -> float:
        home = self.program.home
        if home is None or home.stand is None:
            return 0.0
        return self._seconds(xy, home.stand.xy, home.stand.speed_mps)

    def _seconds(self, a: XY, b: XY, speed_mps: float | None) -> float:
        if a == b:
            return 0.0
        way, speed = self.program.site.way(a, b), speed_mps or self.program.site.speed_mps
        return WINDING * math.dist(a, b) / speed if way is None else way.seconds(speed)
