"""The journal of a mission: an append-only file that says which steps began and how they ended, whatever kills us.

One line a record: CRC-32 of the rest in hex, a space, JSON. A record is handed to the operating system before the call
returns, so killing the process loses nothing; against a loss of power the file is synced at most every 0.2 s, and at
once when a step begins or ends: a step is on disk before it acts, and its end is on disk before the next one begins.
Call it from the mission's thread, never from the control loop: syncing waits for the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rudel.core.errors import BadInput, GiveUp
from rudel.runtime.progress import Progress, Record, progress_of

SYNC_S = 0.2
_BEGUN = re.compile(rb"[0-9a-f]{0,8}|[0-9a-f]{8} [^\n]*")  # a first line that was cut
VERSION = 1


class Journal:
    """One mission's run, resumed where it was left. A context manager.

    Args:
        path: of the file; made with its folders when missing.
        about: what is run (mission, digest of its file, world, seed): a journal of something else is refused.

    Attributes:
        progress: what the file said when it was opened.

    Raises:
        BadInput: the file is no journal, another mission's, in use by another process, or cannot be written.
    """

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise BadInput(f"the journal {str(path)!r} cannot be written: {error}") from error
        try:
            self.progress, self._torn = self._open(dict(about))
        except BaseException:
            os.close(self._file)
            raise
        self._number = self.progress.last
        self._lock = threading.Lock()
        self._dirty, self._closing = threading.Event(), threading.Event()
        self._failed: OSError | None = None
        self._syncer = threading.Thread(target=self._sync_now_and_then, name="journal", daemon=True)
        self._syncer.start()
        self._write("opened", 0.0, sync=True, about=json.loads(_json(dict(about))), version=VERSION)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def began(self, step: str, time_s: float, **data: Any) -> None:
        """A step is about to act; on disk when this returns.

        Args:
            step: its key, unique within the run (number, name, lap).
            time_s: robot's clock [s].
            data: whatever JSON can say.

        Raises:
            GiveUp: the record cannot be kept (disk full): do not begin.
        """
        self._write("began", time_s, sync=True, step=step, data=data)

    def ended(self, step: str, outcome: str, time_s: float, **data: Any) -> None:
        """A step has ended ("done", "failed", "skipped", ...); on disk when this returns. See ``began``."""
        self._write("ended", time_s, sync=True, step=step, outcome=outcome, data=data)

    def note(self, kind: str, time_s: float, **data: Any) -> None:
        """Anything else worth keeping; on disk within SYNC_S."""
        self._write("note", time_s, sync=False, note=kind, data=data)

    def close(self) -> None:
        """Sync and let go of the file; any number of times."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._dirty.set()
        self._syncer.join()
        with self._lock:
            try:
                os.fsync(self._file)
            finally:
                os.close(self._file)

    def _open(self, about: dict[str, Any]) -> tuple[Progress, bool]:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadInput(f"the journal {str(self.path)!r} is in use by another process") from error
        content = self.path.read_bytes()
        progress = progress_of(content)
        if content.strip() and not progress.records and not _BEGUN.fullmatch(content):
            raise BadInput(f"{str(self.path)!r} is no journal: not one of its lines can be read")
        wanted = json.loads(_json(about))
        if progress.records and progress.about != wanted:
            raise BadInput(
                f"the journal {str(self.path)!r} belongs to {_json(progress.about)}, not to {_json(wanted)}: "
                "name another file, or move it away to begin anew"
            )
        return progress, bool(content) and not content.endswith(b"\n")

    def _write(self, kind: str, time_s: float, *, sync: bool, **fields: Any) -> None:
        with self._lock:
            if self._closing.is_set():
                raise GiveUp(f"the journal {str(self.path)!r} is closed")
            line = encode({"n": self._number + 1, "t": time_s, "kind": kind, **fields})
            if self._torn:
                line = b"\n" + line  # what is left of a cut line spoils only itself
            try:
                if self._failed is not None:
                    raise self._failed
                done = os.write(self._file, line)
                self._torn = done != len(line)
                if self._torn:
                    raise OSError(f"only {done} of {len(line)} bytes were written: is the disk full?")
                if sync:
                    os.fsync(self._file)
            except OSError as error:
                self._failed = None
                raise GiveUp(f"the journal {str(self.path)!r} cannot be written: {error}") from error
            self._number += 1
        if not sync:
            self._dirty.set()

    def _sync_now_and_then(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            self._closing.wait(SYNC_S)
            self._dirty.clear()
            try:
                os.fsync(self._file)
            except OSError as error:
                self._failed = error  # told to whoever writes next


def encode(fields: Mapping[str, Any]) -> bytes:
    """One line.

    Raises:
        BadInput: a value that JSON cannot say.
    """
    text = _json(fields).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def read(path: Path) -> Progress:
    """What a journal says, without opening it for writing.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return progress_of(path.read_bytes())
    except OSError as error:
        raise BadInput(f"the journal {str(path)!r} cannot be read: {error}") from error


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise BadInput(f"a journal keeps what JSON can say, not {value!r}: {error}") from error


__all__ = ["Journal", "Progress", "Record", "encode", "read"]
