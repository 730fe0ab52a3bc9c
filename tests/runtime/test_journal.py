"""The journal: what it said to have kept is there after a SIGKILL; cut or damaged files are read as far as they go."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput, GiveUp
from rudel.runtime import journal as module
from rudel.runtime.journal import Journal, encode, read
from rudel.runtime.progress import progress_of

ABOUT = {"mission": "round", "digest": "abc"}
CHILD = """
import sys
from pathlib import Path
from rudel.runtime.journal import Journal
journal = Journal(Path(sys.argv[1]), {"mission": "round", "digest": "abc"})
k = journal.progress.last
while True:
    k += 1
    journal.began(f"step {k}", k)
    print("began", k, flush=True)
    journal.note("seen", k, where=[k, 0.5])
    print("noted", k, flush=True)
    journal.ended(f"step {k}", "done", k + 0.5)
    print("ended", k, flush=True)
"""


def kill_one(path: Path, lines: int) -> list[str]:
    """Let a child write until it has said ``lines`` lines, kill it, and return all that it said."""
    with subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.readlines()
    return [line.strip() for line in said if line.endswith("\n")]


def test_nothing_that_was_said_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "journal"
    for lines in (1, 7):
        before = read(path) if path.exists() else progress_of(b"")
        said = kill_one(path, lines)
        progress = read(path)
        assert progress.sure
        assert set(before.steps) <= set(progress.steps)
        for line in said:
            what, _, k = line.partition(" ")
            step = progress.steps[f"step {k}"]
            assert what != "ended" or step.outcome == "done"
            assert what != "noted" or any(r.time_s == float(k) for r in progress.notes("seen"))
        unfinished = [key for key in progress.steps if key not in before.steps and progress.steps[key].outcome is None]
        assert len(unfinished) <= 1  # the one in which it was killed
        assert set(unfinished) <= set(progress.interrupted)


def test_resumed_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", ABOUT) as journal:
        assert not journal.progress.resumed
        journal.began("1", 1.0)
        journal.ended("1", "done", 2.0, gauge=4.5)
        journal.began("2", 3.0, at="P-101")
    with Journal(tmp_path / "j", ABOUT) as journal:
        steps = journal.progress.steps
        assert (steps["1"].outcome, steps["1"].data) == ("done", {"gauge": 4.5})
        assert journal.progress.interrupted == ("2",)
        assert steps["2"].data == {"at": "P-101"}
        journal.began("2", 4.0)
        journal.ended("2", "failed", 5.0)
    step = read(tmp_path / "j").steps["2"]
    assert (step.attempts, step.outcome, step.began_s, step.ended_s) == (2, "failed", 4.0, 5.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("journal") / "j"
    with Journal(path, ABOUT) as journal:
        for k in range(4):
            journal.began(f"{k}", k)
            journal.note("seen", k, text="Pumpe öffnen\n")
            journal.ended(f"{k}", "done", k + 0.5)
    return path.read_bytes()


@settings(max_examples=80, deadline=None)
@given(share=st.floats(0, 1), tail=st.binary(max_size=8))
def test_a_cut_tail_costs_only_itself(whole: bytes, tmp_path_factory, share: float, tail: bytes) -> None:
    kept = whole[: int(share * len(whole))]
    told, least = progress_of(kept + tail), progress_of(kept[: kept.rfind(b"\n") + 1])
    assert told.records[: len(least.records)] == least.records
    assert told.sure
    path = tmp_path_factory.mktemp("cut") / "j"
    path.write_bytes(kept)
    with Journal(path, ABOUT) as journal:
        journal.began("next", 9.0)
    again = read(path)
    assert again.steps["next"].outcome is None
    assert again.sure


@settings(max_examples=60, deadline=None)
@given(at=st.floats(0, 0.999), flip=st.integers(1, 255))
def test_a_damaged_byte_never_becomes_another_record(whole: bytes, at: float, flip: int) -> None:
    k = int(at * len(whole))
    spoiled = progress_of(whole[:k] + bytes([whole[k] ^ flip]) + whole[k + 1 :])
    good = progress_of(whole)
    assert all(record in good.records for record in spoiled.records)
    lost = len(good.records) - len(spoiled.records)
    assert 0 <= lost <= 2
    last = lost and spoiled.last < good.last
    assert spoiled.sure == (lost == 0 or bool(last and not spoiled.missing))


def test_a_record_that_is_missing_in_the_middle_is_told(whole: bytes) -> None:
    lines = whole.splitlines(keepends=True)
    assert progress_of(b"".join(lines[:4] + lines[5:])).missing == (5,)


@pytest.mark.parametrize("content", [b"hello\n", b"\0" * 100, b"00000000 {}\n", encode({"n": 1, "kind": "began"})])
def test_what_is_no_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="no journal"):
        Journal(path, ABOUT)
    assert path.read_bytes() == content


def test_another_mission_another_process_and_no_place_are_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", ABOUT)
    with pytest.raises(BadInput, match="in use"):
        Journal(tmp_path / "j", ABOUT)
    journal.close()
    journal.close()
    with pytest.raises(GiveUp, match="closed"):
        journal.began("1", 0.0)
    with pytest.raises(BadInput, match="belongs to"):
        Journal(tmp_path / "j", {"mission": "other"})
    with pytest.raises(BadInput, match="cannot be written"):
        Journal(tmp_path / "j" / "below a file", ABOUT)
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none")
    with Journal(tmp_path / "k", ABOUT) as other, pytest.raises(BadInput, match="JSON"):
        other.note("x", 0.0, value=object())


def test_a_full_disk_is_told_before_the_step_begins_and_spoils_one_line(tmp_path: Path, monkeypatch) -> None:
    write = os.write

    def full(file: int, data: Any) -> int:
        return write(file, bytes(data)[:10])

    with Journal(tmp_path / "j", ABOUT) as journal:
        journal.began("1", 0.0)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            with pytest.raises(GiveUp, match="disk full"):
                journal.ended("1", "done", 1.0)
        journal.ended("1", "done", 2.0)
    progress = read(tmp_path / "j")
    assert progress.steps["1"].ended_s == 2.0
    assert progress.sure
    assert len(progress.damaged) == 1


def test_a_note_is_synced_soon_and_a_step_at_once(tmp_path: Path, monkeypatch) -> None:
    synced = list[float]()
    with Journal(tmp_path / "j", ABOUT) as journal:
        monkeypatch.setattr(module.os, "fsync", lambda file: synced.append(time.monotonic()))
        for k in range(30):
            journal.note("seen", k)
        deadline = time.monotonic() + 3.0
        while not synced and time.monotonic() < deadline:
            time.sleep(0.01)
        assert 1 <= len(synced) <= 2
        count = len(synced)
        journal.began("1", 1.0)
        assert len(synced) == count + 1


def test_a_sync_that_fails_behind_our_back_is_told(tmp_path: Path, monkeypatch) -> None:
    with Journal(tmp_path / "j", ABOUT) as journal:

        def broken(file: int) -> None:
            raise OSError(errno.EIO, "no answer from the disk")

        with monkeypatch.context() as patch:
            patch.setattr(module.os, "fsync", broken)
            journal.note("seen", 0.0)
            time.sleep(0.4)
        with pytest.raises(GiveUp, match="no answer"):
            journal.note("seen", 1.0)
        journal.note("seen", 2.0)
