"""Stand there for a while."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions.fields import Field, Number
from rudel.missions.program import Scope, Task, Wait
from rudel.missions.steplist import Step

FIELDS = {"seconds": Field(Number("s", 0.0, 86400.0), "how long", needed=True)}
SHORT, ONE_OF = "seconds", ()


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Task]:
    """One task."""
    yield scope.task(step, id, None, Wait(step.values["seconds"]))
