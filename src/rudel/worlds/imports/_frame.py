"""From the frame of a file to the world: unit, up axis, which side is up, and level."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.imports._geokeys import FOOT_M, US_FOOT_M
from rudel.worlds.imports._sample import Planes, Sample
from rudel.worlds.imports._source import Facts

Array = NDArray[np.float64]

UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "ft": FOOT_M, "us-ft": US_FOOT_M}
UPS = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1), "-x": (-1, 0, 0), "-y": (0, -1, 0), "-z": (0, 0, -1)}
_COMMON = {"m": 0.80, "mm": 0.10, "cm": 0.03, "ft": 0.07}  # how common a unit is in files that do not say; a judgement
_STOREY_M, _EXTENT_M = (2.1, 5.0), (3.0, 500.0)  # floor to ceiling, and the largest extent of a place to walk in
_PRIOR_UP = {"z": 2.0, "y": 1.0, "x": 0.5}  # most scanners and surveys are z up, many meshes y up
_WIDE, _NARROW, _WALL = (math.cos(math.radians(a)) for a in (30.0, 2.5, 87.0))
_LEAST_TILT, _MOST_TILT = math.radians(0.2), math.radians(28.0)
_THINGS = 0.02  # share of the cells that tells enough about what stands and what hangs
_TURNED_OVER = 4.0  # times more between floor and ceiling hangs from above than stands below


@dataclass(frozen=True)
class Finding:
    """Something that was found out: in words, how sure (0 to 1), and why."""

    value: str
    sure: float
    why: str


@dataclass(frozen=True, eq=False)
class Frame:
    """world = turn @ (file * unit_m) - origin.

    Attributes:
        turn: (3, 3) rotation.
        unit_m: metres in one unit.
        unit, up, level: what was found out.
        repairs: what had to be put right.
    """

    turn: Array
    unit_m: float
    unit: Finding
    up: Finding
    level: Finding
    repairs: tuple[str, ...] = field(default=())


def stated_unit(name: str | None) -> float | None:
    """Metres in the unit that the user named."""
    if name is None:
        return None
    if name not in UNITS_M:
        raise BadInput(f"--units {name!r} is not known: choose one of {', '.join(UNITS_M)}")
    return UNITS_M[name]


def find(sample: Sample, planes: Planes, facts: Facts, units: str | None, up: str | None) -> Frame:
    """What the frame of the file is; ``units`` and ``up`` are what the user stated, None where that is to be found."""
    axis, up_found, repairs = _up(sample, planes, facts, up)
    turn = _upright(axis)
    level = Finding("as in the file", 1.0, "its vertical is gravity's")
    if not facts.plumb:
        tilt, level = _tilt(planes.normals @ turn.T)
        if tilt is not None:
            turn = tilt @ turn
            repairs += (f"it was tilted by {level.value}: turned level by its floor and walls",)
    unit_m, unit = _unit(sample, planes, turn, facts, units)
    return Frame(turn, unit_m, unit, up_found, level, repairs)


def _upright(axis: Array) -> Array:
    """The rotation that takes ``axis`` (3,), one of the file's, to z; y up becomes z up as usual (x stays)."""
    x, y, z = axis
    if z > 0.5:
        return np.eye(3)
    if z < -0.5:
        return np.diag([1.0, -1.0, -1.0])
    if abs(y) > 0.5:
        return np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -y], [0.0, y, 0.0]])
    return np.array([[0.0, 0.0, -x], [0.0, 1.0, 0.0], [x, 0.0, 0.0]])


