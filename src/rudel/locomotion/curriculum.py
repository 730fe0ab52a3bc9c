"""Terrain curriculum: each robot of a course is led up and down its levels by how it fares (Rudin 2021).

A robot keeps its column of tiles and its direction. Were they drawn anew, a robot would be led up by what is easy,
downstairs and backwards, to levels at which what is hard, upstairs and forwards, fails nearly always and teaches
nothing but to stand in front of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.courses import CourseGround, Levels

Array = NDArray[np.floating]
Ids = NDArray[np.intp]

FIRST_LEVELS = 3  # robots begin on the first few, at random
CROSSED = 0.85  # of the way from the middle of a tile to its edge: it was crossed
EDGE_M = 0.3  # a base this close to the edge of its tile has left it
LAZY = 0.5  # less of the commanded way than this is too little
FALL_COSTS = 2  # levels: two of three crossings succeed where a robot stays, not every other one
ASKED_M = 1.5  # a command for less than this tells nothing
FORWARDS_SHARE = 0.6  # of the robots that cross a column; the others walk backwards

STATE = ("level", "column", "sign", "origin", "farthest", "asked", "walked")


class Curriculum:
    """Levels of n robots on a course, and what each has done since it started.

    Attributes:
        level: of each robot, (n,).
        column: of its tiles, (n,).
        sign: whether it crosses them forwards (1) or backwards (-1), (n,).
        origin: middle of its tile [m], (n, 2).
        farthest: largest distance from there along x or y [m], (n,).
        asked: way that was commanded [m]; walked: way in the commanded direction [m]; (n,) each.
    """

    def __init__(self, ground: CourseGround, n: int) -> None:
        self.ground = ground
        self.level: Levels = np.zeros(n, np.int64)
        self.column = ground.columns(n)
        forwards = np.zeros(n, bool)
        for column in np.unique(self.column):
            there = np.flatnonzero(self.column == column)
            forwards[there[: round(FORWARDS_SHARE * len(there))]] = True
        self.sign = np.where(forwards, 1.0, -1.0)
        self.origin = np.zeros((n, 2))
        self.farthest, self.asked, self.walked = np.zeros(n), np.zeros(n), np.zeros(n)

    def scatter(self, rng: np.random.Generator) -> None:
        """Everybody to one of the first levels."""
        self.level[:] = rng.integers(0, min(FIRST_LEVELS, self.ground.levels), len(self.level))

    def start(self, ids: Ids, rng: np.random.Generator) -> Array:
        """Start positions (k, 3) of robots on tiles of their levels; what they did is forgotten."""
        self.origin[ids] = self.ground.origins[self.level[ids], self.column[ids]]
        self.farthest[ids] = self.asked[ids] = self.walked[ids] = 0.0
        return self.ground.on_tile(self.origin[ids], rng)

    def track(self, xy: Array, velocity: Array, command: Array, period_s: float) -> None:
        """Take in one control period.

        Args:
            xy: base positions [m], (n, 2).
            velocity, command: vx, vy [m/s] in the heading frame, (n, 2).
            period_s: how long.
        """
        np.maximum(self.farthest, np.abs(xy - self.origin).max(axis=1), out=self.farthest)
        speed = np.linalg.norm(command, axis=1)
        self.asked += speed * period_s
        self.walked += np.einsum("ij,ij->i", velocity, command) / np.maximum(speed, 1e-6) * period_s

    def left(self, xy: Array) -> NDArray[np.bool_]:
        """Whether bases at (n, 2) have left their tiles, (n,)."""
        return np.abs(xy - self.origin).max(axis=1) > self.ground.half_m - EDGE_M

    def finish(self, ids: Ids, fell: NDArray[np.bool_], rng: np.random.Generator) -> None:
        """Episodes of ``ids`` (k,) have ended, ``fell`` (k,) by a fall: levels for the next ones.

        Up for who crossed the tile; down for who walked less than half of what was commanded, further down for who
        fell; anywhere for who crossed the last level.
        """
        up = ~fell & (self.farthest[ids] >= CROSSED * (self.ground.half_m - EDGE_M))
        lazy = (self.asked[ids] > ASKED_M) & (self.walked[ids] < LAZY * self.asked[ids])
        level = self.level[ids] + up - np.where(fell, FALL_COSTS, ~up & lazy)
        beyond = level >= self.ground.levels
        level[beyond] = rng.integers(0, self.ground.levels, int(beyond.sum()))
        self.level[ids] = np.maximum(level, 0)

    def state(self) -> dict[str, Any]:
        """Everything that changes."""
        return {name: getattr(self, name).copy() for name in STATE}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        for name in STATE:
            getattr(self, name)[...] = state[name]
