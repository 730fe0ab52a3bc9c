"""The footprint swept along commanded motions, checked on the live costs."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.types import Costs, Footprint

Floats = NDArray[np.float64]

FINEST_M = 0.02  # between points of an outline


def moved(pose: Floats, twists: Floats, times_s: Floats) -> Floats:
    """(n, k, 3) x, y, yaw after times (k,) of constant body twists (n, 3), from ``pose`` (3,).

    The exponential of SE(2): x, y follow an arc, the integral of R(wz t) (vx, vy).
    """
    angle = twists[:, 2:] * times_s  # (n, k)
    # sin(a) / a and (1 - cos(a)) / a, steady through a = 0
    along = np.sinc(angle / math.pi)
    aside = np.sin(angle / 2) * np.sinc(angle / (2 * math.pi))
    vx, vy = twists[:, :1] * times_s, twists[:, 1:2] * times_s
    dx, dy = along * vx - aside * vy, aside * vx + along * vy
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    return np.stack((pose[0] + cos * dx - sin * dy, pose[1] + sin * dx + cos * dy, pose[2] + angle), axis=-1)


def outline(footprint: Footprint, margin_m: float, spacing_m: float) -> Floats:
    """(m, 2) points around the footprint's edge, ``margin_m`` outside, at most ``spacing_m`` apart, with corners."""
    half_x, half_y = footprint.length_m / 2 + margin_m, footprint.width_m / 2 + margin_m
    nx, ny = (max(1, math.ceil(2 * half / spacing_m)) for half in (half_x, half_y))
    x, y = np.linspace(-half_x, half_x, nx + 1), np.linspace(-half_y, half_y, ny + 1)[1:-1]
    sides = [np.stack((x, np.full_like(x, s * half_y)), axis=1) for s in (-1, 1)]
    ends = [np.stack((np.full_like(y, s * half_x), y), axis=1) for s in (-1, 1)]
    return np.concatenate((*sides, *ends))


def stood_over(costs: Costs, footprint: Footprint, pose: Floats) -> Costs:
    """``costs`` without obstacles that lie wholly under a robot at ``pose`` (3,); the same object if there are none.

    A lump that it stands over touches nothing yet, and every way off it leads across: it would never move again. What
    goes on beyond the footprint, as walls and crates do, stays.
    """
    reach = math.ceil(footprint.circumscribed_m / costs.resolution_m) + 1
    cell, inside = costs.cell_of(pose[:2])
    if not bool(inside):
        return costs
    rows, columns = (slice(max(k - reach, 0), k + reach + 1) for k in cell.tolist())
    part = costs.obstacle[rows, columns]
    if not part.any():
        return costs
    y, x = np.nonzero(part)
    dx = costs.origin[0] + (x + columns.start + 0.5) * costs.resolution_m - pose[0]
    dy = costs.origin[1] + (y + rows.start + 0.5) * costs.resolution_m - pose[1]
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    under = (np.abs(cos * dx + sin * dy) < footprint.length_m / 2) & (
        np.abs(cos * dy - sin * dx) < footprint.width_m / 2
    )
    if not under.any():
        return costs
    labels = np.asarray(cv2.connectedComponents(part.view(np.uint8), connectivity=8)[1])
    lumps = np.setdiff1d(labels[y[under], x[under]], labels[y[~under], x[~under]])
    if not len(lumps):
        return costs
    obstacle = costs.obstacle.copy()
    obstacle[rows, columns] &= ~np.isin(labels, lumps)
    return dataclasses.replace(costs, obstacle=obstacle)


class Sweep:
    """Checks poses of one footprint.

    The corner of an obstacle cell can lie between two points of the outline, half their distance deep at most: points
    are twice the margin apart, or closer, so that it stays outside of the footprint itself.

    Args:
        footprint: of the robot.
        margin_m: that is added around it.
    """

    def __init__(self, footprint: Footprint, margin_m: float) -> None:
        self._footprint, self._margin_m = footprint, margin_m
        self._finest_m = max(2 * margin_m, FINEST_M)
        self._spacing_m, self._edge = math.nan, np.zeros((0, 2))

    def edge(self, poses: Floats, spacing_m: float) -> Floats:
        """(..., m, 2) outline points in the map at poses (..., 3), ``spacing_m`` apart at most."""
        spacing_m = min(spacing_m, self._finest_m)
        if spacing_m != self._spacing_m:
            self._spacing_m, self._edge = spacing_m, outline(self._footprint, self._margin_m, spacing_m)
        cos, sin = np.cos(poses[..., 2, None]), np.sin(poses[..., 2, None])
        x, y = self._edge.T
        return np.stack((poses[..., 0, None] + cos * x - sin * y, poses[..., 1, None] + sin * x + cos * y), axis=-1)

    def touches(self, costs: Costs, poses: Floats) -> NDArray[np.intp]:
        """(...) how many outline points lie on obstacle cells at poses (..., 3); off the grid there is nothing."""
        (j, i), inside = self._cells(costs, self.edge(poses, costs.resolution_m))
        return np.count_nonzero(costs.obstacle[j, i] & inside, axis=-1)

    def room_m(self, costs: Costs, poses: Floats) -> Floats:
        """(...) least distance [m] from the outline to an obstacle cell at poses (..., 3)."""
        (j, i), inside = self._cells(costs, self.edge(poses, costs.resolution_m))
        room = np.where(inside & ~costs.obstacle[j, i], costs.clearance_m[j, i], np.where(inside, 0.0, np.inf))
        return room.min(axis=-1)

    def meets_movers(self, costs: Costs, poses: Floats, times_s: Floats, room_m: float) -> NDArray[np.bool_]:
        """(n, k) is a moving thing nearer than ``room_m`` to the outline at poses (n, k, 3) after times (k,)?"""
        met = np.zeros(poses.shape[:2], np.bool_)
        if costs.movers:
            edge = self.edge(poses, costs.resolution_m)
            for mover in costs.movers:
                there = np.array(mover.xy) + times_s[:, None] * np.array(mover.velocity)  # (k, 2)
                near = np.linalg.norm(edge - there[:, None], axis=-1).min(axis=-1)
                met |= near < mover.radius_m + room_m
        return met

    @staticmethod
    def _cells(costs: Costs, xy: Floats) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.bool_]]:
        ny, nx = costs.shape
        i = np.floor((xy[..., 0] - costs.origin[0]) / costs.resolution_m).astype(np.intp)
        j = np.floor((xy[..., 1] - costs.origin[1]) / costs.resolution_m).astype(np.intp)
        inside = (i >= 0) & (i < nx) & (j >= 0) & (j < ny)
        return (np.clip(j, 0, ny - 1), np.clip(i, 0, nx - 1)), inside
