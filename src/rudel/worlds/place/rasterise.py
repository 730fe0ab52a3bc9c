"""Navigation layers from a world's own geometry, or from an elevation grid that somebody measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rudel.core.errors import BadInput
from rudel.worlds.place.layers import Layers

if TYPE_CHECKING:
    from rudel.worlds.place.world import World

Array = NDArray[np.float64]

DETAIL = 3  # samples per cell and axis: posts from a third of a cell on are found
MAX_SAMPLES = 36_000_000  # 600 m x 600 m at 0.3 m, or 200 m x 200 m at 0.1 m
RESOLUTION_M = 0.1  # a foot's width
_MAD = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
_ROWS = 256  # worked on at once: bounds memory


def layers_of(world: World, resolution_m: float = RESOLUTION_M, zones: ArrayLike | None = None) -> Layers:
    """The layers of a world over its bounds, from its ground, floor and solid shapes.

    Args:
        world: of what.
        resolution_m: edge of a cell [m].
        zones: (ny, nx) bits KEEP_OUT, SLOW, CHARGE, or None.

    Raises:
        BadInput: more than MAX_SAMPLES samples.
    """
    x0, x1, y0, y1 = world.bounds
    if not resolution_m > 0 or (x1 - x0) * (y1 - y0) > MAX_SAMPLES * (resolution_m / DETAIL) ** 2:
        raise BadInput(f"resolution_m {resolution_m} is too fine for {x1 - x0:g} m x {y1 - y0:g} m: use a larger one")
    nx, ny = (max(1, int(np.ceil(s / resolution_m - 1e-9))) for s in (x1 - x0, y1 - y0))
    extent = x0, x0 + nx * resolution_m, y0, y0 + ny * resolution_m
    height, ceiling = world.surface.grid(extent, resolution_m / DETAIL)
    height[~np.isfinite(height)] = np.nan
    return layers_from(height, ceiling, resolution_m, (x0, y0), detail=DETAIL, zones=zones)


def layers_from(
    height: ArrayLike,
    ceiling: ArrayLike | None,
    resolution_m: float,
    origin: tuple[float, float],
    *,
    detail: int = 1,
    zones: ArrayLike | None = None,
) -> Layers:
    """Layers from heights.

    Args:
        height: (ny * detail, nx * detail) heights of the ground in the middle of (sub)cells [m]; NaN is unknown.
        ceiling: likewise, heights of what hangs above it [m], inf or NaN: open sky; None: all open.
        resolution_m: edge of a cell [m]; a cell has detail x detail samples.
        origin: (x, y) of the lower left corner of cell (0, 0) [m].
        detail: odd number.
        zones: (ny, nx) bits, or None.
    """
    z = np.asarray(height, dtype=np.float64)
    if z.ndim != 2 or detail < 1 or detail % 2 == 0 or z.shape[0] % detail or z.shape[1] % detail or not z.size:
        raise BadInput(f"heights have shape {z.shape}, needs a multiple of the odd detail {detail} each way")
    ny, nx = z.shape[0] // detail, z.shape[1] // detail
    middle = z[detail // 2 :: detail, detail // 2 :: detail]
    unknown = np.isnan(middle)
    top = np.full_like(z, np.inf) if ceiling is None else np.asarray(ceiling, dtype=np.float64)
    top = _of_cells(np.where(np.isnan(top), np.inf, top), detail, np.minimum)
    gradient = _gradient(middle, resolution_m)
    found: Mapping[str, Array] = {
        "elevation": middle,
        "clearance": np.where(unknown, np.nan, np.maximum(top - np.where(unknown, 0.0, middle), 0.0)),
        "slope_rad": np.arctan(np.hypot(*gradient)),
        "step_m": _steps(z, detail),
        "roughness_m": _roughness(middle, gradient, resolution_m),
    }
    grids = {name: np.where(unknown, np.nan, grid).astype(np.float32) for name, grid in found.items()}
    bits = np.zeros((ny, nx), np.uint8) if zones is None else np.asarray(zones)
    return Layers(resolution_m, origin, **grids, zones=bits)  # pyright: ignore[reportArgumentType]  # float32 by astype


def _steps(z: Array, detail: int) -> Array:
    """(ny, nx) highest step [m].

    A step is the difference between two samples one cell apart, less what the slope before and behind goes on with:
    a ramp has none, a riser its full height, as has a post.
    """
    ny, nx = z.shape[0] // detail, z.shape[1] // detail
    found = np.zeros((ny, nx))
    for axis in (0, 1):
        along = np.moveaxis(z, axis, 0)
        if len(along) <= detail:
            continue
        rise = along[detail:] - along[:-detail]
        known = np.where(np.isnan(rise), 0.0, rise)
        before, behind = np.zeros_like(rise), np.zeros_like(rise)
        before[detail:], behind[:-detail] = known[:-detail], known[detail:]
        step = np.abs(known - _least(known, before, behind))
        jump = np.zeros_like(along)
        jump[detail:] = step
        jump[:-detail] = np.maximum(jump[:-detail], step)
        jump = np.moveaxis(jump, 0, axis)
        found = np.maximum(found, _of_cells(jump, detail, np.maximum))
    return found


def _of_cells(samples: Array, detail: int, what: np.ufunc) -> Array:
    """(ny, nx) the least or the largest of the detail x detail samples of each cell."""
    rows = samples[::detail]
    for k in range(1, detail):
        rows = what(rows, samples[k::detail])
    found = rows[:, ::detail]
    for k in range(1, detail):
        found = what(found, rows[:, k::detail])
    return found


def _least(*values: Array) -> Array:
    """The value nearest to 0 where all have one sign, otherwise 0 (minmod); NaN where one is."""
    low, high = values[0], values[0]
    for value in values[1:]:
        low, high = np.minimum(low, value), np.maximum(high, value)
    return np.maximum(low, 0.0) + np.minimum(high, 0.0)


def _gradient(z: Array, resolution_m: float) -> tuple[Array, Array]:
    """d z / dx, d z / dy (ny, nx) of the surface that a foot rests on.

    Per cell the smaller of the slopes before and behind, then the median of 3 x 3 cells: a wall does not tilt the
    floor beside it, and single samples count for nothing.
    """
    parts: list[Array] = []
    for axis in (1, 0):
        rise = np.diff(z, axis=axis) / resolution_m
        edge = [(0, 0), (0, 0)]
        edge[axis] = (1, 0)
        before = np.pad(rise, edge, constant_values=np.nan)
        edge[axis] = (0, 1)
        behind = np.pad(rise, edge, constant_values=np.nan)
        both = _least(np.nan_to_num(before), np.nan_to_num(behind))
        # at the rim of what is known one side has to do
        one = np.where(np.isnan(before), behind, before)
        part = np.where(np.isnan(before) | np.isnan(behind), one, both)
        parts.append(_median(part, 1))
    return np.nan_to_num(parts[0]), np.nan_to_num(parts[1])


def _roughness(z: Array, gradient: tuple[Array, Array], resolution_m: float) -> Array:
    """1.4826 x median distance [m] of 5 x 5 cells from the tilted plane through their middle height."""
    ny, nx = z.shape
    found = np.zeros((ny, nx))
    padded = np.pad(z, 2, constant_values=np.nan)
    offsets = [(j, i) for j in range(-2, 3) for i in range(-2, 3)]
    for at in range(0, ny, _ROWS):
        rows = slice(at, min(at + _ROWS, ny))
        count = rows.stop - rows.start
        gx, gy = gradient[0][rows], gradient[1][rows]
        rest = np.stack(
            [
                padded[at + 2 + j : at + 2 + j + count, 2 + i : 2 + i + nx] - (gx * i + gy * j) * resolution_m
                for j, i in offsets
            ]
        )
        rest -= _nanmedian(rest)
        found[rows] = _MAD * _nanmedian(np.abs(rest)) / np.sqrt(1 + gx**2 + gy**2)
    return np.nan_to_num(found)


def _median(grid: Array, reach: int) -> Array:
    """Median of the (2 reach + 1)^2 cells around each, NaN left out."""
    ny, nx = grid.shape
    padded = np.pad(grid, reach, constant_values=np.nan)
    side = range(2 * reach + 1)
    found = np.empty_like(grid)
    for at in range(0, ny, _ROWS):
        count = min(_ROWS, ny - at)
        found[at : at + count] = _nanmedian(
            np.stack([padded[at + j : at + j + count, i : i + nx] for j in side for i in side])
        )
    return found


def _nanmedian(stack: Array) -> Array:
    """Lower median along the first axis, NaN left out; NaN where there is nothing else."""
    ordered = np.sort(stack, axis=0)  # NaN goes last
    count = (~np.isnan(stack)).sum(axis=0)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0)[None] // 2, axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, np.maximum(count - 1, 0))[None], axis=0)[0]
    return (low + high) / 2
