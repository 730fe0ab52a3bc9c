"""Binary files, read with bounds: what a header promises is compared with what is there before memory is taken."""

from __future__ import annotations

import mmap
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rudel.core.errors import BadInput


class Bytes:
    """A file in memory's address space (not in memory): slices that reach beyond its end are BadInput.

    Args:
        path: the file.
        what: its kind, for messages ("PLY file").
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path, self.what = path, what
        self._file: BinaryIO = path.open("rb")
        self.size = path.stat().st_size
        if self.size == 0:
            self._file.close()
            raise BadInput(f"{path} is empty: there is no {what} in it")
        self.map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def __enter__(self) -> Bytes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.map.close()
        self._file.close()

    def take(self, start: int, length: int) -> bytes:
        """``length`` bytes from ``start`` on; BadInput where the file ends before."""
        if start < 0 or length < 0 or start + length > self.size:
            raise BadInput(
                f"{self.path} is cut off or damaged: its header points at bytes {start} to {start + length}, and the "
                f"file has {self.size}. Fetch the {self.what} again"
            )
        return self.map[start : start + length]

    def array(self, start: int, count: int, dtype: DTypeLike) -> NDArray:
        """``count`` items of ``dtype`` from ``start`` on, copied."""
        kind = np.dtype(dtype)
        return np.frombuffer(self.take(start, count * kind.itemsize), dtype=kind)

    def bad(self, why: str) -> BadInput:
        """A BadInput about this file."""
        return BadInput(f"{self.path} is no {self.what} that can be read: {why}")
