"""The recorder: what was flushed survives everything, events survive a full disk, in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.core.types import Event
from rudel.recording import Recorder, Settings, Stream, read, read_messages
from rudel.recording._spill import Spill
from rudel.recording.summary import summarise
from tests.recording import samples
from tests.recording.samples import message
from tests.recording.test_mcap import fill_the_disk_after
from tests.recording.test_messages import same


def test_a_recording_gives_back_everything_in_order(tmp_path: Path, rng: np.random.Generator) -> None:
    things = {**samples.everything(rng), "camera/zoom": samples.image(rng)}
    with Recorder(tmp_path / "r", {"mission": "m", "seed": 3}) as recorder, Stream([recorder]) as stream:
        for n, (channel, thing) in enumerate(things.items()):
            stream.publish(channel, n / 7, thing, lossless=True)
    entries = list(read(tmp_path / "r"))
    assert [(e.channel, e.time_s) for e in entries] == [(channel, n / 7) for n, channel in enumerate(things)]
    assert all(same(entry.message, things[entry.channel]) for entry in entries)
    told = summarise(tmp_path / "r")
    assert (told.state, told.messages, told.lost, dict(told.meta)) == (
        "whole",
        len(things),
        0,
        {"mission": "m", "seed": 3},
    )
    assert [e.channel for e in read(tmp_path / "r", ["camera/*", "log"])] == ["log", "camera/zoom"]


def test_files_rotate_and_a_recording_goes_on(tmp_path: Path) -> None:
    for session in range(2):
        with Recorder(tmp_path, settings=Settings(rotate_bytes=20_000)) as recorder:
            for n in range(100):
                recorder.put(message(n, size=1000))
                if n % 10 == 9:
                    recorder.flush()
            assert recorder.status().written == {"event": 100}
        assert [m.sequence for m in read_messages(tmp_path)] == [*range(100)] * (session + 1)
    files = sorted(tmp_path.glob("*.mcap"))
    assert len(files) > 6
    assert all(file.stat().st_size < 40_000 for file in files)
    assert summarise(tmp_path).state == "whole"


def test_one_folder_has_one_recorder(tmp_path: Path) -> None:
    with Recorder(tmp_path):
        with pytest.raises(BadInput, match="records in"):
            Recorder(tmp_path)
        assert summarise(tmp_path).state == "recording"
    with Recorder(tmp_path):
        pass


CHILD = """
import sys, time
from pathlib import Path
from rudel.core.types import Event
from rudel.recording import Recorder, Stream
recorder = Recorder(sys.argv[1])
stream = Stream([recorder])
n = 0
began = time.monotonic()
while True:
    stream.publish("event", n / 500, Event("step", n / 500, {"told_s": time.monotonic()}))
    stream.publish("state/x", n / 500, {"n": n, "pad": "x" * 2000})
    if n == 100:
        print("go", flush=True)
    n += 1
    time.sleep(max(began + n / 500 - time.monotonic(), 0))
"""


def test_a_kill_costs_at_most_the_last_second(tmp_path: Path) -> None:
    """SIGKILL in the middle of it: what is missing is younger than a second (0.2 s on a machine that is not busy)."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "r")], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"go\n"
    time.sleep(0.5)
    killed_s = time.monotonic()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    events = [m for m in read(tmp_path / "r", ["event"])]
    assert len(events) > 100
    assert killed_s - events[-1].message.data["told_s"] < 1.0
    numbers = [m.sequence for m in read_messages(tmp_path / "r", ["event"])]
    assert numbers == list(range(len(numbers)))
    assert summarise(tmp_path / "r").state == "cut"
    with Recorder(tmp_path / "r") as recorder:  # and it can go on
        recorder.put(message(0, "log"))
    assert [m.channel for m in read_messages(tmp_path / "r")][-1] == "log"


def until(true: threading.Event | None, check: Callable[[], object], timeout_s: float = 10.0) -> None:
    end = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_full_disk_keeps_events_waiting_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(state_bytes=2000, kept_bytes=3000, spill=tmp_path)
    recorder = Recorder(tmp_path / "r", settings=settings)
    recorder.put(message(0))
    recorder.flush()
    fill_the_disk_after(monkeypatch, 100)
    for n in range(1, 60):
        recorder.put(message(n, size=100))
        recorder.put(message(n, "state/x", kept=False, size=100))
    until(None, lambda: recorder.trouble)
    assert "No space left" in recorder.trouble
    with pytest.raises(Retry, match="No space left"):
        recorder.flush(0.05)
    monkeypatch.undo()
    recorder.put(message(60))
    recorder.flush()
    assert recorder.trouble == ""
    recorder.close()
    assert [m.sequence for m in read_messages(tmp_path / "r", ["event"])] == list(range(61))
    told = summarise(tmp_path / "r")
    assert (told.state, told.lost) == ("whole", 0)
    assert recorder.status().dropped["state/x"] > 0


