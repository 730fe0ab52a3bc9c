"""Where the rounds of a report come from: a round's folder, the folder of many rounds, or a store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Round, round_of
from rudel.recording.store import Store

ROUND, STORE = "round.json", "*.sqlite"
LARGEST_BYTES = 200_000_000


@dataclass(frozen=True)
class Found:
    """rounds: to report, newest last; folder: of the last one, with its pictures."""

    rounds: tuple[Round, ...]
    folder: Path


def find(path: Path, round_id: str | None = None) -> Found:
    """The rounds at ``path``, up to the one to report: the newest, or the one called ``round_id``.

    Raises:
        BadInput: there are none, or a file cannot be read.
    """
    if (path / ROUND).is_file():
        last = read(path / ROUND)
        return Found((*_before(path.parent, last), last), path)
    if path.is_dir():
        stores = sorted(path.glob(STORE))
        rounds = _stored(stores[0]) if stores else _beside(path)
        home = path
    elif path.is_file():
        rounds = (read(path),) if path.suffix == ".json" else _stored(path)
        home = path.parent
        if path.suffix == ".json":
            return Found(rounds, home)
    else:
        raise BadInput(f"there is nothing at {str(path)!r}; name a round's folder, a folder of rounds, or a store")
    if not rounds:
        raise BadInput(f"{str(path)!r} has no rounds: neither {ROUND} in folders nor a store; `rudel patrol` makes one")
    last = rounds[-1] if round_id is None else _named(rounds, round_id)
    return Found((*(one for one in rounds if one.id != last.id), last), home / Path(last.id).name)


def read(path: Path) -> Round:
    """A round as it is written in a file.

    Raises:
        BadInput: it is no such file.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise BadInput(f"{str(path)!r} is larger than {LARGEST_BYTES} bytes: that is no round")
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{str(path)!r} is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise BadInput(f"{str(path)!r} is no round: {type(data).__name__} instead of an object")
    try:
        return round_of(data)
    except BadInput as error:
        raise BadInput(f"{str(path)!r}: {error}") from error


def _named(rounds: Sequence[Round], round_id: str) -> Round:
    for one in rounds:
        if one.id == round_id:
            return one
    raise UnknownName("round", round_id, [one.id for one in rounds])


def _before(parent: Path, last: Round) -> tuple[Round, ...]:
    """Other rounds of the same mission, from the store beside the folder or from the folders beside it."""
    stores = sorted(parent.glob(STORE))
    rounds = _stored(stores[0]) if stores else _beside(parent)
    return tuple(one for one in rounds if one.id != last.id and one.mission == last.mission)


def _stored(path: Path) -> tuple[Round, ...]:
    with Store(path, read_only=True) as store:
        return tuple(store.rounds())


def _beside(parent: Path) -> tuple[Round, ...]:
    rounds = [read(file) for file in sorted(parent.glob(f"*/{ROUND}"))]
    return tuple(sorted(rounds, key=lambda one: (one.started_utc or 0.0, one.id)))
