"""STL meshes (stereolithography), binary and ASCII."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np

from rudel.worlds.imports import _text
from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._source import Mesh

WHAT = "STL mesh"
SUFFIXES = (".stl",)

_HEAD = 84  # a comment of 80 bytes and the number of triangles
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_VERTEX = re.compile(rb"\bvertex\s+(\S+\s+\S+\s+\S+)")


def read(path: Path) -> Mesh:
    """The mesh; every triangle has corners of its own, as in the file."""
    with Bytes(path, "STL file") as file:
        count = struct.unpack("<I", file.take(80, 4))[0] if file.size >= _HEAD else -1
        # binary files may begin with "solid" too, so the size decides
        if file.map[:5].lower() == b"solid" and file.size != _HEAD + count * _TRIANGLE.itemsize:
            return _ascii(file)
        if count < 0 or file.size < _HEAD + count * _TRIANGLE.itemsize:
            raise file.bad(f"it promises {count} triangles and has {file.size} bytes. Fetch it again")
        if count == 0:
            raise file.bad("it has no triangles")
        corners = file.array(_HEAD, count, _TRIANGLE)["corners"].reshape(-1, 3).astype(np.float64)
    return Mesh(corners, np.arange(len(corners)).reshape(-1, 3))


def _ascii(file: Bytes) -> Mesh:
    text = file.take(0, file.size)
    found = _VERTEX.findall(text)
    corners = _text.numbers(b" ".join(found))
    if not found or len(found) % 3 or corners is None or corners.size != 3 * len(found):
        raise file.bad(f"it has {len(found)} vertices, which make no triangles")
    if b"endsolid" not in text[-4096:]:
        raise file.bad("it does not end with 'endsolid': it is cut off. Fetch it again")
    return Mesh(corners.reshape(-1, 3), np.arange(len(found)).reshape(-1, 3))
