"""Is the way that the robot is on still free? Much cheaper than planning again."""

from __future__ import annotations

import numpy as np

from rudel.navigation.plan import lines
from rudel.navigation.types import XY, Costs, Route

SLACK_M = 0.5  # the robot may stand nearer to something than a route may lead


def blocked_ahead_m(route: Route, costs: Costs, from_xy: XY, ahead_m: float = np.inf) -> float | None:
    """How far ahead along the route the first blocked cell is [m]; None: there is none.

    Args:
        route: the way.
        costs: the newest ones, of everything or of the window around the robot: what lies outside is not looked at.
        from_xy: where the robot is: the way behind it does not matter, nor does what is nearer than SLACK_M.
        ahead_m: how far to look.
    """
    points = route.points
    nearest = int(np.argmin(((points - np.array(from_xy)) ** 2).sum(axis=1)))
    points = np.concatenate((np.array([from_xy], np.float64), points[nearest + 1 :]))
    if len(points) < 2:
        return None
    along = np.concatenate(([0.0], np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)))))
    yx = (points[:, ::-1] - np.array(costs.origin[::-1])) / costs.resolution_m
    line, cells = lines.passed(yx[:-1], yx[1:])
    inside = ((cells >= 0) & (cells < costs.shape)).all(axis=1)
    line, cells = line[inside], cells[inside]
    blocked = line[costs.cost[cells[:, 0], cells[:, 1]] >= 1.0]  # NaN, unknown, is not
    distance = along[blocked]
    distance = distance[(along[blocked + 1] > SLACK_M) & (distance <= ahead_m)]
    return float(distance.min()) if len(distance) else None


def still_free(route: Route, costs: Costs, from_xy: XY, ahead_m: float = np.inf) -> bool:
    """Whether nothing that is known blocks the rest of the route, see ``blocked_ahead_m``."""
    return blocked_ahead_m(route, costs, from_xy, ahead_m) is None
