"""Store and forward: events arrive all, once and in order, however the link behaves; state is the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rudel.core.errors import BadInput, Retry
from rudel.recording import Forwarder, Parcel, forward
from rudel.recording._outbox import Outbox
from rudel.recording.messages import Message
from tests.recording.samples import message


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(forward, "LONGEST_WAIT_S", 0.02)


class Consumer:
    """Takes parcels while the link is up; every ``breaks``-th delivery breaks after it arrived."""

    def __init__(self, *, up: bool = True, breaks: int = 0) -> None:
        self.up, self.breaks = up, breaks
        self.parcels: list[Parcel] = []
        self.tries = 0

    def __call__(self, parcels: Sequence[Parcel]) -> None:
        self.tries += 1
        if not self.up:
            raise Retry("no link")
        self.parcels += parcels
        if self.breaks and self.tries % self.breaks == 0:
            raise ConnectionError("broke before the answer")

    @property
    def events(self) -> list[int]:
        """Numbers in the messages, each parcel number once."""
        once = {parcel.number: parcel.message.sequence for parcel in self.parcels if parcel.number is not None}
        return list(once.values())


def test_events_arrive_in_order_over_a_link_that_breaks(tmp_path: Path) -> None:
    consumer = Consumer(breaks=2)
    with Forwarder(tmp_path, consumer) as forwarder:
        for n in range(200):
            forwarder.put(message(n))
            if n % 20 == 0:
                time.sleep(0.005)
        forwarder.drain()
    assert consumer.events == list(range(200))


def test_after_a_silence_the_newest_state_comes_first(tmp_path: Path) -> None:
    consumer = Consumer(up=False)
    with Forwarder(tmp_path, consumer) as forwarder:
        for n in range(50):
            forwarder.put(message(n, "state/x", kept=False))
            forwarder.put(message(n))
        with pytest.raises(Retry, match=r"50 events still wait: link is down: Retry: no link"):
            forwarder.drain(0.05)
        consumer.up = True
        forwarder.drain()
    first, *rest = consumer.parcels
    assert (first.message.channel, first.message.sequence, first.number) == ("state/x", 49, None)
    assert [parcel.message.sequence for parcel in rest] == list(range(50))
    assert sum(parcel.number is None for parcel in consumer.parcels) == 1


def test_older_state_never_overtakes_newer(tmp_path: Path) -> None:
    """State comes while older state is on its way, and that way breaks."""
    busy, go = threading.Event(), threading.Event()
    arrived: list[int] = []

    def send(parcels: Sequence[Parcel]) -> None:
        if not go.is_set():
            busy.set()
            go.wait(20)
            raise ConnectionError("broke")
        arrived.extend(parcel.message.sequence for parcel in parcels)

    with Forwarder(tmp_path, send) as forwarder:
        forwarder.put(message(0, "state/x", kept=False))
        assert busy.wait(20)
        forwarder.put(message(1, "state/x", kept=False))
        go.set()
        forwarder.drain()
    assert arrived == [1]


def test_a_link_that_hangs_stops_nobody(tmp_path: Path) -> None:
    hang, told = threading.Event(), []

    def send(parcels: Sequence[Parcel]) -> None:
        hang.wait(20)
        told.extend(parcels)

    forwarder = Forwarder(tmp_path, send)
    began = time.monotonic()
    for n in range(300):
        forwarder.put(message(n, size=1000))
    assert time.monotonic() - began < 10  # a wait would last until the link is let go
    assert forwarder.waiting == 300
    hang.set()
    forwarder.drain()
    forwarder.close()
    assert [parcel.message.sequence for parcel in told if parcel.number is not None] == list(range(300))


def test_what_waits_survives_a_restart_and_is_numbered_on(tmp_path: Path) -> None:
    first = Consumer(up=False)
    with Forwarder(tmp_path, first) as forwarder:
        for n in range(10):
            forwarder.put(message(n))
    second = Consumer()
    with Forwarder(tmp_path, second) as forwarder:
        forwarder.put(message(10))
        forwarder.drain()
    third = Consumer()
    with Forwarder(tmp_path, third) as forwarder:
        forwarder.put(message(11))
        forwarder.drain()
    assert first.parcels == []
    assert second.events == list(range(11))
    assert [parcel.number for parcel in second.parcels + third.parcels] == list(range(1, 13))


def test_an_outbox_gives_its_space_back_and_bounds_its_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rudel.recording._outbox.SEGMENT_BYTES", 2000)
    box = Outbox(tmp_path)
    for n in range(50):
        assert box.append(message(n, size=200)) == n + 1
    assert len(list(tmp_path.glob("*.box"))) > 3
    sent: list[int] = []
    while batch := box.oldest(5, 1000):
        assert len(batch) <= 5
        sent += [m.sequence for _, m in batch]
        box.acknowledge(batch[-1][0])
    assert sent == list(range(50))
    assert list(tmp_path.glob("*.box")) == []
    assert len(box.oldest(5, 1)) == 0
    box.append(message(50, size=5000))
    assert len(box.oldest(5, 1)) == 1  # one larger than a batch still goes
    box.close()


def test_a_crash_costs_only_the_record_that_was_being_written(tmp_path: Path) -> None:
    box = Outbox(tmp_path)
    for n in range(3):
        box.append(message(n))
    box.close()
    file = next(tmp_path.glob("*.box"))
    raw = file.read_bytes()
    for size in range(0, len(raw), 5):
        file.write_bytes(raw[:size])
        again = Outbox(tmp_path)
        found = [m.sequence for _, m in again.oldest(10, 10**6)]
        assert found == list(range(len(found)))
        assert again.append(message(9)) == len(found) + 1
        assert [m.sequence for _, m in again.oldest(10, 10**6)] == [*found, 9]
        again.close()
        for path in tmp_path.glob("*.box"):
            path.unlink()


def test_a_full_disk_delays_events_and_loses_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = Consumer()
    full = [True]
    real = Outbox.append

    def append(box: Outbox, message: Message) -> int:
        if full[0]:
            raise OSError(28, "No space left on device")
        return real(box, message)

    monkeypatch.setattr(Outbox, "append", append)
    with Forwarder(tmp_path, consumer) as forwarder:
        for n in range(5):
            forwarder.put(message(n))
        with pytest.raises(Retry, match="No space"):
            forwarder.flush(0.05)
        assert forwarder.waiting == 5
        full[0] = False
        forwarder.put(message(5))
        forwarder.drain()
    assert consumer.events == list(range(6))


def test_only_what_is_wanted_is_sent(tmp_path: Path) -> None:
    consumer = Consumer()
    with Forwarder(tmp_path, consumer, wanted=lambda channel: channel != "camera/wide") as forwarder:
        forwarder.put(message(0, "camera/wide"))
        forwarder.put(message(1))
        forwarder.drain()
    assert [parcel.message.sequence for parcel in consumer.parcels] == [1]


def test_an_outbox_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", Path("/proc/rudel")):
        with pytest.raises(BadInput, match="another folder"):
            Outbox(folder)
    (tmp_path / "taken.json").write_text("nonsense")
    with pytest.raises(BadInput, match="damaged"):
        Outbox(tmp_path)
