"""Writes a stream to disk, in a thread of its own: MCAP files that are whole up to the last tenth of a second."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.recording import _folder
from rudel.recording._spill import Spill
from rudel.recording.encode import plain
from rudel.recording.inbox import Inbox
from rudel.recording.messages import Message
from rudel.recording.settings import Settings, Status
from rudel.recording.writer import McapWriter

CHUNK_BYTES = 2**20
CHUNK_S = 0.1  # a message waits at most so long in memory
RETRY_S = 0.5  # after the disk refused
MARK = "\0flush"  # channel of marks that flush puts behind what it waits for


class Recorder:
    """A sink that writes. What happens to this process costs at most what came in the last 0.1 s.

    Where the disk refuses (full, gone), kept messages wait in order and are written when it takes them again; state is
    dropped meanwhile, oldest first. ``trouble`` says so.

    Args:
        folder: made if need be; a recording that is there is continued in a new file.
        meta: what it is about: mission, world, robot, seed, ...
        settings: how to write.
        free_bytes: room on the disk of a folder.

    Raises:
        BadInput: the folder cannot be written, or somebody else records there.
    """

    def __init__(
        self,
        folder: Path | str,
        meta: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self.folder, self.settings = Path(folder), settings or Settings()
        self._free = free_bytes
        started_utc = time.time()
        self._claim = _folder.claim(self.folder, _folder.About(started_utc, plain(meta or {})))
        self._session = f"{started_utc:.6f}"
        self._inbox: Inbox[Message] = Inbox(self.settings.state_bytes)
        self._order = threading.Lock()  # of kept messages between inbox and spill
        self._spill = Spill(self.settings.spill, self.settings.limit_bytes)
        self._marks: dict[int, threading.Event] = {}
        self._mark_number = itertools.count()
        self._written: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._lost = 0
        self._bytes = self._files = 0
        self._trouble = ""
        self._checked_s = -1e9
        self._lean = False
        self._give_up_s: float | None = None  # after close: when to stop trying
        self._writer: McapWriter | None = None
        self._opened_s = self._oldest_s = 0.0
        self._sync_lock = threading.Lock()
        try:
            self._writer = self._open()
        except OSError as error:
            os.close(self._claim)
            raise BadInput(f"cannot record in {str(self.folder)!r}: {error.strerror}; choose another folder") from error
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rudel-recorder", daemon=True)
        self._syncer = threading.Thread(target=self._sync, name="rudel-sync", daemon=True)
        self._thread.start()
        self._syncer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    @property
    def trouble(self) -> str:
        """Why it does not write (all) at the moment; "" when all is well."""
        return self._trouble

    def status(self) -> Status:
        """Figures so far."""
        dropped = Counter(self._inbox.dropped) + self._skipped
        size = self._bytes + (self._writer.size if self._writer is not None else 0)
        return Status(self._trouble, self._files, size, dict(self._written), dict(dropped), self._lost)

    def put(self, message: Message) -> None:
        """Take ``message``; never waits for the disk."""
        if not message.kept:
            self._inbox.put(message)
            return
        with self._order:
            if not len(self._spill) and self._inbox.kept_bytes < self.settings.kept_bytes:
                self._inbox.put(message)
            elif self._inbox.closed:
                raise BadInput(f"message on {message.channel!r} came after the recording was closed")
            elif not self._spill.push(message):
                self._lost += 1
                raise GiveUp(f"disk and memory are full: {message.channel!r} at {message.time_s} s is lost")

    def flush(self, timeout_s: float = 10.0) -> None:
        """Wait until all that was put is in the file; Retry with the trouble after ``timeout_s``."""
        if self._inbox.closed:
            return
        number, done = next(self._mark_number), threading.Event()
        self._marks[number] = done
        self.put(Message(MARK, 0.0, "", b"", number, True))
        if not done.wait(timeout_s):
            why = self._trouble or f"{len(self._inbox) + len(self._spill)} messages wait"
            raise Retry(f"not all is written after {timeout_s:g} s: {why}")

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what waits, finish the file, let go of the folder.

        Raises:
            GiveUp: kept messages were lost, or the disk did not take all within ``timeout_s``.
        """
        if self._inbox.closed:
            return
        self._give_up_s = time.monotonic() + timeout_s
        self._inbox.close()
        self._thread.join()
        self._stop.set()
        self._syncer.join()
        left = len(self._inbox) + len(self._spill)
        self._spill.close()
        if self._writer is not None:  # the disk refused to the end: what is in the file can be read all the same
            self._writer.abandon()
            self._writer = None
        os.close(self._claim)
        if self._trouble or left or self._lost:
            why = self._trouble or "kept messages were lost"
            raise GiveUp(f"recording {str(self.folder)!r} is incomplete: {why}; {left} not written, {self._lost} lost")

    # -- the writing thread; it goes by the machine's own clock, because disks do ----------------------------------

    def _run(self) -> None:
        while True:
            message = self._next()
            if message is None and self._inbox.closed and not len(self._inbox) and not len(self._spill):
                break
            if message is not None:
                self._take(message)
            writer = self._writer
            if writer is not None and (writer.pending >= CHUNK_BYTES or (writer.pending and self._age() >= CHUNK_S)):
                self._patiently(self._write_out)
            if self._given_up():
                return
        self._patiently(self._finish)

    def _next(self) -> Message | None:
        with self._order:
            if len(self._spill) and not self._inbox.kept_bytes:
                return self._spill.pop()
        waits = self._writer is not None and self._writer.pending
        return self._inbox.take(max(CHUNK_S - self._age(), 0.001) if waits else CHUNK_S)

    def _age(self) -> float:
        return time.monotonic() - self._oldest_s

    def _take(self, message: Message) -> None:
        if message.channel == MARK:
            self._patiently(self._write_out)
            done = self._marks.pop(message.sequence, None)
            if done is not None and not self._given_up():
                done.set()
            return
        if not message.kept and self._is_lean():
            self._skipped[message.channel] += 1
            return
        if self._writer is None:  # the file before is full
            self._patiently(self._begin)
        writer = self._writer
        if writer is None:
            self._lost += message.kept  # only after close gave up
            return
        if not writer.pending:
            self._oldest_s = time.monotonic()
        writer.add(message)
        self._written[message.channel] += 1

    def _is_lean(self) -> bool:
        """Whether only kept messages are written for want of room."""
        now_s = time.monotonic()
        if now_s - self._checked_s >= 1.0:
            self._checked_s = now_s
            try:
                free = self._free(self.folder)
            except OSError as error:
                self._trouble = f"the disk cannot be asked for room: {error}"
                return self._lean
            self._lean = free < self.settings.low_bytes
            if self._lean:
                self._trouble = f"only {free / 1e6:.0f} MB are free: state is not recorded, what must be kept is"
            elif self._trouble.startswith("only "):
                self._trouble = ""
        return self._lean

    def _patiently(self, action: Callable[[], None]) -> None:
        """Do it; while the disk refuses, try again and again (until close gives up)."""
        while True:
            try:
                action()
                if not self._lean:
                    self._trouble = ""
                return
            except OSError as error:
                self._trouble = f"cannot write to {str(self.folder)!r}: {error.strerror or error}"
            if self._given_up():
                return
            time.sleep(RETRY_S)

    def _given_up(self) -> bool:
        return self._give_up_s is not None and time.monotonic() > self._give_up_s and bool(self._trouble)

    def _write_out(self) -> None:
        if self._writer is None:
            return
        self._writer.flush()
        settings, age_s = self.settings, time.monotonic() - self._opened_s
        if self._writer.size >= settings.rotate_bytes or age_s >= settings.rotate_s:
            self._finish()

    def _begin(self) -> None:
        self._writer = self._open()

    def _open(self) -> McapWriter:
        present = _folder.parts(self.folder)
        numbers = [int(path.stem) for path in present if path.stem.isdecimal()]
        path = _folder.part(self.folder, max(numbers, default=0) + 1)
        writer = McapWriter(path, {"session": self._session, "part": path.stem})
        self._opened_s = time.monotonic()
        self._files += 1
        return writer

    def _finish(self) -> None:
        writer = self._writer
        if writer is None:
            return
        with self._sync_lock:
            writer.finish()
            self._bytes += writer.size
            self._writer = None

    def _sync(self) -> None:
        if self.settings.sync_s <= 0:
            return
        while not self._stop.wait(self.settings.sync_s):
            with self._sync_lock:
                fd = None if self._writer is None else self._writer.duplicate()
            if fd is None:
                continue
            try:
                os.fdatasync(fd)
            except OSError as error:
                self._trouble = f"the disk does not keep what it took: {error.strerror or error}"
            finally:
                os.close(fd)
