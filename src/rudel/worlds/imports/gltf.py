"""glTF 2.0, JSON with data beside it or inside (.gltf) or one binary file (.glb): triangles of the default scene.

Format: Khronos glTF 2.0. Skins and morph targets are not read; files with Draco or meshopt compression are refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import _polygons
from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._source import Facts, Mesh

WHAT = "glTF mesh"
SUFFIXES = (".gltf", ".glb")

_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_MOST_TRIANGLES = 50_000_000
_MOST_DEPTH = 64  # of the tree of nodes
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942


def read(path: Path) -> Mesh:
    """All triangles of the scene, placed by its nodes."""
    with Bytes(path, "glTF file") as file:
        text, binary = _chunks(file)
        try:
            document = json.loads(text)
            vertices, faces = _Scene(file, document, binary).triangles()
        except BadInput:
            raise
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise file.bad(f"its description is damaged ({type(error).__name__}: {str(error)[:80]})") from None
        if not len(faces):
            raise file.bad("it has no triangles")
    return Mesh(vertices, faces, Facts(1.0, None, "glTF is in metres", "y", "glTF is y up"))


def _chunks(file: Bytes) -> tuple[bytes, bytes]:
    if file.map[:4] != b"glTF":
        return file.take(0, file.size), b""
    _, version, length = struct.unpack("<4sII", file.take(0, 12))
    if version != 2 or length > file.size:
        raise file.bad(f"it is version {version} with {length} bytes, of which {file.size} are there. Fetch it again")
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack("<II", file.take(at, 8))
        found.setdefault(kind, file.take(at + 8, size))
        at += 8 + size
    if _JSON_CHUNK not in found:
        raise file.bad("it has no description")
    return found[_JSON_CHUNK], found.get(_BINARY_CHUNK, b"")


class _Scene:
    def __init__(self, file: Bytes, document: Any, binary: bytes) -> None:
        if not isinstance(document, dict) or str(document.get("asset", {}).get("version", "2"))[:1] != "2":
            raise file.bad("it is no glTF 2 document")
        required = [e for e in document.get("extensionsRequired", ()) if "compression" in str(e)]
        if required:
            raise file.bad(f"it is compressed with {required[0]}: save it without compression")
        self.file, self.document, self.binary = file, document, binary
        self.buffers: dict[int, bytes] = {}
        self.total = 0

    def triangles(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Vertices (n, 3) and faces (m, 3) of everything that the scene shows."""
        document = self.document
        if "scenes" in document:
            roots = document["scenes"][_index(document.get("scene", 0))].get("nodes", [])
        else:
            roots = list(range(len(document.get("nodes", ()))))
        vertices, faces, first = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0
        seen = 0
        stack = [(_index(root), np.eye(4), 0) for root in reversed(roots)]
        while stack:
            number, matrix, depth = stack.pop()
            seen += 1
            node = document["nodes"][number]
            if depth > _MOST_DEPTH or seen > 1_000_000:
                raise self.file.bad("its nodes form a loop")
            matrix = matrix @ _matrix(node)
            stack += [(_index(child), matrix, depth + 1) for child in reversed(node.get("children", []))]
            if "mesh" not in node:
                continue
            for primitive in document["meshes"][_index(node["mesh"])]["primitives"]:
                corners, loops = self._primitive(primitive)
                vertices.append(corners @ matrix[:3, :3].T + matrix[:3, 3])
                faces.append(loops + first)
                first += len(corners)
        return np.concatenate(vertices), np.concatenate(faces)

    def _primitive(self, primitive: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        mode = primitive.get("mode", _TRIANGLES)
        if mode not in (_TRIANGLES, _STRIP, _FAN) or "POSITION" not in primitive["attributes"]:
            return np.zeros((0, 3)), np.zeros((0, 3), np.int64)  # points and lines
        corners = self._accessor(primitive["attributes"]["POSITION"], 3)
        if "indices" in primitive:
            order = self._accessor(primitive["indices"], 1)[:, 0].astype(np.int64)
        else:
            order = np.arange(len(corners))
        if mode == _TRIANGLES:
            faces = order[: len(order) // 3 * 3].reshape(-1, 3)
        elif mode == _STRIP:
            faces = np.stack([order[:-2], order[1:-1], order[2:]], axis=1)
            faces[1::2] = faces[1::2, [1, 0, 2]]
        else:
            faces = np.stack([np.full(max(0, len(order) - 2), order[0]), order[1:-1], order[2:]], axis=1)
        self.total += len(faces)
        if self.total > _MOST_TRIANGLES:
            raise self.file.bad(f"it has more than {_MOST_TRIANGLES} triangles: import a coarser version")
        return corners, _polygons.checked(faces, len(corners), self.file.bad)

    def _accessor(self, number: Any, width: int) -> NDArray[np.float64]:
        accessor = self.document["accessors"][_index(number)]
        kind, count = np.dtype(_COMPONENTS[accessor["componentType"]]), _index(accessor["count"])
        if accessor["type"] != {1: "SCALAR", 3: "VEC3"}[width] or "sparse" in accessor or "bufferView" not in accessor:
            raise self.file.bad(f"its accessor {number} is sparse, empty or of another type than expected")
        view = self.document["bufferViews"][_index(accessor["bufferView"])]
        data = self._buffer(_index(view["buffer"]))
        start = _index(view.get("byteOffset", 0)) + _index(accessor.get("byteOffset", 0))
        stride = _index(view.get("byteStride", 0)) or width * kind.itemsize
        if count == 0 or start + (count - 1) * stride + width * kind.itemsize > len(data):
            raise self.file.bad(f"its accessor {number} promises {count} values, more than there are")
        raw = np.ndarray((count, width), kind, data, start, (stride, kind.itemsize)).astype(np.float64)
        if accessor.get("normalized") and kind.kind != "f":
            raw = np.maximum(raw / np.iinfo(kind).max, -1.0)
        return raw

    def _buffer(self, number: int) -> bytes:
        if number not in self.buffers:
            uri = self.document["buffers"][number].get("uri")
            if uri is None:
                data = self.binary
            elif uri.startswith("data:"):
                try:
                    data = base64.b64decode(uri.partition("base64,")[2], validate=True)
                except binascii.Error as error:
                    raise self.file.bad(f"its data are damaged ({error})") from None
            else:
                data = self._beside(uri)
            self.buffers[number] = data
        return self.buffers[number]

    def _beside(self, uri: str) -> bytes:
        folder = self.file.path.resolve().parent
        other = (folder / uri).resolve()
        if "://" in uri or not other.is_relative_to(folder) or not other.is_file():
            raise self.file.bad(f"its data should be in {uri[:80]!r}, which is no file in its folder")
        return other.read_bytes()


def _index(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r:.40} is no index")
    return value


def _matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    """The node in its parent, (4, 4)."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = (float(v) for v in node.get("rotation", (0, 0, 0, 1)))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(node.get("scale", (1, 1, 1)), np.float64).reshape(3)
    matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), np.float64).reshape(3)
    return matrix
