"""OBJ meshes (Wavefront): vertices and faces; everything else in the file is passed over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports import _polygons, _text
from rudel.worlds.imports._source import Mesh

WHAT = "OBJ mesh"
SUFFIXES = (".obj",)


def read(path: Path) -> Mesh:
    """The mesh, all groups in one."""

    def bad(why: str) -> BadInput:
        return BadInput(f"{path} is no OBJ file that can be read: {why}")

    vertices, loops, count = [np.zeros((0, 3))], [], 0
    for block in _text.blocks(path):
        lines = block.split(b"\n")
        some = [line[2:] for line in lines if line.startswith((b"v ", b"v\t"))]
        # vertices may carry a weight or a colour behind their three coordinates
        plain = _text.numbers(b" ".join(b" ".join(line.split()[:3]) for line in some))
        if plain is None or plain.size != 3 * len(some):
            raise bad(f"a vertex among the {len(some)} after number {count} is not three numbers")
        vertices.append(plain.reshape(-1, 3))
        before = count
        count += len(some)
        loops += _faces(lines, before, bad)
    if not count:
        raise bad("it has no vertices")
    if not loops:
        raise bad("it has vertices and no faces")
    return Mesh(np.concatenate(vertices), _polygons.fans(loops, count, bad))


def _faces(lines: list[bytes], count: int, bad) -> list[NDArray[np.int64]]:  # makes a BadInput
    """Loops of vertex numbers from 0; negative ones in the file count back from the line where they stand."""
    found: list[NDArray[np.int64]] = []
    for line in lines:
        if line.startswith((b"v ", b"v\t")):
            count += 1
        elif line.startswith((b"f ", b"f\t")):
            words = [word.split(b"/", 1)[0] for word in line.split()[1:]]
            try:
                numbers = [int(word) for word in words if len(word) < 12]
            except ValueError:
                numbers = []
            if len(numbers) != len(words) or len(words) < 3 or 0 in numbers:
                raise bad(f"the line {line[:60].decode('latin-1')!r} is no face")
            found.append(np.array([n - 1 if n > 0 else count + n for n in numbers], np.int64))
    return found
