"""A process of our own kind beside this one: forked, so that it has everything that is here, with a pipe between."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import pickle
import signal
import traceback
import weakref
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from rudel.core.errors import GiveUp

ORPHAN_S = 1.0  # after so long at most a process notices that the one that made it is gone

Answering = Callable[[Any], Any]


class Forked:
    """Answers what it is sent, one answer for each message, in order.

    It ends with ``close``, with this object, and when this process dies in whatever way. Ctrl-C is left to this one.

    Args:
        make: called there, with nothing; returns what answers. A message is given to it and what it returns is sent
            back; both are pickled. What it throws is thrown here, by ``receive``, as GiveUp with the traceback.
        what: it is, for messages.
    """

    def __init__(self, make: Callable[[], Answering], what: str) -> None:
        self.what = what
        context = multiprocessing.get_context("fork")  # ``make`` and all that it holds go over as they are
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, self._here, make), daemon=True, name=what)
        self._process.start()
        there.close()
        self._finalizer = weakref.finalize(self, self._here.close)

    @property
    def pid(self) -> int:
        """Of the process."""
        pid = self._process.pid
        assert pid is not None  # it was started
        return pid

    def send(self, message: Any) -> None:
        """Waits only while the pipe is full.

        Raises:
            GiveUp: the process is gone.
        """
        self.send_packed(packed(message))

    def send_packed(self, data: bytes) -> None:
        """The same for what ``packed`` made."""
        try:
            self._here.send_bytes(data)
        except (EOFError, OSError) as error:
            with contextlib.suppress(EOFError, OSError):  # it may have left its last words
                while self._here.poll(0):
                    self._hear(self._here.recv())
            raise self._gone() from error

    def receive(self) -> Any:
        """The next answer; waits for it.

        Raises:
            GiveUp: what answers threw, or the process is gone.
        """
        try:
            heard = self._here.recv()
        except (EOFError, OSError) as error:
            raise self._gone() from error
        return self._hear(heard)

    def close(self) -> None:
        """End the process; any number of times. Not while a thread sends or receives: see ``end``."""
        self._finalizer()
        self.end()

    def end(self, wait_s: float = 5.0) -> None:
        """Wait for a process that was sent None, which ends it; kill it after ``wait_s`` [s]."""
        self._process.join(wait_s)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(wait_s)

    def _hear(self, heard: tuple[bool, Any]) -> Any:
        good, answer = heard
        if not good:
            raise GiveUp(f"{self.what} in a process of its own failed:\n{answer}")
        return answer

    def _gone(self) -> GiveUp:
        self._process.join(1.0)
        return GiveUp(f"{self.what} in a process of its own is gone (exit code {self._process.exitcode})")


def packed(message: Any) -> bytes:
    """A message as bytes, to be sent later."""
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def _serve(conn: Connection, other: Connection, make: Callable[[], Answering]) -> None:
    """Answer until the other end closes, or nobody is left who holds it."""
    other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to every process of a terminal; the loop answers it
    gc.freeze()  # what came over is never collected here: looking at it would copy its pages
    parent = os.getppid()
    try:
        answering = make()
    except Exception:  # whatever it is, whoever asks must hear of it
        _say(conn, packed((False, traceback.format_exc())))
        return
    for message in _messages(conn, parent):
        try:
            good, data = True, packed((True, answering(message)))
        except Exception:  # likewise
            good, data = False, packed((False, traceback.format_exc()))
        if not (_say(conn, data) and good):
            return


def _say(conn: Connection, data: bytes) -> bool:
    """Send it; False: nobody listens any more."""
    try:
        conn.send_bytes(data)
    except OSError:
        return False
    return True


def _messages(conn: Connection, parent: int) -> Iterator[Any]:
    """What is sent. The pipe alone does not tell of a death: other children may hold its far end open."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            while not conn.poll(ORPHAN_S):
                if os.getppid() != parent:
                    return
            message = conn.recv()
            if message is None:
                return
            yield message
