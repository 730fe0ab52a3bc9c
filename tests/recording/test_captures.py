"""Captures come back bit for bit: whoever looks at a recording sees what was looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rudel.core.findings import Capture
from rudel.recording import Recorder, Stream, captures, record_capture
from rudel.recording.captures import channel_of
from tests.recording import samples
from tests.recording.test_messages import same


def recorded(folder: Path, rng: np.random.Generator, count: int = 3) -> list[Capture]:
    looks = [samples.capture(rng, f"P-{n}", 10.0 * n) for n in range(count)]
    with Recorder(folder) as recorder, Stream([recorder]) as stream:
        for look in looks:
            stream.publish("camera/wide", look.time_s, samples.image(rng))  # the live picture is none of theirs
            stream.publish("thermal", look.time_s, samples.thermal(rng))
            record_capture(stream, look)
    return looks


def test_captures_come_back_exactly(tmp_path: Path, rng: np.random.Generator) -> None:
    looks = recorded(tmp_path, rng)
    found = list(captures(tmp_path))
    assert len(found) == len(looks)
    for a, b in zip(looks, found, strict=True):
        assert same(a, b)  # target, time, pose, an infinite deviation, every pixel, every NaN
        assert a.readings.keys() == b.readings.keys()
        assert all(same(a.readings[sense], b.readings[sense]) for sense in a.readings)


def test_a_cut_recording_gives_the_captures_that_are_whole(tmp_path: Path, rng: np.random.Generator) -> None:
    looks = recorded(tmp_path, rng)
    file = next(tmp_path.glob("*.mcap"))
    raw = file.read_bytes()
    counts: list[int] = []
    for size in range(0, len(raw), 997):
        file.write_bytes(raw[:size])
        found = list(captures(tmp_path))
        assert all(same(a, b) for a, b in zip(looks, found, strict=False))
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}


def test_a_capture_with_a_missing_reading_is_left_out(tmp_path: Path, rng: np.random.Generator) -> None:
    basket = samples.Basket()
    with Stream([basket]) as stream:
        record_capture(stream, samples.capture(rng, "A", 1.0))
        record_capture(stream, samples.capture(rng, "B", 2.0))
    with Recorder(tmp_path) as recorder:
        for one in basket.messages:
            if one is not basket.messages[2]:
                recorder.put(one)
    assert [look.target.point for look in captures(tmp_path)] == ["B"]


def test_interleaved_captures_are_told_apart(tmp_path: Path, rng: np.random.Generator) -> None:
    a, b = samples.capture(rng, "A", 1.0), samples.capture(rng, "B", 2.0)
    with Recorder(tmp_path) as recorder:
        lines = []
        for look in (a, b):
            basket = samples.Basket()
            with Stream([basket]) as stream:
                record_capture(stream, look)
            lines.append(basket.messages)
        for pair in zip(*lines, strict=True):
            for one in pair:
                recorder.put(one)
    assert all(same(x, y) for x, y in zip([a, b], captures(tmp_path), strict=True))


def test_senses_have_channels() -> None:
    channels = {"wide": "camera/wide", "zoom": "camera/zoom", "thermal": "thermal", "gas/CH4": "gas", "gas": "gas"}
    assert {sense: channel_of(sense) for sense in channels} == channels
