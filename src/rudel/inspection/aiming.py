"""How to look at a target: where to stand, where to turn a steerable head, how far to zoom, what to wait for.

Plain geometry without any input or output; the same numbers in give the same numbers out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.findings import Target
from rudel.inspection.rig import Rig, Where


@dataclass(frozen=True)
class Look:
    """How one kind of thing is best looked at.

    Attributes:
        size_m: of what has to be in the picture, its larger dimension.
        standoff_m: from the robot's base, along the floor.
        needs: senses without which the look is of no use; "picture" is "zoom" or, where there is none, "wide".
        dwell_s: how long to stand still before readings count: slow sensors.
    """

    size_m: float = 0.5
    standoff_m: float = 1.2
    needs: tuple[str, ...] = ("picture",)
    dwell_s: float = 0.0


# Sizes are those of common industrial parts; a mission may say otherwise (``expected``: size_m, standoff_m).
LOOKS = {
    "dial_gauge": Look(0.26, 1.1),
    "digital_display": Look(0.30, 1.1),
    "nameplate": Look(0.34, 1.1),
    "qr": Look(0.28, 1.1),
    "apriltag": Look(0.26, 1.1),
    "valve": Look(0.80, 1.1),
    "cable_joint": Look(1.00, 1.1, ("thermal",)),
    "leak": Look(1.30, 1.4, ("picture", "front", "depth")),
    "cover": Look(0.70, 1.2, ("depth", "front")),
    "obstacle": Look(1.00, 1.5, ("scan",)),
    "way": Look(1.00, 1.5, ("scan",)),
    "gas_bottle": Look(1.20, 1.4, ("gas",), 4.0),
}
MAX_DISTANCE_M = 4.0  # beyond this a body pose wrong by a degree is 7 cm, and small print is small
_FILL = 0.8  # of the smaller edge of the picture
_LEAST_TOLERANCE_M, _LEAST_TOLERANCE_RAD, _MOST_TOLERANCE_RAD = 0.05, math.radians(3), math.radians(20)
_MIDDLE_M = 0.4  # of something large that much around its middle has to be in the picture


@dataclass(frozen=True)
class Stand:
    """Where to stand: xy [m] and yaw [rad] in the map, and how far off both may be for the look to succeed.

    A ``tolerance_rad`` of pi means any heading: the head turns where the body does not.
    """

    xy: tuple[float, float]
    yaw_rad: float
    tolerance_m: float
    tolerance_rad: float


@dataclass(frozen=True)
class Aim:
    """What a head is asked for [rad]; ``zoom`` over the shortest focal length. ``inside``: within its limits."""

    pan_rad: float
    tilt_rad: float
    zoom: float
    inside: bool = True


def look_of(target: Target) -> Look:
    """How this target is looked at; what the mission says about it goes first.

    Raises:
        BadInput: size_m or standoff_m of ``expected`` is not a positive number.
    """
    base = LOOKS.get(target.kind, Look())
    size, standoff = (_positive(target, key, getattr(base, key)) for key in ("size_m", "standoff_m"))
    return Look(size, standoff, base.needs, base.dwell_s)


def _positive(target: Target, key: str, default: float) -> float:
    value = target.expected.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value > 0):
        raise BadInput(f"{key} of inspection point {target.point!r} is {value!r}, must be a number > 0")
    return float(value)


def stand(target: Target, toward: tuple[float, float], rig: Rig) -> Stand:
    """Where to stand for ``target``, on its side that faces ``toward`` (x, y) [m].

    The tolerances keep it in the pictures of those cameras that it needs and that do not turn, and within a quarter of
    the distance.
    """
    look = look_of(target)
    x, y, _ = target.look_at
    away = np.subtract(toward, (x, y))
    length = float(np.hypot(*away))
    if not (math.isfinite(length) and length > 1e-6):
        raise BadInput(f"inspection point {target.point!r} cannot be looked at from above itself, {toward}")
    out = away / length * look.standoff_m
    yaw = math.atan2(-away[1], -away[0])
    tolerance = max(_LEAST_TOLERANCE_M, 0.25 * look.standoff_m)
    return Stand((x + float(out[0]), y + float(out[1])), yaw, tolerance, facing(target, rig))


def facing(target: Target, rig: Rig) -> float:
    """How far the body's heading may be off from the target [rad]; pi: any heading will do, the head turns.

    What is to be seen has to stay in the pictures of those senses that do not turn and that the look needs. A gas
    sensor tells best from where a gas comes when its inlet is held there.
    """
    look = look_of(target)
    needs = {("zoom" if "zoom" in rig.sensors else "wide") if need == "picture" else need for need in look.needs}
    slack = _MOST_TOLERANCE_RAD if "gas" in needs else math.pi  # air is drawn in at the face
    for sense in sorted(needs):
        optics = rig.optics(sense)
        if optics is None or rig.turns(sense):
            continue
        half = math.atan(optics.width / 2 / optics.fx)
        slack = min(slack, half - math.atan(min(look.size_m / 2, _MIDDLE_M) / look.standoff_m))
    return slack if slack == math.pi else min(max(slack, _LEAST_TOLERANCE_RAD), _MOST_TOLERANCE_RAD)


def distance(target: Target, where: Where) -> float:
    """From the base to what is looked at [m]."""
    return float(np.linalg.norm(where.in_base(np.array(target.look_at))))


def aim(target: Target, where: Where, rig: Rig, attempt: int = 0) -> Aim | None:
    """Where the head has to look; None: there is no head.

    The zoom leaves room for twice the standard deviation of where the robot believes to be. Every further attempt looks
    wider, for a pose that is worse than it says.
    """
    sensor, optics = rig.sensors.get("zoom"), rig.optics("zoom")
    if sensor is None or optics is None:
        return None
    ahead = where.in_base(np.array(target.look_at)) - sensor.position
    x, y, z = frames.rotate_inverse(sensor.quat, ahead).tolist()
    far = max(math.sqrt(x * x + y * y + z * z), 1e-6)
    reach = look_of(target).size_m / 2 + 2 * (where.position_std_m + far * where.yaw_std_rad)
    half = min(optics.width / optics.fx, optics.height / optics.fy) / 2  # tangent of half the smaller view
    zoom = _FILL * half * far / reach * 0.6**attempt
    pan, tilt = math.atan2(y, x), math.atan2(-z, math.hypot(x, y))
    limits = rig.head
    wanted = ((pan, limits.pan_rad), (tilt, limits.tilt_rad))
    inside = all(low - 1e-9 <= v <= high + 1e-9 for v, (low, high) in wanted)
    pan, tilt = (min(max(v, low), high) for v, (low, high) in wanted)
    return Aim(pan, tilt, min(max(zoom, limits.zoom[0]), limits.zoom[1]), inside)
