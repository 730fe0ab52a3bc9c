"""The whole mission on simulated ports: time, distance, battery, the order of steps, and what may fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rudel.core.errors import GiveUp
from rudel.core.types import Event
from rudel.missions.battery import Battery
from rudel.missions.executor import Executor, Outcome
from rudel.missions.mission import Mission
from rudel.missions.problem import BadMission, Mark, Problem
from rudel.missions.program import Program
from rudel.missions.risks import Risk, risks
from rudel.missions.scope import lay_out
from rudel.missions.simulated import SimulatedPorts
from rudel.missions.site import Site, Way

LONGEST_S = 7 * 86400.0
MOST_TICKS = 3_000_000


@dataclass(frozen=True)
class Did:
    """One task as it went: when it began and ended [s], the charge then, and how it ended."""

    id: str
    step: str
    point: str
    begun_s: float
    ended_s: float
    share: float
    outcome: str
    why: str


@dataclass(frozen=True, eq=False)
class DryRun:
    """What a dry run says.

    Attributes:
        program: what was run.
        outcome: how it ended.
        time_s: how long it takes.
        distance_m: how far it walks.
        share: charge at the end, 0 to 1; ``least``: the least on the way.
        did: tasks, in the order in which they ended.
        points: inspection points, in order, without those of branches that are not taken.
        unvisited: point -> why nothing was done there.
        ways: that were walked, in order.
        risks: what may fail.
        events: that were said.
    """

    program: Program
    outcome: Outcome
    time_s: float
    distance_m: float
    share: float
    least: float
    did: tuple[Did, ...]
    points: tuple[str, ...]
    unvisited: Mapping[str, str]
    ways: tuple[Way, ...]
    risks: tuple[Risk, ...]
    events: tuple[Event, ...]


def dry_run(
    mission: Mission,
    site: Site,
    *,
    battery: Battery | None = None,
    share: float = 1.0,
    fails: Mapping[str, str] | None = None,
) -> DryRun:
    """Run a mission without a robot. There is no chance in it: the same arguments give the same answer.

    Args:
        mission, site: what and where.
        battery: how far a charge goes.
        share: charge at the start, 0 to 1.
        fails: point -> why the walk to it fails, to see what the mission does then.

    Raises:
        BadMission: it cannot be laid out there.
        GiveUp: it takes more than a week.
    """
    program, battery = lay_out(mission, site), battery or Battery()
    ports = SimulatedPorts(site, battery, share, fails)
    executor = Executor(mission, site, ports, battery=battery, program=program)
    did: list[Did] = []
    begun: dict[str, float] = {}
    least, seen = share, 0
    for _ in range(MOST_TICKS):
        outcome = executor.tick()
        for event in ports.events[seen:]:
            if event.kind == "step_begins":
                begun.setdefault(event.data["id"], event.time_s)
            elif event.kind == "step_ends":
                d = event.data
                did.append(
                    Did(d["id"], d["step"], d["point"], begun.get(d["id"], event.time_s), event.time_s, ports.share,
                        d["outcome"], d["why"])
                )  # fmt: skip
        seen = len(ports.events)
        if outcome is not None:
            found = risks(program, ports, did, outcome, least)
            return DryRun(
                program, outcome, ports.now_s(), ports.distance_m, ports.share, least, tuple(did),
                executor.points, executor.unvisited, tuple(ports.ways), found, tuple(ports.events),
            )  # fmt: skip
        if ports.now_s() > LONGEST_S:
            break
        ports.advance(executor.wake_s)
        least = min(least, ports.share)
    raise GiveUp(f"{mission.source} takes more than {ports.now_s() / 3600:.0f} hours: split it up")


def must_make_it(ran: DryRun) -> None:
    """BadMission when the battery ends the mission early or leaves steps undone: there is nothing by chance in it."""
    ending = ran.outcome
    if ending.outcome != "completed" and "battery" in ending.why:
        raise _battery(ran, ending.why)
    for did in ran.did:
        if did.outcome == "skipped" and did.why.startswith("battery"):
            raise _battery(ran, did.why)


def _battery(ran: DryRun, why: str) -> BadMission:
    mission = ran.program.mission
    marks = {task.id: task.mark for task in ran.program.tasks}
    undone = [task for task in ran.program.tasks if task.id not in {d.id for d in ran.did if d.outcome == "done"}]
    mark: Mark = undone[0].mark if undone else next(iter(marks.values()), mission.values.mark)
    reach = f"it gets {ran.distance_m:.0f} m and {len(ran.did)} steps far"
    hint = "make it shorter, lower the reserve, or add battery: {on_low: charge}"
    return BadMission(mission.source, [Problem(mark, f"the battery cannot make it: {why}; {reach}; {hint}")])
