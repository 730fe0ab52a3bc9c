"""Where in a picture the target should be, and which way is up there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.findings import Capture
from rudel.core.readings import Image
from rudel.inspection import _views as views

Floats = NDArray[np.floating]


def aimed_at(image: Image, capture: Capture) -> Floats:
    """(2,) pixel of the target as the robot's pose has it, held inside of the picture; its middle where that fails."""
    height, width = image.pixels.shape[:2]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    at = np.asarray(capture.target.look_at, np.float64)[None]
    with np.errstate(invalid="ignore"):
        (where,), (depth,) = views.project(at, capture.pose, image)
    if not (np.isfinite(where).all() and depth > 0):
        return middle
    return np.clip(where, 0, (width - 1, height - 1))


def scale_at(image: Image, capture: Capture) -> float:
    """Pixels per metre at the target, as the robot's pose has it; inf where that fails."""
    with np.errstate(invalid="ignore"):
        _, (depth,) = views.project(np.asarray(capture.target.look_at, np.float64)[None], capture.pose, image)
    return image.intrinsics.fx / float(depth) if depth > 0 else np.inf


def up_at(image: Image, capture: Capture, pixel: Floats) -> Floats:
    """(2,) unit direction of a plumb line upwards through a pixel; that of the picture where it is unclear."""
    straight = np.array([0.0, -1.0])
    with np.errstate(invalid="ignore"):
        _, quat = views.eye(capture.pose, image)
        gravity = frames.rotate_inverse(quat, np.array([0.0, 0.0, 1.0]))
    optics = image.intrinsics
    x, y = (pixel[0] - optics.cx) / optics.fx, (pixel[1] - optics.cy) / optics.fy
    direction = np.array([gravity[0] - x * gravity[2], gravity[1] - y * gravity[2]])
    size = float(np.linalg.norm(direction))
    return direction / size if size > 0.2 else straight  # along the plumb line, or NaN: none
