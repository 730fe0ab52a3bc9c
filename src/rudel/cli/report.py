"""`rudel report [ROUND]`: write the report of an inspection round again, in another language or elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from rudel.cli import _output

HELP = "write the report of an inspection round: HTML, PDF, tables"
ROUNDS = Path("runs") / "patrol"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add(
        "path",
        metavar="ROUND_FOLDER|STORE",
        nargs="?",
        type=Path,
        default=ROUNDS,
        help=f"a round's folder, a folder of rounds or a store, of which the newest is reported (default: {ROUNDS})",
    )
    add("--round", metavar="ID", help="another one than the newest")
    add("--language", metavar="en|de", default="en", help="of the report (default: en)")
    add(
        "--zone", metavar="NAME", help="time zone of the plant, like Europe/Berlin (default: as the round says, or UTC)"
    )
    add("--out", metavar="DIR", type=Path, help="where to write it (default: the round's folder)")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """0; BadInput where there is no round, or one that cannot be read. The last line is the path of the report."""
    import json

    from rudel.recording.report import write_report
    from rudel.recording.report.source import find

    found = find(args.path, args.round)
    out = found.folder if args.out is None else args.out
    paths = write_report(found.rounds, out, args.language, pictures=found.folder, zone=args.zone)
    told = json.loads(paths.json.read_text())
    if args.json:
        keys = ("level", "headline", "simulated", "counts", "points", "inspected")
        _output.print_json({"round": found.rounds[-1].id, **{key: told[key] for key in keys}, "files": paths})
        return 0
    rows = [
        [str(one["number"]), one["finding"]["severity"], one["title"], one["state"], one["do"]]
        for one in told["findings"]
    ]
    simulated = " (simulated)" if told["simulated"] else ""
    print(f"{found.rounds[-1].id}{simulated}: {told['headline']}. {told['inspected']} of {told['points']} points.")
    if rows:
        _output.print_table("findings", ("no.", "severity", "what", "state", "what to do"), rows)
    for path in (paths.pdf, paths.findings_csv, paths.readings_csv, paths.json, paths.html):
        print(path.resolve())
    return 0
