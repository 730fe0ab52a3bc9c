"""How strong the returns are: specks of dust send back less than surfaces, where a file says how much."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports._source import Cloud
from rudel.worlds.imports._voxels import Voxels

Array = NDArray[np.float64]

_POINTS = 400_000  # of each kind that are looked at, at most
_LEAST = 1000
_APART = 0.5  # least share of the specks, less that of surfaces, that is as dark as the limit (Youden's index)


def darkest(voxels: Voxels, clear: Voxels, chunks: Iterator[Array], shades: Iterator[Array]) -> float | None:
    """The intensity that best tells specks from surfaces; None: they are too much alike.

    Args:
        voxels: all of them.
        clear: those of them that are no dust: what is in the others, shows how dust looks.
        chunks: points (n, 3) as they came into the voxels.
        shades: their intensities (n,).
    """
    stride = max(1, int(voxels.counts.sum()) // _POINTS)
    dust, solid = [np.zeros(0)], [np.zeros(0)]
    seen = 0
    for points, shade in zip(chunks, shades, strict=True):
        some = slice(-seen % stride, None, stride)  # by the place in the file: how it was cut does not matter
        seen += len(points)
        points, shade = points[some], shade[some]
        inside = voxels.holds(points) & np.isfinite(shade)
        kept = clear.occupied(points[inside])
        solid.append(shade[inside][kept])
        dust.append(shade[inside][~kept])
    specks, surfaces = np.sort(np.concatenate(dust)), np.sort(np.concatenate(solid))
    if min(len(specks), len(surfaces)) < _LEAST:
        return None
    limits = np.unique(specks)
    share = [np.searchsorted(kind, limits, side="right") / len(kind) for kind in (specks, surfaces)]
    apart = share[0] - share[1]
    best = int(np.argmax(apart))
    return float(limits[best]) if apart[best] >= _APART else None


def lighter(cloud: Cloud, limit: float) -> Cloud:
    """``cloud`` without points of an intensity up to ``limit``."""
    shades = cloud.shades
    assert shades is not None

    def chunks(chunks: Callable[[], Iterator[Array]] = cloud.chunks) -> Iterator[Array]:
        for points, shade in zip(chunks(), shades(), strict=True):
            yield points[~(shade <= limit)]  # NaN: nobody knows

    return dataclasses.replace(cloud, chunks=chunks, count=None, shades=None)
