"""What may fail on a round, as far as a plan can tell."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rudel.missions.program import Program
from rudel.missions.simulated import SimulatedPorts
from rudel.missions.site import Way

if TYPE_CHECKING:
    from rudel.missions.dryrun import Did
    from rudel.missions.executor import Outcome

BARE_M, NEAR_M = (
    15.0,
    5.0,
)  # so far along the way without a named thing that near: little to tell one place from another
TIGHT_RESERVE = 0.10  # left over the reserve
TIGHT_TIMEOUT = 0.6  # of a time-out, used up as planned
MOST_OF_A_KIND = 10


@dataclass(frozen=True)
class Risk:
    """One thing that may fail: its kind, what it is, and where [m] (None: nowhere in particular)."""

    kind: str
    what: str
    xy: tuple[float, float] | None = None


def risks(
    program: Program, ports: SimulatedPorts, did: Sequence[Did], outcome: Outcome, least: float
) -> tuple[Risk, ...]:
    """All of them; those along the way in its order."""
    found = [Risk("unreachable", note.message) for note in program.notes]
    found += [Risk(d.outcome, f"{d.id}: {d.why}") for d in did if d.outcome != "done" and d.why]
    if outcome.outcome != "completed":
        found.append(Risk("ends early", outcome.why))
    found += _narrow(ports.ways, program.site.narrow_m)
    found += _bare(ports.ways, program)
    margin = least - program.mission.reserve
    if margin < TIGHT_RESERVE:
        found.append(Risk("reserve", f"{margin:+.0%} of a charge over the reserve of {program.mission.reserve:.0%}"))
    for task in program.tasks:
        if task.timeout_s is not None:
            took = next((d.ended_s - d.begun_s for d in did if d.id == task.id), 0.0)
            if took > TIGHT_TIMEOUT * task.timeout_s:
                found.append(Risk("time-out", f"{task.id}: planned {took:.0f} s of the {task.timeout_s:.0f} s allowed"))
    return tuple(found)


def _narrow(ways: Sequence[Way], limit_m: float) -> list[Risk]:
    """Narrow passages, each place once."""
    found: list[Risk] = []
    for way in ways:
        low = [(c, xy) for c, xy in zip(way.clearance_m, way.points, strict=True) if c < limit_m]
        for clearance, xy in low:
            near = [k for k, one in enumerate(found) if one.xy is not None and math.dist(one.xy, xy) < 2.0]
            what = f"{clearance:.2f} m to either side"
            if not near:
                found.append(Risk("narrow", what, xy))
            elif what < found[near[0]].what:
                found[near[0]] = Risk("narrow", what, xy)
    return found[:MOST_OF_A_KIND]


def _bare(ways: Sequence[Way], program: Program) -> list[Risk]:
    """Long stretches without anything that has a name."""
    things = [p.xy for p in program.site.points.values() if p.look_at is not None]
    if not things:
        return []
    found: list[Risk] = []
    run_m, since = 0.0, None
    for way in ways:
        for a, b in itertools.pairwise(way.points):
            if min(math.dist(b, thing) for thing in things) > NEAR_M:
                run_m, since = run_m + math.dist(a, b), since or a
                continue
            _note(found, run_m, since)
            run_m, since = 0.0, None
    _note(found, run_m, since)
    return found[:MOST_OF_A_KIND]


def _note(found: list[Risk], run_m: float, since: tuple[float, float] | None) -> None:
    if run_m > BARE_M and since is not None and not any(r.xy and math.dist(r.xy, since) < 5.0 for r in found):
        found.append(Risk("bare", f"{run_m:.0f} m of the way without anything to look at", since))
