"""Missing cover: a hole in the floor where a grating or a lid belongs, seen by depth."""

from __future__ import annotations

import math

import numpy as np

from rudel.core.findings import Capture, Evidence, Inspection, Measurement
from rudel.core.readings import DepthImage
from rudel.inspection import _views, quality, verdict
from rudel.inspection.detector import History

NAME = "missing"
KINDS = ("cover",)
LIMITS = (
    "Says whether one can fall in: looks for depth below the floor at the place of the cover. A hole that is filled, "
    "or shallower than 8 cm, counts as covered; a grating seen along its bars through wide gaps may make it abstain."
)

EDGE_M = 0.40
BELOW_M = 0.045  # below the floor: more than a grating is high
_LEAST_RAYS = 40
_OPEN, _CLOSED = 0.60, 0.25  # share of lines of sight that go on below the floor
_FLOOR_M = 1.2  # the floor's height is taken from so far around


class Missing:
    """See ``rudel.inspection.detector.Detector``. Expected: edge_m of the cover [m]."""

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        depth = capture.readings.get("depth")
        if not isinstance(depth, DepthImage):
            return verdict.abstained(NAME, capture, "there is no depth picture", history)
        edge = verdict.number(capture.target.expected, "edge_m") or EDGE_M
        target = np.array(capture.target.look_at)
        evidence = [Evidence("depth", depth.time_s, box=_views.box_around(target, edge / 2, capture.pose, depth))]
        evidence += [  # for people
            one.evidence(_views.box_around(target, edge / 2, capture.pose, one.image))
            for one in verdict.pictures(capture, ("front",))
        ]
        why = quality.fault(depth)
        if why:
            return verdict.abstained(NAME, capture, why, history, evidence)
        rays = _views.depth_rays(capture.pose, depth)
        floor = _views.floor_z(rays.ends, target, _FLOOR_M, float(capture.pose.position[2]) - 0.1)
        if floor is None:
            return verdict.abstained(NAME, capture, "the floor around the cover cannot be seen", history, evidence)
        middle, half = target[:2], edge / 2 - min(0.6 * edge / 2, 0.02 + capture.position_std_m)
        deep = below(rays, middle, half, floor)
        if deep is None or len(deep) < _LEAST_RAYS:
            seen = 0 if deep is None else len(deep)
            why = f"only {seen} lines of sight meet the cover: it is hidden or too far away"
            return verdict.abstained(NAME, capture, why, history, evidence)
        open_share = float((deep > BELOW_M).mean())
        if _CLOSED < open_share < _OPEN:
            why = f"{open_share:.0%} of the lines of sight go below the floor: neither open nor covered"
            return verdict.abstained(NAME, capture, why, history, evidence)
        std = math.sqrt(max(open_share * (1 - open_share), 0.01) / len(deep))
        measured = Measurement(open_share, "share open", std)
        sure = min(0.99, 0.7 + 0.3 * min(1.0, abs(open_share - (_OPEN + _CLOSED) / 2) / 0.5))
        if open_share <= _CLOSED:
            return verdict.stated(NAME, capture, "covered", sure, evidence, None, measured)
        data = {"what": "cover", "seen_depth_m": round(float(np.percentile(deep, 95)), 3), "open_share": open_share}
        wrong = verdict.finding(NAME, capture, "missing_object", "critical", sure, evidence, measured, data)
        return verdict.stated(NAME, capture, "open", sure, evidence, wrong, measured)


def below(rays: _views.Rays, middle: np.ndarray, half: float, floor: float) -> np.ndarray | None:
    """How far below the floor rays end that cross the floor's level within a square [m]; None: no ray looks down.

    A ray that ends above the floor on its way there counts with a depth of 0 if it ends above the square, and not at
    all if it ends before it: what it met hides the square.
    """
    along = rays.ends - rays.starts
    down = along[:, 2] < -1e-3
    starts, ends, along = rays.starts[down], rays.ends[down], along[down]
    if not len(ends):
        return None
    cross = starts[:, :2] + along[:, :2] * ((floor - starts[:, 2]) / along[:, 2])[:, None]
    inside = (np.abs(cross - middle) <= half).all(axis=1)
    deep = floor - ends[inside, 2]
    over = (np.abs(ends[inside, :2] - middle) <= half + 0.1).all(axis=1)
    return np.maximum(deep, 0.0)[(deep > -0.03) | over]


def make() -> Missing:
    """The detector."""
    return Missing()
