"""Whether a reading is worth looking at: bright, sharp, whole, and not of something that stands in between."""

from __future__ import annotations

import cv2
import numpy as np

from rudel.core.findings import XYZ
from rudel.core.readings import DepthImage, GasReading, Image, Reading, Scan, ThermalImage
from rudel.inspection import _views

DARK_LEVEL, DARK_TOP = 10.0, 40.0  # mean and 99th percentile of the brightness, 0 to 255
_CONTRAST = 25.0  # less than this is a plain surface: nothing there could be sharp
_SHARPNESS = (
    0.07  # steepest change from one pixel to the next, over the contrast; a smear of n pixels gives about 1 / n
)
MAX_BLUR_PX = 2.0
_IN_FRONT_M, _BESIDE_M, _COVERED, _LEAST_RAYS = 0.30, 0.10, 0.6, 8


def fault(reading: Reading) -> str:
    """What makes a reading useless by itself: "" for nothing, else "too dark", "blurred", "broken" with details."""
    if isinstance(reading, Image):
        return _picture_fault(reading)
    if isinstance(reading, ThermalImage):
        return _field_fault(reading.celsius)
    if isinstance(reading, DepthImage):
        seen = np.isfinite(reading.depth_m) & (reading.depth_m > 0)
        return "" if seen.mean() > 0.05 else "broken: the depth picture is empty"
    if isinstance(reading, Scan):
        finite = np.isfinite(reading.points).all(axis=1)
        return "" if finite.sum() >= 50 else "broken: the scan is empty"
    if isinstance(reading, GasReading):
        return "" if np.isfinite(reading.ppm) and reading.ppm >= 0 else "broken: the gas reading is not a number"
    return ""


def _picture_fault(image: Image) -> str:
    grey = np.asarray(cv2.cvtColor(image.pixels, cv2.COLOR_RGB2GRAY), np.float32)
    if float(grey.mean()) < DARK_LEVEL and float(np.percentile(grey, 99)) < DARK_TOP:
        return "too dark"
    sharp = sharpness(grey)
    return "blurred" if sharp is not None and sharp < _SHARPNESS else ""


def sharpness(grey: np.ndarray) -> float | None:
    """The steepest change from pixel to pixel over the contrast of a picture (h, w); None: there is no contrast."""
    low, high = np.percentile(grey, (1, 99)).tolist()
    if high - low < _CONTRAST:
        return None
    calm = cv2.GaussianBlur(grey, (0, 0), 0.8)  # noise is as sharp as can be
    steep = np.hypot(cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1)) / 8
    return float(np.percentile(steep, 99.8)) / (high - low)


def _field_fault(celsius: np.ndarray) -> str:
    finite = np.isfinite(celsius)
    if finite.mean() < 0.9:
        return "broken: the thermal picture is not made of numbers"
    return "" if float(np.std(celsius[finite])) > 1e-3 else "broken: all pixels of the thermal picture are the same"


def blur_px(image: Image, turning_radps: float, exposure_s: float) -> float:
    """How far the picture of something moves during the exposure when the camera turns so fast [pixels]."""
    return image.intrinsics.fx * abs(turning_radps) * exposure_s


def covered(rays: _views.Rays, point: XYZ) -> float | None:
    """Distance [m] of what stands before a point of the map and hides it; None: nothing does, or nobody can tell.

    Counts the rays that would have come within _BESIDE_M of the point.
    """
    to, along = np.array(point) - rays.starts, rays.ends - rays.starts
    far, length = np.linalg.norm(to, axis=1), np.linalg.norm(along, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.linalg.norm(to - along * ((to * along).sum(axis=1) / length**2)[:, None], axis=1)
    towards = (off < _BESIDE_M) & ((to * along).sum(axis=1) > 0)
    if towards.sum() < _LEAST_RAYS:
        return None
    nearer = length[towards] < far[towards] - _IN_FRONT_M
    return float(np.median(length[towards][nearer])) if nearer.mean() > _COVERED else None
