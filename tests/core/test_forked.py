"""A forked process answers in order, is heard of when it fails, and never outlives the one that made it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rudel.core.errors import GiveUp
from rudel.core.forked import ORPHAN_S, Forked


def doubling() -> Callable[[float], float]:
    return lambda number: 2 * number


def test_answers_come_in_order_and_arrays_come_back_whole() -> None:
    child = Forked(doubling, "a doubler")
    for k in range(5):
        child.send(np.full((70_000,), k, np.float32))  # more than a pipe holds
        assert np.array_equal(child.receive(), np.full((70_000,), 2 * k, np.float32))
    child.send(1)
    child.send(2)
    assert [child.receive(), child.receive()] == [2, 4]
    assert child.pid != os.getpid()
    child.close()
    child.close()
    assert not multiprocessing.active_children()


def test_it_has_what_is_here_and_what_it_changes_stays_there() -> None:
    kept: list[int] = [1]

    def make() -> Callable[[int], int]:
        def answer(number: int) -> int:
            kept.append(number)
            return sum(kept)

        return answer

    child = Forked(make, "a sum")
    child.send(5)
    assert (child.receive(), kept) == (6, [1])
    child.close()


@pytest.mark.parametrize("when", ["made", "asked"])
def test_what_it_throws_is_thrown_here_with_its_traceback(when: str) -> None:
    def make() -> Callable[[int], float]:
        if when == "made":
            raise ValueError("no wheels")
        return lambda number: 1 / number

    child = Forked(make, "a divider")

    def ask() -> None:
        child.send(0)
        child.receive()

    with pytest.raises(GiveUp, match=r"a divider .*failed(?s:.*)(no wheels|ZeroDivisionError)"):
        ask()
    with pytest.raises(GiveUp):
        ask()
    child.close()


def test_its_last_words_are_heard_by_who_sends_to_it() -> None:
    """A loop that is never waited for may send for a while before it listens."""

    def make() -> Callable[[int], int]:
        raise ValueError("no wheels")

    child = Forked(make, "a cart")
    (process,) = multiprocessing.active_children()
    process.join()
    with pytest.raises(GiveUp, match="no wheels"):
        child.send(1)
    child.close()


def test_one_that_was_killed_is_gone() -> None:
    child = Forked(doubling, "a doubler")
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(GiveUp, match=r"a doubler .*gone"):
        child.receive()
    child.close()


def test_none_ends_it() -> None:
    child = Forked(doubling, "a doubler")
    child.send(None)
    with pytest.raises(GiveUp, match=r"gone \(exit code 0\)"):
        child.receive()
    child.end()
    assert not multiprocessing.active_children()
    child.close()


def test_ctrl_c_is_left_to_the_one_that_made_it() -> None:
    child = Forked(doubling, "a doubler")
    child.send(1)
    assert child.receive() == 2  # it is at work
    os.kill(child.pid, signal.SIGINT)
    child.send(3)
    assert child.receive() == 6
    child.close()


FAMILY = """
import sys, time
from rudel.core.forked import Forked
children = [Forked(lambda: (lambda word: word), "a child") for _ in range(3)]
for child in children:
    child.send("hello")
    child.receive()
print(*[child.pid for child in children], flush=True)
time.sleep(60)
"""


def running(pid: int) -> bool:
    """A zombie has ended, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_all_end_when_the_one_that_made_them_is_killed() -> None:
    """Also the first ones, whose pipes the later ones hold open."""
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 3
        assert all(map(running, pids))
        parent.kill()
        parent.wait()
        end_s = time.monotonic() + 10 * ORPHAN_S
        while any(map(running, pids)) and time.monotonic() < end_s:
            time.sleep(0.05)
        left = [pid for pid in pids if running(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left
