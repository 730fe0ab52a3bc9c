"""Real relief at a walkable size: the elevation model that matplotlib brings along, cut and scaled.

The model is ``jacksboro_fault_dem.npz`` of matplotlib's sample data (matplotlib licence, BSD-style): 344 x 403 samples,
3 arc seconds apart, of the hills around the Jacksboro fault in Tennessee. It is installed with matplotlib; nothing is
fetched.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import GiveUp

FILE = "jacksboro_fault_dem.npz"
WINDOW = 28  # samples along an edge of the cut: about 2.5 km, which become the place's edge


def relief(size_m: float, resolution_m: float, steepest_rad: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A cut of the model as (n, n) heights [m], lowest 0, row by row from low to high y.

    Args:
        size_m: edge of the place that the cut is scaled to.
        resolution_m: distance of the samples asked for.
        steepest_rad: slope that 99 of 100 samples stay below; heights are scaled to it.
        rng: where the cut lies, and which way round.

    Raises:
        GiveUp: matplotlib is installed without its sample data.
    """
    elevation = _model()
    j, i = (int(rng.integers(0, n - WINDOW)) for n in elevation.shape)
    cut = elevation[j : j + WINDOW, i : i + WINDOW].astype(np.float64)
    cut = np.rot90(cut, int(rng.integers(4)))
    n = round(size_m / resolution_m) + 1
    smooth = cv2.GaussianBlur(np.ascontiguousarray(cut), (0, 0), 0.8)
    heights = np.asarray(cv2.resize(smooth, (n, n), interpolation=cv2.INTER_CUBIC), np.float64)
    heights = np.asarray(cv2.GaussianBlur(heights, (0, 0), 0.4 * n / WINDOW), np.float64)
    rise = steepness(heights, resolution_m)
    heights *= np.tan(steepest_rad) / np.percentile(rise, 99)
    return np.asarray(heights - heights.min(), np.float64)


def steepness(heights: NDArray[np.float64], resolution_m: float) -> NDArray[np.float64]:
    """Rise over run of heights (n, m) on a grid, (n, m)."""
    down, across = np.gradient(heights, resolution_m)
    return np.hypot(down, across)


def _model() -> NDArray[np.float64]:
    from matplotlib import cbook

    try:
        with np.load(cbook.get_sample_data(FILE, asfileobj=False)) as model:
            return model["elevation"].astype(np.float64)
    except FileNotFoundError as error:
        raise GiveUp(
            f"matplotlib is installed without {FILE}: install it from PyPI (pip install matplotlib)"
        ) from error
