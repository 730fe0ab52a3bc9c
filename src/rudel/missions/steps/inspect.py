"""Look at things with everything that suits their kind."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions import looking, steplist
from rudel.missions.fields import Field, ListOf, MapOf
from rudel.missions.looking import NO_THING, Aim
from rudel.missions.looking import ONE_OF as ONE_OF
from rudel.missions.program import Task
from rudel.missions.scope import Scope
from rudel.missions.site import SitePoint
from rudel.missions.steplist import Step
from rudel.missions.values import Choice

SHORT = "point"
AIM = Aim(None, None)
SKIP = "skip"
LOOKS = ("inspect", "read_gauge", "read_code", "thermal", "gas", "photo")
_KIND = ListOf(Choice("way to look", (*LOOKS, SKIP)), 1, len(LOOKS), lone=True)
FIELDS = {
    **looking.FIELDS,
    "kinds": Field(MapOf(_KIND), "what to do by the kind of thing, for example cable_joint: [thermal, photo]; or skip"),
}


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Task]:
    """One task for each way to look at each place.

    On a route of the world, corners without anything to look at are left out unless ``kinds`` names them.
    """
    looking.check_expect(step.values["expect"], scope.log)
    kinds = step.values["kinds"] or {}
    route = step.values["route"]
    passing = route is not None and route not in scope.mission.routes

    def wanted(at: SitePoint, named: bool) -> bool:
        corner = passing and at.kind in NO_THING and at.look_at is None and at.kind not in kinds
        return not corner and kinds.get(at.kind) != (SKIP,)

    for at, named in looking.visits(step, scope, wanted):
        ways = kinds.get(at.kind, ("inspect",))
        for way in ways:
            if way == SKIP:
                continue
            aim: Aim = AIM if way == "inspect" else steplist.module(way).AIM
            if aim.kinds and at.kind not in (*aim.kinds, *NO_THING):
                said = f"{way} is for {', '.join(aim.kinds)}, not for {at.kind}"
                scope.log.say(step.values["kinds"].at(at.kind), said)
                return
            key = f"{id}/{at.name}" + (f":{way}" if len(ways) > 1 else "")
            yield looking.task(step, scope, key, at, aim, way, named=named)
