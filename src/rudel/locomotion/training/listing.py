"""The training runs below a folder, as their files tell of them: nothing here needs the trainer.

A run is a folder with a ``run.json``. A run that cannot be read is listed as damaged, with the reason, and hides no
other.
"""

from __future__ import annotations

import csv
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion.training.process import lives

DEPTH = 4  # folders below the one that is searched
FRESH_S = 90.0  # a checkpoint is written every 20 s: older than this, nobody writes it any more
FINISHED, INTERRUPTED, RUNNING, DAMAGED = "finished", "interrupted", "running", "damaged"
_TRACES = ("result.json", "metrics.csv", "checkpoint.npz")


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        name: its folder, as seen from the one that was searched.
        path: its folder.
        state: "finished", "interrupted", "running" or "damaged".
        problem: what is wrong with its files, or None.
        began_s: when it began [s since 1970], by the file's own date.
        wall_s: wall-clock from process start; for an unfinished one, up to its newest file.
        env_steps, iterations: done, None where no file tells.
        figures: of the exported policy, as ``rudel eval`` measures them; empty without.
        best: least velocity error [m/s] and yaw-rate error [rad/s] of any iteration, exploration on; empty without.
        reached: the figures met the skill's targets; None without figures.
        settings: everything that was set, flat: dotted keys to JSON values.
    """

    name: str
    path: Path
    state: str
    problem: str | None = None
    began_s: float = 0.0
    skill: str = ""
    robot: str = ""
    world: str = ""
    seed: int | None = None
    command: str = ""
    wall_s: float | None = None
    env_steps: int | None = None
    iterations: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    best: Mapping[str, float] = field(default_factory=dict[str, float])
    reached: bool | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


def find(folder: Path) -> list[Run]:
    """All runs in and below ``folder``, newest first.

    Raises:
        BadInput: no such folder, or no run in it.
    """
    if not folder.is_dir():
        raise BadInput(f"{str(folder)!r} is no folder: name the one that holds the runs, for example --dir runs")
    runs = [read(path, _name(path, folder)) for path in _folders(folder, DEPTH)]
    if not runs:
        make = f"`rudel train walk --out {folder / 'walk'}` makes one"
        raise BadInput(f"there is no training run in {str(folder)!r}: {make}, --dir looks elsewhere")
    return sorted(runs, key=lambda run: (-run.began_s, run.name))


def pick(runs: list[Run], name: str) -> Run:
    """The run called ``name``, which may also be the path of its folder.

    Raises:
        UnknownName: there is none.
        BadInput: it is damaged.
    """
    found = [run for run in runs if run.name == name or run.path == Path(name)]
    if not found and (Path(name) / "run.json").is_file():
        found = [read(Path(name), name)]
    if not found:
        raise UnknownName("run", name, [run.name for run in runs])
    if found[0].state == DAMAGED:
        raise BadInput(f"run {name!r} cannot be read: {found[0].problem}")
    return found[0]


def read(path: Path, name: str) -> Run:
    """What the files in ``path`` tell; never raises because of what they hold."""
    try:
        told = _object(path / "run.json")
        identity, request = _mapping(told, "identity"), _mapping(told, "request")
        began_s = float(told.get("began_s") or (path / "run.json").stat().st_mtime)
    except (OSError, ValueError, TypeError) as error:
        newest_s = max((p.stat().st_mtime for p in path.iterdir()), default=0.0)
        return Run(name, path, DAMAGED, _reason(path / "run.json", error), newest_s)
    problem, result = None, dict[str, Any]()
    try:
        empty: dict[str, Any] = {"result": {}}
        summary = _object(path / "result.json") if (path / "result.json").exists() else empty
        if float(summary.get("ended_s") or math.inf) >= float(told.get("began_s") or 0.0):  # or it is an earlier one's
            result = _mapping(summary, "result")
    except (OSError, ValueError, TypeError) as error:
        problem = _reason(path / "result.json", error)
    try:
        rows = metrics(path)
    except BadInput as error:
        rows, problem = [], problem or str(error)
    last = rows[-1] if rows else {}
    figures = {k: float(v) for k, v in (result.get("figures") or {}).items() if isinstance(v, int | float)}
    return Run(
        name=name,
        path=path,
        state=_state(path, told, result),
        problem=problem,
        began_s=began_s,
        skill=str(identity.get("skill", "")),
        robot=str(identity.get("robot", "")),
        world=str(identity.get("world", "")),
        seed=identity.get("seed"),
        command=str(request.get("command") or ""),
        wall_s=_number(result.get("wall_s")) or _number(last.get("elapsed_s")) or _age(path, began_s),
        env_steps=_whole(result.get("env_steps")) or _whole(last.get("env_steps")),
        iterations=_whole(result.get("iterations")) or _whole(last.get("iteration")),
        figures=figures,
        best={key: value for key in ("vel_error_mps", "yaw_error_radps") if (value := _least(rows, key)) is not None},
        reached=bool(result["reached"]) if figures and "reached" in result else None,
        settings=_settings(told, identity, request),
    )


def metrics(path: Path) -> list[dict[str, float]]:
    """The rows of ``metrics.csv``, empty where there is none; what is empty or no number is NaN.

    Raises:
        BadInput: it is no table of a training.
    """
    file = path / "metrics.csv"
    if not file.exists():
        return []
    try:
        with file.open(newline="", encoding="utf-8") as text:
            rows = [{str(k): _float(v) for k, v in row.items() if k} for row in csv.DictReader(text)]
    except (OSError, ValueError, csv.Error) as error:
        raise BadInput(_reason(file, error)) from error
    if rows and not {"iteration", "env_steps"} <= rows[0].keys():
        raise BadInput(f"{file} is no table of a training: it has no columns iteration and env_steps")
    return rows


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / "run.json").exists() or any((folder / name).exists() for name in _TRACES):
        yield folder
    elif depth:
        for path in sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink() and os.access(p, os.R_OK)):
            yield from _folders(path, depth - 1)


def _name(path: Path, folder: Path) -> str:
    return path.name if path == folder else str(path.relative_to(folder))


def _state(path: Path, told: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    if result:
        return INTERRUPTED if result.get("interrupted") else FINISHED
    alive = lives(told.get("process"))
    if alive is None:  # begun on another machine, or by a version that did not say
        alive = time.time() - _newest_s(path) < FRESH_S
    return RUNNING if alive else INTERRUPTED


def _newest_s(path: Path) -> float:
    return max(p.stat().st_mtime for p in [*path.iterdir(), *(path / "events").glob("*")])


def _age(path: Path, began_s: float) -> float | None:
    return max(0.0, _newest_s(path) - began_s)


def _settings(told: Mapping[str, Any], identity: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """What shapes a run: the resolved configuration, what was asked, commit and processor."""
    asked = {k: request.get(k) for k in ("budget_s", "iterations", "start_from", "until_met", "resume")}
    machine = told.get("machine")
    cpu = machine.get("cpu") if isinstance(machine, dict) else None
    return flat(identity) | flat({"asked": asked}) | {"commit": str(told.get("commit") or "")[:10], "machine.cpu": cpu}


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as dotted keys; lists stay whole."""
    found: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            found |= flat(item, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = item
    return found


def _object(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def _mapping(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    if not isinstance(found, dict):
        raise ValueError(f"it has no {key!r}")
    return found


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path.name} is missing"
    return f"{path.name} is damaged ({error.strerror if isinstance(error, OSError) else error})"


def _float(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return math.nan


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _least(rows: list[dict[str, float]], key: str) -> float | None:
    values = [row[key] for row in rows if math.isfinite(row.get(key, math.nan))]
    return min(values) if values else None
