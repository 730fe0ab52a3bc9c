"""What a process does so that its loop wakes up in time beside threads that compute."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

SWITCH_S = 0.0005  # Python's own is 5 ms: so long may a computing thread keep the loop waiting


@contextlib.contextmanager
def steady() -> Iterator[None]:
    """Within it threads hand the interpreter over more often, and the garbage collector leaves alone what is there.

    For the process that runs a real robot, around its loop, after everything was loaded. What was set before comes
    back. It changes no result, only when threads take turns.
    """
    before_s = sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)
        gc.unfreeze()
