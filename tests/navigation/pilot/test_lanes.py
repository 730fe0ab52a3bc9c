"""Drives through lanes between crates that are only just wide enough: a robot that lags, and is unsure of its place.

Everything but the legs and the senses is the real thing: planner, follower, recovery. Crates are seen from 2.5 m on,
and one cell in seven beside them is taken for a part of them, another one with every scan.
"""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
import pytest

from rudel.navigation.follow import Follower, Trail
from rudel.navigation.follow.sweep import moved
from rudel.navigation.map.traversability import edge_distance_m
from rudel.navigation.pilot.drive import Drive
from rudel.navigation.pilot.journal import Journal
from rudel.navigation.pilot.order import Goal, Outcome
from rudel.navigation.plan import Planner
from rudel.navigation.types import XY, Costs, Estimate, Footprint, Route
from tests.navigation.follow.yards import EDGE_M, estimate

FOOTPRINT = Footprint(0.604, 0.374, 0.48, 0.025, 0.105)
DT_S, LAG_S, LIMIT_S, SEEN_M, SPECKS = 0.02, 0.2, 60.0, 2.5, 0.15
NOISE = np.array([0.003, 0.003, 0.004])  # of each new estimate; a twentieth of its error is lost with each


def costs_of(obstacle: np.ndarray, wider_m: float = 0.1) -> Costs:
    """As a pilot has them: a little wider than the robot is."""
    room = dataclasses.replace(FOOTPRINT, width_m=FOOTPRINT.width_m + wider_m)
    clearance = edge_distance_m(obstacle, EDGE_M)
    near = (room.circumscribed_m - clearance) * 0.5 / (room.circumscribed_m - room.inscribed_m)
    cost = np.clip(near, 0.0, 0.999).astype(np.float32)
    cost[obstacle | (clearance < room.inscribed_m)] = 1.0
    return Costs(EDGE_M, (0.0, 0.0), cost, obstacle, clearance)


class Seen:
    """What the robot knows: the walls, and the crates that it has been near to."""

    def __init__(self, walls: np.ndarray, everything: np.ndarray, rng: np.random.Generator) -> None:
        self._walls, self._everything, self._rng = walls, everything, rng
        self._known, self.costs = walls.copy(), costs_of(walls)

    def scan(self, pose: np.ndarray) -> None:
        ny, nx = self._walls.shape
        x, y = (np.arange(nx) + 0.5) * EDGE_M, (np.arange(ny) + 0.5) * EDGE_M
        self._known |= (np.hypot(x - pose[0], (y - pose[1])[:, None]) < SEEN_M) & self._everything
        around = cv2.dilate((self._known & ~self._walls).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        self.costs = costs_of(self._known | (around & (self._rng.random(around.shape) < SPECKS)))

    def add(self, cloud: object, at: Estimate) -> None: ...
    def state(self, state: object) -> None: ...
    def forget(self) -> None: ...
    def excuse(self) -> None: ...

    def whole(self) -> Costs:
        return self.costs

    local = whole

    def hopeful(self, xy: XY, within_m: float) -> None: ...


def corridor(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Walls, and walls with one to four crates: 1.8 to 2.1 m wide, 11 m long."""
    ny, nx = 24, 110
    walls = np.zeros((ny, nx), np.bool_)
    walls[0] = walls[:, 0] = walls[:, -1] = True
    width = int(rng.integers(18, 22))
    walls[width + 1 :] = True
    gx, gy = np.meshgrid((np.arange(4 * nx) + 0.5) * EDGE_M / 4, (np.arange(4 * ny) + 0.5) * EDGE_M / 4)
    everything = walls.copy()
    for _ in range(int(rng.integers(1, 5))):
        x, y = rng.uniform(2.5, 8.5), rng.uniform(0.2, width * EDGE_M)
        half_x, half_y = rng.uniform(0.15, 0.3, 2)
        turn = rng.uniform(0, math.pi / 2)
        u = (gx - x) * math.cos(turn) + (gy - y) * math.sin(turn)
        v = (gy - y) * math.cos(turn) - (gx - x) * math.sin(turn)
        inside = (np.abs(u) < half_x) & (np.abs(v) < half_y)
        everything |= inside.reshape(ny, 4, nx, 4).any(axis=(1, 3))
    return walls, everything


def passable(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Route]:
    """A corridor with a way for a robot that is 20 cm wider."""
    while True:
        walls, everything = corridor(rng)
        ends = [(x, float(rng.uniform(0.6, 1.4))) for x in (1.0, 9.8)]
        route = Planner().plan(costs_of(everything, 0.2), *ends)
        if isinstance(route, Route):
            return walls, everything, route


def touched(obstacle: np.ndarray, pose: np.ndarray) -> bool:
    """Is any part of the robot on an obstacle?"""
    x, y = np.linspace(-0.302, 0.302, 25), np.linspace(-0.187, 0.187, 17)
    gx, gy = (part.ravel() for part in np.meshgrid(x, y))
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    i = ((pose[0] + cos * gx - sin * gy) / EDGE_M).astype(int)
    j = ((pose[1] + sin * gx + cos * gy) / EDGE_M).astype(int)
    return bool(obstacle[j, i].any())


@pytest.mark.parametrize("seed", range(10))
def test_it_gets_through_without_touching_anything_or_calling_for_help(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walls, everything, route = passable(rng)
    seen, trail, journal = Seen(walls, everything, rng), Trail(), Journal(None)
    drive = Drive(FOOTPRINT, Follower(FOOTPRINT), Planner(), seen, trail, journal)
    goal = (float(route.points[-1, 0]), float(route.points[-1, 1]))
    drive.go(Goal(goal, checked=True))
    pose = np.array([*route.points[0], rng.uniform(-math.pi, math.pi)])
    twist, velocity, error = np.zeros(3), np.zeros(3), np.zeros(3)
    outcome: Outcome | None = None
    walked_m, time_s = 0.0, 0.0
    for k in range(round(LIMIT_S / DT_S)):
        time_s = k * DT_S
        if k % 6 == 0:
            seen.scan(pose)
        if k % 2 == 0:
            error = 0.95 * error + rng.normal(0.0, NOISE)
            believed = estimate(pose + error, time_s)
            trail.note(believed)
            order, outcome = drive.step(believed)
            twist = order.array()
        if outcome is not None:
            break
        velocity += (twist - velocity) * DT_S / LAG_S
        new = moved(pose, (velocity + rng.normal(0.0, 0.03, 3))[None], np.array([DT_S]))[0, 0]
        walked_m, pose = walked_m + math.dist(pose[:2], new[:2]), new
        assert not touched(everything, pose)
    assert outcome is not None
    assert outcome.success
    assert math.dist(pose[:2], goal) < 0.1
    assert walked_m < 1.15 * route.length_m
    assert time_s < 30.0
    assert not [event for event in journal.events if event.kind == "stuck"]
