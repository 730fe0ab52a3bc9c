"""How a recorder writes, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rudel.core.errors import BadInput
from rudel.recording.inbox import STATE_BYTES


@dataclass(frozen=True)
class Settings:
    """How a recorder writes.

    Attributes:
        rotate_bytes, rotate_s: a new file begins after so much or so long.
        sync_s: the disk is told to have everything so often, for when the power fails; 0: only at the end.
        low_bytes: with less room on the disk only what must be kept is written.
        kept_bytes: of kept messages in memory before they go to the spill file.
        limit_bytes: of kept messages in memory where the spill file cannot take them either.
        state_bytes: of one channel of state that may wait.
        spill: folder of the spill file; None: the system's own.
    """

    rotate_bytes: int = 512 * 2**20
    rotate_s: float = 1800.0
    sync_s: float = 1.0
    low_bytes: int = 256 * 2**20
    kept_bytes: int = 64 * 2**20
    limit_bytes: int = 512 * 2**20
    state_bytes: int = STATE_BYTES
    spill: Path | None = None

    def __post_init__(self) -> None:
        for name in ("rotate_bytes", "rotate_s", "kept_bytes", "limit_bytes", "state_bytes"):
            if not getattr(self, name) > 0:
                raise BadInput(f"{name} is {getattr(self, name)}, must be > 0")


@dataclass(frozen=True)
class Status:
    """What a recorder has done: messages by channel that were written and (state) dropped; ``lost`` kept ones."""

    trouble: str
    files: int
    bytes: int
    written: Mapping[str, int]
    dropped: Mapping[str, int]
    lost: int
