"""Points as text, one a line: exported clouds and survey shots (.xyz, .csv, .txt, .pts); only x, y, z are read.

The first three columns are x, y, z, or the ones that a heading calls so (x, y, z; east, north, up or height).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import _text
from rudel.worlds.imports._source import CHUNK, Cloud, Facts

WHAT = "table of points (XYZ, CSV)"
SUFFIXES = (".xyz", ".csv", ".txt", ".pts")

_HEAD_BYTES = 65536
_AXES = (
    re.compile(r"(x|e|east(ing)?|x[_ ]?(east|m|mm|cm|ft|coord\w*)|east_m)$"),
    re.compile(r"(y|n|north(ing)?|y[_ ]?(north|m|mm|cm|ft|coord\w*)|north_m)$"),
    re.compile(r"(z|h|up|height|elev(ation)?|alt(itude)?|z[_ ]?(up|m|mm|cm|ft|coord\w*)|up_m)$"),
)
_UNIT = re.compile(r"[_ \[(](mm|cm|m|ft)[\])]?$")
_UNIT_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048}


def read(path: Path) -> Cloud:
    """The points; BadInput where the table has a heading that names no coordinates."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        raise BadInput(f"{path} is empty: there are no points in it")
    if b"\0" in head:
        raise BadInput(f"{path} is no text: give it the ending of its true format")
    start, columns, heading, number_lines = 0, (0, 1, 2), [], 0
    delimiter, width = None, 0
    for line in head.split(b"\n"):
        text = line.partition(b"#")[0].strip()
        if text:
            delimiter = next((d for d in (",", ";", "\t", "|") if d.encode() in text), None)
            words = [w.strip(' "\r') for w in text.decode("latin-1").split(delimiter)]
            values = _text.numbers(" ".join(words).encode("latin-1", "replace"))
            if values is not None and values.size >= 3 and values.size == len([w for w in words if w]):
                width = len(words) if words[-1] else len(words) - 1
                break
            if values is not None and values.size == 1 and not number_lines:  # PTS: the number of points comes first
                number_lines = 1
            elif heading:
                raise BadInput(f"{path}: the line {text[:60].decode('latin-1')!r} is no point (three numbers or more)")
            else:
                heading = words
        start += len(line) + 1
    if not width:
        raise BadInput(f"{path} has no line of three numbers: it is no table of points")
    facts = Facts()
    if heading:
        columns, facts = _named(path, heading)
    if max(columns) >= width:
        raise BadInput(f"{path}: its heading has {len(heading)} columns, its lines have {width}")
    return Cloud(lambda: _points(path, start, width, columns, delimiter), None, facts)


def _named(path: Path, heading: list[str]) -> tuple[tuple[int, int, int], Facts]:
    names = [word.lower().strip("/ ") for word in heading]
    found = [
        next((k for k, name in enumerate(names) if axis.match(_UNIT.sub("", name) or name)), None) for axis in _AXES
    ]
    found = [
        k if k is not None else next((i for i, name in enumerate(names) if axis.match(name)), None)
        for k, axis in zip(found, _AXES, strict=True)
    ]
    x, y, z = found
    if x is None or y is None or z is None:
        some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise BadInput(
            f"{path} is no place: its columns are {some}, and none are x, y and z. A table of points needs a heading "
            "with x, y, z (or east, north, up), or none at all"
        )
    unit = _UNIT.search(names[z])
    metres = _UNIT_M[unit[1]] if unit else None
    why = f"its column is called {names[z]}" if unit else ""
    up = "z" if any(word in names[z] for word in ("up", "height", "elev", "alt")) else None
    return (x, y, z), Facts(metres, None, why, up, f"its column is called {names[z]}" if up else "")


def _points(path: Path, start: int, width: int, columns: tuple, delimiter: str | None) -> Iterator[NDArray[np.float64]]:
    for rows in _text.rows(path, start=start, columns=width, what="table", delimiter=delimiter):
        for first in range(0, len(rows), CHUNK):
            yield rows[first : first + CHUNK, list(columns)]
