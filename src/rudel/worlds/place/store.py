"""A World as a folder: world.json, arrays/*.npy, textures/*.png."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rudel.core.errors import BadInput
from rudel.worlds.place import _codec, _files
from rudel.worlds.place.world import SCHEMA_VERSION, World

FILE = "world.json"
SCHEMA = "rudel-world"

Migration = Callable[[dict[str, Any]], dict[str, Any]]
# MIGRATIONS[k] turns the JSON of version k + 1 into that of version k + 2; a new version appends one
MIGRATIONS: tuple[Migration, ...] = ()


def save(world: World, folder: Path | str) -> Path:
    """Write ``world`` to ``folder``; the same World gives the same bytes.

    It is written beside the folder first and then renamed, so that nobody reads half a world. A world that was there
    before is replaced; anything else is left alone.

    Raises:
        BadInput: there is something else than a world at that place.
        OSError: it cannot be written.
    """
    folder = Path(folder)
    if folder.is_symlink() or (folder.exists() and not _replaceable(folder)):
        raise BadInput(f"{str(folder)!r} is there already and is no world: give another folder or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(4)  # of no influence on what is written
    fresh, old = (folder.parent / f".{folder.name}.{token}.{what}" for what in ("new", "old"))
    try:
        fresh.mkdir()
        data = _codec.encode(world, _files.Writer(fresh).put)
        _files.write_json(fresh / FILE, {"schema": SCHEMA, "version": SCHEMA_VERSION, "world": data})
        if folder.exists():
            os.rename(folder, old)
        try:
            os.rename(fresh, folder)
        except OSError:
            if old.exists():
                os.rename(old, folder)
            raise
    finally:
        for left in (fresh, old):
            if left.exists():
                shutil.rmtree(left)
    return folder


def load(folder: Path | str) -> World:
    """The World in ``folder``, checked in every part.

    Raises:
        BadInput: no world, damaged, or made by a newer rudel; the message says what and where.
    """
    folder = Path(folder)
    data = migrate(_files.read_json(folder / FILE), str(folder))
    try:
        return _codec.decode(data, _files.Reader(folder).get)
    except BadInput as error:
        raise BadInput(f"{str(folder / FILE)!r}: {error}") from error


def migrate(document: Any, where: str, migrations: Sequence[Migration] | None = None) -> dict[str, Any]:
    """The content of a world.json of any version up to ours, as of our version."""
    steps = MIGRATIONS if migrations is None else migrations
    ours = len(steps) + 1
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise BadInput(f"{where!r} holds no rudel world: its {FILE} does not begin with schema {SCHEMA!r}")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadInput(f"{where!r}: version {str(version)[:40]!r} of a world is no whole number from 1 on")
    if version > ours:
        raise BadInput(f"{where!r} is a world of version {version}; this rudel reads up to {ours}: update rudel")
    if set(document) != {"schema", "version", "world"} or not isinstance(document["world"], dict):
        raise BadInput(f"{where!r}: {FILE} needs exactly schema, version and world")
    data = document["world"]
    for step in steps[version - 1 :]:
        data = step(data)
    return data


def is_world(folder: Path | str) -> bool:
    """Does this look like the folder of a world?"""
    return (Path(folder) / FILE).is_file()


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and (is_world(folder) or not any(folder.iterdir()))