def test_a_disk_that_stays_full_ends_bounded_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path / "r")
    recorder.put(message(0))
    recorder.flush()
    fill_the_disk_after(monkeypatch, 0)
    recorder.put(message(1))
    with pytest.raises(GiveUp, match=r"incomplete: cannot write .*No space left"):
        recorder.close(0.2)
    monkeypatch.undo()
    assert [m.sequence for m in read_messages(tmp_path / "r")] == [0]


def test_with_little_room_only_what_must_be_kept_is_written(tmp_path: Path) -> None:
    with Recorder(tmp_path, settings=Settings(low_bytes=1000), free_bytes=lambda folder: 999) as recorder:
        recorder.put(message(0, "state/x", kept=False))
        recorder.put(message(1))
        recorder.flush()
        assert "free" in recorder.trouble
        recorder._free = lambda folder: 10_000
        recorder._checked_s = -1e9
        recorder.put(message(2, "state/x", kept=False))
        recorder.flush()
        assert recorder.trouble == ""
    assert [(m.channel, m.sequence) for m in read_messages(tmp_path)] == [("event", 1), ("state/x", 2)]


def test_a_spill_is_a_queue_whatever_the_disk_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spill = Spill(tmp_path, 300)
    for n in range(5):
        assert spill.push(message(n))
    monkeypatch.setattr(spill, "_to_file", lambda packed: False)
    for n in range(5, 8):
        assert spill.push(message(n, size=0))
    assert not spill.push(message(8, size=300))
    monkeypatch.undo()
    assert spill.push(message(8, size=0))  # behind those in memory, not into the file before them
    assert [spill.pop().sequence for _ in range(len(spill))] == list(range(9))
    with pytest.raises(IndexError):
        spill.pop()
    spill.close()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="another folder"):
        Recorder(tmp_path / "file" / "r")
    with pytest.raises(BadInput, match="another folder"):
        Recorder("/proc/rudel")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "recording.json").write_text('{"schema": "rudel-recording", "version": 99}')
    with pytest.raises(BadInput, match="update rudel"):
        Recorder(tmp_path / "other")
    with pytest.raises(BadInput, match="update rudel"):
        list(read(tmp_path / "other"))
    with pytest.raises(BadInput, match="no recording"):
        list(read(tmp_path / "nothing"))
    with pytest.raises(BadInput, match="no recording"):
        list(read(tmp_path))


def test_missing_messages_are_noticed(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        for n in (0, 1, 3, 4):
            recorder.put(message(n))
            recorder.put(message(n, "state/x", kept=False))
    told = summarise(tmp_path)
    assert (told.lost, told.channels["event"].missing, told.channels["state/x"].missing) == (1, 1, 1)
    assert told.channels["state/x"].lost == 0


def test_a_closed_recorder_takes_nothing_more(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.close()
    recorder.close()
    recorder.flush()
    with pytest.raises(BadInput, match="closed"):
        recorder.put(message(0))
    with pytest.raises(BadInput, match="rotate_s"):
        Settings(rotate_s=0)


def test_event_order_survives_the_whole_way(tmp_path: Path, rng: np.random.Generator) -> None:
    """Through a stream with tiny buffers, pictures between them, and rotation."""
    settings = Settings(rotate_bytes=50_000, kept_bytes=500, state_bytes=5_000, spill=tmp_path)
    image = samples.image(rng)
    with Recorder(tmp_path / "r", settings=settings) as recorder, Stream([recorder], state_bytes=5_000) as stream:
        for n in range(300):
            stream.publish("event", n * 0.1, Event("e", n * 0.1, {"n": n}))
            stream.publish("camera/wide", n * 0.1, image)
    assert [e.message.data["n"] for e in read(tmp_path / "r", ["event"])] == list(range(300))
    assert summarise(tmp_path / "r").lost == 0
