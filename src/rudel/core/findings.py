"""What inspection rounds are made of: looks at points, what was measured there, and findings; shared by all who make
them, record them and report them.

SI units unless a unit is named. Times are the robot's clock [s]; ``started_utc`` and ``ended_utc`` are wall-clock
seconds since 1970. Positions are in the map frame. Nothing here says who a person is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from rudel.core.errors import BadInput, UnknownName
from rudel.core.readings import Reading
from rudel.core.types import Pose

SEVERITIES = ("info", "minor", "major", "critical")
STATUSES = ("normal", "abnormal", "abstained", "failed", "skipped")
OUTCOMES = ("completed", "ended_safely", "failed")

Plain = Any  # what JSON can say: None, bool, int, float, str, lists and dicts of them
XYZ = tuple[float, float, float]


def _one_of(value: str, choices: tuple[str, ...], what: str) -> None:
    if value not in choices:
        raise UnknownName(what, value, choices)


@dataclass(frozen=True)
class Target:
    """What an inspection looks at.

    Attributes:
        point: name of the inspection point, unique in a mission.
        kind: of the thing, as worlds and missions name them (dial_gauge, valve, cable_joint, ...); "" for a place.
        look_at: the point that belongs in the middle of the picture, in the map [m].
        expected: what the mission says about it: {"low": 2.0, "high": 6.0, "unit": "bar"}, {"text": "P-101"}, ...
    """

    point: str
    kind: str
    look_at: XYZ
    expected: Mapping[str, Plain] = field(default_factory=dict[str, Plain])


@dataclass(frozen=True, eq=False)
class Capture:
    """One look at one target.

    Attributes:
        target: what was looked at.
        time_s: when.
        pose: map_T_base as the robot believes it.
        position_std_m, yaw_std_rad: how sure it is.
        readings: by sense: "wide" and "zoom" (Image), "thermal", "depth", "scan", "gas".
    """

    target: Target
    time_s: float
    pose: Pose
    position_std_m: float
    yaw_std_rad: float
    readings: Mapping[str, Reading]


@dataclass(frozen=True)
class Measurement:
    """A number that was read: value and standard deviation in ``unit``."""

    value: float
    unit: str = ""
    std: float = math.nan


@dataclass(frozen=True)
class Evidence:
    """Where the data is that a statement rests on.

    Attributes:
        channel: of the recording, for example "camera/zoom".
        time_s: of the message there.
        path: of a file beside the recording that people can open (a picture), relative to the round's folder; or "".
        box: x, y, width, height [pixels] of what matters in it; None: all of it.
    """

    channel: str
    time_s: float
    path: str = ""
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Finding:
    """Something that a person should know about.

    Attributes:
        id: unique within the round.
        point: inspection point at which it was made, or "" on the way.
        kind: out_of_range, unreadable, wrong_text, wrong_code, wrong_position, hot_spot, leak, missing_object,
            added_object, moved_object, blocked_way, gas, ...
        severity: one of SEVERITIES.
        confidence: 0 to 1: that it is so.
        time_s: when it was seen.
        detector: what found it.
        position: where in the map [m], or None.
        measured: the number behind it, or None.
        data: further facts that the report's words need (limits, text that was read, ...).
        evidence: at least one.
    """

    id: str
    point: str
    kind: str
    severity: str
    confidence: float
    time_s: float
    detector: str
    evidence: tuple[Evidence, ...]
    position: XYZ | None = None
    measured: Measurement | None = None
    data: Mapping[str, Plain] = field(default_factory=dict[str, Plain])

    def __post_init__(self) -> None:
        _one_of(self.severity, SEVERITIES, "severity of a finding")
        if not self.evidence:
            raise BadInput(f"finding {self.id!r} ({self.kind}) has no evidence")
        if not 0 <= self.confidence <= 1:
            raise BadInput(f"finding {self.id!r}: confidence {self.confidence} is not between 0 and 1")


@dataclass(frozen=True)
class Inspection:
    """What one detector said about one point in one round.

    Attributes:
        point, kind: of the target.
        detector: name.
        status: one of STATUSES; "abstained" is an honest "cannot tell", with the reason in ``why``.
        time_s: of the capture.
        why: reason for abstained, failed and skipped.
        measured: what was read, also where it is normal; None where there is no number.
        text: what was read, where it is words or a code.
        confidence: in what was read, 0 to 1.
        evidence: what it rests on.
        findings: that came of it.
    """

    point: str
    kind: str
    detector: str
    status: str
    time_s: float
    why: str = ""
    measured: Measurement | None = None
    text: str = ""
    confidence: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        _one_of(self.status, STATUSES, "status of an inspection")
        if self.status == "abnormal" and not self.findings:
            raise BadInput(f"inspection of {self.point!r} by {self.detector} is abnormal without a finding")


@dataclass(frozen=True)
class Round:
    """One inspection round as a whole.

    Attributes:
        id: unique, sortable by time.
        mission, world, robot: names.
        started_utc, ended_utc: wall-clock [s since 1970, UTC].
        duration_s: on the robot's clock.
        outcome: one of OUTCOMES; ``why`` says what ended it early.
        distance_m: walked.
        points: all inspection points of the mission, in order.
        inspections: in order of time.
        findings: made at no point (on the way); those of points are in their inspections.
        unvisited: point -> why it was not inspected.
        path: (time_s, x, y) of the base in the map, thinned.
        simulated: was it a simulation?
        data: further facts: seed, policy, battery, versions, paths of recording and map picture.
    """

    id: str
    mission: str
    world: str
    robot: str
    started_utc: float
    ended_utc: float
    duration_s: float
    outcome: str
    distance_m: float
    points: tuple[str, ...]
    why: str = ""
    inspections: tuple[Inspection, ...] = ()
    findings: tuple[Finding, ...] = ()
    unvisited: Mapping[str, str] = field(default_factory=dict[str, str])
    path: tuple[tuple[float, float, float], ...] = ()
    simulated: bool = False
    data: Mapping[str, Plain] = field(default_factory=dict[str, Plain])

    def __post_init__(self) -> None:
        _one_of(self.outcome, OUTCOMES, "outcome of a round")

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Of all inspections and of the way, in order of time."""
        found = [f for inspection in self.inspections for f in inspection.findings]
        return tuple(sorted((*found, *self.findings), key=lambda f: (f.time_s, f.id)))


