"""What must be kept and does not fit in memory waits in a file, in order."""

from __future__ import annotations

import os
import struct
import tempfile
from collections import deque
from pathlib import Path
from typing import IO

from rudel.recording.messages import Message

_LENGTH = struct.Struct("<I")


class Spill:
    """First in, first out. Goes to memory after all where the file cannot take more, up to a limit. For one lock's
    holder at a time.

    Args:
        folder: of the unnamed file; None: the system's folder for such.
        limit_bytes: of memory in that last case.
    """

    def __init__(self, folder: Path | None, limit_bytes: int) -> None:
        self._folder, self._limit = folder, limit_bytes
        self._file: IO[bytes] | None = None
        self._read_at = self._write_at = 0
        self._in_file = 0
        self._tail: deque[Message] = deque()
        self._tail_bytes = 0

    def __len__(self) -> int:
        return self._in_file + len(self._tail)

    def push(self, message: Message) -> bool:
        """Append; False where neither file nor memory have room."""
        if not self._tail and self._to_file(message.pack()):
            self._in_file += 1
            return True
        if self._tail_bytes + message.size > self._limit:
            return False
        self._tail.append(message)
        self._tail_bytes += message.size
        return True

    def _to_file(self, packed: bytes) -> bool:
        try:
            if self._file is None:
                number, path = tempfile.mkstemp(dir=self._folder)
                os.unlink(path)  # it lives as long as it is open, whatever ends this process
                self._file = os.fdopen(number, "w+b")
            self._file.seek(self._write_at)
            self._file.write(_LENGTH.pack(len(packed)) + packed)
            self._file.flush()
        except OSError:
            return False  # what was half written is overwritten or never read: _write_at stays
        self._write_at += _LENGTH.size + len(packed)
        return True

    def pop(self) -> Message:
        """The oldest; IndexError when there is none."""
        if not self._in_file:
            message = self._tail.popleft()
            self._tail_bytes -= message.size
            return message
        assert self._file is not None
        self._file.seek(self._read_at)
        (size,) = _LENGTH.unpack(self._file.read(_LENGTH.size))
        message = Message.unpack(self._file.read(size))
        self._read_at += _LENGTH.size + size
        self._in_file -= 1
        if not self._in_file:
            self._file.close()  # gives the space back
            self._file, self._read_at, self._write_at = None, 0, 0
        return message

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()
            self._file = None
