"""The files of a world folder: arrays as .npy, pictures as .png, both read within bounds, and the JSON text."""

from __future__ import annotations

import json
import math
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds.place.world import MAX_TEXTURE_PIXELS

MAX_JSON_BYTES = 128 * 2**20
MAX_ARRAYS_BYTES = 2**30  # of one world in memory, pictures included
DTYPES = ("float32", "float64", "int32", "uint8")
_FILE = re.compile(r"arrays/[A-Za-z0-9_.\-]{1,160}\.npy|textures/[A-Za-z0-9_.\-]{1,80}\.png")
_NPY = b"\x93NUMPY\x01\x00"
_NPY_HEADER = re.compile(
    rb"\{'descr': '(?P<descr>[<>|=][a-z][0-9]{1,2})', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>[0-9]{1,12},|[0-9]{1,12}(?:, [0-9]{1,12}){1,3}|)\), \} *\n"
)
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_RGB = 2  # colour type of the IHDR chunk


def write_json(path: Path, data: Any) -> None:
    """One key or list item per line, lists of plain values on one line, sorted keys: made for diffs."""
    path.write_text(_dump(data, "") + "\n", encoding="utf-8")


def _dump(data: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(data, Mapping) and data:
        lines = [f"{inner}{_dump(key, '')}: {_dump(data[key], inner)}" for key in sorted(data)]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(data, list) and any(isinstance(item, list | Mapping) for item in data):
        return "[\n" + ",\n".join(f"{inner}{_dump(item, inner)}" for item in data) + f"\n{indent}]"
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def read_json(path: Path) -> Any:
    """The JSON in ``path``; BadInput for what is too long, too deep, not finite, names a key twice, or is no JSON."""
    if not path.is_file():
        raise BadInput(f"{str(path)!r} is not there: a world is a folder with a world.json in it")
    if path.stat().st_size > MAX_JSON_BYTES:
        raise BadInput(f"{str(path)!r} is longer than {MAX_JSON_BYTES >> 20} MiB")

    def refuse(text: str) -> NoReturn:
        raise BadInput(f"{str(path)!r} holds {text}: numbers must be finite")

    def finite(text: str) -> float:
        return value if math.isfinite(value := float(text)) else refuse(text)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadInput(f"{str(path)!r} names a key twice in one object")
        return found

    try:
        text = path.read_bytes().decode("utf-8")
        return json.loads(text, parse_constant=refuse, parse_float=finite, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:  # ValueError: JSON, UTF-8 and over-long integers
        raise BadInput(f"{str(path)!r} is no JSON: {str(error)[:200]}") from error


class Writer:
    """Writes arrays below ``folder`` and tells where they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, array: np.ndarray) -> dict[str, Any]:
        """Write one array: RGB pictures (h, w, 3) of uint8 as PNG, the rest as .npy."""
        picture = array.dtype == np.uint8 and array.ndim == 3
        file = f"textures/{name}.png" if picture else f"arrays/{name}.npy"
        path = self._folder / file
        path.parent.mkdir(exist_ok=True)
        if picture:
            done, data = cv2.imencode(".png", np.ascontiguousarray(array[:, :, ::-1]))
            if not done:
                raise OSError(f"cannot encode the texture {name!r}")
            path.write_bytes(data.tobytes())
        else:
            np.save(path, array, allow_pickle=False)
        return {"file": file, "shape": list(array.shape), "dtype": array.dtype.name}


class Reader:
    """Reads arrays below ``folder``; what is stated beside a file's name must be what the file holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._left = MAX_ARRAYS_BYTES

    def get(self, stated: Any, what: str) -> np.ndarray:
        """One array.

        Raises:
            BadInput: no such file, a path that leaves the folder, another shape or type than stated, too large, cut
                short or garbled.
        """
        if not isinstance(stated, Mapping) or set(stated) != {"file", "shape", "dtype"}:
            raise BadInput(f"{what} is {str(stated)[:60]!r}, needs file, shape and dtype")
        file, shape, dtype = stated["file"], stated["shape"], stated["dtype"]
        if not isinstance(file, str) or not _FILE.fullmatch(file):
            raise BadInput(
                f"{what} is in {str(file)[:80]!r}: files are arrays/NAME.npy or textures/NAME.png in the folder"
            )
        if dtype not in DTYPES:
            raise BadInput(f"{what} has dtype {str(dtype)[:40]!r}, needs one of: {', '.join(DTYPES)}")
        whole = isinstance(shape, list) and all(
            isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in shape
        )
        if not whole or len(shape) > 3:
            raise BadInput(f"{what} has shape {str(shape)[:40]!r}, needs a list of at most 3 whole numbers")
        self._left -= math.prod(shape) * np.dtype(dtype).itemsize
        if self._left < 0:
            raise BadInput(f"{what}: the arrays of this world need more than {MAX_ARRAYS_BYTES >> 20} MiB")
        path = self._folder / file
        if not path.resolve().is_relative_to(self._folder) or not path.is_file():
            raise BadInput(f"{what}: {file!r} is not in the folder {str(self._folder)!r}")
        if file.endswith(".png"):
            return read_png(path, tuple(shape), what)
        return _read_npy(path, tuple(shape), np.dtype(dtype), what)


def _read_npy(path: Path, shape: tuple[int, ...], dtype: np.dtype, what: str) -> np.ndarray:
    """The array in a .npy file of version 1.0, whose header is matched here: NumPy's own reader evaluates it."""
    with path.open("rb") as file:
        start = file.read(len(_NPY) + 2)
        length = int.from_bytes(start[len(_NPY) :], "little")
        header = _NPY_HEADER.fullmatch(file.read(length))
        if not start.startswith(_NPY) or header is None:
            raise BadInput(f"{what}: {path.name!r} is no .npy file of version 1.0, or damaged")
        found = tuple(int(n) for n in header["shape"].split(b",") if n.strip())
        kind = header["descr"].decode("ascii")
        if found != shape or kind != dtype.str or header["fortran"] != b"False":
            raise BadInput(f"{what}: {path.name!r} holds {kind} {str(found)[:80]}, world.json says {dtype.str} {shape}")
        wanted = math.prod(shape)
        size = path.stat().st_size - file.tell()
        if size != wanted * dtype.itemsize:
            raise BadInput(f"{what}: {path.name!r} has {size} bytes of data, needs {wanted * dtype.itemsize}")
        return np.fromfile(file, dtype=dtype, count=wanted).reshape(shape)


def read_png(path: Path, shape: tuple[int, ...], what: str) -> np.ndarray:
    """(h, w, 3) RGB; every chunk is checked before anything is unpacked."""
    if path.stat().st_size > 4 * MAX_TEXTURE_PIXELS**2:
        raise BadInput(f"{what}: {path.name!r} is too long for a picture of {MAX_TEXTURE_PIXELS} pixels")
    data = path.read_bytes()
    chunks = _png_chunks(data)
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND" or len(chunks[0][1]) != 13:
        raise BadInput(f"{what}: {path.name!r} is no PNG, or damaged")
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    if (height, width, 3) != shape or depth != 8 or colour != _PNG_RGB:
        raise BadInput(f"{what}: {path.name!r} is {height} x {width}, needs {shape} with 8 bits of red, green, blue")
    if max(width, height) > MAX_TEXTURE_PIXELS:
        raise BadInput(f"{what}: {path.name!r} has more than {MAX_TEXTURE_PIXELS} pixels on an edge")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadInput(f"{what}: {path.name!r} cannot be decoded") from error
    if pixels is None or pixels.shape != shape:
        raise BadInput(f"{what}: {path.name!r} cannot be decoded")
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """(type, data) of every chunk; empty when the file is cut, garbled or no PNG."""
    found: list[tuple[bytes, bytes]] = []
    if not data.startswith(_PNG):
        return found
    at = len(_PNG)
    while at < len(data):
        if at + 12 > len(data):
            return []
        (length,) = struct.unpack(">I", data[at : at + 4])
        end = at + 12 + length
        if end > len(data) or struct.unpack(">I", data[end - 4 : end])[0] != zlib.crc32(data[at + 4 : end - 4]):
            return []
        found.append((data[at + 4 : at + 8], data[at + 8 : end - 4]))
        at = end
    return found
