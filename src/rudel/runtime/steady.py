"""What a process does so that its loop wakes up in time beside threads that compute."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

from rudel.runtime.priority import prefer_this_process

SWITCH_S = 0.0005  # Python's own is 5 ms: so long may a computing thread keep the loop waiting


@contextlib.contextmanager
def steady() -> Iterator[None]:
    """Within it this process goes before others, threads take turns more often, and garbage that is there stays.

    The first only where the system allows it (see ``priority``); children that are forked within it inherit it.

    For the process that runs a real robot, around its loop, after everything was loaded. What was set before comes
    back. It changes no result, only when threads take turns.
    """
    before_s = sys.getswitchinterval()
    put_back = prefer_this_process()
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        put_back()
        sys.setswitchinterval(before_s)
        gc.unfreeze()
