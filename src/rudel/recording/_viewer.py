"""One viewer of the live view: what it subscribed to, and what waits for it."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from websockets.asyncio.server import ServerConnection

from rudel.recording import schemas
from rudel.recording.messages import Message

EVENTS = 2000  # that may wait for a viewer
EVENT_BYTES = 32 * 2**20
SUBSCRIPTIONS = 1000
_DATA = struct.Struct("<BIQ")  # opcode 1, subscription, time [ns]
WARNING = 1


class Advertised:
    """The channels that viewers are told of: numbers by name and schema."""

    def __init__(self) -> None:
        self._channels: dict[str, dict[str, Any]] = {}

    def add(self, message: Message) -> dict[str, Any] | None:
        """The advertisement of a channel that was not known; None for one that was."""
        if message.channel in self._channels:
            return None
        told = self._channels[message.channel] = {
            "id": len(self._channels) + 1,
            "topic": message.channel,
            "encoding": "json",
            "schemaName": message.schema,
            "schema": schemas.text(message.schema),
            "schemaEncoding": "jsonschema",
        }
        return told

    def all(self) -> list[dict[str, Any]]:
        """All advertisements."""
        return list(self._channels.values())


class Viewer:
    """The greeting, advertisements and offers come from any thread, with the live view's lock held."""

    def __init__(
        self,
        connection: ServerConnection,
        loop: asyncio.AbstractEventLoop,
        lock: threading.Lock,
        latest: Callable[[str], Message | None],
    ) -> None:
        self._connection, self._loop, self._lock, self._latest = connection, loop, lock, latest
        self._subscribed: dict[str, int] = {}  # channel -> subscription
        self._channels: dict[int, str] = {}
        self._texts: deque[str] = deque()
        self._events: deque[tuple[int, Message]] = deque()
        self._event_bytes = 0
        self._state: dict[int, Message] = {}
        self._overrun = False
        self._wake = asyncio.Event()
        self._woken = False

    def greet(self, channels: Sequence[dict[str, Any]]) -> None:
        """First of all: who we are and what there is."""
        self._texts.append(json.dumps({"op": "serverInfo", "name": "rudel", "capabilities": [], "metadata": {}}))
        self.advertise(channels)

    def advertise(self, channels: Sequence[dict[str, Any]]) -> None:
        """Tell of channels."""
        self._channels.update({told["id"]: told["topic"] for told in channels})
        self._texts.append(json.dumps({"op": "advertise", "channels": list(channels)}))
        self._ring()

    def offer(self, message: Message) -> None:
        """Let ``message`` wait if it is wanted."""
        subscription = self._subscribed.get(message.channel)
        if subscription is None or self._overrun:
            return
        if message.kept:
            self._events.append((subscription, message))
            self._event_bytes += message.size
            if len(self._events) > EVENTS or self._event_bytes > EVENT_BYTES:
                self._overrun = True
                self._events.clear()
        else:
            self._state[subscription] = message
        self._ring()

    def _ring(self) -> None:
        if not self._woken:  # one wake-up for all that came since the last look
            self._woken = True
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Listen and send until either ends; ConnectionClosed when the viewer goes."""
        listening = asyncio.ensure_future(self._listen())
        sending = asyncio.ensure_future(self._send())
        try:
            done, _ = await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (listening, sending):
                task.cancel()
            await asyncio.gather(listening, sending, return_exceptions=True)

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._woken = False
            while (data := self._next()) is not None:
                await self._connection.send(data)
            if self._overrun:
                await self._connection.close(1008, "too slow for the events; connect again")
                return

    def _next(self) -> str | bytes | None:
        """What to send next: what we say, then events in order, then the newest state."""
        with self._lock:
            if self._texts:
                return self._texts.popleft()
            if self._events:
                subscription, message = self._events.popleft()
                self._event_bytes -= message.size
            elif self._state:
                subscription = next(iter(self._state))
                message = self._state.pop(subscription)
            else:
                return None
        return _DATA.pack(1, subscription, message.time_ns) + message.data

    async def _listen(self) -> None:
        async for text in self._connection:
            try:
                told = json.loads(text) if isinstance(text, str) else None
                with self._lock:
                    self._obey(told)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                with self._lock:
                    self._complain(f"not understood: {type(error).__name__}: {error}")

    def _obey(self, told: Any) -> None:
        op = told["op"]
        if op == "subscribe":
            for wish in told["subscriptions"]:
                self._subscribe(int(wish["id"]), int(wish["channelId"]))
        elif op == "unsubscribe":
            gone = {int(number) for number in told["subscriptionIds"]}
            self._subscribed = {c: s for c, s in self._subscribed.items() if s not in gone}
            self._state = {s: m for s, m in self._state.items() if s not in gone}
            self._events = deque((s, m) for s, m in self._events if s not in gone)
            self._event_bytes = sum(message.size for _, message in self._events)
        else:
            self._complain(f"{str(op)[:50]!r} is not offered: this is a view, nothing can be sent or changed")

    def _subscribe(self, number: int, channel_id: int) -> None:
        channel = self._channels.get(channel_id)
        if channel is None or not 0 <= number < 2**32 or number in self._subscribed.values():
            self._complain(f"cannot subscribe {number} to channel {channel_id}")
        elif len(self._subscribed) >= SUBSCRIPTIONS:
            self._complain(f"no more than {SUBSCRIPTIONS} subscriptions")
        else:
            self._subscribed = {**self._subscribed, channel: number}
            latest = self._latest(channel)
            if latest is not None:
                self._state.setdefault(number, latest)
                self._ring()

    def _complain(self, message: str) -> None:
        if len(self._texts) < 100:
            self._texts.append(json.dumps({"op": "status", "level": WARNING, "message": message[:300]}))
            self._ring()
