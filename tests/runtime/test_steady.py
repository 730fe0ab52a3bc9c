"""What a loop in real time asks of the system, and that it leaves everything as it was."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rudel.runtime.priority import LOOP, NICE, THREADS, prefer_this_process, step_behind
from rudel.runtime.steady import steady

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux have threads priorities of their own")
USUAL = (os.SCHED_OTHER, 0, 0)


class System:
    """Stands for the system: what each thread has [policy, its priority, nice value], and what is allowed."""

    def __init__(self, allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._allowed = allowed
        self._has: dict[int, tuple[int, int, int]] = {}
        monkeypatch.setattr(os, "sched_getscheduler", lambda thread: self.of(thread)[0])
        monkeypatch.setattr(os, "sched_setscheduler", self._set_policy)
        monkeypatch.setattr(os, "getpriority", lambda which, thread: self.of(thread)[2])
        monkeypatch.setattr(os, "setpriority", self._set_nice)

    def of(self, thread: int = 0) -> tuple[int, int, int]:
        """What it has; 0: the calling one."""
        return self._has.get(thread or threading.get_native_id(), USUAL)

    def _set_policy(self, thread: int, policy: int, param: os.sched_param) -> None:
        if policy != os.SCHED_OTHER and self._allowed != "real time":
            raise PermissionError
        self._has[thread or threading.get_native_id()] = (policy, param.sched_priority, self.of(thread)[2])

    def _set_nice(self, which: int, thread: int, nice: int) -> None:
        assert which == os.PRIO_PROCESS
        if nice < 0 and self._allowed == "nothing":
            raise PermissionError
        self._has[thread or threading.get_native_id()] = (*self.of(thread)[:2], nice)


@pytest.fixture
def other() -> Iterator[int]:
    """A second thread."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait, daemon=True)
    thread.start()
    assert thread.native_id is not None
    yield thread.native_id
    over.set()
    thread.join()


@pytest.mark.parametrize(
    ("allowed", "loop", "beside"),
    [
        ("real time", (os.SCHED_RR, LOOP, 0), (os.SCHED_RR, THREADS, 0)),
        ("nice", (os.SCHED_OTHER, 0, NICE), (os.SCHED_OTHER, 0, NICE)),
        ("nothing", USUAL, USUAL),
    ],
)
def test_a_steady_process_goes_before_others_as_far_as_it_may_and_steps_back(
    allowed: str, loop: tuple[int, int, int], beside: tuple[int, int, int], other: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(allowed, monkeypatch)
    before_s, frozen = sys.getswitchinterval(), gc.get_freeze_count()
    with steady():
        assert (system.of(), system.of(other)) == (loop, beside)
        assert sys.getswitchinterval() < 0.001
        assert gc.get_freeze_count() > frozen
        step_behind()
        assert system.of() == (beside if allowed == "real time" else loop)
    assert (system.of(), system.of(other)) == (USUAL, USUAL)
    assert (sys.getswitchinterval(), gc.get_freeze_count()) == (before_s, 0)


def test_what_somebody_has_chosen_for_the_process_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System("real time", monkeypatch)
    os.setpriority(os.PRIO_PROCESS, 0, NICE - 1)
    prefer_this_process()()
    assert system.of() == (os.SCHED_OTHER, 0, NICE - 1)
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    prefer_this_process()()
    assert system.of() == (os.SCHED_BATCH, 0, NICE - 1)


def test_a_thread_that_computes_beside_the_loop_lets_it_go_first() -> None:
    """With the real system; where that does not allow it, nobody goes first."""
    before = os.sched_getscheduler(0)
    put_back = prefer_this_process()
    try:
        granted = os.sched_getscheduler(0) == os.SCHED_RR != before
        with ThreadPoolExecutor(1, initializer=step_behind) as pool:
            beside = pool.submit(lambda: os.sched_getparam(0).sched_priority).result()
        assert (os.sched_getparam(0).sched_priority, beside) == ((LOOP, THREADS) if granted else (0, 0))
    finally:
        put_back()
    assert os.sched_getscheduler(0) == before
