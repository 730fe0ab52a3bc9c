"""Tables of numbers in text files, in chunks and without trusting a single line."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput

_BLOCK = 16 << 20  # bytes of text at a time


def numbers(text: bytes) -> NDArray[np.float64] | None:
    """All numbers of ``text``, which white space separates; None where something else is among them."""
    if not text.strip():
        return np.zeros(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # how NumPy says that it met something else
        try:
            return np.fromstring(text.decode("ascii"), sep=" ")
        except (DeprecationWarning, ValueError):  # UnicodeDecodeError is a ValueError
            return None


def rows(
    path: Path, *, start: int, columns: int, what: str, delimiter: str | None, skip: int = 0
) -> Iterator[NDArray[np.float64]]:
    """Yield (n, columns) numbers of the text from byte ``start`` on; blank lines and # comments are passed over.

    Args:
        columns: numbers in each line; more or fewer are BadInput.
        delimiter: what separates them, None for white space.
        skip: lines to pass over at first.
    """
    done = 0
    for text in blocks(path, start):
        if skip:
            lines = text.split(b"\n")
            text, skip = b"\n".join(lines[skip:]), max(0, skip - len(lines))
        if delimiter is not None:
            text = text.replace(delimiter.encode(), b" ")
        if b"#" in text:
            text = b"\n".join(line.partition(b"#")[0] for line in text.split(b"\n"))
        flat = numbers(text)
        if flat is None:
            raise BadInput(
                f"{path}: after {done} good lines of the {what} comes {_strange(text)!r}, which is no number"
            )
        if flat.size == 0:
            continue
        # text that is no table at all is found by its first line; a broken line further down by the sum
        lines = sum(1 for line in text.split(b"\n") if line and not line.isspace())
        if flat.size != lines * columns:
            raise BadInput(f"{path}: not every line of the {what} after number {done} has {columns} numbers")
        done += lines
        yield flat.reshape(lines, columns)


def blocks(path: Path, start: int = 0) -> Iterator[bytes]:
    """Yield the file from byte ``start`` on in blocks of whole lines."""
    with path.open("rb") as file:
        file.seek(start)
        rest = b""
        while data := file.read(_BLOCK):
            head, newline, tail = data.rpartition(b"\n")
            if newline:
                yield rest + head
                rest = tail
            elif len(rest) > _BLOCK:
                raise BadInput(f"{path}: a line of more than {len(rest)} bytes is no table of numbers")
            else:
                rest += tail
        if rest:
            yield rest


def _strange(text: bytes) -> str:
    for word in text.split():
        if numbers(word) is None:
            return word[:40].decode("latin-1")
    return "something"
