"""OctoMap, a robot's map as an octree: binary (.bt, occupied or free) and full (.ot, log-odds).

Format: OctoMap 1.x (Hornung et al. 2013), AbstractOccupancyOcTree::writeBinary and OcTreeBaseImpl::writeData. Only
occupied leaves become points; a large leaf becomes all the cells of the finest size that it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._source import CHUNK, Cloud, Facts

WHAT = "octomap"
SUFFIXES = (".bt", ".ot")

_DEPTH = 16  # levels of the tree
_MAGIC = {b"# Octomap OcTree binary file": True, b"# Octomap OcTree file": False}
_HEADER_BYTES = 8192
_MOST_CELLS = 6_000_000  # after large leaves have been divided: about 0.6 GB while that is done


def read(path: Path) -> Cloud:
    """The middles of all occupied cells."""
    with Bytes(path, "octomap") as file:
        head = file.map[:_HEADER_BYTES]
        binary = _MAGIC.get(head.partition(b"\n")[0].strip())
        match = re.search(rb"(?:^|\n)data ?\r?\n", head)
        if binary is None or match is None:
            raise file.bad("it does not begin with '# Octomap OcTree'")
        words = dict(
            line.split(None, 1) for line in head[: match.start()].decode("latin-1").splitlines() if " " in line
        )
        if words.get("id", "").strip() not in ("OcTree", "ColorOcTree", ""):
            raise file.bad(f"it holds a tree of type {words['id'].strip()[:40]!r}, known is OcTree")
        try:
            cell = float(words.get("res", ""))
        except ValueError:
            cell = np.nan
        if not 1e-4 <= cell <= 100:
            raise file.bad(f"its resolution is {words.get('res', 'missing')[:40]!r}")
        extra = 0 if binary or "Color" not in words.get("id", "") else 4
        corners, sizes = _leaves(file, match.end(), binary, extra)
    cells = int((sizes.astype(np.int64) ** 3).sum())
    if cells == 0:
        raise file.bad("no cell in it is occupied")
    if cells > _MOST_CELLS:
        raise file.bad(f"its {len(sizes)} leaves stand for {cells} cells, at most {_MOST_CELLS} can be imported")
    facts = Facts(1.0, None, "octomaps are in metres", "z", "octomaps are z up", plumb=True, spacing=cell)
    return Cloud(lambda: _points(corners, sizes, cell), cells, facts)


def _leaves(file: Bytes, start: int, binary: bool, extra: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lowest corner (n, 3) and edge (n,), both in cells, of occupied leaves; depth first, as they were written."""
    data = file.map[start:]
    corners: list[tuple[int, int, int]] = []
    sizes: list[int] = []
    stack = [(0, 0, 0, 1 << _DEPTH)]
    at, end = 0, len(data)
    record = 2 if binary else 5 + extra
    while stack:
        x, y, z, size = stack.pop()
        if at + record > end:
            raise file.bad("its tree ends in the middle. Fetch it again")
        half = size >> 1
        if binary:
            bits = data[at] | data[at + 1] << 8  # two for each child: 01 occupied, 10 free, 11 has children
            below = [(k, bits >> 2 * k & 3) for k in range(8)]
        else:
            if at == 0 and len(data) < 5:
                raise file.bad("its tree is empty")
            children = data[at + 4 + extra]
            if not children:
                if np.frombuffer(data, "<f4", 1, at)[0] > 0:  # log-odds: more likely occupied than not
                    corners.append((x, y, z))
                    sizes.append(size)
                at += record
                continue
            below = [(k, 3 if children >> k & 1 else 0) for k in range(8)]
        at += record
        inner = []
        for k, kind in below:
            child = (x + half * (k & 1), y + half * (k >> 1 & 1), z + half * (k >> 2 & 1))
            # bit pairs are read lowest first: the value 2 has the upper bit set, which writers use for occupied
            if kind == 2:
                corners.append(child)
                sizes.append(half)
            elif kind == 3:
                inner.append((*child, half))
        if inner and half < 1:
            raise file.bad("its tree is deeper than 16 levels")
        stack.extend(reversed(inner))
    return np.array(corners, np.int64).reshape(-1, 3), np.array(sizes, np.int64)


def _points(corners: NDArray[np.int64], sizes: NDArray[np.int64], cell: float) -> Iterator[NDArray[np.float64]]:
    middle = 1 << (_DEPTH - 1)
    for size in np.unique(sizes):
        inside = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        some = corners[sizes == size]
        step = max(1, CHUNK // len(inside))
        for first in range(0, len(some), step):
            cells = (some[first : first + step, None] + inside).reshape(-1, 3)
            for part in range(0, len(cells), CHUNK):
                yield (cells[part : part + CHUNK].astype(np.float64) - middle + 0.5) * cell