def to_plain(thing: Finding | Inspection | Round | Measurement | Evidence | Target) -> dict[str, Plain]:
    """As JSON can say it; a number that is not finite becomes null."""
    return cast(dict[str, Plain], _plain(dataclasses.asdict(thing)))


def _plain(value: Plain) -> Plain:
    if isinstance(value, Mapping):
        table = cast(Mapping[Any, Plain], value)
        return {str(k): _plain(v) for k, v in table.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in cast(Sequence[Plain], value)]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def round_of(data: Mapping[str, Plain]) -> Round:
    """The round that :func:`to_plain` wrote; BadInput names what is wrong."""
    try:
        values = dict(data)
        values["inspections"] = tuple(inspection_of(i) for i in values.get("inspections", ()))
        values["findings"] = tuple(finding_of(f) for f in values.get("findings", ()))
        values["points"] = tuple(str(p) for p in values["points"])
        values["path"] = tuple((float(t), float(x), float(y)) for t, x, y in values.get("path", ()))
        return Round(**values)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadInput(f"round cannot be read: {error}") from error


def inspection_of(data: Mapping[str, Plain]) -> Inspection:
    """The inspection that :func:`to_plain` wrote."""
    try:
        values = dict(data)
        values["measured"] = _measured(values.get("measured"))
        values["evidence"] = tuple(_evidence(e) for e in values.get("evidence", ()))
        values["findings"] = tuple(finding_of(f) for f in values.get("findings", ()))
        return Inspection(**values)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadInput(f"inspection cannot be read: {error}") from error


def finding_of(data: Mapping[str, Plain]) -> Finding:
    """The finding that :func:`to_plain` wrote."""
    try:
        values = dict(data)
        values["measured"] = _measured(values.get("measured"))
        values["evidence"] = tuple(_evidence(e) for e in values["evidence"])
        if values.get("position") is not None:
            x, y, z = values["position"]
            values["position"] = (float(x), float(y), float(z))
        return Finding(**values)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadInput(f"finding cannot be read: {error}") from error


def _measured(data: Plain) -> Measurement | None:
    if data is None:
        return None
    return Measurement(_number(data["value"]), str(data.get("unit", "")), _number(data.get("std")))


def _number(value: Plain) -> float:
    """JSON has no NaN: :func:`to_plain` wrote null for it."""
    return math.nan if value is None else float(value)


def _evidence(data: Mapping[str, Plain]) -> Evidence:
    values = dict(data)
    if values.get("box") is not None:
        x, y, width, height = values["box"]
        values["box"] = (int(x), int(y), int(width), int(height))
    return Evidence(**values)
