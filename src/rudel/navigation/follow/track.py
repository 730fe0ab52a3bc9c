"""Where on a route the robot is, and what lies ahead on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rudel.navigation.types import XY, Route

BACK_M, AHEAD_M = 0.6, 2.5  # progress is searched within: a route that crosses itself does not jump


@dataclass(frozen=True)
class Aim:
    """What to steer for.

    Attributes:
        xy: point on the route to steer for [m].
        remaining_m: along the route from the robot's place on it to the end.
        aside_m: distance of the robot from the route.
        turn_rad: angle between the route's direction here and at the point to steer for.
        cost: largest on the route up to there, [0, 1).
        speed_share: least on the route up to there, (0, 1].
    """

    xy: XY
    remaining_m: float
    aside_m: float
    turn_rad: float
    cost: float
    speed_share: float


class Track:
    """Progress of one robot along one route."""

    def __init__(self, route: Route) -> None:
        self.route = route
        points = route.points
        self._leg = np.diff(points, axis=0)
        self._length = np.linalg.norm(self._leg, axis=1)
        self._along = np.concatenate(([0.0], np.cumsum(self._length)))
        self._at: float | None = None

    @property
    def length_m(self) -> float:
        """Of the whole route [m]."""
        return float(self._along[-1])

    def point(self, along_m: float) -> XY:
        """The point ``along_m`` from the start of the route."""
        return (
            float(np.interp(along_m, self._along, self.route.points[:, 0])),
            float(np.interp(along_m, self._along, self.route.points[:, 1])),
        )

    def aim(self, xy: XY, look_ahead_m: float) -> Aim:
        """What to steer for from ``xy``; remembers how far the robot has come."""
        at, aside = self._nearest(xy)
        self._at = at
        ahead = min(at + look_ahead_m, self.length_m)
        between = (self._along >= at) & (self._along <= ahead)
        between[min(int(np.searchsorted(self._along, ahead)), len(self._along) - 1)] = True
        return Aim(
            self.point(ahead),
            self.length_m - at,
            aside,
            abs(math.remainder(self._heading(ahead) - self._heading(at), 2 * math.pi)),
            float(np.nanmax(np.nan_to_num(self.route.cost[between], nan=0.5))),
            1.0 if self.route.speed_share is None else float(self.route.speed_share[between].min()),
        )

    def _heading(self, along_m: float) -> float:
        if not len(self._leg):
            return float(self.route.yaw[0])
        k = min(max(int(np.searchsorted(self._along, along_m, "right")) - 1, 0), len(self._leg) - 1)
        return math.atan2(self._leg[k, 1], self._leg[k, 0])

    def _nearest(self, xy: XY) -> tuple[float, float]:
        """Length [m] along the route of the point nearest to ``xy``, near the last one, and the distance to it."""
        here = np.array(xy)
        if not len(self._leg):
            return 0.0, float(np.linalg.norm(here - self.route.points[0]))
        share = np.einsum("ki,ki->k", here - self.route.points[:-1], self._leg)
        share = np.clip(share / np.maximum(self._length**2, 1e-12), 0.0, 1.0)
        foot = self.route.points[:-1] + share[:, None] * self._leg
        distance = np.linalg.norm(here - foot, axis=1)
        along = self._along[:-1] + share * self._length
        if self._at is not None:
            far = (along < self._at - BACK_M) | (along > self._at + AHEAD_M)
            if not far.all():
                distance = np.where(far, np.inf, distance)
        k = int(distance.argmin())
        return float(along[k]), float(distance[k])