def _up(sample: Sample, planes: Planes, facts: Facts, stated: str | None) -> tuple[Array, Finding, tuple[str, ...]]:
    if stated is not None:
        if stated not in UPS:
            raise BadInput(f"--up {stated!r} is not known: choose one of {', '.join(UPS)}")
        return np.array(UPS[stated], float), Finding(stated, 1.0, "stated"), ()
    if facts.up is not None and facts.plumb:
        return np.array(UPS[facts.up], float), Finding(facts.up, 1.0, facts.up_why), ()
    name, sure, why = facts.up, 0.95, facts.up_why
    if name is None:
        name, sure, why = _axis(sample, planes)
    axis = np.array(UPS[name], float)
    turned, share = _turned_over(planes, axis)
    if not turned:
        return axis, Finding(name, sure, why), ()
    other = name[1:] if name.startswith("-") else "-" + name
    said = f"{share:.0%} of what lies between hangs from the upper plane and not stands on the lower one"
    repair = f"it was upside down ({said}): turned over; if that is wrong, pass --up {name}"
    return -axis, Finding(other, min(sure, 0.7), said), (repair,)


def _axis(sample: Sample, planes: Planes) -> tuple[str, float, str]:
    """The axis that floors are perpendicular to, by area, by how few heights they lie at, and by extents."""
    low, high = np.quantile(sample.points, [0.01, 0.99], axis=0)
    size = np.maximum(high - low, 1e-9)
    scores = []
    for k, name in enumerate("xyz"):
        flat = np.abs(planes.normals[:, k]) > _WIDE
        area = flat.sum() / max(1, len(planes.cells))
        at = np.sort(planes.middles[flat, k])
        within = np.searchsorted(at, at + 2 * planes.edge, side="right") - np.arange(len(at))
        peak = within.max(initial=0) / max(1, len(at))
        thin = size[k] / np.delete(size, k).max()
        scores.append(_PRIOR_UP[name] * (0.05 + area) * (0.3 + peak) / (0.3 + min(thin, 3.0)))
    total, best = sum(scores), int(np.argmax(scores))
    sure = scores[best] / total
    if len(planes.normals) < 0.15 * len(planes.cells):
        return "z", min(0.6, scores[2] / total), "hardly anything in it is flat, and most surveys are z up"
    return "xyz"[best], sure, "most level area, at the fewest heights"


def _turned_over(planes: Planes, axis: Array) -> tuple[bool, float]:
    """Whether more hangs from the highest large plane than stands on the lowest one, and its share."""
    t = planes.middles @ axis
    level = np.abs(planes.normals @ axis) > _WIDE
    walls = np.abs(planes.normals @ axis) < 0.3
    if level.sum() < 30:
        return False, 0.0
    edges = np.arange(t.min() - planes.edge, t.max() + 2 * planes.edge, planes.edge)
    counts, _ = np.histogram(t[level], edges)
    large = np.flatnonzero(counts >= 0.08 * counts.max())
    low, high = edges[large[0]], edges[large[-1] + 1]
    loose = t[~walls]  # things; walls go all the way and say nothing
    size, times = high - low, _TURNED_OVER
    if size > 6 * planes.edge:
        stands = int(((loose > low + 0.1 * size) & (loose < low + 0.5 * size)).sum())
        hangs = int(((loose > high - 0.5 * size) & (loose < high - 0.1 * size)).sum())
    else:  # one plane only: the ground under trees and houses, or a ceiling that hides everything above it
        stands, hangs, times = int((t > high + planes.edge).sum()), int((t < low - planes.edge).sum()), 3 * _TURNED_OVER
    enough = _THINGS * len(planes.cells)
    return hangs > times * stands + 10 and hangs > enough, hangs / max(1, hangs + stands)


