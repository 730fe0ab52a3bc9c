"""Blanking people in pictures before the first byte is written. Nobody is identified: regions are found, and made grey.

``Blanking`` is a hook: give it every picture before it is recorded or shown. What finds people is the caller's choice;
``WarmPeople`` is a simple one that needs no learnt model.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import GiveUp
from rudel.core.readings import Image, ThermalImage

Box = tuple[int, int, int, int]
Finder = Callable[[Image, ThermalImage | None], Sequence[Box]]
"""Boxes (x, y, width, height) [pixels] of people in a colour picture; the newest thermal picture may help."""

GREY = 128
SKIN_C = (26.0, 39.0)  # apparent, with a camera that is off by up to 2 degrees
RISE_K = 4.0  # above the surroundings
# Of the surroundings, apparent, so really 31 at most: faces are still RISE_K warmer, if they have 33 degrees C in air
# of 20 and 35 in air of 30. That is assumed: nobody has measured it with a robot's camera.
WARMEST_C = 29.0
LEAST_SHARE = 0.002  # of the thermal picture: a head at 6 m
NEAREST_M, FARTHEST_M = 0.8, 12.0  # between these the two cameras see a person
MARGIN = 0.6  # clothes are no warmer than the air: a box grows by this share of its larger edge
APART_S = 0.5


class CannotBlank(GiveUp):
    """A picture that must not be recorded, because nobody could say where people are in it."""


class Blanking:
    """Blanks what ``finder`` finds.

    Args:
        finder: who finds people; None: nobody does.
        strict: refuse pictures where the finder is missing or fails, instead of blanking all of them.
    """

    def __init__(self, finder: Finder | None, *, strict: bool = True) -> None:
        self.finder, self.strict = finder, strict

    def __call__(self, image: Image, thermal: ThermalImage | None = None) -> Image:
        """The picture with people made grey; the same object where there are none.

        Raises:
            CannotBlank: strict, and there is no finder, or it failed. Not strict: the whole picture is made grey.
        """
        try:
            if self.finder is None:
                raise CannotBlank("pictures are not recorded without something that finds people: choose a finder")
            boxes = list(self.finder(image, thermal))
        except CannotBlank:
            if self.strict:
                raise
            boxes = [(0, 0, image.intrinsics.width, image.intrinsics.height)]
        except Exception as error:  # a finder is somebody else's code, and a picture of people must not slip through
            if self.strict:
                raise CannotBlank(f"the finder of people failed: {type(error).__name__}: {error}") from error
            boxes = [(0, 0, image.intrinsics.width, image.intrinsics.height)]
        return blanked(image, boxes)


def blanked(image: Image, boxes: Sequence[Box]) -> Image:
    """The picture with regions made grey, wholly: blurring and mosaics can be undone."""
    if not boxes:
        return image
    pixels = image.pixels.copy()
    height, width = pixels.shape[:2]
    for x, y, w, h in boxes:
        pixels[max(0, y) : min(height, max(0, y + h)), max(0, x) : min(width, max(0, x + w))] = GREY
    return dataclasses.replace(image, pixels=pixels)


@dataclass(frozen=True)
class WarmPeople:
    """Finds whatever is as warm as skin and at least as large as a head at 6 m.

    It also finds warm machines: that costs a picture, the other way round it would cost a person's privacy. It does not
    see people behind glass, or dressed from head to toe in a cold place.

    Attributes:
        unseen: also name all of a picture that the thermal picture does not cover, as people may be there.
    """

    unseen: bool = True

    def __call__(self, image: Image, thermal: ThermalImage | None) -> list[Box]:
        """Boxes in the colour picture.

        Raises:
            CannotBlank: no thermal picture, one from another time, one that makes no sense, or air as warm as people.
        """
        if thermal is None:
            raise CannotBlank("people are found by their warmth, and there is no thermal picture")
        age = image.time_s - thermal.time_s
        if not abs(age) <= APART_S:
            raise CannotBlank(f"the thermal picture is {age:.1f} s away from this one, at most {APART_S} s will do")
        celsius = thermal.celsius
        finite = np.isfinite(celsius)
        if finite.mean() < 0.9 or float(np.std(celsius[finite])) < 1e-3:
            raise CannotBlank("the thermal picture makes no sense")
        air = float(np.median(celsius[finite]))
        if air > WARMEST_C:
            raise CannotBlank(f"the surroundings are at {air:.0f} degrees C: people do not stand out")
        warm = finite & (celsius > max(SKIN_C[0], air + RISE_K)) & (celsius < SKIN_C[1])
        joined = cv2.morphologyEx(warm.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
        boxes: list[Box] = []
        for k in range(1, count):
            x, y, w, h, area = np.asarray(stats)[k].tolist()
            if area >= LEAST_SHARE * joined.size:
                boxes += _in_picture((x, y, w, h), thermal, image)
        return boxes + (_unseen(thermal, image) if self.unseen else [])


def _in_picture(box: Box, thermal: ThermalImage, image: Image) -> list[Box]:
    """Where a box of the thermal picture may be in the colour picture, whatever its distance."""
    x, y, w, h = box
    grow = MARGIN * max(w, h)
    corners = np.array([(u, v) for u in (x - grow, x + w + grow) for v in (y - grow, y + h + grow)])
    uv = np.concatenate([_carried(corners, thermal, image, far) for far in (NEAREST_M, 2.0, FARTHEST_M)])
    if not len(uv):
        return []
    (x0, y0), (x1, y1) = np.floor(uv.min(axis=0)), np.ceil(uv.max(axis=0))
    left, top = max(0, int(x0)), max(0, int(y0))
    right, low = min(image.intrinsics.width, int(x1)), min(image.intrinsics.height, int(y1))
    return [(left, top, right - left, low - top)] if right > left and low > top else []


def _unseen(thermal: ThermalImage, image: Image) -> list[Box]:
    """Strips of the colour picture that the thermal picture does not cover."""
    optics = thermal.intrinsics
    edges = np.array([(u, v) for u in (0, optics.width - 1) for v in (0, optics.height - 1)], np.float64)
    uv = _carried(edges, thermal, image, 3.0)
    width, height = image.intrinsics.width, image.intrinsics.height
    if len(uv) < 4:
        return [(0, 0, width, height)]  # they look different ways
    (x0, y0), (x1, y1) = np.clip(uv.min(axis=0), 0, (width, height)), np.clip(uv.max(axis=0), 0, (width, height))
    left, top, right, low = math.ceil(x0), math.ceil(y0), math.floor(x1), math.floor(y1)
    strips = (
        (0, 0, left, height),
        (right, 0, width - right, height),
        (0, 0, width, top),
        (0, low, width, height - low),
    )
    return [strip for strip in strips if strip[2] > 0 and strip[3] > 0]


def _carried(uv: NDArray[np.floating], thermal: ThermalImage, image: Image, far_m: float) -> NDArray[np.float64]:
    """Pixels (n, 2) of the colour picture for those of the thermal one at a distance; those ahead of it only."""
    optics = thermal.intrinsics
    rays = np.stack(((uv[:, 0] - optics.cx) / optics.fx, (uv[:, 1] - optics.cy) / optics.fy, np.ones(len(uv))), axis=1)
    base = frames.rotate(thermal.pose.quat, rays * far_m) + thermal.pose.position
    local = frames.rotate_inverse(image.pose.quat, base - image.pose.position)
    local = local[local[:, 2] > 0.05]
    own = image.intrinsics
    return np.stack((own.fx * local[:, 0] / local[:, 2] + own.cx, own.fy * local[:, 1] / local[:, 2] + own.cy), axis=1)
