"""PLY (Stanford polygon files): point clouds and meshes, ASCII and binary of either byte order.

Format: G. Turk, "The PLY Polygon File Format" (Stanford, 1994).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import _polygons, _text
from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._source import CHUNK, Cloud, Mesh

WHAT = "PLY point cloud or mesh"
SUFFIXES = (".ply",)

_TYPES = {
    **{"char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2"},
    **{"uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4"},
    **{"double": "f8", "float64": "f8"},
}
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_HEADER_BYTES = 65536
_SHADES = ("intensity", "scalar_intensity", "scalar_Intensity", "Intensity", "reflectance", "reflectivity")


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    fields: tuple[tuple[str, str, str], ...]  # name, type, type of the length ("" for a single number)

    @property
    def flat(self) -> bool:
        return not any(length for _, _, length in self.fields)

    def dtype(self, order: str) -> np.dtype:
        return np.dtype([(name, order + kind) for name, kind, _ in self.fields])


def read(path: Path) -> Cloud | Mesh:
    """Points, or a mesh where the file has faces. BadInput where it is damaged."""
    with Bytes(path, "PLY file") as file:
        order, elements, start = _header(file)
        names = [element.name for element in elements]
        if "vertex" not in names:
            raise file.bad(f"it has no vertices, only {', '.join(names) or 'a header'}")
        at = names.index("vertex")
        vertex = elements[at]
        have = [name for name, _, _ in vertex.fields]
        if not {"x", "y", "z"} <= set(have) or not vertex.flat or (at and any(not e.flat for e in elements[:at])):
            raise file.bad(f"its vertices have {', '.join(have) or 'nothing'} in place of x, y and z")
        if vertex.count == 0:
            raise file.bad("it has no points")
        if order == "":
            if 2 * vertex.count * len(have) > file.size - start + 1:  # a digit and a separator for each number
                raise file.bad(f"it promises {vertex.count} points and ends long before. Fetch it again")
            skip = sum(element.count for element in elements[:at])
            columns = [have.index(axis) for axis in "xyz"]
            after = [e for e in elements[at + 1 :] if e.name == "face" and e.count]
            if not after:
                return Cloud(lambda: _text_points(path, start, skip, vertex, columns), vertex.count)
            lines = file.map[start:].split(b"\n")[skip:]
            points = _lines(file, lines[: vertex.count], len(have))[:, columns]
            return Mesh(points, _text_faces(file, lines[vertex.count :], elements[at + 1 :], len(points)))
        for element in elements[:at]:
            start += element.count * element.dtype(order).itemsize
        size = vertex.dtype(order).itemsize
        if start + vertex.count * size > file.size:
            raise file.bad(f"it promises {vertex.count} points and has room for {max(0, file.size - start) // size}")
        faces = _binary_faces(file, elements[at + 1 :], start + vertex.count * size, order, vertex.count)
        if faces is None:
            shades = next((name for name in _SHADES if name in have), None)
            return Cloud(
                lambda: _points(path, start, vertex, order),
                vertex.count,
                shades=None if shades is None else lambda: _shades(path, start, vertex, order, shades),
            )
        return Mesh(np.concatenate(list(_points(path, start, vertex, order))), faces)


def _header(file: Bytes) -> tuple[str, list[_Element], int]:
    head = file.map[:_HEADER_BYTES]
    if not head.startswith(b"ply"):
        raise file.bad("it does not begin with 'ply'")
    end = head.find(b"end_header")
    stop = head.find(b"\n", end)
    if end < 0 or stop < 0:
        raise file.bad("its header does not end")
    order, elements = None, []
    for line in head[:end].decode("latin-1").splitlines()[1:]:
        words = line.split()
        if not words or words[0] in ("comment", "obj_info"):
            continue
        if words[0] == "format" and len(words) >= 2 and words[1] in _ORDERS:
            order = _ORDERS[words[1]]
        elif words[0] == "element" and len(words) == 3 and words[2].isdecimal() and len(words[2]) < 16:
            elements.append(_Element(words[1], int(words[2]), ()))
        elif words[0] == "property" and elements and len(words) in (3, 5) and words[-2] in _TYPES:
            length = words[2] if words[1] == "list" and len(words) == 5 else ""
            if (length and (length not in _TYPES or _TYPES[length][0] == "f")) or (not length and len(words) == 5):
                raise file.bad(f"it has a property of unknown type: {line[:60]!r}")
            last = elements[-1]
            if words[-1] in [name for name, _, _ in last.fields]:
                raise file.bad(f"it has the property {words[-1]!r} twice")
            field = (words[-1], _TYPES[words[-2]], _TYPES[length] if length else "")
            elements[-1] = _Element(last.name, last.count, (*last.fields, field))
        else:
            raise file.bad(f"its header has the line {line[:60]!r}")
    if order is None:
        raise file.bad("its header names no format")
    return order, elements, stop + 1


def _points(path: Path, start: int, vertex: _Element, order: str) -> Iterator[NDArray[np.float64]]:
    kind = vertex.dtype(order)
    with Bytes(path, "PLY file") as file:
        for first in range(0, vertex.count, CHUNK):
            some = file.array(start + first * kind.itemsize, min(CHUNK, vertex.count - first), kind)
            with np.errstate(invalid="ignore"):  # signalling NaN
                found = np.stack([some[axis].astype(np.float64) for axis in "xyz"], axis=1)
            yield found


def _shades(path: Path, start: int, vertex: _Element, order: str, name: str) -> Iterator[NDArray[np.float64]]:
    kind = vertex.dtype(order)
    with Bytes(path, "PLY file") as file:
        for first in range(0, vertex.count, CHUNK):
            some = file.array(start + first * kind.itemsize, min(CHUNK, vertex.count - first), kind)
            with np.errstate(invalid="ignore"):  # signalling NaN
                yield some[name].astype(np.float64)


def _text_points(path: Path, start: int, skip: int, vertex: _Element, columns: list[int]) -> Iterator[NDArray]:
    left = vertex.count
    for rows in _text.rows(path, start=start, columns=len(vertex.fields), what="PLY file", delimiter=None, skip=skip):
        yield rows[:left, columns]
        left -= min(left, len(rows))
        if not left:
            return
    raise BadInput(f"{path} promises {vertex.count} points and ends after {vertex.count - left}. Fetch it again")


def _lines(file: Bytes, lines: list[bytes], columns: int) -> NDArray[np.float64]:
    numbers = _text.numbers(b" ".join(lines))
    if numbers is None or numbers.size != len(lines) * columns:
        raise file.bad(f"its lines of vertices do not all have {columns} numbers")
    return numbers.reshape(-1, columns)


def _text_faces(file: Bytes, lines: list[bytes], elements: list[_Element], vertices: int) -> NDArray[np.int64]:
    first = 0
    for element in elements:
        if element.name == "face":
            break
        first += element.count
    some = [_text.numbers(line) for line in lines[first : first + element.count]]  # one small array for each face
    lengths = [element.fields[0][2] != ""] if element.fields else [False]
    if len(some) < element.count or not lengths[0]:
        raise file.bad(f"it promises {element.count} faces and lists {len(some)}")
    loops: list[NDArray] = []
    for row in some:
        if row is None or not row.size or not np.isfinite(row).all() or not 0 <= row[0] < row.size:
            raise file.bad("a line of its faces is no face")
        loops.append(row[1 : 1 + int(row[0])].astype(np.int64))
    return _polygons.fans(loops, vertices, file.bad)


def _binary_faces(file: Bytes, elements: list[_Element], start: int, order: str, vertices: int) -> NDArray | None:
    for element in elements:
        if element.name == "face" and element.count:
            break
        if not element.flat:
            return None  # lists of unknown length stand between us and any face
        start += element.count * element.dtype(order).itemsize
    else:
        return None
    lists = [name for name, _, length in element.fields if length]
    if len(lists) != 1:
        raise file.bad(f"its faces have {len(lists)} lists where one of vertices is expected")
    if element.count > file.size - start:
        raise file.bad(f"it promises {element.count} faces and ends long before. Fetch it again")
    triangle = np.dtype(
        [
            item
            for name, kind, length in element.fields
            for item in ([(name, order + kind)] if not length else [("#", order + length), (name, order + kind, 3)])
        ]
    )
    if start + element.count * triangle.itemsize <= file.size:  # nearly every mesh has nothing but triangles
        rows = file.array(start, element.count, triangle)
        if (rows["#"] == 3).all():
            return _polygons.checked(rows[lists[0]].astype(np.int64), vertices, file.bad)
    loops: list[NDArray] = []
    for _ in range(element.count):
        for name, kind, length in element.fields:
            size = 1
            if length:
                size = int(file.array(start, 1, order + length)[0])
                start += np.dtype(length).itemsize
            if name == lists[0]:
                loops.append(file.array(start, size, order + kind).astype(np.int64))
            start += size * np.dtype(kind).itemsize
    return _polygons.fans(loops, vertices, file.bad)
