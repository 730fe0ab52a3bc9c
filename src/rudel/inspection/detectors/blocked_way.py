"""Blocked way: less room to pass than there has to be, by the walls and obstacles that scan and depth see."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rudel.core.findings import Capture, Evidence, Finding, Inspection, Measurement, Plain
from rudel.inspection import _views, verdict
from rudel.inspection.detector import History

NAME = "blocked_way"
KINDS = ("obstacle", "way")
LIMITS = (
    "Measures the widest gap across the way at the target, as seen from one place: what hides behind something is not "
    "known, and where the far end of a gap cannot be seen it abstains. Glass and thin wires are not seen."
)

PASSAGE_M = 1.0  # ASR A2.3 (German workplace rule, from memory): clear width of escape routes for up to 20 people
ROBOT_M = 0.55  # narrower than this, a dog does not pass either
_BEFORE_M, _BEHIND_M = 0.75, 0.35  # the stretch of the way around the target in which one has to pass
_HEIGHTS_M = (0.12, 0.9)  # above the floor: what stands in the way of feet and hips
_SIDE_M, _BIN_M = 3.0, 0.02
_STD_M = 0.03
_LEAST_POINTS = 60


@dataclass(frozen=True)
class Passage:
    """The widest gap across a way: width [m], its middle in the map (x, y) [m], and whether its far end was seen."""

    width_m: float
    middle: tuple[float, float]
    seen: bool


class BlockedWay:
    """See ``rudel.inspection.detector.Detector``.

    Expected: passage_m, the width that must be free [m]; failure, what stopped the robot here ("blocked", "stuck",
    ...), for places where it did not get through.
    """

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        need = verdict.number(capture.target.expected, "passage_m") or PASSAGE_M
        failure = str(capture.target.expected.get("failure", ""))
        evidence = _evidence(capture)
        rays = _views.rays(capture)
        found = passage(rays, capture) if len(rays) >= _LEAST_POINTS else "there is no scan and no depth picture"
        if isinstance(found, str):
            if failure and evidence:
                wrong = _finding(capture, 0.6, evidence, None, {"failure": failure, "geometry": found})
                return verdict.stated(NAME, capture, failure, 0.6, evidence, wrong)
            return verdict.abstained(NAME, capture, found, history, evidence)
        sigmas = (need - found.width_m) / _STD_M
        narrow = 0.5 * (1 + math.erf(sigmas / math.sqrt(2)))
        measured = Measurement(found.width_m, "m", _STD_M)
        data: dict[str, Plain] = {"passage_m": round(found.width_m, 2), "needed_m": need, "middle": list(found.middle)}
        if failure:
            data["failure"] = failure
        text = f"{found.width_m:.2f} m free"
        if narrow > 0.5 or failure:
            sure = max(narrow, 0.6 if failure else 0.0) * (1.0 if found.seen else 0.9)
            wrong = _finding(capture, sure, evidence, measured, data)
            return verdict.stated(NAME, capture, text, sure, evidence, wrong, measured)
        if not found.seen:
            return verdict.abstained(NAME, capture, "the far end of the gap cannot be seen", history, evidence)
        return verdict.stated(NAME, capture, text, 1 - narrow, evidence, None, measured)


def make() -> BlockedWay:
    """The detector."""
    return BlockedWay()


def passage(rays: _views.Rays, capture: Capture) -> Passage | str:
    """The widest gap across the way at the target, or why there is no telling."""
    target, base = np.array(capture.target.look_at), capture.pose.position
    floor = _views.floor_z(rays.ends, base, 4.0, float(base[2]) - 0.1)
    if floor is None:
        floor = float(base[2]) - 0.32  # a dog's standing height; the walls will do without a floor
    high = (rays.ends[:, 2] > floor + _HEIGHTS_M[0]) & (rays.ends[:, 2] < floor + _HEIGHTS_M[1])
    near = np.hypot(*(rays.ends[:, :2] - target[:2]).T) < _SIDE_M
    points = rays.ends[high & near, :2]
    if len(points) < _LEAST_POINTS:
        return "too little is seen around the target"
    ahead = _direction(points, target[:2] - base[:2])
    left = np.array((-ahead[1], ahead[0]))
    far, side = (points - target[:2]) @ ahead, (points - target[:2]) @ left
    there = (far > -_BEFORE_M) & (far < _BEHIND_M)
    if there.sum() < _LEAST_POINTS // 2:
        return "too little is seen beside the target"
    edges = np.sort(side[there])
    here = float((base[:2] - target[:2]) @ left)
    if not (edges[0] < here < edges[-1]) and not (edges[0] < 0 < edges[-1]):
        return "the walls of the way cannot be seen"
    gaps = np.diff(edges)
    k = int(np.argmax(gaps))
    middle_side = float(edges[k] + edges[k + 1]) / 2
    middle = target[:2] + left * middle_side
    beyond = (far > _BEHIND_M) & (side > edges[k]) & (side < edges[k + 1])
    seen = bool(beyond.any()) or _looks_through(rays, target[:2], ahead, left, (float(edges[k]), float(edges[k + 1])))
    return Passage(float(gaps[k]), (round(float(middle[0]), 2), round(float(middle[1]), 2)), seen)


def _direction(points: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """Unit vector (2,) of the way: near ``towards``, along which the walls are seen edge on."""
    rough = math.atan2(float(towards[1]), float(towards[0]))
    best, sharpest = rough, -1.0
    for angle in rough + np.deg2rad(np.arange(-40, 41, 2.0)):
        side = points @ np.array((-math.sin(angle), math.cos(angle)))
        counts, _ = np.histogram(side, bins=round(2 * _SIDE_M / 0.05))
        sharp = float(np.square(counts.astype(np.float64)).sum())
        if sharp > sharpest:
            best, sharpest = float(angle), sharp
    return np.array((math.cos(best), math.sin(best)))


def _looks_through(
    rays: _views.Rays, target: np.ndarray, ahead: np.ndarray, left: np.ndarray, gap: tuple[float, float]
) -> bool:
    """Whether some ray passes the target's line within the gap."""
    start, end = ((p[:, :2] - target) @ ahead for p in (rays.starts, rays.ends))
    crossing = (start < 0) & (end > _BEHIND_M)
    if not crossing.any():
        return False
    share = (-start[crossing] / (end[crossing] - start[crossing]))[:, None]
    at = rays.starts[crossing, :2] + share * (rays.ends[crossing, :2] - rays.starts[crossing, :2])
    side = (at - target) @ left
    return bool(((side > gap[0]) & (side < gap[1])).sum() >= 5)


def _finding(
    capture: Capture, sure: float, evidence: list[Evidence], measured: Measurement | None, data: dict[str, Plain]
) -> Finding:
    width = math.inf if measured is None else measured.value
    severity = "critical" if width < ROBOT_M else "major"
    return verdict.finding(NAME, capture, "blocked_way", severity, sure, evidence, measured, data)


def _evidence(capture: Capture) -> list[Evidence]:
    found = [Evidence(name, capture.readings[name].time_s) for name in ("scan", "depth") if name in capture.readings]
    picture = capture.readings.get("wide")
    return [*found, *([] if picture is None else [Evidence("camera/wide", picture.time_s)])]
