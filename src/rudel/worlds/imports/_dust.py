"""What hangs in the air: specks of dust and smoke that a LiDAR reports, and points without neighbours."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports import _components
from rudel.worlds.imports._surface import Surface
from rudel.worlds.imports._voxels import Keys, Voxels

Array = NDArray[np.float64]

_BLOCK = 5  # voxels along the edge of a block
_LEAST = 1000  # voxels; below, nothing can be said about what is usual
_COMPANY, _MOST_COMPANY = 0.1, 12.0  # occupied voxels around, as a share of what is usual, and at most
_FILLED = 0.65  # share of a block's voxels that surfaces do not fill: a floor and a wall on their borders take 0.64
_TAIL = 3.0  # standard deviations of a Poisson count
_HAZY = 0.002  # share of the points that is spread through the air, from which a scan was taken in dust or smoke
_DENSE = 1.5  # points a voxel, in the mean
_SIDES = 6  # of 8 that have to be known before a cell is called different from them
_BUMP_M, _LOW_M = 0.02, 1.0
_LEAST_PART = 30  # voxels: smaller parts are specks, in a scan that has them


def without_dust(voxels: Voxels) -> tuple[Voxels, bool]:
    """Without what is spread through the air, then without voxels that have next to no company.

    Around means the 27 cells of a grid five times as coarse. The second answer is whether the air is full of dust.
    """
    if len(voxels.keys) < _LEAST:
        return voxels, False
    total = int(voxels.counts.sum())
    clear = voxels.only(voxels.counts > _haze(voxels))
    # where hardly a voxel has two points, as in an octomap, nothing tells surfaces from specks
    hazy = total >= _DENSE * len(voxels.keys) and total - int(clear.counts.sum()) > _HAZY * total
    if hazy:  # then there is thinner dust around the haze
        clear = clear.only(clear.counts > _thin(clear))
        nx, ny, nz = clear.shape
        label = _components.cells(clear.keys, (ny, nx, nz))
        clear = clear.only(np.bincount(label)[label] >= _LEAST_PART)
    else:
        clear = voxels
    cells, inverse, shape = _blocks(clear)
    around = _around(cells, shape, np.bincount(inverse).astype(np.float64))[inverse]
    return clear.only(around >= min(_COMPANY * float(np.median(around)), _MOST_COMPANY)), hazy


def without_specks(surface: Surface) -> Surface:
    """Without bumps and low ceilings of a single cell: in dusty air they are mostly what is left of it."""
    ground = surface.ground
    height = np.where(ground, surface.height, np.nan)
    free = np.where(ground, surface.ceiling - surface.height, np.nan)
    sides = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
    ny, nx = ground.shape
    padded = np.pad(np.stack([height, free]), ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    beside = np.stack([padded[:, 1 + dy : 1 + dy + ny, 1 + dx : 1 + dx + nx] for dy, dx in sides])  # (8, 2, ny, nx)
    enough = (~np.isnan(beside[:, 0])).sum(axis=0) >= _SIDES
    ordered = np.sort(beside, axis=0)  # NaN goes last
    low, second = ordered[len(sides) // 2 - 1, 0], -np.sort(-beside[:, 0], axis=0)[1]
    bump = ground & enough & (height > second + _BUMP_M) & (height > low + _BUMP_M)
    height = np.where(bump, low, height)
    hangs = ground & enough & (free < _LOW_M)
    company = (beside[:, 1] < _LOW_M).sum(axis=0)
    free = np.where(hangs & (company <= 1), ordered[len(sides) // 2 - 1, 1], free)
    return dataclasses.replace(
        surface,
        height=np.where(ground, height, surface.height),
        ceiling=np.where(ground, height + free, surface.ceiling),
    )


def _haze(voxels: Voxels) -> Array:
    """(n,) points that a voxel may have by chance.

    Surfaces leave most of a block empty and dust does not: where more than _FILLED of its voxels hold points, the
    voxel below which that share lies tells how many specks there are in each (as a Poisson process has it). What a
    block has, those around it have as well: half of a block that a floor crosses is under the ground.
    """
    cells, inverse, shape = _blocks(voxels)
    order = np.lexsort((voxels.counts, inverse))
    own = np.bincount(inverse)
    last = np.cumsum(own)
    volume = _BLOCK**3
    empty = volume - own
    at = round((1 - _FILLED) * volume) - empty  # in the order of counts, after the empty ones
    full = at >= 0
    mean = np.zeros(len(cells))
    mean[full] = voxels.counts[order][(last - own + at)[full]]
    mean = _around(cells, shape, mean, largest=True)
    return np.where(mean > 0, mean + _TAIL * np.sqrt(mean), 0.0)[inverse]


def _thin(voxels: Voxels) -> Array:
    """(n,) points that a voxel may have by chance, where the dust does not fill the blocks.

    Of voxels with one point and with none there are, for a mean of m specks, as m to 1. Thinly scanned surfaces look
    the same, which is why this is for scans that have haze elsewhere.
    """
    cells, inverse, shape = _blocks(voxels)
    ones = _around(cells, shape, np.bincount(inverse[voxels.counts == 1], minlength=len(cells)).astype(np.float64))
    taken = _around(cells, shape, np.bincount(inverse).astype(np.float64))
    mean = ones / np.maximum(27 * _BLOCK**3 - taken, 1.0)
    return (mean + _TAIL * np.sqrt(mean))[inverse]


def _blocks(voxels: Voxels) -> tuple[Keys, NDArray[np.intp], tuple[int, int]]:
    """Sorted keys of the blocks (m,), which block each voxel is in (n,), blocks along x and z with a margin."""
    nx, _, nz = voxels.shape
    column, iz = voxels.columns, voxels.iz
    sx, sz = nx // _BLOCK + 3, nz // _BLOCK + 3
    block = ((column // nx // _BLOCK + 1) * sx + column % nx // _BLOCK + 1) * sz + iz // _BLOCK + 1
    cells, inverse = np.unique(block, return_inverse=True)
    return cells, inverse, (sx, sz)


def _around(cells: Keys, shape: tuple[int, int], value: Array, largest: bool = False) -> Array:
    """(m,) sum, or the largest, of ``value`` (m,) >= 0 over a block and the 26 around it."""
    sx, sz = shape
    total = np.zeros(len(cells))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            for dz in (-1, 0, 1):
                other = cells + (dy * sx + dx) * sz + dz
                at = np.minimum(np.searchsorted(cells, other), len(cells) - 1)
                found = np.where(cells[at] == other, value[at], 0.0)
                total = np.maximum(total, found) if largest else total + found
    return total