def _tilt(normals: Array) -> tuple[Array | None, Finding]:
    """The rotation that makes floors level and walls upright, where both say so; normals (n, 3) with z roughly up."""
    normals = normals * np.where(normals[:, 2:] < 0, -1.0, 1.0)
    near = normals[normals[:, 2] > _WIDE]
    if len(near) < 30:
        return None, Finding("as in the file", 0.5, "too few level surfaces to tell")
    # the direction that most floor normals agree on, then their mean
    tries = near[:: max(1, len(near) // 400)]
    votes = (near @ tries.T > _NARROW).sum(axis=0) + (np.abs(normals @ tries.T) < 1 - _NARROW + 0.04).sum(axis=0)
    up = tries[int(np.argmax(votes))]
    for _ in range(5):
        agree = near[near @ up > _NARROW]
        up = agree.mean(axis=0)
        up /= np.linalg.norm(up)
    angle = math.acos(min(1.0, float(up[2])))
    floor = len(agree) / len(near)
    upright = float((np.abs(normals @ up) < 0.04).mean())
    before = float((np.abs(normals[:, 2]) < 0.04).mean())
    sure = min(1.0, floor) * min(1.0, upright / 0.1)
    if angle < _LEAST_TILT:
        return None, Finding("level", max(0.5, min(1.0, sure)), "its floor is level")
    if angle > _MOST_TILT or floor < 0.3 or upright < 0.08 or (angle > math.radians(3) and before > upright):
        return None, Finding("as in the file", 0.6, "no floor and walls that agree on another vertical")
    return _between(up), Finding(f"{math.degrees(angle):.1f} degrees", min(1.0, sure), "floor and walls agree on it")


def _between(up: Array) -> Array:
    """The smallest rotation that takes the unit vector ``up`` to z."""
    axis = np.cross(up, [0.0, 0.0, 1.0])
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + k + k @ k / (1 + float(up[2]))


def _unit(sample: Sample, planes: Planes, turn: Array, facts: Facts, stated: str | None) -> tuple[float, Finding]:
    metres = stated_unit(stated)
    if metres is not None:
        return metres, Finding(str(stated), 1.0, "stated")
    if facts.unit_m is not None:
        name = next((n for n, m in UNITS_M.items() if math.isclose(m, facts.unit_m, rel_tol=1e-9)), f"{facts.unit_m} m")
        return facts.unit_m, Finding(name, 0.95, facts.unit_why)
    points = sample.points[:: max(1, len(sample.points) // 50_000)] @ turn.T
    low, high = np.quantile(points, [0.01, 0.99], axis=0)
    extent, storey = float((high - low)[:2].max()), _storey(planes, turn)
    return _likely(extent, storey, sample.whole)


def _likely(extent: float, storey: float | None, whole: float) -> tuple[float, Finding]:
    """The unit that makes extents and storey height most plausible."""
    scores = {}
    for name, common in _COMMON.items():
        metres = UNITS_M[name]
        score = common * _plausible(extent * metres, _EXTENT_M, 0.3)
        if storey is not None:
            score *= _plausible(storey * metres, _STOREY_M, 0.12)
        if whole > 0.98 and name == "m":
            score *= 0.05  # nobody rounds a scan to metres
        scores[name] = score
    best = max(scores, key=lambda name: scores[name])
    sure = scores[best] / sum(scores.values())
    seen = f"it would be {extent * UNITS_M[best]:.3g} m across"
    if storey is not None:
        seen += f" and {storey * UNITS_M[best]:.3g} m from floor to ceiling"
    return UNITS_M[best], Finding(best, sure, f"the file does not say; in {best} {seen}")


def _plausible(value: float, band: tuple[float, float], decades: float) -> float:
    off = max(0.0, math.log10(band[0] / max(value, 1e-12)), math.log10(max(value, 1e-12) / band[1]))
    return math.exp(-0.5 * (off / decades) ** 2)


def _storey(planes: Planes, turn: Array) -> float | None:
    """Height between the two strongest levels, None where there is only one [file units]."""
    normals, middles = planes.normals @ turn.T, planes.middles @ turn.T
    at = middles[np.abs(normals[:, 2]) > _WIDE, 2]
    if len(at) < 40:
        return None
    edges = np.arange(at.min() - planes.edge, at.max() + 2 * planes.edge, planes.edge / 2)
    counts = np.convolve(np.histogram(at, edges)[0], np.ones(3), "same")
    first = int(np.argmax(counts))
    away = np.abs(np.arange(len(counts)) - first) > 6
    if not away.any() or counts[away].max() < 0.25 * counts[first]:
        return None
    second = int(np.argmax(np.where(away, counts, 0)))
    return abs(second - first) * planes.edge / 2
