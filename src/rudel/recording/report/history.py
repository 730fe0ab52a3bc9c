"""What earlier rounds say: since when a finding is known, whether it gets worse, what has gone, values over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rudel.core.findings import SEVERITIES, Finding, Inspection, Measurement, Round
from rudel.recording.report import limits

SAME_PLACE_M = 2.0  # findings on the way are the same when they are of a kind and as near as that
WORSE_SHARE = 0.02  # of the value: smaller changes are none
JUDGED = ("normal", "abnormal")


@dataclass(frozen=True)
class Sample:
    """A reading of an earlier round or of this one."""

    utc: float
    measured: Measurement
    simulated: bool


@dataclass(frozen=True)
class Past:
    """What earlier rounds say of a finding.

    Attributes:
        state: "first" (there is no earlier round that looked), "new", "known", "worse" or "returned".
        rounds: for how many rounds before this one in a row it has been there.
        since_utc: start of the first of them, NaN where it is new.
    """

    state: str
    rounds: int = 0
    since_utc: float = math.nan


def earlier(rounds: Sequence[Round]) -> tuple[Round, ...]:
    """Those that can be compared with the last: of the same mission in the same place, begun before it, newest last."""
    last = rounds[-1]
    same = [one for one in rounds[:-1] if (one.mission, one.world) == (last.mission, last.world) and one.id != last.id]
    return tuple(sorted((one for one in same if one.started_utc < last.started_utc), key=lambda one: one.started_utc))


def past_of(finding: Finding, before: Sequence[Round], targets: Mapping[str, Mapping[str, Any]]) -> Past:
    """Compare with rounds before, newest last. A round that did not look there counts neither way."""
    looked = [one for one in before if _looked(one, finding)]
    if not looked:
        return Past("first")
    found = [_same(one, finding) for one in looked]
    row: list[Finding] = []
    for match in reversed(found):
        if match is None:
            break
        row.append(match)
    if not row:
        return Past("returned" if any(found) else "new")
    state = "worse" if _worse(finding, row[0], limits.of_finding(finding, targets)) else "known"
    return Past(state, len(row), looked[-len(row)].started_utc)


def resolved(last: Round, before: Sequence[Round]) -> tuple[tuple[Round, Finding], ...]:
    """Findings at points that were there when their detector last looked, and that it does not see any more."""
    gone: list[tuple[Round, Finding]] = []
    now = {(one.point, one.detector): one.status for one in last.inspections}
    for (point, detector), status in now.items():
        if status not in JUDGED:
            continue
        for one in reversed(before):
            looks = [i for i in one.inspections if (i.point, i.detector) == (point, detector) and i.status in JUDGED]
            if looks:
                gone += [(one, f) for f in looks[-1].findings if _same(last, f) is None]
                break
    return tuple(gone)


def series(rounds: Sequence[Round], point: str, detector: str, unit: str) -> tuple[Sample, ...]:
    """Values that a detector read at a point, in ``unit``, one for each round that has one, newest last."""
    samples: list[Sample] = []
    for one in rounds:
        for inspection in reversed(one.inspections):
            measured = inspection.measured
            if (inspection.point, inspection.detector) == (point, detector) and measured is not None:
                if measured.unit == unit and math.isfinite(measured.value):
                    samples.append(Sample(one.started_utc, measured, one.simulated))
                break
    return tuple(samples)


def _looked(one: Round, finding: Finding) -> bool:
    if not finding.point:
        return True
    looks = [i for i in one.inspections if i.point == finding.point and i.detector == finding.detector]
    return any(i.status in JUDGED for i in looks) or _same(one, finding) is not None


def _same(one: Round, finding: Finding) -> Finding | None:
    """The finding of another round that is the same thing, None where it is not there."""
    for other in reversed(one.all_findings):
        if (other.point, other.kind) != (finding.point, finding.kind):
            continue
        if finding.point or finding.position is None or other.position is None:
            return other
        if math.dist(finding.position[:2], other.position[:2]) <= SAME_PLACE_M:
            return other
    return None


def _worse(now: Finding, then: Finding, bounds: limits.Limits) -> bool:
    if SEVERITIES.index(now.severity) > SEVERITIES.index(then.severity):
        return True
    a, b = now.measured, then.measured
    if a is None or b is None or a.unit != b.unit or not bounds:
        return False
    growth = abs(bounds.excess(a.value)) - abs(bounds.excess(b.value))
    doubt = math.hypot(_finite(a.std), _finite(b.std))
    return growth > max(2 * doubt, WORSE_SHARE * abs(b.value))


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def latest(inspections: Sequence[Inspection]) -> tuple[Inspection, ...]:
    """The last word of each detector at each point, in order of time."""
    last = {(one.point, one.detector): one for one in inspections}
    return tuple(sorted(last.values(), key=lambda one: one.time_s))
