"""Slow work beside the loop: one thread, the newest input in, the newest result out, and nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Aside(Generic[In, Out]):
    """Runs ``work`` in a thread of its own. A context manager.

    Neither ``offer`` nor ``take`` ever waits for the work, however long it takes; a work that hangs is noticed by the
    watchdog that is not fed, and never by the loop. Events do not belong here: inputs that are not taken in time are
    replaced by newer ones.

    Args:
        work: what to do with an input. An exception costs that input; see ``fault``.
        name: of the thread.

    Attributes:
        fault: the last exception of the work, or None; taken away by the next result.
    """

    def __init__(self, work: Callable[[In], Out], name: str) -> None:
        self._work = work
        self._there = threading.Condition()
        self._in: list[In] = []
        self._out: list[Out] = []
        self._closed = False
        self.fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def offer(self, item: In) -> None:
        """The newest input; an older one that was not begun is dropped."""
        with self._there:
            self._in[:] = [item]
            self._there.notify()

    def take(self) -> Out | None:
        """The newest result since the last call, or None."""
        with self._there:
            return self._out.pop() if self._out else None

    def close(self, wait_s: float = 0.5) -> bool:
        """End the thread; False: it hangs and is left behind (it dies with the process)."""
        with self._there:
            self._closed = True
            self._there.notify()
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._there:
                while not self._in and not self._closed:
                    self._there.wait()
                if self._closed:
                    return
                item = self._in.pop()
            try:
                out = self._work(item)
            except Exception as fault:  # whatever the work does: it is told, and the next input is tried
                self.fault = fault
                continue
            with self._there:
                self._out[:] = [out]
                self.fault = None
