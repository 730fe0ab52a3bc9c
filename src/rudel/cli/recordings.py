"""`rudel recordings`: what was recorded; show, check and export one."""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rudel.cli import _output
from rudel.core.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from rudel.recording.summary import Summary

HELP = "list recordings; `show`, `check` and `export` say more about one"
ACTIONS = ("list", "show", "check", "export")
STORES = ("*.sqlite", "*.db")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("action", metavar="|".join(ACTIONS), nargs="?", default="list", help="what to do (default: list)")
    add("recording", metavar="RECORDING", nargs="?", help="folder, MCAP file or name as listed; export: also a store")
    add("--dir", type=Path, default=Path("runs"), help="where recordings are (default: runs)")
    add("--channel", metavar="NAME", action="append", help='show: print these messages ("camera/*" for several)')
    add("--out", metavar="DIR", type=Path, help="export: folder of the Parquet files (default: beside what it is from)")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """0; 1 where check finds something missing or damaged."""
    if args.action not in ACTIONS:
        raise UnknownName("action of rudel recordings", args.action, ACTIONS)
    if args.action == "list":
        if args.recording is not None:
            raise BadInput(f"rudel recordings list takes no {args.recording!r}; did you mean show {args.recording}?")
        return _list(args)
    if args.recording is None:
        raise BadInput(f"rudel recordings {args.action} needs a recording: `rudel recordings` lists them")
    if args.action == "export":
        return _export(args)
    path = _path(args)
    return _check(path, args.json) if args.action == "check" else _show(path, args.channel, args.json)


def _path(args: argparse.Namespace) -> Path:
    """What was named: a path, or a folder below --dir."""
    from rudel.recording import summary

    given = Path(args.recording)
    if given.exists():
        return given
    if (args.dir / given).exists():
        return args.dir / given
    found = summary.find(args.dir) if args.dir.is_dir() else []
    raise UnknownName("recording", args.recording, [str(path.relative_to(args.dir)) for path in found])


def _list(args: argparse.Namespace) -> int:
    from rudel.recording import summary

    found = [summary.summarise(path) for path in summary.find(args.dir)] if args.dir.is_dir() else []
    if args.json:
        _output.print_json([_plain(one) for one in found])
        return 0
    rows = [
        [
            str(one.path.relative_to(args.dir)),
            one.state,
            _date(one.started_utc),
            str(one.meta.get("mission") or "-"),
            str(one.meta.get("world") or "-"),
            f"{one.duration_s:.1f}",
            f"{one.bytes / 1e6:.1f}",
            str(one.messages),
            str(_count(one, "finding")),
        ]
        for one in found
    ]
    columns = ("recording", "state", "began", "mission", "world", "s", "MB", "messages", "findings")
    _output.print_table(f"recordings in {args.dir}, newest first", columns, rows, numbers_from=5)
    return 0


def _show(path: Path, channels: list[str] | None, as_json: bool) -> int:
    from rudel.recording import summary

    if channels:
        return _messages(path, channels)
    told = summary.summarise(path)
    if as_json:
        _output.print_json(_plain(told))
        return 0
    about = [_date(told.started_utc), *(f"{key} {value}" for key, value in told.meta.items())]
    print(f"{told.path}: {told.state}, {told.files} files, {told.bytes / 1e6:.1f} MB; {', '.join(about)}")
    rows = [
        [
            name,
            channel.schema,
            str(channel.messages),
            f"{channel.bytes / 1e6:.2f}",
            f"{channel.first_s:.2f}",
            f"{channel.last_s:.2f}",
            str(channel.missing),
        ]
        for name, channel in told.channels.items()
    ]
    columns = ("channel", "schema", "messages", "MB", "first s", "last s", "missing")
    _output.print_table("channels", columns, rows, numbers_from=2)
    for damage in told.damages:
        print(f"{damage.path} at byte {damage.offset}: {damage.what}")
    return 0


def _messages(path: Path, channels: list[str]) -> int:
    """One JSON object a line; long strings (pictures, clouds) are named by their length."""
    from rudel.recording import read_messages
    from rudel.recording.decode import fields_of

    for message in read_messages(path, channels):
        fields = {key: _short(value) for key, value in fields_of(message).items()}
        _output.print_json({"channel": message.channel, "sequence": message.sequence, **fields})
    return 0


def _short(value: Any) -> Any:
    return f"({len(value)} characters)" if isinstance(value, str) and len(value) > 2000 else value


def _check(path: Path, as_json: bool) -> int:
    from rudel.recording import summary

    told = summary.summarise(path)
    growing = told.state == "recording"  # its end is missing, and should be
    problems = [f"{d.path} at byte {d.offset}: {d.what}" for d in told.damages if not (growing and d.cut)]
    problems += [f"{name}: {c.lost} kept messages are missing" for name, c in told.channels.items() if c.lost]
    if as_json:
        _output.print_json({"path": told.path, "state": told.state, "messages": told.messages, "problems": problems})
    else:
        print(f"{told.path}: {told.state}, {told.messages} messages can be read")
        for problem in problems:
            print(f"  {problem}")
        if problems and told.state == "cut":
            print("  it was not ended properly; all that is counted above can be used")
    return 1 if problems else 0


def _export(args: argparse.Namespace) -> int:
    from rudel.recording import Store, export

    given = Path(args.recording)
    path = given if given.exists() else _path(args)
    stores = [path] if path.is_file() and path.suffix != ".mcap" else _stores(path)
    out = args.out or (path.parent if path.is_file() else path) / "parquet"
    made: list[Path] = []
    for file in stores:
        with Store(file, read_only=True) as store:
            made += export.export_parquet(store, out)
    if path.suffix == ".mcap" or (path.is_dir() and any(path.glob("*.mcap"))):
        made.append(export.export_messages(path, out / "messages.parquet"))
    if not made:
        raise BadInput(f"{str(path)!r} holds neither a recording nor a store of rounds (*.sqlite)")
    if args.json:
        _output.print_json(made)
    else:
        print(*made, sep="\n")
    return 0


def _stores(folder: Path) -> list[Path]:
    return sorted(path for pattern in STORES for path in folder.glob(pattern)) if folder.is_dir() else []


def _count(told: Summary, channel: str) -> int:
    return told.channels[channel].messages if channel in told.channels else 0


def _plain(told: Summary) -> dict[str, Any]:
    names = ("path", "state", "files", "bytes", "messages", "lost", "duration_s", "meta", "channels", "damages")
    return {name: getattr(told, name) for name in names} | {"began": _date(told.started_utc)}


def _date(utc_s: float) -> str:
    if not utc_s:
        return "-"
    return datetime.datetime.fromtimestamp(utc_s, datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
