"""What the `rudel` command does, for Python: the same words, the same options, the same figures.

    from rudel import api
    there = api.goto(12, 3.5, world="plant", seed=7)
    print(there.ok, there["distance_m"], there["files"])

An option is named as on the command line: ``--difficulty 0.5`` is ``difficulty=0.5``, a switch such as ``--unplaced``
is ``unplaced=True``, an option that may be repeated takes a list. None and False leave an option out. Nothing is
printed; what ``--json`` would print comes back. Bad input raises an error of `rudel.core.errors` with the same words.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rudel.cli import _output, main
from rudel.core.errors import BadInput


@dataclass(frozen=True, eq=False)
class Result(Mapping[str, Any]):
    """What a verb came to.

    Attributes:
        status: 0: as wanted; 1: it was tried and failed.
        data: what ``--json`` prints: an object, or a list of them.
        command: that does the same in a terminal.
    """

    status: int
    data: Any
    command: str

    @property
    def ok(self) -> bool:
        """Did it come out as wanted?"""
        return self.status == 0

    def __getitem__(self, key: str) -> Any:
        return self._object[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._object)

    def __len__(self) -> int:
        return len(self._object)

    @property
    def _object(self) -> dict[str, Any]:
        return self.data if isinstance(self.data, dict) else {}


def patrol(mission: str | os.PathLike[str] | None = None, **options: object) -> Result:
    """`rudel patrol`: walk an inspection round and report what was found.

    Args:
        mission: a shipped one's name or a file; None: the default round.
        options: world, seed, speed, rounds, noise, charge, fault, trouble, limit, language, webhook, resume, out ...

    Returns:
        outcome, findings, truth (where the world knows it), distance_m, duration_s, recording, report, files ...
    """
    return run("patrol", *([] if mission is None else [mission]), **options)


def goto(x: float, y: float, **options: object) -> Result:
    """`rudel goto`: walk to (x, y) [m] of a place. Options: world, seed, yaw [degrees], speed, limit, fault ..."""
    return run("goto", x, y, **options)


def explore(**options: object) -> Result:
    """`rudel explore`: see a place that no map shows, and come home. Options: world, seed, minutes, battery ..."""
    return run("explore", **options)


def mission(what: str, *words: object, **options: object) -> Result:
    """`rudel mission check|show|dry-run|list|schema|teach`, for example ``mission("check", "round.yaml")``."""
    return run("mission", what, *words, **options)


def world(what: str, *words: object, **options: object) -> Result:
    """`rudel world list|show|check|import|tour`, for example ``world("show", "tunnel", seed=3)``."""
    return run("world", what, *words, **options)


def report(folder: str | os.PathLike[str] | None = None, **options: object) -> Result:
    """`rudel report`: the report of a round again, for example with language="de"."""
    return run("report", *([] if folder is None else [folder]), **options)


def train(skill: str, **options: object) -> Result:
    """`rudel train`: a policy, for example ``train("walk", budget="150s", seed=1, out="runs/walk")``."""
    return run("train", skill, **options)


def run(verb: str, *words: object, **options: object) -> Result:
    """Any verb of the command line.

    Raises:
        RudelError: as its message says; UnknownName for an unknown verb or option, BadInput for a bad value.
        OSError: of a file.
    """
    argv = [verb, *map(_word, words), *(part for name, value in options.items() for part in _option(name, value))]
    with _output.collected() as printed:
        status, command = main.execute([*argv, "--json"])
    return Result(status, printed[-1] if printed else None, command)


def _option(name: str, value: object) -> list[str]:
    flag = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, list | tuple):
        return [part for one in value for part in (flag, _word(one))]
    return [flag, _word(value)]


def _word(value: object) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{value!r} cannot be written on a command line: use a number, a text or a path")
    if math.isinf(value) and value > 0:
        return "max"  # as in --speed max
    if not math.isfinite(value):
        raise BadInput(f"{value!r} is no number that a command can use")
    return format(Decimal(repr(value)), "f")  # without an exponent: options take -1e-05 for an option
