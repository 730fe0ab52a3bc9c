"""Why there is no way, said so that one knows where else to go."""

from __future__ import annotations

import numpy as np

from rudel.navigation.map.grid import KEEP_OUT
from rudel.navigation.plan.ground import Cell, Ground
from rudel.navigation.types import XY, NoRoute, Refusal


def refuse(ground: Ground, start: Cell | None, start_xy: XY, goal_xy: XY) -> NoRoute | None:
    """A refusal that names the reachable point nearest to the goal; None: there is a way.

    Args:
        ground: where to plan.
        start: the cell to plan from, None: there is none near enough.
        start_xy, goal_xy: what was asked for [m].
    """
    if start is None:
        return NoRoute(
            "start_blocked",
            f"the robot at {_at(start_xy)} stands on no free ground, nor is any within {ground.spec.slack_m:g} m",
        )
    if not np.isfinite(goal_xy).all():
        return NoRoute("outside", f"the goal {goal_xy} is no point", ground.centre(start))
    reason, why = _reason(ground, start, goal_xy)
    if reason is None:
        return None
    cell = ground.nearest(goal_xy, ground.parts == ground.parts[start])
    nearest = None if cell is None else ground.centre(cell)
    hint = "" if nearest is None else f"; the nearest point that can be reached is {_at(nearest)}"
    return NoRoute(reason, f"the goal {_at(goal_xy)} {why}{hint}", nearest)


def _reason(ground: Ground, start: Cell, goal_xy: XY) -> tuple[Refusal | None, str]:
    costs = ground.costs
    goal, inside = ground.cell(goal_xy)
    if not inside:
        return "outside", "lies outside of the map"
    if not ground.free[goal]:
        if costs.zones is not None and costs.zones[goal] & KEEP_OUT:
            return "keep_out", "lies in a keep-out zone"
        if costs.unknown[goal]:
            return "unknown", "lies where nothing is known of the ground"
        if costs.obstacle[goal]:
            return "blocked", "lies in an obstacle"
        return "blocked", f"lies {float(costs.clearance_m[goal]):.2f} m from an obstacle, too near for the robot"
    if ground.parts[goal] != ground.parts[start]:
        return "unreachable", "is on free ground that no way leads to from here"
    return None, ""


def _at(xy: XY) -> str:
    return f"({xy[0]:.2f}, {xy[1]:.2f})"
