"""What the steps that look at something have in common: where they go, and what they ask for there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rudel.core.findings import Target
from rudel.inspection.aiming import LOOKS
from rudel.inspection.aiming import Look as HowToLook
from rudel.missions.fields import Field, Values
from rudel.missions.places import EXPECT, FILTERS, WHERE, check_expect
from rudel.missions.ports import Look
from rudel.missions.program import Task
from rudel.missions.scope import Scope
from rudel.missions.site import SitePoint
from rudel.missions.steplist import Step
from rudel.missions.values import Number

MOST_SPREAD = 200  # places, unless the file says how many at most
ONE_OF = tuple(WHERE)
FIELDS: Mapping[str, Field] = {
    **WHERE,
    **FILTERS,
    "expect": Field(EXPECT, "what is normal there; the site's register says it otherwise"),
    "min_confidence": Field(Number("", 0.0, 1.0), "less sure than that counts as not read", 0.0),
}
NO_LOOK = HowToLook()
NO_THING = ("point", "place", "start", "charge", "entrance")  # kinds of points where nothing particular is to be seen


@dataclass(frozen=True)
class Aim:
    """What a kind of look needs.

    Attributes:
        senses: without which it has failed; None: those that the kind of thing needs.
        detectors: that look; None: all for the kind of thing.
        kinds: of things that it is for; empty: any. The first one is meant where a point says none.
        nominal_s: how long it takes, about, without the dwell of slow sensors.
    """

    senses: tuple[str, ...] | None
    detectors: tuple[str, ...] | None
    kinds: tuple[str, ...] = ()
    nominal_s: float = 1.5


def tasks(step: Step, scope: Scope, id: str, aim: Aim) -> Iterator[Task]:
    """One task for each place that the step names."""
    check_expect(step.values["expect"], scope.log)
    for at, named in visits(step, scope, lambda at, named: named or _suits(aim, at)):
        if _suits(aim, at):
            yield task(step, scope, f"{id}/{at.name}", at, aim, step.kind, named=named)
        elif named:
            said = f"{at.name!r} is a {at.kind}: {step.kind} is for {', '.join(aim.kinds)}; use inspect or photo"
            scope.log.say(step.values.at("point"), said)


def task(step: Step, scope: Scope, id: str, at: SitePoint, aim: Aim, word: str, *, named: bool) -> Task:
    """One look at one point."""
    kind = (aim.kinds[0] if aim.kinds else "") if at.kind in NO_THING else at.kind
    target = Target(at.name, kind, at.gaze, scope.expected(at, step.values["expect"]))
    dwell_s = LOOKS.get(kind, NO_LOOK).dwell_s if aim.senses is None or "gas" in aim.senses else 0.0
    look = Look(target, word, aim.senses, aim.detectors, step.values["min_confidence"], aim.nominal_s + dwell_s)
    return scope.task(step, id, at, look, named=named)


def _suits(aim: Aim, at: SitePoint) -> bool:
    """Is there something to look at that way?"""
    return not aim.kinds or at.kind in aim.kinds or at.kind in NO_THING


def visits(
    step: Step, scope: Scope, wanted: Callable[[SitePoint, bool], bool] = lambda at, named: True
) -> Iterator[tuple[SitePoint, bool]]:
    """(point, whether the file names it) for each place of a step with WHERE and FILTERS, in order.

    What is not ``wanted`` does not count among the "most" places either.
    """
    values: Values = step.values
    if values["point"] is not None or values["points"] is not None:
        refs = values["points"] or (values["point"],)
        mark = values.at("points" if values["points"] else "point")
        found = [(point, True) for ref in refs if (point := scope.point(ref, mark)) is not None]
    elif values["route"] is not None:
        own = values["route"] in scope.mission.routes
        found = [(point, own) for point in scope.stops(values["route"], values.at("route"))]
    else:
        places = scope.site.spread(values["spread_m"], values["most"] or MOST_SPREAD)
        if not places:
            scope.log.say(values.at("spread_m"), "no ground that can be reached: there is nowhere to go")
        found = [(point, False) for point in places]
    only, leave = set(values["only"] or ()), set(values["except"] or ())
    if values["reverse"]:
        found.reverse()
    found = [v for v in found if (not only or v[0].kind in only) and v[0].name not in leave and v[0].kind not in leave]
    found = [v for v in found if wanted(*v)]
    yield from found[: values["most"]]
