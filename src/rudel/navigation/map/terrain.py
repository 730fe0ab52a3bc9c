"""Slope, steps and roughness from heights, fast enough for every scan."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]
_MAD = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
SIGMAS = 2.5  # differences that noise explains are no steps


def slope_step_roughness(height: Grid, resolution_m: float, variance: Grid | None = None) -> tuple[Grid, Grid, Grid]:
    """Slope [rad], step [m] and roughness [m] of heights (ny, nx) [m]; NaN where the height is NaN.

    As the layers of a World have it: a step is the difference between two neighbours, less what the slope before and
    behind goes on with, so that a ramp has none; the slope is the smaller one of before and behind, so that a wall does
    not tilt the floor beside it; roughness is 1.4826 x the median distance from the median of 5 x 5 cells.

    Args:
        height: NaN is unknown.
        resolution_m: edge of a cell [m].
        variance: (ny, nx) of the heights [m^2]: steps count only beyond SIGMAS standard deviations of the difference,
            and roughness without what noise adds.
    """
    unknown = np.isnan(height)
    filled = _spread(height, unknown)
    noise = None if variance is None else np.where(unknown, np.float32(0), np.minimum(variance, np.float32(1)))
    step = np.zeros_like(filled)
    gradients: list[Grid] = []
    for axis in (0, 1):
        rise = np.diff(filled, axis=axis)
        gap = np.diff(unknown.view(np.int8), axis=axis) != 0
        both = unknown[1:] & unknown[:-1] if axis == 0 else unknown[:, 1:] & unknown[:, :-1]
        rise[gap | both] = 0  # what is beside the unknown is no step
        before, behind = _beside(rise, axis)
        jump = np.abs(rise - _least(rise, _least(before, behind)))
        if noise is not None:
            pair = noise[1:] + noise[:-1] if axis == 0 else noise[:, 1:] + noise[:, :-1]
            jump = np.maximum(jump - np.float32(SIGMAS) * np.sqrt(pair), 0)
        low, high = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
        step[low] = np.maximum(step[low], jump)
        step[high] = np.maximum(step[high], jump)
        wide = np.zeros_like(filled)
        wide_before = wide.copy()
        wide[low], wide_before[high] = rise, rise
        known_behind, known_before = np.zeros_like(unknown), np.zeros_like(unknown)
        known_behind[low], known_before[high] = ~(gap | both), ~(gap | both)
        one_sided = np.where(known_behind, wide, wide_before)
        gradient = np.where(known_behind & known_before, _least(wide, wide_before), one_sided)
        gradients.append(np.asarray(cv2.medianBlur(gradient, 3), np.float32))
    slope = np.arctan(np.sqrt(gradients[0] ** 2 + gradients[1] ** 2) * np.float32(1 / resolution_m))
    rest = np.abs(filled - np.asarray(cv2.medianBlur(filled, 5)))
    rough = np.asarray(cv2.medianBlur(rest, 5)) * np.float32(_MAD)
    if noise is not None:
        rough = np.sqrt(np.maximum(rough**2 - np.asarray(cv2.blur(noise, (5, 5))), 0))
    for grid in (slope, step, rough):
        grid[unknown] = np.nan
    return slope, step, rough


def _beside(rise: Grid, axis: int) -> tuple[Grid, Grid]:
    """The differences one cell before and one behind."""
    before, behind = np.zeros_like(rise), np.zeros_like(rise)
    if axis == 0:
        before[1:], behind[:-1] = rise[:-1], rise[1:]
    else:
        before[:, 1:], behind[:, :-1] = rise[:, :-1], rise[:, 1:]
    return before, behind


def _least(a: Grid, b: Grid) -> Grid:
    """The value nearer to 0 where both have one sign, otherwise 0 (minmod)."""
    return np.where(a * b > 0, np.where(np.abs(a) < np.abs(b), a, b), np.float32(0))


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
    known, most = np.pad(~unknown, 2 * reach), 2 * reach
    ny, nx = height.shape
    between = np.zeros(height.shape, np.bool_)
    for dj, di in ((0, 1), (1, 0), (1, 1), (1, -1)):
        sides: list[list[NDArray[np.bool_]]] = []  # of either side, [k]: whether something is known within k + 1 cells
        for sign in (1, -1):
            within, so_far = list[NDArray[np.bool_]](), np.zeros_like(between)
            for k in range(sign, sign * most, sign):
                so_far = so_far | known[most + k * dj : most + k * dj + ny, most + k * di : most + k * di + nx]
                within.append(so_far)
            sides.append(within)
        for ahead, behind in zip(sides[0], sides[1][::-1], strict=True):  # k + 1 and most - k - 1 cells away
            between |= ahead & behind
    size = (2 * reach + 1, 2 * reach + 1)
    values, some = np.where(unknown, np.float32(0), height), (~unknown).astype(np.float32)
    count = np.asarray(cv2.boxFilter(some, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT))
    total = np.asarray(cv2.boxFilter(values, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT))
    highest = np.asarray(cv2.dilate(np.where(unknown, np.float32(-1e6), height), np.ones(size, np.uint8)))
    lowest = np.asarray(cv2.erode(np.where(unknown, np.float32(1e6), height), np.ones(size, np.uint8)))
    fill = unknown & between & (highest - lowest < spread_m)
    return np.where(fill, total / np.maximum(count, 1), height).astype(np.float32)
