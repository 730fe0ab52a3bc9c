"""The loop's process goes before others where the system allows it: a period does not wait for anybody's sums."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NICE = -11  # as desktop systems give it to their sound servers; 0 is usual, -20 the most


def prefer_this_process(nice: int = NICE) -> bool:
    """Raise the priority of every thread that this process has now; threads that these start inherit it.

    All of them and not only the loop's: a thread that waits for the processor while it holds Python's lock would hold
    up the loop as well. Call it after children have been forked, which would inherit it, too.

    Returns:
        True when it was granted. On most systems that needs root, CAP_SYS_NICE or a "nice" line in limits.conf.
    """
    try:
        for task in Path("/proc/self/task").iterdir():
            with contextlib.suppress(ProcessLookupError):  # a thread that has just ended
                os.setpriority(os.PRIO_PROCESS, int(task.name), nice)
    except OSError:  # not permitted, or no Linux: the loop runs as everybody else does
        return False
    return True
