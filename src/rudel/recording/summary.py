"""What is in a recording, and whether all of it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rudel.recording import _folder
from rudel.recording.messages import Message
from rudel.recording.reader import Damage, McapFile


@dataclass(frozen=True)
class Channel:
    """Counts of one channel: messages, bytes, first and last time [s]; ``missing`` numbers, of kept ones ``lost``."""

    schema: str
    messages: int
    bytes: int
    first_s: float
    last_s: float
    missing: int
    lost: int


@dataclass(frozen=True)
class Summary:
    """A recording as a whole.

    Attributes:
        path: of the folder or file.
        started_utc: wall clock [s since 1970], 0 where it is not known.
        meta: what it is about.
        files, bytes: on disk.
        state: "whole", "recording" (somebody writes it now), "cut" or "damaged".
        channels: by name.
        damages: where files are cut or damaged.
    """

    path: Path
    started_utc: float
    meta: Mapping[str, Any]
    files: int
    bytes: int
    state: str
    channels: Mapping[str, Channel]
    damages: tuple[Damage, ...]

    @property
    def messages(self) -> int:
        """All of them."""
        return sum(channel.messages for channel in self.channels.values())

    @property
    def lost(self) -> int:
        """Kept messages that are missing between those that are there."""
        return sum(channel.lost for channel in self.channels.values())

    @property
    def duration_s(self) -> float:
        """From the first to the last message."""
        channels = self.channels.values()
        return max((c.last_s for c in channels), default=0.0) - min((c.first_s for c in channels), default=0.0)


class _Tally:
    """Counts one channel. Numbers begin anew in every session."""

    def __init__(self) -> None:
        self.schema = ""
        self.messages = self.bytes = self.missing = self.lost = 0
        self.first_s, self.last_s = float("inf"), float("-inf")
        self._next: dict[tuple[str, bool], int] = {}

    def add(self, message: Message, session: str) -> None:
        self.schema = self.schema or message.schema
        self.messages += 1
        self.bytes += message.size
        self.first_s, self.last_s = min(self.first_s, message.time_s), max(self.last_s, message.time_s)
        key = session, message.kept
        gap = max(message.sequence - self._next.get(key, message.sequence), 0)
        self.missing += gap
        self.lost += gap * message.kept
        self._next[key] = message.sequence + 1

    def result(self) -> Channel:
        return Channel(self.schema, self.messages, self.bytes, self.first_s, self.last_s, self.missing, self.lost)


def summarise(recording: Path | str) -> Summary:
    """Read all of ``recording`` and tell what is there; BadInput where there is none."""
    path = Path(recording)
    damages: list[Damage] = []
    tallies: dict[str, _Tally] = {}
    files = _folder.files_of(path)
    for file in files:
        reader = McapFile(file, damages.append)
        for message in reader.messages():
            tallies.setdefault(message.channel, _Tally()).add(message, reader.about.get("session", ""))
    about = _folder.about_of(path)
    channels = {name: tallies[name].result() for name in sorted(tallies)}
    return Summary(
        path,
        0.0 if about is None else about.started_utc,
        {} if about is None else about.meta,
        len(files),
        sum(file.stat().st_size for file in files),
        _state(path, damages),
        channels,
        tuple(damages),
    )


def _state(path: Path, damages: list[Damage]) -> str:
    if any(not damage.cut for damage in damages):
        return "damaged"
    if _folder.is_claimed(path if path.is_dir() else path.parent):
        return "recording"
    return "cut" if damages else "whole"


def find(root: Path | str, depth: int = 4) -> list[Path]:
    """Folders with recordings in ``root`` and below, newest first."""
    found: list[Path] = []
    queue = [(Path(root), 0)]
    while queue:
        folder, level = queue.pop()
        if _folder.is_recording(folder):
            found.append(folder)
        if level < depth and folder.is_dir():
            queue += [(sub, level + 1) for sub in folder.iterdir() if sub.is_dir() and not sub.is_symlink()]
    return sorted(found, key=lambda folder: (-_began(folder), str(folder)))


def _began(folder: Path) -> float:
    about = _folder.about_of(folder)
    return folder.stat().st_mtime if about is None else about.started_utc
