"""A queue between two threads: what must be kept is never dropped; of the rest the oldest goes when it is too much."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from rudel.core.errors import BadInput

STATE_BYTES = 32 * 2**20  # of each channel that is not kept
MAX_CHANNELS = 256


class Item(Protocol):
    """What can wait in an inbox."""

    @property
    def channel(self) -> str: ...
    @property
    def size(self) -> int:
        """Bytes in memory."""
        ...

    @property
    def kept(self) -> bool: ...


T = TypeVar("T", bound=Item)


class Inbox(Generic[T]):
    """First in, first out; any thread may put, one takes. Neither waits for the other longer than a list operation.

    Args:
        state_bytes: what each channel of state may hold; its oldest items go first, the newest one always stays.
    """

    def __init__(self, state_bytes: int = STATE_BYTES) -> None:
        if state_bytes < 1:
            raise BadInput(f"state_bytes is {state_bytes}, must be >= 1")
        self._limit = state_bytes
        self._changed = threading.Condition()
        self._queue: deque[list[T]] = deque()  # an emptied list is an item that was dropped meanwhile
        self._state: dict[str, deque[list[T]]] = {}
        self._bytes: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._kept_bytes = 0
        self._closed = False

    def put(self, item: T) -> None:
        """Append; drops the oldest state of the same channel where that is too much."""
        with self._changed:
            if self._closed:
                raise BadInput(f"message on {item.channel!r} came after the stream was closed")
            cell = [item]
            self._queue.append(cell)
            if item.kept:
                self._kept_bytes += item.size
            else:
                self._make_room(item, cell)
            self._changed.notify()

    def _make_room(self, item: T, cell: list[T]) -> None:
        mine = self._state.get(item.channel)
        if mine is None:
            if len(self._state) >= MAX_CHANNELS:
                self._queue.pop()
                raise BadInput(f"channel {item.channel!r} is one too many: a stream has at most {MAX_CHANNELS}")
            mine = self._state[item.channel] = deque()
        mine.append(cell)
        self._bytes[item.channel] += item.size
        while self._bytes[item.channel] > self._limit and len(mine) > 1:
            old = mine.popleft()
            self._bytes[item.channel] -= old[0].size
            self._dropped[item.channel] += 1
            old.clear()

    def take(self, timeout_s: float | None) -> T | None:
        """The oldest item; None after ``timeout_s``, or when the inbox is closed and empty."""
        with self._changed:
            while True:
                while self._queue:
                    cell = self._queue.popleft()
                    if cell:
                        return self._taken(cell[0])
                if self._closed or not self._changed.wait(timeout_s):
                    return None

    def _taken(self, item: T) -> T:
        if item.kept:
            self._kept_bytes -= item.size
        else:
            self._state[item.channel].popleft()
            self._bytes[item.channel] -= item.size
        return item

    def close(self) -> None:
        """Nothing more may come; what is in can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether close was called."""
        return self._closed

    @property
    def dropped(self) -> Mapping[str, int]:
        """Items of state that were dropped, by channel."""
        with self._changed:
            return dict(self._dropped)

    @property
    def kept_bytes(self) -> int:
        """Bytes of kept items that wait."""
        return self._kept_bytes

    def __len__(self) -> int:
        with self._changed:
            return sum(1 for cell in self._queue if cell)
