"""See what is not on the map yet, and note what is there."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions.fields import Field
from rudel.missions.places import PointRef
from rudel.missions.program import Explore, Task
from rudel.missions.scope import Scope
from rudel.missions.steplist import Step
from rudel.missions.values import Number

FIELDS = {
    "seconds": Field(Number("s", 0.0, 86400.0, above=True), "at most so long", needed=True),
    "point": Field(PointRef(), "where to begin; left out: where it is"),
}
SHORT, ONE_OF = "seconds", ()


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Task]:
    """One task."""
    ref = step.values["point"]
    at = None if ref is None else scope.point(ref, step.values.at("point"))
    yield scope.task(step, id, at, Explore(step.values["seconds"]))
