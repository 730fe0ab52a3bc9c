"""What a report says before it is in any language: findings in the order to deal with them, gaps, readings, verdict."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rudel.core.errors import BadInput
from rudel.core.findings import SEVERITIES, Finding, Inspection, Round
from rudel.recording.report import history, limits
from rudel.recording.report.checked import checked
from rudel.recording.report.history import Past, Sample
from rudel.recording.report.labour import Labour
from rudel.recording.report.limits import Limits
from rudel.recording.report.site_time import SiteTime

URGENT = ("gas", "missing_object", "leak", "hot_spot", "blocked_way")  # among equals, what endangers people comes first


@dataclass(frozen=True)
class Entry:
    """A finding with what is known of it.

    Attributes:
        number: its mark in the report, 1 for what to deal with first.
        series: values of its detector at its point, newest (this round's) last.
    """

    number: int
    finding: Finding
    past: Past
    bounds: Limits
    series: tuple[Sample, ...]


@dataclass(frozen=True)
class Reading:
    """The last word of one detector at one point."""

    inspection: Inspection
    bounds: Limits
    series: tuple[Sample, ...]


@dataclass(frozen=True)
class Gap:
    """What was not judged: ``status`` is one of core's, or "unvisited", or "unrecorded" where the round says nothing.

    ``whole``: nothing else was judged at this point either.
    """

    point: str
    status: str
    why: str
    detector: str
    whole: bool


@dataclass(frozen=True)
class Facts:
    """All that a report says about the last of ``rounds``.

    Attributes:
        gone: findings of earlier rounds that are no longer there, each with the last round that had it.
        rounds: that can be compared, this one last.
    """

    last: Round
    rounds: tuple[Round, ...]
    time: SiteTime
    entries: tuple[Entry, ...]
    readings: tuple[Reading, ...]
    gaps: tuple[Gap, ...]
    gone: tuple[tuple[Round, Finding], ...]
    targets: Mapping[str, Mapping[str, Any]]
    labour: Labour

    @property
    def level(self) -> str:
        """critical, major, minor, unsure (nothing found, but not all was inspected), clear, or nothing (inspected)."""
        worst = max((SEVERITIES.index(entry.finding.severity) for entry in self.entries), default=0)
        if worst > 0:
            return SEVERITIES[worst]
        if not self.seen:
            return "nothing"
        return "clear" if not self.gaps and self.last.outcome == "completed" else "unsure"

    @property
    def missed(self) -> tuple[str, ...]:
        """Points at which nothing was judged, in the order of the mission."""
        return tuple(dict.fromkeys(gap.point for gap in self.gaps if gap.whole))

    @property
    def seen(self) -> int:
        """How many points were inspected."""
        return len(set(self.last.points)) - len(set(self.missed))

    @property
    def hours(self) -> float:
        """Person-hours of this round on foot."""
        return self.labour.hours(self.last.distance_m, self.seen)

    def counts(self) -> dict[str, int]:
        """Findings of each severity, worst first."""
        found = [entry.finding.severity for entry in self.entries]
        return {severity: found.count(severity) for severity in reversed(SEVERITIES)}

    def urgent(self, most: int = 3) -> tuple[Entry, ...]:
        """What to do first: of all that is worse than info, or only what is critical if there is more of that."""
        critical = sum(entry.finding.severity == "critical" for entry in self.entries)
        return tuple(e for e in self.entries if e.finding.severity != "info")[: max(most, min(critical, 5))]


def facts_of(rounds: Sequence[Round], zone: datetime.tzinfo, labour: Labour) -> Facts:
    """Facts of the last of ``rounds`` in the light of those before.

    Raises:
        BadInput: no round, or a round with fields of a wrong type.
    """
    if not rounds:
        raise BadInput("a report needs at least one round")
    rounds = tuple(checked(one) for one in rounds)
    last, before = rounds[-1], history.earlier(rounds)
    comparable = (*before, last)
    targets = limits.targets_of(last)
    return Facts(
        last,
        comparable,
        SiteTime.of(last, zone),
        _entries(comparable, targets),
        tuple(_reading(one, comparable, targets) for one in history.latest(last.inspections)),
        gaps_of(last),
        history.resolved(last, before),
        targets,
        labour,
    )


def _entries(rounds: Sequence[Round], targets: Mapping[str, Mapping[str, Any]]) -> tuple[Entry, ...]:
    ranked = sorted(rounds[-1].all_findings, key=_rank)
    return tuple(_entry(number, finding, rounds, targets) for number, finding in enumerate(ranked, 1))


def _rank(finding: Finding) -> tuple[Any, ...]:
    place = URGENT.index(finding.kind) if finding.kind in URGENT else len(URGENT)
    return -SEVERITIES.index(finding.severity), place, -finding.confidence, finding.time_s, finding.id


def _entry(number: int, finding: Finding, rounds: Sequence[Round], targets: Mapping[str, Mapping[str, Any]]) -> Entry:
    unit = finding.measured.unit if finding.measured else ""
    values = history.series(rounds, finding.point, finding.detector, unit) if finding.measured else ()
    bounds = limits.of_finding(finding, targets)
    return Entry(number, finding, history.past_of(finding, rounds[:-1], targets), bounds, values)


def _reading(one: Inspection, rounds: Sequence[Round], targets: Mapping[str, Mapping[str, Any]]) -> Reading:
    values = history.series(rounds, one.point, one.detector, one.measured.unit) if one.measured else ()
    told = next((bounds for f in one.findings if (bounds := limits.of(f.data))), limits.at_point(one.point, targets))
    return Reading(one, told if one.measured else limits.NONE, values)


def gaps_of(one: Round) -> tuple[Gap, ...]:
    """Everything that was not judged, in the order of the mission; a point that the round is silent about as well."""
    last = history.latest(one.inspections)
    judged = {i.point for i in last if i.status in history.JUDGED}
    gaps: list[Gap] = []
    for point in dict.fromkeys((*one.points, *one.unvisited, *(i.point for i in last))):
        whole = point not in judged
        here = [i for i in last if i.point == point and i.status not in history.JUDGED]
        gaps += [Gap(point, i.status, i.why, i.detector, whole) for i in here]
        if whole and point in one.unvisited:
            gaps.append(Gap(point, "unvisited", one.unvisited[point], "", whole))
        elif whole and not here:
            gaps.append(Gap(point, "unrecorded", "", "", whole))
    return tuple(gaps)
