"""PCD (Point Cloud Library): ASCII, binary and binary_compressed.

Format: https://pointclouds.org/documentation/tutorials/pcd_file_format.html; compression: LZF (Marc Lehmann, liblzf).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import _text
from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._source import CHUNK, Cloud

WHAT = "PCD point cloud"
SUFFIXES = (".pcd",)

_HEADER_BYTES = 65536
_LZF_RATIO = 133  # LZF turns at most 264 bytes into 3 and a literal; more is a bomb or damage (liblzf, format)


@dataclass(frozen=True)
class _Layout:
    fields: tuple[str, ...]
    kinds: tuple[str, ...]  # NumPy types, little-endian
    counts: tuple[int, ...]
    points: int
    data: str
    start: int

    @property
    def dtype(self) -> np.dtype:
        names = [f"{name}#{k}" if name not in "xyz" else name for k, name in enumerate(self.fields)]
        return np.dtype(list(zip(names, self.kinds, ((c,) if c > 1 else () for c in self.counts), strict=True)))


def read(path: Path) -> Cloud:
    """The points of the file; VIEWPOINT is not applied, as in the library itself."""
    with Bytes(path, "PCD file") as file:
        layout = _header(file)
        if layout.points == 0:
            raise file.bad("it has no points")
        left, size = file.size - layout.start, layout.dtype.itemsize
        needs = {"ascii": 2 * layout.points * sum(layout.counts) - 1, "binary": layout.points * size}
        if left < needs.get(layout.data, 8):
            raise file.bad(f"it promises {layout.points} points and ends long before. Fetch it again")
        if layout.data == "binary_compressed":
            packed, unpacked = struct.unpack("<II", file.take(layout.start, 8))
            if unpacked != layout.points * size:
                raise file.bad(f"it promises {layout.points} points of {size} bytes and unpacks to {unpacked} bytes")
            if packed > left - 8 or unpacked > _LZF_RATIO * packed:
                raise file.bad(f"it says that {packed} packed bytes become {unpacked}, and {left - 8} are there")
            return Cloud(lambda: _compressed(path, layout, packed, unpacked), layout.points)
        if layout.data == "ascii":
            return Cloud(lambda: _ascii(path, layout), layout.points)
        found = [k for k, name in enumerate(layout.fields) if name == "intensity" and layout.counts[k] == 1]
        shades = (lambda: _shades(path, layout, f"intensity#{found[0]}")) if found else None
        return Cloud(lambda: _binary(path, layout), layout.points, shades=shades)


def _header(file: Bytes) -> _Layout:
    words: dict[str, list[str]] = {}
    at = 0
    head = file.map[:_HEADER_BYTES]
    while "DATA" not in words:
        end = head.find(b"\n", at)
        if end < 0:
            raise file.bad("its header does not end")
        line = head[at:end].decode("latin-1").split()
        at = end + 1
        if line and not line[0].startswith("#"):
            words[line[0]] = line[1:]
    fields = tuple(words.get("FIELDS", words.get("COLUMNS", ())))
    counts = _whole(file, words.get("COUNT", ["1"] * len(fields)), 1, 1 << 16)
    sizes = _whole(file, words.get("SIZE", ["4"] * len(fields)), 1, 8)
    types = words.get("TYPE", ["F"] * len(fields))
    if not len(fields) == len(counts) == len(sizes) == len(types) or not {"x", "y", "z"} <= set(fields):
        raise file.bad(f"its fields are {' '.join(fields) or 'missing'}, needed are x, y and z with SIZE and TYPE")
    if any(fields.count(axis) > 1 for axis in "xyz"):
        raise file.bad("it has a coordinate twice")
    kinds = []
    for name, size, kind, count in zip(fields, sizes, types, counts, strict=True):
        if f"{kind}{size}" not in ("F4", "F8", *(f"{k}{s}" for k in "IU" for s in (1, 2, 4, 8))):
            raise file.bad(f"the field {name} has the unknown type {kind}{size}")
        if name in "xyz" and count != 1:
            raise file.bad(f"the field {name} holds {count} numbers")
        kinds.append("<" + kind.lower() + str(size))
    if "POINTS" in words:
        (points,) = _whole(file, words["POINTS"], 0, 1 << 40) or (0,)
    else:
        points = int(np.prod(_whole(file, words.get("WIDTH", ["0"]) + words.get("HEIGHT", ["1"]), 0, 1 << 30)))
    data = words["DATA"][0] if words["DATA"] else ""
    if data not in ("ascii", "binary", "binary_compressed"):
        raise file.bad(f"DATA is {data!r}, known are ascii, binary and binary_compressed")
    return _Layout(fields, tuple(kinds), counts, points, data, at)


def _whole(file: Bytes, texts: list[str], low: int, high: int) -> tuple[int, ...]:
    for text in texts:
        if not text.isdecimal() or len(text) > 18 or not low <= int(text) <= high:
            raise file.bad(f"its header has {text[:40]!r} in place of a whole number")
    return tuple(map(int, texts))


def _xyz(points: NDArray) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # signalling NaN
        return np.stack([points[axis].astype(np.float64) for axis in "xyz"], axis=1)


def _binary(path: Path, layout: _Layout) -> Iterator[NDArray[np.float64]]:
    with Bytes(path, "PCD file") as file:
        for first in range(0, layout.points, CHUNK):
            count = min(CHUNK, layout.points - first)
            yield _xyz(file.array(layout.start + first * layout.dtype.itemsize, count, layout.dtype))


def _shades(path: Path, layout: _Layout, name: str) -> Iterator[NDArray[np.float64]]:
    with Bytes(path, "PCD file") as file:
        for first in range(0, layout.points, CHUNK):
            count = min(CHUNK, layout.points - first)
            some = file.array(layout.start + first * layout.dtype.itemsize, count, layout.dtype)
            with np.errstate(invalid="ignore"):  # signalling NaN
                yield some[name].astype(np.float64)


def _ascii(path: Path, layout: _Layout) -> Iterator[NDArray[np.float64]]:
    first = np.concatenate(([0], np.cumsum(layout.counts)))
    columns = [int(first[layout.fields.index(axis)]) for axis in "xyz"]
    left = layout.points
    for rows in _text.rows(path, start=layout.start, columns=int(first[-1]), what="PCD file", delimiter=None):
        yield rows[:left, columns]
        left -= min(left, len(rows))
    if left:
        raise BadInput(f"{path} promises {layout.points} points and ends {left} before. Fetch it again")


def _compressed(path: Path, layout: _Layout, packed: int, unpacked: int) -> Iterator[NDArray[np.float64]]:
    """All x come first, then all y, and so on, in the order of the fields."""
    with Bytes(path, "PCD file") as file:
        plain = _lzf(file, file.take(layout.start + 8, packed), unpacked)
    axes, at = {}, 0
    for name, kind, count in zip(layout.fields, layout.kinds, layout.counts, strict=True):
        if name in "xyz":
            axes[name] = np.frombuffer(plain, kind, layout.points, at)
        at += layout.points * count * np.dtype(kind).itemsize
    for first in range(0, layout.points, CHUNK):
        yield np.stack([axes[axis][first : first + CHUNK].astype(np.float64) for axis in "xyz"], axis=1)


def _lzf(file: Bytes, packed: bytes, length: int) -> bytearray:
    """Decompress LZF: a byte below 32 starts a run of literals, any other one a copy from what has been written."""
    out = bytearray()
    at, end = 0, len(packed)
    try:
        while at < end:
            control = packed[at]
            at += 1
            if control < 32:
                out += packed[at : at + control + 1]
                at += control + 1
                continue
            run = control >> 5
            if run == 7:
                run += packed[at]
                at += 1
            back = len(out) - ((control & 31) << 8) - packed[at] - 1
            at += 1
            run += 2
            if back < 0:
                raise file.bad("its compressed data point before their beginning")
            if back + run <= len(out):
                out += out[back : back + run]
            else:  # the copy overlaps what it writes: it repeats
                piece = out[back:]
                out += (piece * (run // len(piece) + 1))[:run]
            if len(out) > length:
                break
    except IndexError:
        raise file.bad("its compressed data end in the middle of a word") from None
    if len(out) != length or at > end:
        raise file.bad(f"its compressed data unpack to {len(out)} bytes, {length} were promised")
    return out
