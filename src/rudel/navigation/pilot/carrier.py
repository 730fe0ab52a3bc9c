"""Between the loop and the pilot's seat: in this process, in another one that is waited for, or that never is."""

from __future__ import annotations

import queue
import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import Protocol

from rudel.core.errors import GiveUp
from rudel.core.forked import Forked, packed
from rudel.core.readings import Scan
from rudel.navigation.pilot.seat import Answer, MapWanted, Period, Seat
from rudel.navigation.types import Costs

WHAT = "the pilot"
SCANLESS, DEAF = 12, 250  # periods behind: from there on it gets no scans, and nothing at all, until it has caught up

MakeSeat = Callable[[], Seat]


class Carrier(Protocol):
    """Brings words to a seat and answers back.

    Attributes:
        pid: of its process, None: it has none.
    """

    pid: int | None

    def send(self, word: Period) -> None:
        """The loop's word of this period."""
        ...

    def receive(self) -> list[Answer]:
        """What was answered since the last call, in order. GiveUp: there will be no more answers."""
        ...

    def whole_map(self) -> Costs:
        """The map; waits for it."""
        ...

    def close(self) -> None:
        """Leave; any number of times."""
        ...


class Here:
    """In this process. The answer is kept until it is asked for, so that it comes when that of a process would."""

    def __init__(self, make: MakeSeat) -> None:
        self.pid: int | None = None
        self._seat = make()
        self._answers: list[Answer] = []

    def send(self, word: Period) -> None:
        try:
            answer = self._seat(word)
        except Exception as error:  # told as that of a process would be
            raise GiveUp(f"{WHAT} failed:\n{traceback.format_exc()}") from error
        assert isinstance(answer, Answer)
        self._answers.append(answer)

    def receive(self) -> list[Answer]:
        taken, self._answers = self._answers, []
        return taken

    def whole_map(self) -> Costs:
        costs = self._seat(MapWanted())
        assert isinstance(costs, Costs)
        return costs

    def close(self) -> None:
        """Nothing is held."""


class InStep:
    """In a process of its own, which is waited for: for each word exactly one answer, one period later."""

    def __init__(self, make: MakeSeat) -> None:
        self._process = Forked(make, WHAT)
        self.pid: int | None = self._process.pid
        self._owed = 0
        self._early: list[Answer] = []

    def send(self, word: Period) -> None:
        self._process.send(word)
        self._owed += 1

    def receive(self) -> list[Answer]:
        while self._owed:
            self._early.append(self._next())
        taken, self._early = self._early, []
        return taken

    def whole_map(self) -> Costs:
        self._early += [self._next() for _ in range(self._owed)]
        self._process.send(MapWanted())
        costs = self._process.receive()
        assert isinstance(costs, Costs)
        return costs

    def close(self) -> None:
        self._process.close()

    def _next(self) -> Answer:
        self._owed -= 1
        answer = self._process.receive()
        assert isinstance(answer, Answer)
        return answer


class Unwaited:
    """In a process of its own, which is never waited for: threads write to it and listen to it.

    Nothing is lost while it keeps up. One that falls behind is spared what takes longest, see SCANLESS and DEAF.
    """

    def __init__(self, make: MakeSeat) -> None:
        self._process = Forked(make, WHAT)
        self.pid: int | None = self._process.pid
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: deque[Answer] = deque()
        self._maps: queue.SimpleQueue[Costs | None] = queue.SimpleQueue()
        self._sent = self._heard = 0
        self._fault: GiveUp | None = None
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._write, self._listen)]
        for thread in self._threads:
            thread.start()

    def send(self, word: Period) -> None:
        behind = self.behind
        if self._fault is not None or (behind >= DEAF and not word.wishes):
            return
        if behind >= SCANLESS:
            spared = tuple(reading for reading in word.readings if not isinstance(reading, Scan))
            word = Period(word.number, word.state, spared, word.wishes, word.hand)
        self._sent += 1
        self._out.put(packed(word))

    @property
    def behind(self) -> int:
        """Periods that were sent and are not answered yet."""
        return self._sent - self._heard

    def receive(self) -> list[Answer]:
        taken: list[Answer] = []
        while self._answers:
            taken.append(self._answers.popleft())
        if self._fault is not None and not taken:
            raise self._fault
        return taken

    def whole_map(self) -> Costs:
        self._out.put(packed(MapWanted()))
        costs = self._maps.get()
        if costs is None:
            assert self._fault is not None
            raise self._fault
        return costs

    def close(self) -> None:
        self._out.put(packed(None))
        self._out.put(None)
        self._process.end()  # while a thread reads from it a closed pipe would go unnoticed at the other end
        for thread in self._threads:
            thread.join(1.0)
        self._process.close()

    def _write(self) -> None:
        try:
            while (data := self._out.get()) is not None:
                self._process.send_packed(data)
        except GiveUp:
            return  # the listener hears of it, too, and with the reason

    def _listen(self) -> None:
        try:
            while True:
                said = self._process.receive()
                if isinstance(said, Answer):
                    self._heard += 1
                    self._answers.append(said)
                else:
                    self._maps.put(said)
        except GiveUp as fault:
            self._fault = fault
            self._maps.put(None)
