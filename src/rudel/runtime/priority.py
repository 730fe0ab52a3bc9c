"""The loop's process goes before others where the system allows it: a period does not wait for anybody's sums."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

LOOP, THREADS = 2, 1  # real-time priorities of 99, the least there are: only what has none waits for them
NICE = -11  # where that is not allowed; as desktop systems give it to their sound servers; 0 is usual, -20 the most


def prefer_this_process() -> Callable[[], object]:
    """Let every thread that this process has now go before others, the calling one first.

    All of them and not only the loop's: a thread that waits for the processor while it holds Python's lock would hold
    up the loop as well. What the calling thread starts from now on inherits its priority, processes as well: see
    ``step_behind``, and fork before.

    Real-time priority where the system allows it (root, CAP_SYS_NICE, or "rtprio" in limits.conf): such a thread runs
    the moment it wakes up. Linux keeps a twentieth of the time for everybody else (sched_rt_runtime_us), so that a loop
    that hangs in a sum does not take the machine with it. Else a better nice value, where that is allowed.

    Returns:
        Puts it back. It does nothing where nothing was granted, or where somebody has chosen for this process already.
    """
    if sys.platform != "linux" or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return _nothing
    nice, own = os.getpriority(os.PRIO_PROCESS, 0), threading.get_native_id()
    if nice <= NICE:
        return _nothing

    def real_time(thread: int) -> None:
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(LOOP if thread == own else THREADS))

    if _of_each(real_time) or _of_each(lambda thread: os.setpriority(os.PRIO_PROCESS, thread, NICE)):
        return lambda: _of_each(lambda thread: _put(thread, nice))
    return _nothing


def step_behind() -> None:
    """For a thread that computes beside the loop in its process: the loop goes first, everybody else after it."""
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_RR:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(THREADS))


def _nothing() -> None:
    """Nothing was changed, nothing is put back."""


def _put(thread: int, nice: int) -> None:
    os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, thread, nice)


def _of_each(change: Callable[[int], None]) -> bool:
    """Change each thread; False: it is not allowed."""
    try:
        for task in Path("/proc/self/task").iterdir():
            with contextlib.suppress(ProcessLookupError):  # a thread that has just ended
                change(int(task.name))
    except OSError:
        return False
    return True
