"""Do steps, or a block of steps, several times."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions.fields import Field
from rudel.missions.program import Part
from rudel.missions.scope import Scope
from rudel.missions.steplist import BodyOf, Step
from rudel.missions.values import Whole

FIELDS = {
    "times": Field(Whole(1, 100_000), "how often", 1),
    "steps": Field(BodyOf(), "what: a list of steps, or the name of a block", needed=True),
}
SHORT, ONE_OF, BARE = "steps", (), True


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Part]:
    """All repetitions, written out."""
    for k in range(1, step.values["times"] + 1):
        found = scope.body(step.values["steps"], f"{id}[{k}].")
        yield from found
        if not found:
            return  # nothing, however often
