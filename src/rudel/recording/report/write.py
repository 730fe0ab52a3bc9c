"""Writing a report: page, PDF, tables and JSON, each file whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rudel.core.errors import BadInput
from rudel.core.findings import Round
from rudel.recording.report import language as languages
from rudel.recording.report import tables
from rudel.recording.report.facts import Facts, facts_of
from rudel.recording.report.labour import Labour
from rudel.recording.report.page import page
from rudel.recording.report.pictures import Album
from rudel.recording.report.plan import MapPicture, plan
from rudel.recording.report.site_time import UTC_NAME, zone_of


@dataclass(frozen=True)
class ReportPaths:
    """Where the files of a report are."""

    html: Path
    pdf: Path
    findings_csv: Path
    readings_csv: Path
    json: Path


def write_report(
    rounds: Sequence[Round],
    folder: Path | str,
    language: str = "en",
    *,
    pictures: Path | str | None = None,
    map_picture: MapPicture | None = None,
    zone: str | None = None,
    labour: Labour | None = None,
) -> ReportPaths:
    """Write the report of the last of ``rounds`` into ``folder``; the ones before it are for comparison.

    Args:
        rounds: the one to report last; of the others those count that began before it, on the same mission in the
            same place.
        folder: where the files go; it is made if need be. A report that is there is replaced.
        language: code of a language: "en", "de".
        pictures: folder of the last round, which the paths of its pictures are relative to; None: ``folder``.
        map_picture: of the place; None: what the round names in ``data["map_picture"]``, if anything.
        zone: IANA name of the time zone of the plant; None: the round's ``data["zone"]``, or UTC.
        labour: assumptions behind the person-hours.

    Raises:
        BadInput: no rounds, a field of a wrong type, an unknown language or time zone, a map picture
            that cannot be read. Broken or missing pictures of findings are no error: the report says so.
        OSError: the folder cannot be written to.
    """
    from rudel.recording.report.pdf import pdf  # its libraries take longer to load than everything else here

    words = languages.load(language)
    if not rounds:
        raise BadInput("a report needs at least one round")
    told = rounds[-1].data.get("zone")
    named = zone if zone is not None else UTC_NAME if told is None else told
    facts = facts_of(rounds, zone_of(named), labour or Labour())
    out = Path(folder)
    home = out if pictures is None else Path(pictures)
    album = Album(home)
    drawn = plan(facts, map_picture or _map_of(facts, album), words)
    paths = ReportPaths(
        out / "report.html", out / "report.pdf", out / "findings.csv", out / "readings.csv", out / "report.json"
    )
    out.mkdir(parents=True, exist_ok=True)
    _write(paths.findings_csv, tables.findings_csv(facts, words).encode())
    _write(paths.readings_csv, tables.readings_csv(facts, words).encode())
    told_json = json.dumps(tables.plain(facts, words), allow_nan=False, indent=1, default=str)
    _write(paths.json, told_json.encode())
    _write(paths.pdf, pdf(facts, drawn, album, words))
    _write(paths.html, page(facts, drawn, album, words).encode())
    return paths


def _map_of(facts: Facts, album: Album) -> MapPicture | None:
    """The map picture that the round names; None where it names none or one that is not there."""
    told = facts.last.data.get("map_picture")
    if not isinstance(told, Mapping):
        return None
    where, extent = told.get("path"), told.get("extent_m")
    numbers = [float(v) for v in extent if isinstance(v, int | float)] if isinstance(extent, list | tuple) else []
    if not isinstance(where, str) or len(numbers) != 4:
        raise BadInput(f"map_picture of round {facts.last.id!r} is {told!r}: path and extent_m [4 numbers] are needed")
    path = album.file(where)
    low_x, high_x, low_y, high_y = numbers
    return MapPicture(path, (low_x, high_x, low_y, high_y)) if isinstance(path, Path) else None


def _write(path: Path, data: bytes) -> None:
    """Beside its place first, so that a full disk leaves the old file and no half of the new one."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
