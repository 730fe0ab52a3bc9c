"""The stop: pressed from any thread, and with a folder from any process; latched until released by name.

Nothing in here waits for anybody: no lock, no socket, no queue. A press is the creation of an empty file (one system
call, atomic), and the loop looks into the folder in every period. So a stop outlives the process that pressed it and
the one that runs the robot. That a release does not by itself set the robot moving again is Safety's part (ISO
13850:2015, 4.1.4: a reset shall not start anything).
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from urllib.parse import quote, unquote

from rudel.core.errors import BadInput, GiveUp, UnknownName

UNNAMED = "unnamed"  # a press whose name could not be kept
_PANIC, _PREFIX = "panic.byte", "stop-"
_LONGEST = 200  # of a file's name, below what every file system takes


class StopSwitch:
    """One robot's stop.

    Args:
        folder: shared by all processes that may press; made when missing. None: for threads of this process only.

    Raises:
        BadInput: the folder cannot be made or written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._mine: dict[str, None] = {}  # single operations on a dict are atomic between threads
        self._panic: mmap.mmap | None = None
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._panic = _byte(folder / _PANIC)
            except OSError as error:
                raise BadInput(f"the stop's folder {str(folder)!r} cannot be used: {error}") from error

    def press(self, name: str = UNNAMED) -> None:
        """Stop the robot. Any thread, any process, any number of times.

        Args:
            name: who presses; the same name releases. One that is too long for a file counts as UNNAMED.

        Raises:
            GiveUp: the robot is run by another process that this press could not be told; use the robot's own stop.
        """
        name = _kept(name)
        self._mine[name] = None  # first of all: in this process it acts from here on
        if self.folder is None:
            return
        try:
            os.close(os.open(self.folder / _file_of(name), os.O_CREAT | os.O_WRONLY, 0o666))
        except OSError as error:  # a full disk: the byte is there already
            if self._panic is None or self._panic.closed:
                raise GiveUp(f"the stop cannot be pressed: {error}; use the robot's own stop") from error
            self._panic[0] = 1
        self._mine.pop(name, None)  # now the folder says so: whoever shares it may release

    @property
    def pressed(self) -> tuple[str, ...]:
        """Names that hold the robot stopped, sorted; empty: it may move. Doubt counts as pressed."""
        names = set(self._mine)
        if self.folder is not None:
            try:
                names |= {unquote(f[len(_PREFIX) :]) for f in os.listdir(self.folder) if f.startswith(_PREFIX)}
            except OSError:
                names.add(UNNAMED)
            if self._panic is None or self._panic.closed or self._panic[0]:
                names.add(UNNAMED)
        return tuple(sorted(names))

    def release(self, name: str) -> None:
        """Take back the press of ``name``; others stay.

        Raises:
            UnknownName: nobody of that name pressed.
        """
        name, held = _kept(name), self.pressed
        if name not in held:
            raise UnknownName("press of the stop", name, held)
        self._mine.pop(name, None)
        if self.folder is None:
            return
        if name == UNNAMED and self._panic is not None:
            self._panic[0] = 0
        (self.folder / _file_of(name)).unlink(missing_ok=True)

    def close(self) -> None:
        """Give the shared memory back; without it the switch counts as pressed."""
        if self._panic is not None:
            self._panic.close()


def _kept(name: str) -> str:
    """The name as a file's name can carry it."""
    text = name.encode(errors="replace").decode()
    return text if len(quote(text, safe="")) <= _LONGEST else UNNAMED


def _file_of(name: str) -> str:
    return _PREFIX + quote(name, safe="")


def _byte(path: Path) -> mmap.mmap:
    """One byte that can be written when the disk is full."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if os.fstat(handle).st_size == 0:
            os.write(handle, b"\0")
        return mmap.mmap(handle, 1)
    finally:
        os.close(handle)
