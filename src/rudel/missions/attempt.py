"""One task under way: walk, act, time out, try again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, cast

from rudel.core.errors import GiveUp, Retry
from rudel.core.findings import to_plain
from rudel.missions.ports import Handle, Look, LookHandle
from rudel.missions.program import Dock, Explore, Task, Wait
from rudel.missions.run import Run

RETRY_AFTER_S = 2.0  # what was in the way may be gone by then
State = Literal["running", "done", "failed", "low"]


class _Waiting:
    """Standing still, as a handle."""

    def __init__(self, run: Run, seconds: float) -> None:
        self._run, self._until_s = run, run.ports.now_s() + seconds
        run.wake_s = self._until_s
        self.reason = ""

    @property
    def status(self) -> Literal["running", "succeeded"]:
        return "running" if self._run.ports.now_s() < self._until_s else "succeeded"

    def cancel(self) -> None:
        """Nothing to stop."""


class Attempt:
    """Does one task, as often as it is to be tried at once.

    Args:
        run: what all tasks of a mission share.
        task: what to do.
        guarded: whether the battery is asked first.
    """

    def __init__(self, run: Run, task: Task, *, guarded: bool = True) -> None:
        self.run, self.task, self.why, self.guarded = run, task, "", guarded
        self._handle: Handle | None = None
        self._acting = False
        self._begun_s, self._patience_s, self._floor = -math.inf, math.inf, 0.0
        self._not_before_s = -math.inf
        self._final = False

    @property
    def attempts(self) -> int:
        """How often it has been tried, this time included."""
        return self.run.progress.failures.get(self.task.id, 0) + 1

    def step(self) -> State:
        """Go on with it; "low": the battery does not allow it, ``why`` says so."""
        run, now_s = self.run, self.run.ports.now_s()
        if self.task.barred:
            self.why = self.task.barred
            return "failed"
        if now_s < self._not_before_s:
            return "running"
        if self._handle is None:
            why = run.shortfall(self.task) if self.guarded else ""
            if why:
                self.why = why
                return "low"
            return self._try(self._begin)
        if self.guarded and run.ports.battery() < self._floor:
            self.cancel("battery")
            self.why = f"battery at {run.ports.battery():.0%}: no more than the way home takes"
            return "low"
        if now_s - self._begun_s > self._patience_s:
            self._handle.cancel()
            return self._fail(f"timed out after {self._patience_s:.0f} s")
        if self._handle.status == "running":
            return "running"
        if self._handle.status == "failed":
            return self._fail(self._handle.reason or "it did not say why")
        return self._try(self._next)

    def cancel(self, why: str) -> None:
        """Stop in the middle; does not count as an attempt."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
            self.run.at = None
            self.run.say("step_interrupted", id=self.task.id, why=why)

    def inspections(self) -> list[dict[str, object]]:
        """What detectors said, as JSON has it."""
        if self._handle is None or not self._acting or not isinstance(self.task.act, Look):
            return []
        return [to_plain(one) for one in cast(LookHandle, self._handle).inspections]

    def _try(self, what: Callable[[], State]) -> State:
        try:
            return what()
        except Retry as error:
            return self._fail(str(error))
        except GiveUp as error:
            self._final = True
            return self._fail(str(error))

    def _begin(self) -> State:
        run, task = self.run, self.task
        again = run.take_up(task.id)
        run.say("step_begins", id=task.id, step=task.step, point=task.point, attempt=self.attempts, again=again)
        self._begun_s = run.ports.now_s()
        self._patience_s = task.patience_s(run.walk_s(task))
        self._floor = run.floor(task)
        self._acting = False
        if task.stand is None or run.stands_at(task.stand):
            return self._next()
        run.at = None
        self._handle = run.ports.goto(task.stand)
        return "running"

    def _next(self) -> State:
        """What comes after the walk, or after the act."""
        run, act = self.run, self.task.act
        if self._acting or act is None:
            if act is None:
                run.at = self.task.stand
            elif isinstance(act, Look):
                said = cast(LookHandle, self._handle).inspections
                if said and all(one.status in ("abstained", "failed") for one in said):
                    reasons = sorted({one.why or one.status for one in said})
                    return self._fail(f"nothing could be read: {'; '.join(reasons)}", keep=True)
            return "done"
        run.at = self.task.stand or run.at
        self._acting = True
        self._handle = self._act(act)
        return "running"

    def _act(self, act: Look | Wait | Explore | Dock) -> Handle:
        ports = self.run.ports
        if isinstance(act, Look):
            return ports.look(act)
        if isinstance(act, Wait):
            return _Waiting(self.run, act.nominal_s)
        self.run.at = None  # both take it elsewhere
        return ports.explore(act.nominal_s) if isinstance(act, Explore) else ports.dock(act.charge_to)

    def _fail(self, why: str, *, keep: bool = False) -> State:
        """One attempt did not work; ``keep``: what was said in it may be all that there is."""
        self.why = why
        attempt = self.attempts
        self.run.say("step_fails", id=self.task.id, attempt=attempt, why=why)
        if attempt > self.task.retries or self._final:
            return "failed"
        if not keep:
            self.run.at = None
        self._handle = None
        self._not_before_s = self.run.wake_s = self.run.ports.now_s() + RETRY_AFTER_S
        return "running"
