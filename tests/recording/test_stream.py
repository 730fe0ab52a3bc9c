"""The stream: never waits, never drops or reorders what must be kept, blanks before anybody sees."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.core.readings import Image
from rudel.core.types import Event
from rudel.recording import Message, Stream
from rudel.recording.decode import decode
from rudel.recording.inbox import MAX_CHANNELS, Inbox
from tests.recording import samples
from tests.recording.samples import Basket, message


class Stuck(Basket):
    """A sink that hangs until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def put(self, message: Message) -> None:
        self.go.wait(20)
        super().put(message)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(1, 40)), max_size=60), st.integers(1, 100))
def test_an_inbox_keeps_what_it_must_and_the_newest_of_the_rest(puts: list[tuple[str, bool, int]], limit: int) -> None:
    inbox: Inbox[Message] = Inbox(limit)
    sent = [message(n, channel, kept=kept, size=size) for n, (channel, kept, size) in enumerate(puts)]
    for one in sent:
        inbox.put(one)
    inbox.close()
    taken: list[Message] = []
    while (one := inbox.take(None)) is not None:
        taken.append(one)
    numbers = [m.sequence for m in taken]
    assert numbers == sorted(numbers)
    assert [m for m in taken if m.kept] == [m for m in sent if m.kept]
    for channel in "abc":
        mine = [m for m in sent if m.channel == channel and not m.kept]
        left = [m for m in taken if m.channel == channel and not m.kept]
        assert left == mine[len(mine) - len(left) :]  # a suffix: the oldest went
        assert bool(left) == bool(mine)
        assert len(left) < 2 or sum(m.size for m in left) <= limit
        assert inbox.dropped.get(channel, 0) == len(mine) - len(left)


def test_publishing_does_not_wait_for_a_sink_that_hangs(rng: np.random.Generator) -> None:
    """Ten seconds of a 50 Hz loop with pictures, all of it while nothing moves on."""
    stuck = Stuck()
    stream = Stream([stuck], state_bytes=200_000)
    state, image = samples.state(rng), samples.image(rng)
    worst = 0.0
    for n in range(500):
        began = time.perf_counter()
        stream.publish("state/robot", n * 0.02, state)
        stream.publish("camera/wide", n * 0.02, image)
        stream.publish("event", n * 0.02, Event("step", n * 0.02, {"n": n}))
        worst = max(worst, time.perf_counter() - began)
    assert worst < 1.0  # a wait would last until the sink is let go
    with pytest.raises(Retry):
        stream.flush(0.05)
    stuck.go.set()
    stream.close()
    events = [decode(m).data["n"] for m in stuck.messages if m.channel == "event"]
    assert events == list(range(500))
    pictures = [m.sequence for m in stuck.messages if m.channel == "camera/wide"]
    assert pictures[-1] == 499
    assert len(pictures) + stream.dropped["camera/wide"] == 500
    assert stream.dropped["camera/wide"] > 0
    assert "event" not in stream.dropped


def test_events_of_many_threads_keep_their_order() -> None:
    basket = Basket()
    with Stream([basket]) as stream:

        def tell(name: str) -> None:
            for n in range(200):
                stream.publish("event", 0.0, Event(name, 0.0, {"n": n}))

        threads = [threading.Thread(target=tell, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [m.sequence for m in basket.messages] == list(range(800))
    told = [decode(m) for m in basket.messages]
    for name in "abcd":
        assert [event.data["n"] for event in told if event.kind == name] == list(range(200))


def test_what_can_change_is_told_as_it_was() -> None:
    basket = Basket()
    data = {"n": 1}
    with Stream([basket]) as stream:
        stream.publish("event", 0.0, Event("x", 0.0, data))
        stream.publish("state/order", 0.0, data)
        data["n"] = 2
    assert decode(basket.messages[0]).data == {"n": 1}
    assert decode(basket.messages[1]) == {"n": 1}


def test_numbers_count_kept_and_other_messages_apart() -> None:
    basket = Basket()
    with Stream([basket]) as stream:
        assert [stream.publish("a", 0.0, {}, keep=keep) for keep in (True, False, True, None)] == [0, 0, 1, 1]
    assert [(m.sequence, m.kept) for m in basket.messages] == [(0, True), (0, False), (1, True), (1, False)]


def blank(image: Image) -> Image:
    pixels = image.pixels.copy()
    pixels[:, :16] = 0
    return Image(image.time_s, image.frame, pixels, image.intrinsics, image.pose)


def test_pictures_are_blanked_before_anybody_sees_them(rng: np.random.Generator) -> None:
    basket = Basket()
    image = samples.image(rng)
    with Stream([basket], blank=blank) as stream:
        stream.publish("camera/wide", 0.0, image, lossless=True)
        stream.publish("anything", 0.0, image, keep=True, lossless=True)
    for told in basket.messages:
        pixels = decode(told).pixels
        assert not pixels[:, :16].any()
        assert np.array_equal(pixels[:, 16:], image.pixels[:, 16:])


def test_a_failing_hook_lets_nothing_out(rng: np.random.Generator) -> None:
    def broken(image: Image) -> Image:
        raise ValueError("model is missing")

    def smaller(image: Image) -> Any:
        return samples.capture(rng).readings["thermal"]  # what a wrong hook might do

    for hook in (broken, smaller):
        basket = Basket()
        with Stream([basket], blank=hook) as stream:
            stream.publish("camera/wide", 0.0, samples.image(rng), lossless=True)
            stream.flush()
        told = {m.channel: decode(m) for m in basket.messages}
        assert not told["camera/wide"].pixels.any()
        assert told["event"].kind == "blanking_failed"


def test_a_sink_that_throws_costs_the_others_nothing() -> None:
    class Broken(Basket):
        def put(self, message: Message) -> None:
            raise OSError("gone")

    basket = Basket()
    stream = Stream([Broken(), basket])
    stream.publish("event", 1.0, Event("a", 1.0))
    with pytest.raises(GiveUp, match="gone"):
        stream.flush()
    stream.publish("event", 2.0, Event("b", 2.0))
    with pytest.raises(GiveUp, match=r"event at 2\.0 s"):
        stream.close()
    assert len(basket.messages) == 2


@pytest.mark.parametrize(
    ("channel", "time_s"), [("", 0.0), ("x\n", 0.0), ("x" * 300, 0.0), ("a", float("nan")), ("a", float("inf"))]
)
def test_no_channel_and_no_time_are_refused(channel: str, time_s: float) -> None:
    with Stream() as stream, pytest.raises(BadInput):
        stream.publish(channel, time_s, {})


def test_channels_are_bounded_and_closed_is_closed() -> None:
    stuck = Stuck()
    stream = Stream([stuck])
    for n in range(MAX_CHANNELS):
        stream.publish(f"state/{n}", 0.0, {})
    with pytest.raises(BadInput, match="too many"):
        stream.publish("state/one_more", 0.0, {})
    stuck.go.set()
    stream.close()
    with pytest.raises(BadInput, match="closed"):
        stream.publish("event", 0.0, Event("late", 0.0))
    stream.flush()
