"""Points on the triangles of a mesh, so close to each other that no cell between them stays empty."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports._source import CHUNK, Cloud, Mesh

Array = NDArray[np.float64]

_MOST_POINTS = 200_000_000


def area(mesh: Mesh) -> float:
    """Of all triangles [file units squared]."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return float(areas[np.isfinite(areas)].sum())


def points(mesh: Mesh, spacing: float) -> Cloud:
    """A cloud of points on the mesh, neighbours at most ``spacing`` apart [file units], corners included."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    longest = np.maximum.reduce([np.linalg.norm(e, axis=1) for e in (b - a, c - b, a - c)])
    good = np.isfinite(longest)
    parts = np.maximum(1, np.ceil(np.where(good, longest, 0.0) / spacing))
    total = float(((parts + 1) * (parts + 2) / 2)[good].sum())
    if total > _MOST_POINTS:
        raise BadInput(
            f"at one point every {spacing:g} the mesh has {total:.3g} of them: its unit or the resolution is wrong"
        )

    def chunks() -> Iterator[Array]:
        for n in np.unique(parts[good]).astype(int):
            i, j = (v.ravel() for v in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
            i, j = i[i + j <= n], j[i + j <= n]
            weights = np.stack([n - i - j, i, j], axis=1) / n  # (k, 3)
            some = np.flatnonzero(good & (parts == n))
            step = max(1, CHUNK // len(weights))
            for first in range(0, len(some), step):
                t = some[first : first + step]
                found = np.einsum("kc,tcx->tkx", weights, np.stack([a[t], b[t], c[t]], axis=1)).reshape(-1, 3)
                for part in range(0, len(found), CHUNK):
                    yield found[part : part + CHUNK]

    return Cloud(chunks, int(total), mesh.facts)
