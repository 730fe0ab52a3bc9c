"""Leak: a dark, even patch on the floor near a flange, found in the colour picture laid flat on the floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.findings import Capture, Evidence, Inspection, Measurement, Plain
from rudel.core.readings import DepthImage, Image
from rudel.inspection import _views, quality, verdict
from rudel.inspection.blanking import GREY
from rudel.inspection.detector import History

NAME = "leak"
KINDS = ("leak", "puddle")
LIMITS = (
    "Sees puddles that are darker than the dry floor around them, from about 0.03 m2 on. Clear water on a light "
    "floor, drops in the air, leaks behind machines and dark floors are beyond it; a flat dark mat or fresh paint "
    "looks the same."
)

REACH_M = 0.85  # around the target, along the floor
AROUND_M = 1.8  # as far the dry floor is looked for: a large puddle may be most of what is seen near the target
CELL_M = 0.02
LEAST_M2 = 0.03
DARK, DOUBTFUL = 0.66, 0.78  # brightness over that of the dry floor
_FLOOR_M = 0.035  # so near to the floor's level is floor, or liquid on it
_LEAST_SEEN_M2 = 0.25
_DRY_LEVEL = 35.0  # a floor darker than this (0 to 255) shows nothing darker


@dataclass(frozen=True, eq=False)
class _Flat:
    """The floor from above: brightness and colour by cell (n, n), which cells are seen, and their pixels (n, n, 2)."""

    grey: NDArray[np.float32]
    colour: NDArray[np.float32]
    seen: NDArray[np.bool_]
    pixels: NDArray[np.float64]

    @property
    def area_m2(self) -> float:
        """That is seen."""
        return float(self.seen.sum()) * CELL_M**2


class Leak:
    """See ``rudel.inspection.detector.Detector``."""

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        found = verdict.pictures(capture)
        if not found:
            return verdict.abstained(NAME, capture, verdict.blind(capture), history)
        depth = capture.readings.get("depth")
        if not isinstance(depth, DepthImage) or quality.fault(depth):
            return verdict.abstained(NAME, capture, "there is no depth picture: the floor cannot be told", history)
        rays = _views.depth_rays(capture.pose, depth)
        target = np.array(capture.target.look_at)
        floor = _views.floor_z(rays.ends, target, 1.5, float(capture.pose.position[2]) - 0.1)
        if floor is None:
            return verdict.abstained(NAME, capture, "the floor cannot be seen", history)
        # from a head on the robot's back its own body hides the floor before it, and looks like part of it
        ahead = verdict.pictures(capture, ("front",)) or [one for one in found if one.channel == "camera/wide"] or found
        views = [(one, _flat(one.image, capture, rays.ends, target, floor, REACH_M)) for one in ahead]
        picture, flat = max(views, key=lambda view: view[1].area_m2)
        whole = [picture.evidence()]
        if flat.area_m2 < _LEAST_SEEN_M2:
            why = f"only {flat.area_m2:.2f} m2 of the floor near the target are seen"
            return verdict.abstained(NAME, capture, why, history, whole)
        wide = _flat(picture.image, capture, rays.ends, target, floor, AROUND_M)
        dry = max(float(np.percentile(view.grey[view.seen], 75)) for view in (flat, wide))
        if dry < _DRY_LEVEL:
            return verdict.abstained(NAME, capture, "the floor is too dark", history, whole)
        return _judge(capture, history, picture, flat, dry)


def make() -> Leak:
    """The detector."""
    return Leak()


def _flat(image: Image, capture: Capture, ends: np.ndarray, target: np.ndarray, floor: float, reach_m: float) -> _Flat:
    n = 2 * round(reach_m / CELL_M)
    corner = target[:2] - reach_m
    cells = np.floor((ends[np.abs(ends[:, 2] - floor) < _FLOOR_M, :2] - corner) / CELL_M).astype(int)
    cells = cells[((cells >= 0) & (cells < n)).all(axis=1)]
    level = np.zeros((n, n), np.uint8)
    level[cells[:, 1], cells[:, 0]] = 1
    level = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    level = cv2.erode(level, np.ones((3, 3), np.uint8))  # edges of walls and pipes
    at = (np.arange(n) + 0.5) * CELL_M
    x, y = np.meshgrid(corner[0] + at, corner[1] + at)
    uv, z = _views.project(np.stack((x, y, np.full_like(x, floor)), axis=2).reshape(-1, 3), capture.pose, image)
    pixels = np.nan_to_num(uv, nan=-1e3).astype(np.float64).reshape(n, n, 2)
    inside = (pixels > 1).all(axis=2) & (pixels[..., 0] < image.intrinsics.width - 2)
    inside &= (pixels[..., 1] < image.intrinsics.height - 2) & (z.reshape(n, n) > 0.1)
    around = np.hypot(x - target[0], y - target[1]) < reach_m
    where = pixels.astype(np.float32)
    colour = cv2.remap(cv2.GaussianBlur(image.pixels, (0, 0), 1.0), where[..., 0], where[..., 1], cv2.INTER_LINEAR)
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.float32)
    shown = (np.asarray(colour) != GREY).any(axis=2)  # what was blanked is no dry floor
    return _Flat(grey, np.asarray(colour, np.float32), (level > 0) & inside & around & shown, pixels)


def _judge(capture: Capture, history: History, picture: verdict.Picture, flat: _Flat, dry: float) -> Inspection:
    area, dark = _largest(flat, DARK * dry)
    if area >= LEAST_M2:
        box = verdict.box_of(flat.pixels[dark], picture.image)
        ratio = float(np.median(flat.grey[dark])) / dry
        sure = min(0.98, 0.65 + 0.2 * min(1.0, area / 0.1) + 0.3 * (DARK - ratio))
        measured = Measurement(area, "m2", 0.2 * area)
        red, _, blue = np.median(flat.colour[dark], axis=0).tolist()
        data: dict[str, Plain] = {"area_m2": round(area, 2), "brightness": round(ratio, 2)}
        data["looks_like"] = "water" if blue > red + 2 else "oil" if red > blue + 2 else "liquid"
        evidence: list[Evidence] = [picture.evidence(box)]
        wrong = verdict.finding(NAME, capture, "leak", "major", sure, evidence, measured, data)
        return verdict.stated(NAME, capture, f"a puddle of {area:.2f} m2", sure, evidence, wrong, measured)
    doubtful, _ = _largest(flat, DOUBTFUL * dry)
    if doubtful >= 3 * LEAST_M2:
        why = f"{doubtful:.2f} m2 of the floor are darker, but hardly: wet, a stain or a shadow"
        return verdict.abstained(NAME, capture, why, history, [picture.evidence()])
    measured = Measurement(area, "m2", LEAST_M2 / 2)
    return verdict.stated(NAME, capture, "dry", 0.9, [picture.evidence()], None, measured)


def _largest(flat: _Flat, level: float) -> tuple[float, NDArray[np.bool_]]:
    """Area [m2] and cells of the largest patch darker than ``level``; what is narrower than 10 cm does not count."""
    dark = (flat.seen & (flat.grey < level)).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark)
    if count < 2:
        return 0.0, np.zeros(dark.shape, np.bool_)
    areas = cast(NDArray[np.int32], stats)[1:, cv2.CC_STAT_AREA]
    k = int(np.argmax(areas))
    return float(areas[k]) * CELL_M**2, np.asarray(labels == k + 1)
