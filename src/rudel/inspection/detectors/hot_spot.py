"""Hot spot: a part that is warmer than it may be, than its like in the same picture, or than it used to be."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.findings import Capture, Evidence, Inspection, Measurement, Plain
from rudel.core.readings import ThermalImage
from rudel.inspection import _views, quality, verdict
from rudel.inspection.detector import History

NAME = "hot_spot"
KINDS = ("cable_joint",)
LIMITS = (
    "Apparent temperatures at emissivity 1: bare metal and mirrors look colder than they are, and a hot thing "
    "behind the target but within half a metre of the line of sight counts as the target. A camera is off by some "
    "degrees as a whole; differences within one picture are better than absolute values. Parts smaller than three "
    "pixels are missed."
)

# NETA MTS, table 100.18 (from memory): more than 40 K above the air, or 15 K above similar parts under similar load, is
# a major deficiency. Parts of one circuit carry different loads, so we ask for 25 K between them unless told otherwise.
RISE_K, SIMILAR_K = 40.0, 25.0
DRIFT_K, DRIFT_ROUNDS = 12.0, 3  # above its own median, once so many rounds are known
REACH_M = 0.45  # around the target: half the length of a joint with its neighbours
CAMERA_STD_C = 2.7  # of an absolute value: offset of the camera, and emissivities around 0.9
SCALE_END_C = 139.0
_WARM_K, _LEAST_PX = 4.0, 3  # a part: so much warmer than the surroundings, and so many pixels
_COARSEST_M = 0.02  # of one pixel at the target
_AMBIENT = re.compile(r"surroundings (-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class _Part:
    """A warm patch: hottest [degrees C] (mean of its hottest pixels), box in the picture [pixels]."""

    celsius: float
    box: _views.Box


class HotSpot:
    """See ``rudel.inspection.detector.Detector``.

    Expected: limit_c (absolute [degrees C]), rise_k (above the surroundings), similar_k (above similar parts).
    """

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        picture = capture.readings.get("thermal")
        if not isinstance(picture, ThermalImage):
            return verdict.abstained(NAME, capture, "there is no thermal picture", history)
        why = quality.fault(picture)
        reach = REACH_M + 2 * capture.position_std_m
        box = None if why else _views.box_around(np.array(capture.target.look_at), reach, capture.pose, picture)
        if not why and box is None:
            why = "the target is outside of the thermal picture"
        if not why and _coarseness(capture, picture) > _COARSEST_M:
            why = "too far away: a pixel of the thermal picture is wider than 2 cm"
        if why or box is None:
            return verdict.abstained(NAME, capture, why, history, [_evidence(picture, None)])
        celsius = np.nan_to_num(picture.celsius, nan=float(np.nanmedian(picture.celsius)))
        surroundings = float(np.median(celsius))
        x, y, width, height = box
        parts = _parts(celsius[y : y + height, x : x + width], surroundings, (x, y))
        hottest = parts[0] if parts else _Part(float(celsius[y : y + height, x : x + width].max()), box)
        return self._judge(capture, history, picture, hottest, parts[1:], surroundings)

    def _judge(
        self,
        capture: Capture,
        history: History,
        picture: ThermalImage,
        hottest: _Part,
        others: list[_Part],
        surroundings: float,
    ) -> Inspection:
        expected, evidence = capture.target.expected, [_evidence(picture, hottest.box)]
        value, rise = hottest.celsius, hottest.celsius - surroundings
        limit = verdict.number(expected, "limit_c")
        most_rise = verdict.number(expected, "rise_k") or RISE_K
        most_apart = verdict.number(expected, "similar_k") or SIMILAR_K
        apart = value - float(np.median([part.celsius for part in others])) if others else math.nan
        drift = _drift(value, surroundings, history)
        chances = {
            "limit": 0.0 if limit is None else _share((value - limit) / CAMERA_STD_C),
            "surroundings": _share((rise - most_rise) / 1.5),
            "similar parts": _share((apart - most_apart) / 1.0) if others else 0.0,
            "earlier rounds": _share((drift - DRIFT_K) / 1.5) if math.isfinite(drift) else 0.0,
        }
        because = max(chances, key=lambda key: chances[key])
        measured = Measurement(value, "\N{DEGREE SIGN}C", CAMERA_STD_C)
        text = f"{value:.1f} \N{DEGREE SIGN}C, surroundings {surroundings:.1f} \N{DEGREE SIGN}C"
        if value >= SCALE_END_C:
            text += ", end of the camera's scale"
        wrong = None
        if chances[because] > 0.5:
            serious = value > (limit or math.inf) + 30 or rise > 2 * most_rise
            severity = "minor" if because == "earlier rounds" else "critical" if serious else "major"
            data: dict[str, Plain] = {"against": [k for k, chance in chances.items() if chance > 0.5]}
            data |= {"surroundings_c": round(surroundings, 1), "rise_k": round(rise, 1)}
            data |= {} if limit is None else {"limit_c": limit}
            data |= {"above_similar_k": round(apart, 1)} if others else {}
            data |= {"drift_k": round(drift, 1)} if math.isfinite(drift) else {}
            wrong = verdict.finding(NAME, capture, "hot_spot", severity, chances[because], evidence, measured, data)
        sure = max(chances[because], 1 - chances[because])
        return verdict.stated(NAME, capture, text, sure, evidence, wrong, measured)


def make() -> HotSpot:
    """The detector."""
    return HotSpot()


def _parts(celsius: NDArray[np.float32], surroundings: float, corner: tuple[int, int]) -> list[_Part]:
    """Warm patches of a cut-out (h, w), the hottest first; a bridge of lesser warmth between two does not join them."""
    top = float(celsius.max())
    found: list[_Part] = []
    taken = np.zeros(celsius.shape, np.bool_)
    for level in np.linspace(top - 1.0, surroundings + _WARM_K, 12):  # from the hottest down: islands before they merge
        if level < surroundings + _WARM_K:
            break
        count, labels = cv2.connectedComponents((celsius >= level).astype(np.uint8))
        for k in range(1, count):
            island = np.asarray(labels == k)
            if island.sum() < _LEAST_PX or (taken & island).any():
                continue
            taken |= island
            rows, columns = np.nonzero(island)
            x, y = int(columns.min()), int(rows.min())
            box = (corner[0] + x, corner[1] + y, int(columns.max()) - x + 1, int(rows.max()) - y + 1)
            found.append(_Part(float(np.sort(celsius[island])[-_LEAST_PX:].mean()), box))
        taken |= np.asarray(_grown(celsius >= level, taken))
    return sorted(found, key=lambda part: -part.celsius)


def _grown(warm: NDArray[np.bool_], taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``taken`` with everything that hangs together with it in ``warm``."""
    count, labels = cv2.connectedComponents(warm.astype(np.uint8))
    touched = np.unique(cast(NDArray[np.int32], labels)[taken & warm])
    return np.isin(labels, touched[touched > 0]) if count > 1 else taken


def _drift(value: float, surroundings: float, history: History) -> float:
    """How much warmer above its surroundings it is than in the median of earlier rounds [K]; NaN: too few are known."""
    rises: list[float] = []
    for one in history:
        said = _AMBIENT.search(one.text)
        if one.detector == NAME and one.measured is not None and said and math.isfinite(one.measured.value):
            rises.append(one.measured.value - float(said.group(1)))
    return value - surroundings - float(np.median(rises)) if len(rises) >= DRIFT_ROUNDS else math.nan


def _coarseness(capture: Capture, picture: ThermalImage) -> float:
    """Width of a pixel at the target [m]."""
    _, z = _views.project(np.array(capture.target.look_at), capture.pose, picture)
    return float(z[0]) / picture.intrinsics.fx


def _evidence(picture: ThermalImage, box: _views.Box | None) -> Evidence:
    return Evidence("thermal", picture.time_s, box=box)


def _share(sigmas: float) -> float:
    return 0.5 * (1 + math.erf(sigmas / math.sqrt(2)))
