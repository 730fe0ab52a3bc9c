"""Which process writes a run, so that others can tell whether it still does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def this() -> dict[str, Any]:
    """What identifies the present process among all that this machine has had since it was started."""
    return {"pid": os.getpid(), "boot": _boot(), "ticks": _ticks(os.getpid())}


def lives(told: Any) -> bool | None:
    """Does the process that ``this`` described still run? None: it cannot be known here."""
    if not (isinstance(told, dict) and isinstance(told.get("pid"), int) and told.get("boot")):
        return None
    if told["boot"] != _boot():
        return None  # another machine, or this one before it was started anew: its files will be old
    return _ticks(told["pid"]) == told.get("ticks")


def _boot() -> str | None:
    """A random name of this start of the machine (Linux)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def _ticks(pid: int) -> int | None:
    """When a process began, in the kernel's ticks since the machine was started; None: there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    except (OSError, ValueError, IndexError):
        return None
