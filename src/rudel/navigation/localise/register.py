"""Registration: the pose at which a scan fits a map of planes, together with what was known before."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._planes import Match
from rudel.navigation.localise._voxels import Array
from rudel.navigation.localise.pointmap import PointMap

COARSE_GATE_M = 0.35  # with more to make up for, large planes lead the way: small ones are soon left behind
UNSETTLED = 5.0  # times a small step: points that change sides of the gate keep the last steps from vanishing
LEVEL = 0.9  # |z| of a normal: floors and ceilings look the same everywhere
LEAST_UPRIGHT = 0.1  # share of a scan that is something else, or there is nothing to tell places apart by
LIKENESS_M = 0.04  # twice a range's noise with that of the map


@dataclass(frozen=True)
class RegisterSettings:
    """How scans are held against maps.

    Attributes:
        noise_m: of one range [m].
        independent: share of the points that counts. Neighbours share their errors (of the map, of deskewing, of the
            calibration), so that n of them do not average out as n independent ones would. Set such that covariances
            cover the true errors: see docs/decisions/0011-localise.md.
        gate_m: points further than this from the map's plane are no match [m]; the first steps allow more, by how
            uncertain the pose is.
        widest_gate_m: and never more than this [m].
        steps: at most.
        small_m, small_rad: a step below both ends it.
        strong: cosine between a normal and a direction from which on the plane says something about it. Normals are
            off by a few degrees: a thousand planes that are almost parallel to a tunnel would otherwise seem to hold
            what they cannot.
        held_m: a direction is held when the scan by itself puts it to this standard deviation [m].
    """

    noise_m: float = 0.02
    independent: float = 0.05
    gate_m: float = 0.10
    widest_gate_m: float = 0.6
    steps: int = 12
    small_m: float = 0.0015
    small_rad: float = 0.0003
    strong: float = 0.12
    held_m: float = 0.05


@dataclass(frozen=True, eq=False)
class Registration:
    """What came of a registration.

    Attributes:
        position, rotation: (3,) [m] and (3, 3), map_T_base where scan, map and prior agree best.
        information: (6, 6) that the scan adds about x, y, z [m] and rotation about the map's axes [rad]; nothing along
            directions that it does not hold.
        degenerate: (k, 3) unit vectors in the map along which it does not hold the position.
        fit: share of the points near the map's surfaces that lie on them, times how many of all are near any.
        known: share of the points that are near any surface of the map.
        rms_m: of the points that fit, from their planes [m].
        likeness: how well the map explains what tells places apart, all but floors and ceilings: mean of
            exp(-r^2 / 2 s^2) over those points, with s = LIKENESS_M and 0 where there is no surface.
        agreement: the same over all points.
        moved: (6,) from the prior's mean, position [m] and rotation vector [rad].
        converged: whether the last step was small.
    """

    position: Array
    rotation: Array
    information: Array
    degenerate: Array
    fit: float
    known: float
    rms_m: float
    likeness: float
    agreement: float
    moved: Array
    converged: bool


def register(
    points: Array,
    target: PointMap,
    position: Array,
    rotation: Array,
    covariance: Array,
    settings: RegisterSettings | None = None,
) -> Registration:
    """The most probable pose, given the scan, the map and a prior (Gauss-Newton, point to plane).

    Minimises sum_i rho(n_i . (R p_i + t - c_i)) + |pose - prior|^2_P with a Geman-McClure kernel rho. Directions that
    the scan does not hold are marginalised out of its information, and the prior decides alone along them (which they
    are: after Zhang et al., ICRA 2016; the count of strong contributions: Tuna et al., X-ICP, T-RO 2024).

    Args:
        points: (n, 3) in the base frame [m].
        target: the map.
        position, rotation: (3,), (3, 3) of the prior, map_T_base.
        covariance: (6, 6) of the prior: position [m], rotation about the map's axes [rad].
    """
    settings = settings or RegisterSettings()
    prior = np.linalg.inv(covariance)
    t, r = position.copy(), rotation.copy()
    seen = np.ascontiguousarray(points.T)  # (3, n): one axis after the other is faster
    reach = float(np.median(np.sqrt(seen[0] ** 2 + seen[1] ** 2 + seen[2] ** 2))) if len(points) else 1.0
    unsure = math.sqrt(float(np.trace(covariance[:3, :3]) / 3 + np.trace(covariance[3:, 3:]) / 3 * reach**2))
    gate = float(np.clip(3 * unsure, settings.gate_m, settings.widest_gate_m))
    away, last = np.zeros(6), math.inf
    system = _System(np.zeros((6, 6)), np.zeros(6), np.zeros((0, 3)))
    for step in range(settings.steps):
        away[:3], away[3:] = t - position, _rotation.log(r @ rotation.T)
        system = _linearise(seen, target, t, r, gate, settings, prior)
        change = np.linalg.solve(system.information + prior, system.gradient - prior @ away)
        t, r = t + change[:3], _rotation.exp(change[3:]) @ r
        last = float((np.abs(change) / np.repeat((settings.small_m, settings.small_rad), 3)).max())
        if last < 1 and gate <= settings.gate_m:
            break
        if step >= 3 or last < 10:
            gate = max(settings.gate_m, gate / 2)
    moved = np.concatenate((t - position, _rotation.log(r @ rotation.T)))
    quality = _quality((r @ seen + t[:, None]).T, target, settings)
    return Registration(t, r, system.information, system.degenerate, *quality, moved, last < UNSETTLED)


@dataclass(frozen=True, eq=False)
class _System:
    """Normal equations of the scan alone: information (6, 6), gradient (6,), directions (k, 3) that it leaves open."""

    information: Array
    gradient: Array
    degenerate: Array


def _linearise(
    points: Array, target: PointMap, t: Array, r: Array, gate: float, settings: RegisterSettings, prior: Array
) -> _System:
    """Of points (3, n)."""
    turned = r @ points
    match = target.match((turned + t[:, None]).T, coarse=gate > COARSE_GATE_M)
    arm = turned.take(match.index, axis=1)
    residual, ok = _residuals((arm + t[:, None]).T, match, gate)
    kept = np.flatnonzero(ok)
    if not len(kept):
        return _System(np.zeros((6, 6)), np.zeros(6), np.eye(3))
    (x, y, z), residual = arm.take(kept, axis=1), residual.take(kept)
    jacobian = np.empty((6, len(kept)))
    match.normal.T.take(kept, axis=1, out=jacobian[:3])
    a, b, c = normal = jacobian[:3]
    jacobian[3] = y * c - z * b  # arm x normal
    jacobian[4] = z * a - x * c
    jacobian[5] = x * b - y * a
    variance = settings.noise_m**2 + match.variance.take(kept)
    # the kernel is as wide as the gate allows: at first everything pulls, in the end only what fits
    weight = settings.independent / variance / np.square(1 + np.square(residual / max(gate / 2, 3 * settings.noise_m)))
    weighted = jacobian * weight
    information, gradient = weighted @ jacobian.T, -(weighted @ residual)
    open_directions = _open(information, normal.T, weight, prior, settings)
    if len(open_directions):
        information, gradient = _without(information, gradient, open_directions)
    return _System(information, gradient, open_directions)


def _residuals(points: Array, match: Match, gate: float) -> tuple[Array, NDArray[np.bool_]]:
    """Distance of each matched point from its plane [m], and whether it is a match."""
    (a, b, c), (x, y, z), (u, v, w) = match.normal.T, points.T, match.centre.T
    residual = a * (x - u) + b * (y - v) + c * (z - w)
    return residual, np.abs(residual) < np.maximum(gate, 2.5 * np.sqrt(match.variance))


def _open(information: Array, normal: Array, weight: Array, prior: Array, settings: RegisterSettings) -> Array:
    """Directions (k, 3) of translation that the scan does not hold.

    They are those of the translation's information once the rotation is estimated along with it.
    """
    turning = information[3:, 3:] + prior[3:, 3:]
    moving = information[:3, :3] - information[:3, 3:] @ np.linalg.solve(turning, information[3:, :3])
    _, axes = np.linalg.eigh((moving + moving.T) / 2)
    along = normal @ axes  # (m, 3) cosines
    strong = weight @ np.where(np.abs(along) >= settings.strong, np.square(along), 0.0)
    return axes[:, strong < 1 / settings.held_m**2].T


def _without(information: Array, gradient: Array, directions: Array) -> tuple[Array, Array]:
    """What is left of the normal equations when nothing is believed of ``directions`` (k, 3) of translation.

    They are marginalised out, not cut out: what the scan says of the rotation counts only as far as it does not rest on
    where along them the robot is.
    """
    out = np.zeros((6, len(directions)))
    out[:3] = directions.T
    half = information @ out
    share = np.linalg.solve(out.T @ half + 1e-9 * np.eye(len(directions)), half.T)
    return information - half @ share, gradient - share.T @ (out.T @ gradient)


def _quality(points: Array, target: PointMap, settings: RegisterSettings) -> tuple[float, float, float, float, float]:
    """``fit``, ``known``, ``rms_m``, ``likeness`` and ``agreement`` of points (n, 3) in the map."""
    if not len(points):
        return 0.0, 0.0, math.nan, 0.0, 0.0
    match = target.match(points)
    residual, ok = _residuals(points.T.take(match.index, axis=1).T, match, settings.gate_m)
    rms = math.sqrt(float(np.mean(np.square(residual[ok])))) if ok.any() else math.nan
    level = (np.abs(match.normal[:, 2]) > LEVEL) & ok
    others = len(points) - int(level.sum())
    near = np.exp(-0.5 * np.square(residual / LIKENESS_M))
    likeness = float(near[~level].sum()) / others if others > LEAST_UPRIGHT * len(points) else 0.0
    count = len(points)
    return float(ok.sum()) / count, len(match.index) / count, rms, likeness, float(near.sum()) / count
