"""Go on in one of two ways, by whether something was found."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions.fields import Field
from rudel.missions.places import WHEN
from rudel.missions.problem import unknown
from rudel.missions.program import Fork
from rudel.missions.scope import Scope
from rudel.missions.steplist import BodyOf, Step

# rudel.core.findings names them for Finding.kind
FINDINGS = (
    "out_of_range", "unreadable", "wrong_text", "wrong_code", "wrong_position", "hot_spot", "leak", "missing_object",
    "added_object", "moved_object", "blocked_way", "gas",
)  # fmt: skip
FIELDS = {
    "when": Field(WHEN, "the finding that decides; made on this round, before this step", needed=True),
    "then": Field(BodyOf(), "what to do when there is one: steps, or the name of a block", ()),
    "else": Field(BodyOf(), "what to do when there is none", ()),
}
SHORT, ONE_OF, BARE = "", (), True


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Fork]:
    """One fork."""
    when = step.values["when"]
    for kind in when["kind"] or ():
        if kind not in FINDINGS:
            scope.log.say(when.at("kind"), unknown("kind of finding", kind, FINDINGS))
    if when["point"] is not None and when["point"] not in scope.known:
        scope.point(when["point"], when.at("point"))
    then, otherwise = (scope.body(step.values[key] or (), f"{id}.{key}.") for key in ("then", "else"))
    if not then and not otherwise:
        scope.log.say(step.mark, "this branch does nothing: give then, else, or both")
    yield Fork(id, step.mark, when, then, otherwise)
