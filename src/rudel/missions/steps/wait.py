"""Stand there for a while."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions.fields import Field
from rudel.missions.program import Task, Wait
from rudel.missions.scope import Scope
from rudel.missions.steplist import Step
from rudel.missions.values import Number

FIELDS = {"seconds": Field(Number("s", 0.0, 86400.0), "how long", needed=True)}
SHORT, ONE_OF = "seconds", ()


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Task]:
    """One task."""
    yield scope.task(step, id, None, Wait(step.values["seconds"]))
