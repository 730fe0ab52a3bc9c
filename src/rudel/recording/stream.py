"""The one event stream: whoever has something to tell publishes it here, whoever wants it adds a sink."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.core.readings import Image
from rudel.core.types import Event
from rudel.recording import encode, messages
from rudel.recording.inbox import STATE_BYTES, Inbox
from rudel.recording.messages import Message

Blanking = Callable[[Image], Image]


class Sink(Protocol):
    """Where encoded messages go: a recorder, a live view, a forwarder."""

    def put(self, message: Message, /) -> None:
        """Take it over; must not wait for a disk or a link."""
        ...

    def flush(self, timeout_s: float, /) -> None:
        """Return when all that was put is where it belongs; Retry after ``timeout_s``."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Something published that is not encoded yet, or (``thing`` is None) a mark to wait for."""

    channel: str
    size: int
    kept: bool
    time_s: float
    sequence: int
    thing: object
    encoded: encode.Encoded | None
    lossless: bool
    more: Mapping[str, Any]
    mark: threading.Event | None = None


class Stream:
    """Encodes what is published, in a thread of its own and in order, and hands it to the sinks.

    ``publish`` never waits for encoding, disk or link, so that a control loop may call it. State that nobody can take
    fast enough is dropped, oldest first, channel by channel; events are not.

    Args:
        sinks: where messages go; more can be added later.
        blank: sees every Image before a byte of it is written or sent, and returns what may be kept of it, in the same
            size. Where it fails, a black picture takes the picture's place and an event tells.
        state_bytes: how much state of one channel may wait.
    """

    def __init__(
        self, sinks: Sequence[Sink] = (), *, blank: Blanking | None = None, state_bytes: int = STATE_BYTES
    ) -> None:
        self._sinks: tuple[Sink, ...] = tuple(sinks)
        self._blank = blank
        self._inbox: Inbox[_Waiting] = Inbox(state_bytes)
        self._order = threading.Lock()  # numbers and queue positions agree
        self._count: Counter[tuple[str, bool]] = Counter()
        self._problems: list[str] = []
        self._thread = threading.Thread(target=self._run, name="rudel-stream", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def add(self, sink: Sink) -> None:
        """From now on ``sink`` gets everything too."""
        with self._order:
            self._sinks = (*self._sinks, sink)

    def publish(
        self,
        channel: str,
        time_s: float,
        message: object,
        *,
        keep: bool | None = None,
        lossless: bool = False,
        more: Mapping[str, Any] | None = None,
    ) -> int:
        """Tell ``message``; returns its number on this channel (kept ones and others are counted apart).

        Args:
            channel: for example "state/robot".
            time_s: of what it tells, on the robot's clock [s].
            message: a type of rudel.core, a Log, a GridMap, a Mapping or a dataclass. Things that can still change
                are encoded before this returns, so keep them small.
            keep: must not be dropped; default: events, findings, inspections, rounds and log lines.
            lossless: pictures as PNG.
            more: further fields of the JSON object.

        Raises:
            BadInput: no channel, no time, nothing that has a JSON form, or the stream is closed.
        """
        messages.check(channel, time_s)
        kept = messages.is_kept(channel, message) if keep is None else keep
        now = None if isinstance(message, encode.DEFERRED) else encode.encode(message, time_s, more=more)
        size = encode.size_of(message) if now is None else 256 + len(now[1])
        with self._order:
            number = self._count[channel, kept]
            waiting = _Waiting(channel, size, kept, time_s, number, message, now, lossless, more or {})
            self._inbox.put(waiting)
            self._count[channel, kept] = number + 1
        return number

    def flush(self, timeout_s: float = 10.0) -> None:
        """Wait until everything published so far is with the sinks and they have it where it belongs.

        A simulation that runs faster than the disk calls this now and then: it is the back-pressure.

        Raises:
            Retry: not within ``timeout_s``.
            GiveUp: something could not be encoded.
        """
        until_s = time.monotonic() + timeout_s  # of the machine: this waits for threads, not for a robot
        mark = threading.Event()
        if not self._inbox.closed:
            self._inbox.put(_Waiting("", 0, True, 0.0, 0, None, None, False, {}, mark))
        elif not self._thread.is_alive():
            mark.set()
        if not mark.wait(timeout_s):
            raise Retry(f"the stream still had {len(self._inbox)} messages to encode after {timeout_s} s")
        for sink in self._sinks:
            sink.flush(max(until_s - time.monotonic(), 0.0))
        self._tell_problems()

    def close(self) -> None:
        """Hand everything on and stop; the sinks stay open (they belong to who made them)."""
        self._inbox.close()
        self._thread.join()
        self._tell_problems()

    @property
    def dropped(self) -> Mapping[str, int]:
        """State that was dropped because encoding was too slow, by channel."""
        return self._inbox.dropped

    def _tell_problems(self) -> None:
        problems, self._problems = self._problems, []
        if problems:
            raise GiveUp(f"{len(problems)} messages were not recorded; the first: {problems[0]}")

    def _run(self) -> None:
        while (waiting := self._inbox.take(None)) is not None:
            if waiting.mark is not None:
                waiting.mark.set()
                continue
            try:
                self._pass_on(waiting)
            except Exception as error:  # whatever a sink or an encoder does, the next message is not its fault
                self._problems.append(f"{waiting.channel} at {waiting.time_s} s: {type(error).__name__}: {error}")

    def _pass_on(self, waiting: _Waiting) -> None:
        encoded = waiting.encoded
        if encoded is None:
            thing = waiting.thing
            if isinstance(thing, Image) and self._blank is not None:
                thing = self._blanked(thing, self._blank)
            encoded = encode.encode(thing, waiting.time_s, lossless=waiting.lossless, more=waiting.more)
        schema, data = encoded
        message = Message(waiting.channel, waiting.time_s, schema, data, waiting.sequence, waiting.kept)
        failed: Exception | None = None
        for sink in self._sinks:
            try:
                sink.put(message)
            except Exception as error:  # the other sinks still get it; raised below
                failed = error
        if failed is not None:
            raise failed

    def _blanked(self, image: Image, blank: Blanking) -> Image:
        try:
            result = blank(image)
            if not isinstance(result, Image) or result.pixels.shape != image.pixels.shape:
                raise BadInput(f"it returned {type(result).__name__}, not a picture of the same size")
            return result
        except Exception as error:  # a hook is somebody else's code; an unblanked picture must not get out
            why = {"frame": image.frame, "why": f"{type(error).__name__}: {error}"}
            self.publish_late(Event("blanking_failed", image.time_s, why, "recording"))
            black = np.zeros_like(image.pixels)
            return Image(image.time_s, image.frame, black, image.intrinsics, image.pose)

    def publish_late(self, event: Event) -> None:
        """An event from within the stream's own thread, where a closed inbox is no error but too late."""
        try:
            self.publish("event", event.time_s, event)
        except BadInput as error:
            self._problems.append(f"event {event.kind}: {error}")
