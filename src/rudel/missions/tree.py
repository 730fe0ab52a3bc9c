"""The behaviour tree of a program: its leaves, and how they hang together.

    mission (in order)
      steps, as long as nothing speaks against it: battery and ending are asked first, at every tick
        task, task, fork (one of two ways), ...
      what was put off, likewise
      home

Every leaf asks the progress first: what has ended is passed over. So a tree that is begun anew, after the robot has
charged or its program has been restarted, finds its place by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Selector, Sequence
from py_trees.decorators import FailureIsSuccess

from rudel.missions.attempt import Attempt
from rudel.missions.ports import Stand
from rudel.missions.program import Dock, Fork, Part, Program, Task
from rudel.missions.progress import DONE, FAILED, SKIPPED
from rudel.missions.run import Run


class Leaf(Behaviour):
    """A leaf with what all of them share."""

    def __init__(self, name: str, run: Run) -> None:
        super().__init__(name)
        self.run, self.attempt = run, None
        self.attempt: Attempt | None

    def terminate(self, new_status: Status) -> None:
        if new_status == Status.INVALID and self.attempt is not None:
            self.attempt.cancel("something else comes first")
        if new_status != Status.RUNNING:
            self.attempt = None


class Guard(Leaf):
    """Fails once the mission is being ended; charges first where the battery asks for it and the mission allows it."""

    def update(self) -> Status:
        run = self.run
        if run.progress.ending is not None:
            return Status.FAILURE
        if run.low is None:
            return Status.SUCCESS
        id, why = run.low
        dock, mission = run.program.site.dock, run.program.mission
        if mission.on_low != "charge" or dock is None:
            run.end("return", why)
            return Status.FAILURE
        if self.attempt is None:
            self.attempt = Attempt(run, charging(run), guarded=False)
        state = self.attempt.step()
        if state == "running":
            return Status.RUNNING
        attempt, self.attempt = self.attempt, None
        outcome = DONE if state == "done" else FAILED
        run.say("step_ends", id=attempt.task.id, step="charge", point="", outcome=outcome, why=attempt.why,
                attempts=attempt.attempts, inspections=[])  # fmt: skip
        if state != "done":
            run.end("return", f"{why}; charging failed: {attempt.why}")
            return Status.FAILURE
        run.say("charged", share=run.ports.battery())
        run.low, run.charged_for = None, id
        return Status.SUCCESS


def charging(run: Run) -> Task:
    """The task that charges on the way."""
    dock = run.program.site.dock
    assert dock is not None  # asked before
    id = f"charge[{run.progress.charges + 1}]"
    stand = Stand(dock.name, dock.xy, dock.yaw, speed_mps=run.program.mission.speed_mps)
    timeout_s = 600.0 + 2 * run.battery.charge_s
    mark = run.program.mission.values.at("battery")
    return Task(id, "charge", "charge", mark, stand, Dock(run.program.mission.charge_to), timeout_s, 2)


class Do(Leaf):
    """One task; ``late``: only when it was put off, and for the last time."""

    def __init__(self, run: Run, task: Task, *, late: bool = False) -> None:
        super().__init__(task.id, run)
        self.task, self.late = task, late

    def update(self) -> Status:
        run, task = self.run, self.task
        if task.id in run.progress.ended or self.late != (task.id in run.progress.put_off):
            return Status.SUCCESS
        if run.progress.ending is not None:
            return Status.FAILURE
        self.attempt = self.attempt or Attempt(run, task)
        state = self.attempt.step()
        if state == "running":
            return Status.RUNNING
        if state == "low" and run.charged_for != task.id:
            run.low, self.attempt = (task.id, self.attempt.why), None
            return Status.RUNNING  # the guard answers, at the next tick
        attempt, self.attempt = self.attempt, None
        return self._done(attempt) if state == "done" else self._failed(attempt)

    def _done(self, attempt: Attempt) -> Status:
        self._end(DONE, "", attempt)
        return Status.SUCCESS

    def _failed(self, attempt: Attempt) -> Status:
        task, run = self.task, self.run
        if task.on_failure == "retry" and not self.late and not task.barred:
            run.at = None
            run.say("step_put_off", id=task.id, why=attempt.why)
            return Status.SUCCESS
        if task.barred or task.on_failure in ("skip", "retry"):
            self._end(SKIPPED, attempt.why, attempt)
            run.at = None
            return Status.SUCCESS
        self._end(FAILED, attempt.why, attempt)
        run.end(task.on_failure, f"{task.title}: {attempt.why}")
        return Status.FAILURE

    def _end(self, outcome: str, why: str, attempt: Attempt) -> None:
        # a failed attempt has been counted already
        attempts = attempt.attempts - (outcome != DONE)
        self.run.say("step_ends", id=self.task.id, step=self.task.step, point=self.task.point, outcome=outcome,
                     why=why, attempts=attempts, inspections=attempt.inspections())  # fmt: skip


class Decide(Leaf):
    """Succeeds on one way of a fork; the first to ask decides for both, and for every restart."""

    def __init__(self, run: Run, fork: Fork, way: bool) -> None:
        super().__init__(f"{fork.id}.{'then' if way else 'else'}?", run)
        self.fork, self.way = fork, way

    def update(self) -> Status:
        run, id = self.run, self.fork.id
        if run.progress.ending is not None:
            return Status.FAILURE
        if id not in run.progress.branches:
            run.say("branch", id=id, taken=run.holds(self.fork))
        return Status.SUCCESS if run.progress.branches[id] == self.way else Status.FAILURE


class Home(Leaf):
    """Ends the mission: sits down where it is, or goes home."""

    def update(self) -> Status:
        run, home = self.run, self.run.program.home
        ending = run.progress.ending
        if ending is not None and ending[0] == "stop":
            if self.attempt is not None:
                self.attempt.cancel("stop")
                self.attempt = None
            run.ports.halt(ending[1])
            return self._over("ended_safely", ending[1])
        outcome, why = ("completed", "") if ending is None else ("ended_safely", ending[1])
        if home is None:
            return self._over(outcome, why)
        self.attempt = self.attempt or Attempt(run, home, guarded=False)
        state = self.attempt.step()
        if state == "running":
            return Status.RUNNING
        attempt, self.attempt = self.attempt, None
        if state == "done":
            run.say("step_ends", id=home.id, step=home.step, point="", outcome=DONE, why="",
                    attempts=attempt.attempts, inspections=[])  # fmt: skip
            return self._over(outcome, why)
        said = "; ".join(filter(None, (why, f"did not get home: {attempt.why}")))
        run.ports.halt(said)
        return self._over("failed", said)

    def _over(self, outcome: str, why: str) -> Status:
        self.run.say("mission_ends", outcome=outcome, why=why)
        return Status.SUCCESS


def grow(run: Run, program: Program) -> Behaviour:
    """The tree of a program."""
    late = [Do(run, task, late=True) for task in program.tasks if task.on_failure == "retry"]
    work = Sequence("steps", True, list(_grown(run, program.parts)))
    again = Sequence("put off", True, list(late))
    children = [
        FailureIsSuccess(f"{part.name}, guarded", Sequence(f"guarded {part.name}", False, [Guard("guard", run), part]))
        for part in (work, again)
    ]
    return Sequence("mission", True, [*children, Home("home", run)])


def _grown(run: Run, parts: Iterable[Part]) -> Iterable[Behaviour]:
    for part in parts:
        if isinstance(part, Task):
            yield Do(run, part)
        else:
            ways = [
                Sequence(f"{part.id}.{name}", True, [Decide(run, part, way), *_grown(run, inner)])
                for name, way, inner in (("then", True, part.then), ("else", False, part.otherwise))
            ]
            yield Selector(part.id, True, ways)
