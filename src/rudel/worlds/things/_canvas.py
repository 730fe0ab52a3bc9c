"""Pictures for the faces of things, drawn with OpenCV: RGB, uint8, (height, width, 3)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

BLACK, WHITE, RED, GREEN, YELLOW = (20, 20, 22), (245, 245, 240), (205, 30, 30), (40, 150, 70), (245, 200, 40)
_FONT = cv2.FONT_HERSHEY_DUPLEX
_CAPITAL_PX = 20.0  # height of a capital at scale 1
_SHIFT = 4  # sub-pixel bits of OpenCV's drawing: coordinates are given in 1/16 pixel


def blank(width: int, height: int, colour: Colour = WHITE) -> Image:
    """A picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def text(
    image: Image,
    words: str,
    centre: tuple[float, float],
    height: float,
    colour: Colour = BLACK,
    weight: float = 0.14,
    fit: float | None = None,
) -> None:
    """Write centred at (x, y) [px] with capitals ``height`` [px] high; shrunk to at most ``fit`` px wide."""
    scale = height / _CAPITAL_PX
    (w, _), _ = cv2.getTextSize(words, _FONT, scale, 1)
    if fit is not None and w > fit:
        scale, height, w = scale * fit / w, height * fit / w, fit
    at = round(centre[0] - w / 2), round(centre[1] + height / 2)
    cv2.putText(image, words, at, _FONT, scale, colour, max(1, round(weight * height)), cv2.LINE_AA)


def line(image: Image, a: tuple[float, float], b: tuple[float, float], width: int, colour: Colour = BLACK) -> None:
    """A straight stroke between points (x, y) [px]."""
    cv2.line(image, _fixed(a), _fixed(b), colour, width, cv2.LINE_AA, _SHIFT)


def polygon(image: Image, points: NDArray[np.float64], colour: Colour) -> None:
    """A filled polygon with corners (n, 2) [px]."""
    cv2.fillPoly(image, [np.round(points * (1 << _SHIFT)).astype(np.int32)], colour, cv2.LINE_AA, _SHIFT)


def dot(image: Image, centre: tuple[float, float], radius: float, colour: Colour, width: int = -1) -> None:
    """A circle; width -1 fills it."""
    cv2.circle(image, _fixed(centre), round(radius * (1 << _SHIFT)), colour, width, cv2.LINE_AA, _SHIFT)


def plate(image: Image, low: tuple[int, int], high: tuple[int, int], colour: Colour, width: int = -1) -> None:
    """An upright rectangle between two corners (x, y) [px]; width -1 fills it."""
    cv2.rectangle(image, low, high, colour, width)


def shrink(image: Image, times: int) -> Image:
    """The picture at 1/times of its size, averaged."""
    h, w = image.shape[:2]
    return np.asarray(cv2.resize(image, (w // times, h // times), interpolation=cv2.INTER_AREA), np.uint8)


def grain(image: Image, rng: np.random.Generator, strength: float, coarse_px: int = 1, tiled: bool = True) -> Image:
    """The picture with noise of the given strength (grey levels) in blobs of ``coarse_px``; tiled: seamless."""
    h, w = image.shape[:2]
    small = rng.normal(0, strength, (max(2, h // coarse_px), max(2, w // coarse_px))).astype(np.float32)
    if tiled:
        small = np.pad(small, ((0, 1), (0, 1)), mode="wrap")
        y, x = np.meshgrid(
            np.linspace(0, small.shape[0] - 1, h, endpoint=False, dtype=np.float32),
            np.linspace(0, small.shape[1] - 1, w, endpoint=False, dtype=np.float32),
            indexing="ij",
        )
        noise = cv2.remap(small, x, y, cv2.INTER_LINEAR)
    else:
        noise = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.clip(image + noise[:, :, None], 0, 255).astype(np.uint8)


def _fixed(p: tuple[float, float]) -> tuple[int, int]:
    one = 1 << _SHIFT
    return round(p[0] * one), round(p[1] * one)
