"""Walk to a point, to several, or along a route."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions.looking import visits
from rudel.missions.places import FILTERS, WHERE
from rudel.missions.program import Task
from rudel.missions.scope import Scope
from rudel.missions.steplist import Step

FIELDS, SHORT, ONE_OF = {**WHERE, **FILTERS}, "point", tuple(WHERE)


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Task]:
    """One task for each place."""
    for at, named in visits(step, scope):
        yield scope.task(step, f"{id}/{at.name}", at, None, named=named)
