"""Reads recordings back: folders of several files, files that were cut off, files that are being written."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from rudel.recording import _folder
from rudel.recording.decode import decode
from rudel.recording.messages import Entry, Message
from rudel.recording.reader import Damage, McapFile


def read_messages(
    recording: Path | str, channels: Collection[str] | None = None, tell: Callable[[Damage], None] | None = None
) -> Iterator[Message]:
    """Messages as they were written, in order.

    Args:
        recording: a recording's folder, or one MCAP file with JSON messages.
        channels: only these; "camera/*" means all that begin so. None: all.
        tell: called with every place where a file is cut or damaged; what is whole is given in any case.

    Raises:
        BadInput: there is no recording.
    """
    wanted = None if channels is None else _wanted(channels)
    for path in _folder.files_of(Path(recording)):
        yield from McapFile(path, tell).messages(wanted)


def read(
    recording: Path | str, channels: Collection[str] | None = None, tell: Callable[[Damage], None] | None = None
) -> Iterator[Entry]:
    """The same as entries: what was published is there again as what it was."""
    for message in read_messages(recording, channels, tell):
        yield Entry(message.channel, message.time_s, decode(message), message.kept)


def _wanted(channels: Collection[str]) -> Callable[[str], bool]:
    plain = {name for name in channels if not set(name) & set("*?[")}
    patterns = [name for name in channels if name not in plain]
    return lambda name: name in plain or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
