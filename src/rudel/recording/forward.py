"""Store and forward: a consumer behind a link that comes and goes gets the newest state first and every event."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.recording._outbox import Outbox
from rudel.recording.messages import Message

BATCH = 256
BATCH_BYTES = 2**20
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0
RETRY_S = 0.5  # after the disk refused
MEMORY_BYTES = 256 * 2**20  # of events where the disk does not take them


@dataclass(frozen=True)
class Parcel:
    """What the consumer gets. ``number`` rises by one with every event, over restarts too; an event can come twice
    (the link broke before the answer) and has the same number then. State has none.
    """

    message: Message
    number: int | None


Send = Callable[[Sequence[Parcel]], None]


class Forwarder:
    """A sink that sends. Events are on disk before ``put`` returns and leave it when the consumer has taken them.

    Args:
        folder: of the outbox; what waits there from an earlier time is sent too.
        send: delivers, and returns when the consumer has everything. Raises Retry or OSError where the link is down:
            then it is tried again, ever more slowly up to every 10 s. It runs in the forwarder's thread and may block.
        wanted: which channels; default: all.

    Raises:
        BadInput: the outbox cannot be used.
    """

    def __init__(self, folder: Path | str, send: Send, wanted: Callable[[str], bool] | None = None) -> None:
        self._outbox = Outbox(Path(folder))
        self._send, self._wanted = send, wanted
        self._lock = threading.Condition()
        self._state: dict[str, Message] = {}
        self._unwritten: deque[Message] = deque()  # the disk refused them: in order, before anything newer
        self._unwritten_bytes = 0
        self._sending = False
        self._closed = False
        self._disk = self._link = ""  # what is wrong with either
        self._thread = threading.Thread(target=self._run, name="rudel-forward", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    @property
    def trouble(self) -> str:
        """Why events wait; "" when all is well."""
        return "; ".join(filter(None, (self._disk, self._link)))

    @property
    def waiting(self) -> int:
        """Events that the consumer does not have yet."""
        with self._lock:
            return self._outbox.waiting() + len(self._unwritten)

    def put(self, message: Message) -> None:
        """Take ``message``; never waits for the link.

        Raises:
            GiveUp: neither disk nor memory have room for this event.
        """
        if self._wanted is not None and not self._wanted(message.channel):
            return
        with self._lock:
            if self._closed:
                raise BadInput(f"message on {message.channel!r} came after the forwarder was closed")
            if message.kept:
                if self._unwritten_bytes + message.size > MEMORY_BYTES:
                    raise GiveUp(f"disk and memory are full: {message.channel!r} at {message.time_s} s is lost")
                self._unwritten.append(message)
                self._unwritten_bytes += message.size
                self._write_down()
            else:
                self._state[message.channel] = message
            self._lock.notify_all()

    def _write_down(self) -> None:
        try:
            while self._unwritten:
                self._outbox.append(self._unwritten[0])
                self._unwritten_bytes -= self._unwritten.popleft().size
            self._disk = ""
        except OSError as error:
            self._disk = f"outbox {str(self._outbox.folder)!r} cannot be written: {error.strerror or error}"

    def flush(self, timeout_s: float = 10.0) -> None:
        """Wait until all is written down (not: sent); Retry after ``timeout_s``."""
        with self._lock:
            self._write_down()
            if not self._lock.wait_for(lambda: not self._unwritten, timeout_s):
                raise Retry(self.trouble)

    def drain(self, timeout_s: float = 10.0) -> None:
        """Wait until the consumer has everything; Retry after ``timeout_s``."""
        with self._lock:
            done = self._lock.wait_for(lambda: not self._left(), timeout_s)
        if not done:
            raise Retry(f"{self.waiting} events still wait: {self.trouble or 'the link is slow'}")

    def _left(self) -> bool:
        return bool(self._state or self._unwritten or self._outbox.waiting() or self._sending)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop after what is being sent now; events that wait stay in the outbox for the next time."""
        with self._lock:
            self._closed = True
            self._write_down()
            self._lock.notify_all()
        self._thread.join(timeout_s)
        with self._lock:
            if not self._thread.is_alive():
                self._outbox.close()
            if self._unwritten:
                raise GiveUp(f"{len(self._unwritten)} events could not be written down: {self.trouble}")

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            with self._lock:
                self._sending = False
                self._lock.notify_all()
                self._lock.wait_for(lambda: self._closed or self._state or self._unwritten or self._outbox.waiting())
                if self._closed:
                    return
                self._write_down()
                if self._unwritten and not self._state and not self._outbox.waiting():
                    self._lock.wait_for(lambda: self._closed, RETRY_S)  # nothing to send before the disk takes it
                    continue
                state, self._state = self._state, {}
                self._sending = True
            if self._deliver(state):
                wait_s = FIRST_WAIT_S
                continue
            with self._lock:
                self._state = state | self._state  # newer ones may have come meanwhile
                self._lock.wait_for(lambda: self._closed, wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _deliver(self, state: dict[str, Message]) -> bool:
        """The newest state, then one batch of events; whether both arrived."""
        try:
            if state:
                self._send([Parcel(message, None) for message in state.values()])
                state.clear()  # has arrived: not again, even where the events below do not
            with self._lock:
                batch = self._outbox.oldest(BATCH, BATCH_BYTES)
            if batch:
                self._send([Parcel(message, number) for number, message in batch])
                with self._lock:
                    self._outbox.acknowledge(batch[-1][0])
            self._link = ""
            return True
        except Exception as error:  # a link fails in many ways; none of them may end the forwarding
            self._link = f"link is down: {type(error).__name__}: {error}"
            return False
