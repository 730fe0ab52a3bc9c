"""Carrying a robot away: where to set it down, and how long until it knows where it is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from localise_score import Score
from localise_walk import Carried, SetDown
from numpy.typing import NDArray

from rudel import robots
from rudel.sim.robot_size import robot_size
from rudel.worlds.place import World, layers_of, traversability

Array = NDArray[np.floating]

EVERY_S, FIRST_S = 14.0, 4.0  # of walking between two carries, and before the first one
AWAY_M = 4.0  # at least, or it is no carrying away
AHEAD = 20  # corners of the way that are left to walk from where it is set down
FOUND_M, FOUND_RAD = 0.3, 0.15  # a pose that is this good counts as found
UNNOTICED_S = 1.0  # after being set down a pose may still be believed that is wrong
FLOOR_S, GOAL_S = 10.0, 3.0


def carries(world: World, way: Array, count: int, rng: np.random.Generator) -> list[Carried]:
    """``count`` of them to points of the way where the robot has room to turn, facing anywhere.

    Raises:
        RuntimeError: there is no such point.
    """
    layers, size = layers_of(world), robot_size(robots.load("lite3"))
    room = 2 * size.circumscribed_m
    round_size = dataclasses.replace(size, length_m=room, width_m=room)
    cells, _ = layers.cell_of(way)
    free = traversability(layers, round_size).walkable[cells[:, 0], cells[:, 1]]
    free[max(len(way) - AHEAD, 1) :] = False
    found: list[Carried] = []
    last = way[0]
    for _ in range(count):
        there = np.flatnonzero(free & (np.linalg.norm(way - last, axis=1) > AWAY_M))
        if not len(there):
            raise RuntimeError(f"{world.name} has no point to set a robot down {AWAY_M} m from {last.round(1)}")
        last = way[rng.choice(there)]
        xy = float(last[0]), float(last[1])
        found.append(Carried(EVERY_S if found else FIRST_S, xy, float(rng.uniform(-np.pi, np.pi))))
    return found


def outcomes(score: Score, set_down: Sequence[SetDown]) -> list[dict[str, Any]]:
    """What came of each carry.

    ``found_s`` is how long until the pose was right and known, None: not at all; ``wrong_s`` how long a wrong one was
    said to be known, later than UNNOTICED_S; ``fell_s`` when the robot fell, which ends the carry.
    """
    ends = [one.time_s for one in set_down[1:]] + [math.inf]
    told: list[dict[str, Any]] = []
    for one, end_s in zip(set_down, ends, strict=True):
        end_s = end_s if one.fell_s is None else min(end_s, one.fell_s)
        rows = [row for row in score.rows if one.time_s + 0.1 < row[0] < end_s]
        right = [np.linalg.norm(e[:3]) < FOUND_M and np.linalg.norm(e[3:]) < FOUND_RAD for _, _, e, *_ in rows]
        found = next((row[0] for row, fine in zip(rows, right, strict=True) if row[1] and fine), None)
        wrong = sum(
            row[1] and not fine and row[0] > one.time_s + UNNOTICED_S for row, fine in zip(rows, right, strict=True)
        )
        period_s = (rows[-1][0] - rows[0][0]) / (len(rows) - 1) if len(rows) > 1 else 0.0
        told.append(
            {
                "found_s": None if found is None else round(found - one.time_s, 2),
                "wrong_s": round(wrong * period_s, 2),
                "fell_s": None if one.fell_s is None else round(one.fell_s - one.time_s, 2),
            }
        )
    return told


def fine(one: dict[str, Any]) -> bool:
    """Was the robot found in time, and never believed to be elsewhere? A fall before that says nothing."""
    if one["found_s"] is None:
        return unheard(one)
    return bool(one["found_s"] <= FLOOR_S and one["wrong_s"] == 0.0)


def unheard(one: dict[str, Any]) -> bool:
    """A carry that ended in a fall before the robot had its time."""
    return one["found_s"] is None and one["fell_s"] is not None and one["fell_s"] < FLOOR_S


def summary(told: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Of carries; one that ended in a fall before the robot was found, within FLOOR_S, says nothing and is left out."""
    told = list(told)
    heard = [one for one in told if not unheard(one)]
    times = np.array([math.inf if one["found_s"] is None else one["found_s"] for one in heard])
    if not len(times):
        return {"carries": 0, "fell": len(told)}
    middle, late = (np.percentile(times, share, method="higher") for share in (50, 90))
    return {
        "carries": len(times),
        "fell": len(told) - len(heard),
        "within_10_s": round(float(np.mean(times <= FLOOR_S)), 3),
        "within_3_s": round(float(np.mean(times <= GOAL_S)), 3),
        "median_s": _number(middle),
        "p90_s": _number(late),
        "wrong_s": round(float(max(t["wrong_s"] for t in told)), 2),
    }


def _number(seconds: float) -> float | None:
    return round(float(seconds), 2) if math.isfinite(seconds) else None
