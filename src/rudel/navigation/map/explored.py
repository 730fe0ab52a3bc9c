"""A place as it was explored: layers to plan on and points to localise against, in memory and in one file."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.navigation.map.grid import FLOATS, GridMap

VERSION = 1
KIND = "rudel.explored"
MOST_CELLS, MOST_POINTS = 100_000_000, 50_000_000
MOST_BYTES = 2 * 2**30  # unpacked, of the whole file
# what zipfile and numpy raise on damaged files; RuntimeError: encrypted, NotImplementedError: unknown compression
_DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
_ENTRIES = {  # name: type, dimensions
    "kind": ("U", 0),
    "version": ("i", 0),
    "resolution_m": ("f", 0),
    "origin": ("f", 1),
    **{name: ("f", 2) for name in FLOATS},
    "zones": ("u", 2),
    "points": ("f", 2),
}


class Voxels:
    """One point for each cube of ``edge_m`` that a return came from: what localisation registers against."""

    def __init__(self, edge_m: float = 0.1) -> None:
        if not edge_m > 0:
            raise BadInput(f"edge_m is {edge_m}, must be > 0")
        self.edge_m = edge_m
        self._keys = np.zeros(0, np.int64)
        self._points = np.zeros((0, 3), np.float32)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, points: NDArray[np.floating]) -> None:
        """Points (n, 3) in the map [m]; the first one in each cube stays. Not finite or beyond 100 km: left out."""
        points = np.asarray(points, np.float32)
        points = points[(np.abs(points) < 1e5).all(axis=1)]
        cube = np.floor(points / np.float32(self.edge_m)).astype(np.int64) + (1 << 20)
        key = (cube[:, 0] << 42) | (cube[:, 1] << 21) | cube[:, 2]
        key, first = np.unique(key, return_index=True)
        at = np.searchsorted(self._keys, key)
        new = np.ones(len(key), np.bool_)
        inside = at < len(self._keys)
        new[inside] = self._keys[at[inside]] != key[inside]
        self._keys = np.insert(self._keys, at[new], key[new])
        self._points = np.insert(self._points, at[new], points[first[new]], axis=0)

    def points(self) -> NDArray[np.float32]:
        """(n, 3) in the map [m]."""
        return self._points.copy()


@dataclass(frozen=True, eq=False)
class ExploredMap:
    """What was found out about a place.

    Attributes:
        grid: layers of the ground.
        points: (n, 3) of surfaces, in the map [m], float32.
    """

    grid: GridMap
    points: NDArray[np.float32]

    def __post_init__(self) -> None:
        points = np.asarray(self.points, np.float32)
        if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
            raise BadInput(f"ExploredMap.points has shape {points.shape}: finite (n, 3) are needed")
        if points.flags.writeable or points.base is not None:
            points = points.copy()
            points.flags.writeable = False
        object.__setattr__(self, "points", points)

    def save(self, path: Path) -> None:
        """Write one .npz file."""
        grids = {name: getattr(self.grid, name) for name in (*FLOATS, "zones")}
        facts = {"kind": np.array(KIND), "version": np.array(VERSION), "resolution_m": np.array(self.grid.resolution_m)}
        packed = io.BytesIO()
        np.savez_compressed(packed, **facts, origin=np.array(self.grid.origin), points=self.points, **grids)  # pyright: ignore[reportArgumentType]  # names are none of its options
        part = path.with_name(path.name + ".part")
        part.write_bytes(packed.getvalue())
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> ExploredMap:
        """Read what ``save`` wrote.

        Raises:
            BadInput: no such file, another kind or version, or damaged.
        """
        try:
            found = _read(path)
        except (
            OSError,
            ValueError,
            KeyError,
            EOFError,
            zipfile.BadZipFile,
            NotImplementedError,
            MemoryError,
            RuntimeError,
        ) as error:
            raise BadInput(f"{str(path)!r} is no explored map: {str(error)[:200]}") from error
        except BaseException as error:
            if type(error).__module__ == "zlib":  # zlib.error has no public base but Exception
                raise BadInput(f"{str(path)!r} is damaged: {str(error)[:200]}") from error
            raise
        x, y = found["origin"].tolist()
        grids = [found[name] for name in (*FLOATS, "zones")]
        return cls(GridMap(float(found["resolution_m"]), (x, y), *grids), found["points"])


def _read(path: Path) -> dict[str, NDArray]:
    with zipfile.ZipFile(path) as archive:
        names = {f"{name}.npy" for name in _ENTRIES}
        stated = {info.filename: info for info in archive.infolist()}
        if set(stated) != names or len(archive.infolist()) != len(names):
            raise ValueError(f"it holds {', '.join(sorted(stated))[:200]}")
        if sum(info.file_size for info in stated.values()) > MOST_BYTES:
            raise ValueError(f"unpacked it is larger than {MOST_BYTES >> 20} MiB")
        found = {name: _array(archive.read(stated[f"{name}.npy"]), name, *_ENTRIES[name]) for name in _ENTRIES}
    if str(found["kind"]) != KIND:
        raise ValueError(f"its kind is {str(found['kind'])[:40]!r}, needs {KIND!r}")
    if int(found["version"]) != VERSION:
        raise ValueError(f"its version is {int(found['version'])}, this program reads {VERSION}")
    shape = found["elevation"].shape
    if found["elevation"].size > MOST_CELLS or any(found[name].shape != shape for name in (*FLOATS, "zones")):
        raise ValueError("its layers are not of one size, or of too many cells")
    if found["origin"].shape != (2,) or found["points"].shape[1] != 3 or len(found["points"]) > MOST_POINTS:
        raise ValueError("its origin or its points have another shape than (2,) and (n, 3)")
    return found


def _array(data: bytes, name: str, kind: str, dimensions: int) -> NDArray:
    stream = io.BytesIO(data)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError(f"{name} is of another format")
    shape, _, dtype = npy.read_array_header_1_0(stream, max_header_size=1000)
    size = int(np.prod(shape, dtype=np.float64)) * dtype.itemsize
    if dtype.kind != kind or len(shape) != dimensions or size != len(data) - stream.tell():
        raise ValueError(f"{name} is {dtype} of shape {shape}, {len(data)} bytes")
    stream.seek(0)
    return npy.read_array(stream, allow_pickle=False)
