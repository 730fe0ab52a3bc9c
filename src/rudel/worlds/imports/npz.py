"""NumPy files: points (n, 3), or heights (ny, nx) with a resolution; also LiDAR logs with the pose of every frame.

Arrays are found by name (points*, xyz*, heights, elevation, dem) or, where there is only one, by shape. A suffix _2mm,
_1cm or the like says in which unit whole numbers count. ``offsets`` (k + 1,) and ``poses`` (k, 4, 4) or (k, 3, 4) say
which points belong to which frame, and where that frame is (world_T_sensor).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports._source import CHUNK, Cloud, Elevation, Facts

WHAT = "NumPy archive of points or heights"
SUFFIXES = (".npz", ".npy")

_MOST_BYTES = 4 << 30  # unpacked
_MOST_RATIO = 1100  # of zip's Deflate
_POINTS = re.compile(r"(points?|xyz|cloud|pts)(_(\d*)(m|mm|cm|dm))?$", re.I)
_HEIGHTS = re.compile(r"(heights?|elevations?|dem|z)$", re.I)
_CELL = ("resolution_m", "resolution", "cell_m", "cell", "cellsize")
_UNIT_M = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001}


def read(path: Path) -> Cloud | Elevation:
    """Points or heights, whichever the file has."""
    arrays = _load(path)
    shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"
    only = len(arrays) == 1
    for name, array in arrays.items():
        match = _POINTS.match(name)
        if array.ndim == 2 and array.shape[1] in (3, 4) and array.dtype.kind in "fiu" and (match or only):
            return _cloud(path, arrays, name, match)
    for name, array in arrays.items():
        if array.ndim == 2 and min(array.shape) >= 2 and array.dtype.kind in "fiu" and (_HEIGHTS.match(name) or only):
            return _heights(path, arrays, array)
    raise BadInput(f"{path} has {shapes}: needed are points (n, 3), or heights (ny, nx) and a resolution")


def _load(path: Path) -> dict[str, NDArray]:
    """The arrays of the file, once their size is known to fit."""
    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return {"": _array(path, file, path.stat().st_size)}
        found = {}
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            total = sum(info.file_size for info in infos)
            if total > min(_MOST_BYTES, _MOST_RATIO * path.stat().st_size + 4096):
                raise BadInput(f"{path} says that it unpacks to {total} bytes: that is not believable or too much")
            for info in infos:
                with archive.open(info) as file:
                    found[info.filename.removesuffix(".npy")] = _array(path, file, info.file_size)
        return found
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        KeyError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BadInput(f"{path} is damaged ({str(error)[:100]}). Fetch it again") from None


def _array(path: Path, file, size: int) -> NDArray:  # a file or a member of an archive
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, kind = read_header(file, max_header_size=10_000)
    count = 1
    for edge in shape:
        count *= edge
    if kind.hasobject or count * kind.itemsize > size:
        raise BadInput(f"{path} has an array of shape {shape} and type {kind}, which does not fit into {size} bytes")
    data = file.read(count * kind.itemsize)
    if len(data) < count * kind.itemsize:
        raise BadInput(f"{path} ends in the middle of an array. Fetch it again")
    flat = np.frombuffer(data, kind, count)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _cloud(path: Path, arrays: dict[str, NDArray], name: str, match: re.Match | None) -> Cloud:
    points = arrays[name]
    if not len(points):
        raise BadInput(f"{path} has no points in {name or 'it'}")
    scale, why = 1.0, ""
    if match and match[4]:
        scale = float(match[3] or 1) * _UNIT_M[match[4].lower()]
        why = f"its array is called {name}"
    offsets, poses = arrays.get("offsets"), arrays.get("poses")
    facts = Facts(1.0, None, why) if why else Facts()
    if offsets is None or poses is None:
        return Cloud(lambda: _slices(points, scale), len(points), facts)
    frames = len(poses)
    good = offsets.ndim == 1 and len(offsets) == frames + 1 and offsets.dtype.kind in "iu"
    if not good or poses.shape not in ((frames, 4, 4), (frames, 3, 4)) or not np.isfinite(poses).all():
        raise BadInput(f"{path}: offsets {offsets.shape} and poses {poses.shape} do not belong together")
    if (np.diff(offsets.astype(np.int64)) < 0).any() or offsets[0] != 0 or offsets[-1] > len(points):
        raise BadInput(f"{path}: its offsets do not rise from 0 to {len(points)}")
    return Cloud(lambda: _frames(points, scale, offsets.astype(np.int64), poses), int(offsets[-1]), facts)


def _slices(points: NDArray, scale: float) -> Iterator[NDArray[np.float64]]:
    for first in range(0, len(points), CHUNK):
        yield points[first : first + CHUNK, :3].astype(np.float64) * scale


def _frames(points: NDArray, scale: float, offsets: NDArray, poses: NDArray) -> Iterator[NDArray[np.float64]]:
    for pose, start, end in zip(poses, offsets[:-1], offsets[1:], strict=True):
        for some in _slices(points[start:end], scale):
            yield some @ pose[:3, :3].T + pose[:3, 3]


def _heights(path: Path, arrays: dict[str, NDArray], heights: NDArray) -> Elevation:
    cells = [float(arrays[key]) for key in _CELL if key in arrays and arrays[key].size == 1]
    if not cells or not 1e-4 < cells[0] < 1e5:
        raise BadInput(f"{path} has heights {heights.shape} and no resolution: add a number called resolution_m")
    origin = arrays.get("origin", np.zeros(2)).astype(np.float64).ravel()
    if len(origin) < 2 or not np.isfinite(origin[:2]).all():
        raise BadInput(f"{path}: its origin is no pair of numbers")
    stated = any(key in arrays for key in ("resolution_m", "cell_m"))
    why = "its resolution is stated in metres" if stated else ""
    plain = heights.astype(np.float64)
    plain[~np.isfinite(plain)] = np.nan
    facts = Facts(1.0 if stated else None, None, why, "z", "it is a height model", plumb=True)
    return Elevation(plain, cells[0], (float(origin[0]), float(origin[1])), facts)
