"""Messages on disk that a consumer has not taken yet: segments of a log, and how far it has come."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from rudel.core.errors import BadInput
from rudel.recording.messages import Message

_HEAD = struct.Struct("<IIQ")  # length, CRC of what follows the first eight bytes, number
SEGMENT_BYTES = 16 * 2**20
CURSOR = "taken.json"


class Outbox:
    """Append and acknowledge; numbers rise by one and survive a restart. For one lock's holder at a time.

    Args:
        folder: made if need be; what is in it from before is still to be sent.

    Raises:
        BadInput: the folder cannot be written, or holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.taken = self._cursor()
            segments = self._segments()
            self._next = self.taken + 1
            for path in segments:
                for number, _, _ in _records(path, 0):
                    self._next = max(self._next, number + 1)
            self._fd = -1
            self._size = 0
            self._ends: dict[int, tuple[Path, int]] = {}  # of what was read last
            self._from: tuple[Path, int] | None = None  # where what is not acknowledged begins
        except OSError as error:
            raise BadInput(f"outbox {str(folder)!r} cannot be used: {error.strerror}; choose another folder") from error

    def _cursor(self) -> int:
        file = self.folder / CURSOR
        if not file.exists():
            return 0
        try:
            return int(json.loads(file.read_text())["taken"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{str(file)!r} is damaged: {error}; remove it to send everything again") from error

    def _segments(self) -> list[Path]:
        return sorted(self.folder.glob("*.box"))

    def append(self, message: Message) -> int:
        """Write it down and return its number; OSError where the disk refuses (then nothing is written)."""
        if self._fd < 0:
            path = self.folder / f"{self._next:012d}.box"
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            self._size = 0
        packed = message.pack()
        body = struct.pack("<Q", self._next) + packed
        raw = _HEAD.pack(len(packed), zlib.crc32(body), self._next) + packed
        done = 0
        try:
            while done < len(raw):
                done += os.pwrite(self._fd, raw[done:], self._size + done)
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(raw)
        self._next += 1
        if self._size >= SEGMENT_BYTES:
            os.close(self._fd)
            self._fd = -1
        return self._next - 1

    def waiting(self) -> int:
        """Messages that are not acknowledged."""
        return self._next - 1 - self.taken

    def oldest(self, count: int, size: int) -> list[tuple[int, Message]]:
        """The next to be sent, in order: at most ``count``, and of ``size`` bytes unless a single one is larger."""
        found: list[tuple[int, Message]] = []
        total = 0
        self._ends = {}
        for path in self._segments():
            start = self._from[1] if self._from is not None and self._from[0] == path else 0
            for number, message, end in _records(path, start):
                if number <= self.taken:
                    continue
                if found and (len(found) >= count or total + message.size > size):
                    return found
                found.append((number, message))
                self._ends[number] = path, end
                total += message.size
        return found

    def acknowledge(self, number: int) -> None:
        """Everything up to ``number`` is with the consumer."""
        self.taken = number
        self._from = self._ends.get(number)
        fresh = self.folder / f".{CURSOR}.new"
        fresh.write_text(json.dumps({"taken": number}))
        os.replace(fresh, self.folder / CURSOR)
        segments = self._segments()
        for path, after in zip(segments, [*segments[1:], None], strict=True):
            last = self._next - 1 if after is None else int(after.stem) - 1
            if last > number:
                break
            if after is None and self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
            path.unlink()

    def close(self) -> None:
        """What is not acknowledged stays for the next time."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _records(path: Path, start: int) -> Iterator[tuple[int, Message, int]]:
    """Whole records of a segment from ``start`` on, and where each ends; one that was cut by a crash is the last, and
    was never promised.
    """
    with path.open("rb") as file:
        file.seek(start)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, crc, number = _HEAD.unpack(head)
            packed = file.read(length)
            if len(packed) < length or zlib.crc32(head[8:] + packed) != crc:
                return
            start += _HEAD.size + length
            yield number, Message.unpack(packed), start
