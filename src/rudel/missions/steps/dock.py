"""Walk to the charger and charge."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions.fields import Field
from rudel.missions.program import Dock, Task
from rudel.missions.scope import Scope
from rudel.missions.steplist import Step
from rudel.missions.values import Number

FIELDS = {
    "charge_to": Field(Number("%", 0, 100), "leave it when so much is charged [%]; 0: dock and go on at once", 0.0)
}
SHORT, ONE_OF = "charge_to", ()


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Task]:
    """One task."""
    if scope.site.dock is None:
        scope.log.say(step.mark, f"{scope.site.name!r} has no dock: leave this step out")
        return
    yield scope.task(step, id, scope.site.dock, Dock(step.values["charge_to"] / 100))
