"""What a recording's folder looks like: recording.json says what it is, 00001.mcap and so on hold it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rudel.core.errors import BadInput

FILE = "recording.json"
SCHEMA, VERSION = "rudel-recording", 1


@dataclass(frozen=True)
class About:
    """started_utc: wall clock [s since 1970]; ``meta`` is what whoever recorded said: mission, world, robot, ..."""

    started_utc: float
    meta: Mapping[str, Any]


def part(folder: Path, number: int) -> Path:
    """The ``number``-th file."""
    return folder / f"{number:05d}.mcap"


def parts(folder: Path) -> list[Path]:
    """All files, in order."""
    return sorted(path for path in folder.glob("*.mcap") if path.is_file())


def is_recording(folder: Path) -> bool:
    """Whether there is one."""
    return folder.is_dir() and ((folder / FILE).is_file() or any(folder.glob("*.mcap")))


def files_of(path: Path) -> list[Path]:
    """The files of a recording's folder, or the one file that ``path`` is; BadInput where there is none."""
    if path.is_file():
        return [path]
    if not path.exists():
        raise BadInput(f"there is no recording {str(path)!r}; `rudel recordings` lists those that there are")
    found = parts(path)
    if not found and not (path / FILE).is_file():
        raise BadInput(f"{str(path)!r} holds no recording: give the folder with *.mcap files, or one of these files")
    about_of(path)  # refuses what a newer version wrote
    return found


def about_of(path: Path) -> About | None:
    """What the folder (or the folder of the file) says; None where it says nothing."""
    folder = path if path.is_dir() else path.parent
    file = folder / FILE
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadInput(f"{str(file)!r} cannot be read: {error}; without that file the *.mcap still can") from error
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise BadInput(f"{str(file)!r} is not of a recording")
    version = told.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise BadInput(f"{str(file)!r} is of version {version}, this rudel reads up to {VERSION}: update rudel")
    meta = told.get("meta")
    started = told.get("started_utc")
    return About(float(started) if isinstance(started, int | float) else 0.0, meta if isinstance(meta, dict) else {})


def claim(folder: Path, about: About) -> int:
    """Make the folder a recording that this process writes; the descriptor holds the claim until it is closed.

    Raises:
        BadInput: it cannot be written, or somebody records there now.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        about_of(folder)
        fd = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise BadInput(f"cannot record in {str(folder)!r}: {error.strerror or error}; choose another folder") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(fd).st_size == 0:
            told = {
                "schema": SCHEMA,
                "version": VERSION,
                "started_utc": about.started_utc,
                "meta": dict(about.meta),
            }
            os.write(fd, (json.dumps(told, indent=1) + "\n").encode())
    except BlockingIOError as error:
        os.close(fd)
        raise BadInput(f"somebody records in {str(folder)!r} now; choose another folder") from error
    except OSError as error:
        os.close(fd)
        raise BadInput(f"cannot record in {str(folder)!r}: {error.strerror or error}; choose another folder") from error
    return fd


def is_claimed(folder: Path) -> bool:
    """Whether somebody records there now."""
    try:
        fd = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
