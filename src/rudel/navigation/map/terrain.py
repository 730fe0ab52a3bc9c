"""Slope, steps and roughness from heights, fast enough for every scan."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]
_MAD = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
FURTHEST_M = 1e30  # heights are less
SIGMAS = 2.5  # differences that noise explains are no steps


def slope_step_roughness(height: Grid, resolution_m: float, variance: Grid | None = None) -> tuple[Grid, Grid, Grid]:
    """Slope [rad], step [m] and roughness [m] of heights (ny, nx) [m]; NaN where the height is NaN.

    A step is the difference between two neighbours, less what the slope before and behind goes on with, so that a ramp
    has none. It counts for the upper of the two: that cell holds what is in the way, or the edge to keep off, while the
    ground below is as good as any. (The layers of a World count it for both, since a wall may reach into a cell whose
    middle is floor; here a cell is as high as the highest that was seen in it.) The slope is the smaller one of before
    and behind, so that a wall does not tilt the floor beside it; roughness is 1.4826 x the median distance from the
    median of 5 x 5 cells.

    Args:
        height: NaN is unknown.
        resolution_m: edge of a cell [m].
        variance: (ny, nx) of the heights [m^2]: steps count only beyond SIGMAS standard deviations of the difference,
            and roughness without what noise adds.
    """
    unknown = np.isnan(height)
    filled = _spread(height, unknown)
    noise = None if variance is None else np.where(unknown, np.float32(0), np.minimum(variance, np.float32(1)))
    step, gradient = _along(filled, unknown, noise)
    noise_across = None if noise is None else np.ascontiguousarray(noise.T)
    step_across, across = _along(np.ascontiguousarray(filled.T), np.ascontiguousarray(unknown.T), noise_across)
    step = np.maximum(step, step_across.T)
    slope = np.arctan(np.sqrt(gradient**2 + np.ascontiguousarray(across.T) ** 2) * np.float32(1 / resolution_m))
    rest = np.abs(filled - np.asarray(cv2.medianBlur(filled, 5)))
    rough = np.asarray(cv2.medianBlur(rest, 5)) * np.float32(_MAD)
    if noise is not None:
        rough = np.sqrt(np.maximum(rough**2 - np.asarray(cv2.blur(noise, (5, 5))), 0))
    for grid in (slope, step, rough):
        grid[unknown] = np.nan
    return slope, step, rough


def lowest_near(height: Grid, cells: int) -> Grid:
    """(ny, nx) lowest of heights (ny, nx) [m] within a square of ``cells`` around each; NaN is unknown, inf: none."""
    known = np.where(np.isnan(height), np.float32(np.inf), height)
    found = np.asarray(cv2.erode(known, np.ones((cells, cells), np.uint8)), np.float32)
    found[found > FURTHEST_M] = np.inf  # OpenCV surrounds the grid with the largest number there is, which is less
    return found


def _along(height: Grid, unknown: NDArray[np.bool_], noise: Grid | None) -> tuple[Grid, Grid]:
    """Steps [m] and rises from cell to cell [m] of heights (n, m) along the first axis."""
    n, m = height.shape
    # rises and whether they are known, with one in front of the first cell and one behind the last
    rise, known = np.zeros((n + 1, m), np.float32), np.zeros((n + 1, m), np.bool_)
    np.logical_not(unknown[1:] | unknown[:-1], out=known[1:-1])
    np.multiply(height[1:] - height[:-1], known[1:-1], out=rise[1:-1])  # what is beside the unknown is no step
    jump = np.zeros_like(rise)
    np.abs(rise[1:-1] - _least(rise[1:-1], _least(rise[:-2], rise[2:])), out=jump[1:-1])
    if noise is not None:
        jump[1:-1] -= np.float32(SIGMAS) * np.sqrt(noise[1:] + noise[:-1])
        np.maximum(jump, 0, out=jump)
    before, behind = rise[:-1], rise[1:]
    # at the rim of what is known one side has to do; the other one is 0
    gradient = np.where(known[:-1] & known[1:], _least(before, behind), before + behind)
    up = rise > 0
    step = np.maximum(jump[:-1] * up[:-1], jump[1:] * ~up[1:])
    return step, np.asarray(cv2.medianBlur(gradient, 3), np.float32)


def _least(a: Grid, b: Grid) -> Grid:
    """The value nearer to 0 where both have one sign, otherwise 0 (minmod)."""
    return np.maximum(np.minimum(a, b), np.float32(0)) + np.minimum(np.maximum(a, b), np.float32(0))


def _spread(height: Grid, unknown: NDArray[np.bool_]) -> Grid:
    """Heights with the unknown filled by the mean of what is near, or of everything."""
    if not unknown.any():
        return height.copy()
    known = (~unknown).astype(np.float32)
    values = np.where(unknown, np.float32(0), height)
    mean = np.float32(values.sum(dtype=np.float64) / max(float(known.sum(dtype=np.float64)), 1.0))
    count = np.asarray(cv2.boxFilter(known, -1, (5, 5), normalize=False))
    total = np.asarray(cv2.boxFilter(values, -1, (5, 5), normalize=False))
    near = np.where(count > 0.5, total / np.maximum(count, 1), mean)
    return np.where(unknown, near, height).astype(np.float32)


def fill_gaps(height: Grid, reach: int, spread_m: float) -> Grid:
    """Heights (ny, nx) with small gaps closed: unknown cells between known ones that agree.

    Args:
        height: NaN is unknown.
        reach: gaps of up to 2 x reach - 1 cells are closed.
        spread_m: by how much heights this near may differ at most [m].
    """
    unknown = np.isnan(height)
    if not unknown.any():
        return height.copy()
    most, (ny, nx) = 2 * reach, height.shape
    known = np.zeros((ny + 2 * most, nx + 2 * most), np.bool_)
    known[most : most + ny, most : most + nx] = ~unknown
    between = np.zeros(height.shape, np.bool_)
    for dj, di in ((0, 1), (1, 0), (1, 1), (1, -1)):
        sides: list[list[NDArray[np.bool_]]] = []  # of either side, [k]: whether something is known within k + 1 cells
        for sign in (1, -1):
            within = list[NDArray[np.bool_]]()
            for k in range(sign, sign * most, sign):
                there = known[most + k * dj : most + k * dj + ny, most + k * di : most + k * di + nx]
                within.append(there | within[-1] if within else there)
            sides.append(within)
        for ahead, behind in zip(sides[0], sides[1][::-1], strict=True):  # k + 1 and most - k - 1 cells away
            between |= ahead & behind
    size = (2 * reach + 1, 2 * reach + 1)
    values, some = np.where(unknown, np.float32(0), height), (~unknown).astype(np.float32)
    count = np.asarray(cv2.boxFilter(some, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT))
    total = np.asarray(cv2.boxFilter(values, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT))
    highest = np.asarray(cv2.dilate(np.where(unknown, np.float32(-1e6), height), np.ones(size, np.uint8)))
    lowest = np.asarray(cv2.erode(np.where(unknown, np.float32(1e6), height), np.ones(size, np.uint8)))
    filled, fill = height.copy(), np.flatnonzero(unknown & between & (highest - lowest < spread_m))
    filled.ravel()[fill] = total.ravel()[fill] / np.maximum(count.ravel()[fill], 1)
    return filled
