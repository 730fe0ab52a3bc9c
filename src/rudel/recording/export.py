"""Rounds as Parquet, for those who analyse them: one file for each kind of thing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rudel.core.errors import BadInput
from rudel.core.findings import Finding, Round
from rudel.recording.encode import plain
from rudel.recording.read import read_messages
from rudel.recording.store import Store

Row = Mapping[str, Any]
TEXT, NUMBER, WHOLE, YES = "string", "float64", "int64", "bool"

COLUMNS: dict[str, dict[str, str]] = {
    "rounds": {
        **dict.fromkeys(("id", "mission", "world", "robot", "outcome", "why"), TEXT),
        **dict.fromkeys(("started_utc", "ended_utc", "duration_s", "distance_m"), NUMBER),
        **dict.fromkeys(("points", "inspected", "findings"), WHOLE),
        "simulated": YES,
        "data": TEXT,
    },
    "inspections": {
        **dict.fromkeys(("round_id", "point", "kind", "detector", "status", "why", "unit", "text"), TEXT),
        **dict.fromkeys(("started_utc", "time_s", "value", "std", "confidence"), NUMBER),
        "findings": WHOLE,
    },
    "findings": {
        **dict.fromkeys(("round_id", "id", "point", "kind", "severity", "detector", "unit", "evidence", "data"), TEXT),
        **dict.fromkeys(("started_utc", "time_s", "confidence", "x_m", "y_m", "z_m", "value", "std"), NUMBER),
    },
    "unvisited": {"round_id": TEXT, "point": TEXT, "why": TEXT},
    "paths": {"round_id": TEXT, "time_s": NUMBER, "x_m": NUMBER, "y_m": NUMBER},
}
MESSAGES = {"channel": TEXT, "time_s": NUMBER, "sequence": WHOLE, "schema": TEXT, "message": TEXT}


def export_parquet(store: Store, folder: Path | str, *, mission: str | None = None) -> list[Path]:
    """Write rounds.parquet, inspections.parquet, findings.parquet, unvisited.parquet and paths.parquet.

    Args:
        store: of the rounds.
        folder: made if need be; files of these names are replaced.
        mission: only its rounds.

    Raises:
        BadInput: the library that writes Parquet is missing, or the folder cannot be written.
    """
    rounds = store.rounds(mission=mission)
    rows: dict[str, Iterable[Row]] = {
        "rounds": (_round(done) for done in rounds),
        "inspections": (row for done in rounds for row in _inspections(done)),
        "findings": (_finding(done, found) for done in rounds for found in done.all_findings),
        "unvisited": (
            {"round_id": done.id, "point": point, "why": why}
            for done in rounds
            for point, why in done.unvisited.items()
        ),
        "paths": ({"round_id": done.id, "time_s": t, "x_m": x, "y_m": y} for done in rounds for t, x, y in done.path),
    }
    return [_write(Path(folder) / f"{name}.parquet", COLUMNS[name], rows[name]) for name in COLUMNS]


def export_messages(recording: Path | str, file: Path | str, channels: Iterable[str] | None = None) -> Path:
    """Write what a recording's channels told (default: all that is kept but pictures) as one Parquet file of JSON."""
    wanted = tuple(channels) if channels is not None else ("event", "finding", "inspection", "round", "log", "capture")
    rows = (
        {
            "channel": message.channel,
            "time_s": message.time_s,
            "sequence": message.sequence,
            "schema": message.schema,
            "message": message.data.decode(),
        }
        for message in read_messages(recording, wanted)
    )
    return _write(Path(file), MESSAGES, rows)


def _write(path: Path, columns: Mapping[str, str], rows: Iterable[Row]) -> Path:
    try:
        from arro3.core import DataType, Schema
        from arro3.core import Field as Column
        from arro3.io import read_json, write_parquet
    except ImportError as error:
        raise BadInput(
            "Parquet needs the libraries arro3-core and arro3-io: pip install 'rudel[export]'; "
            "CSV and JSON (`rudel report`) need nothing"
        ) from error
    kinds = {TEXT: DataType.utf8, NUMBER: DataType.float64, WHOLE: DataType.int64, YES: DataType.bool}
    schema = Schema([Column(name, kinds[kind](), nullable=True) for name, kind in columns.items()])
    lines = io.BytesIO("".join(json.dumps(plain(row)) + "\n" for row in rows).encode())
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(read_json(lines, schema), fresh, compression="snappy")
        fresh.replace(path)
    except OSError as error:
        raise BadInput(f"{str(path)!r} cannot be written: {error}; choose another folder") from error
    return path


def _round(done: Round) -> Row:
    told = {name: getattr(done, name) for name in COLUMNS["rounds"] if hasattr(done, name)}
    counts = {
        "points": len(done.points),
        "inspected": len({inspection.point for inspection in done.inspections}),
        "findings": len(done.all_findings),
    }
    return {**told, **counts, "data": json.dumps(plain(done.data))}


def _inspections(done: Round) -> Iterable[Row]:
    for inspection in done.inspections:
        names = ("point", "kind", "detector", "status", "why", "text", "time_s", "confidence")
        measured = inspection.measured
        yield {
            "round_id": done.id,
            "started_utc": done.started_utc,
            **{name: getattr(inspection, name) for name in names},
            "value": None if measured is None else measured.value,
            "unit": None if measured is None else measured.unit,
            "std": None if measured is None else measured.std,
            "findings": len(inspection.findings),
        }


def _finding(done: Round, found: Finding) -> Row:
    names = ("id", "point", "kind", "severity", "detector", "time_s", "confidence")
    x, y, z = found.position or (None, None, None)
    measured = found.measured
    return {
        "round_id": done.id,
        "started_utc": done.started_utc,
        **{name: getattr(found, name) for name in names},
        **{"x_m": x, "y_m": y, "z_m": z},
        "value": None if measured is None else measured.value,
        "unit": None if measured is None else measured.unit,
        "std": None if measured is None else measured.std,
        "evidence": json.dumps(plain(found.evidence)),
        "data": json.dumps(plain(found.data)),
    }
