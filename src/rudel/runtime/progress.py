"""What a journal says about a mission: which steps ended how, and which one was cut off."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(frozen=True)
class Record:
    """One line: number, robot's time [s], kind ("opened", "began", "ended", "note") and what else it says."""

    number: int
    time_s: float
    kind: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class StepRecord:
    """What is known of one step.

    Attributes:
        outcome: of the last attempt; None: it began and no end is known (the process was killed in it).
        attempts: how often it began.
        began_s, ended_s: of the last attempt, robot's clock [s].
        data: said at the end; where there is none, at the beginning.
    """

    outcome: str | None
    attempts: int
    began_s: float
    ended_s: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Progress:
    """The state of a mission.

    Attributes:
        records: all that could be read, in order.
        steps: by key, in the order of their first beginning.
        about: what the run was opened with.
        damaged: numbers of lines (from 1) that could not be read. The last line of a run that was killed may be one; in
            the middle of a run it is a damaged file.
        missing: numbers of records that are not there though later ones are.
    """

    records: tuple[Record, ...] = ()
    steps: Mapping[str, StepRecord] = field(default_factory=dict[str, StepRecord])
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])
    damaged: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()

    @property
    def last(self) -> int:
        """Number of the last record; 0: none."""
        return self.records[-1].number if self.records else 0

    @property
    def resumed(self) -> bool:
        """Was there a run before?"""
        return bool(self.records)

    @property
    def interrupted(self) -> tuple[str, ...]:
        """Steps that began and did not end: each may have acted. Whoever does one again says so."""
        return tuple(key for key, step in self.steps.items() if step.outcome is None)

    @property
    def sure(self) -> bool:
        """Is nothing missing, so that a step that is not listed has certainly not begun?"""
        return not self.missing

    def notes(self, kind: str) -> tuple[Record, ...]:
        """Notes of one kind, in order."""
        return tuple(r for r in self.records if r.kind == "note" and r.fields.get("note") == kind)


def progress_of(content: bytes) -> Progress:
    """Read a journal, however it was cut: lines whose checksum is wrong are counted and left out."""
    records: list[Record] = []
    damaged: list[int] = []
    missing: list[int] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        record = _record(line)
        if record is None:
            damaged.append(number)
            continue
        last = records[-1].number if records else 0  # the number of a line that was cut is given again: no gap
        missing.extend(range(last + 1, record.number))
        records.append(record)
    steps: dict[str, StepRecord] = {}
    about: Mapping[str, Any] = {}
    for record in records:
        if record.kind == "opened" and not about:
            about = record.fields.get("about", {})
        elif record.kind == "began":
            _began(steps, record)
        elif record.kind == "ended":
            _ended(steps, record)
    return Progress(tuple(records), steps, about, tuple(damaged), tuple(missing))


def _began(steps: dict[str, StepRecord], record: Record) -> None:
    key, data = str(record.fields["step"]), record.fields.get("data", {})
    before = steps.get(key)
    steps[key] = StepRecord(None, 1 if before is None else before.attempts + 1, record.time_s, None, data)


def _ended(steps: dict[str, StepRecord], record: Record) -> None:
    key, outcome = str(record.fields["step"]), str(record.fields["outcome"])
    before = steps.get(key)
    began_s = record.time_s if before is None else before.began_s
    attempts = 0 if before is None else before.attempts
    data = record.fields.get("data") or ({} if before is None else before.data)
    steps[key] = StepRecord(outcome, attempts, began_s, record.time_s, data)


def _record(line: bytes) -> Record | None:
    code, _, text = line.partition(b" ")
    try:
        if len(code) != 8 or int(code, 16) != zlib.crc32(text):
            return None
        found: object = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    fields = cast(dict[str, Any], found)
    number, time_s, kind = fields.get("n"), fields.get("t"), fields.get("kind")
    if not (isinstance(number, int) and isinstance(time_s, int | float) and isinstance(kind, str)):
        return None
    if kind in ("began", "ended") and not isinstance(fields.get("step"), str):
        return None
    if kind == "ended" and not isinstance(fields.get("outcome"), str):
        return None
    return Record(number, float(time_s), kind, fields)
