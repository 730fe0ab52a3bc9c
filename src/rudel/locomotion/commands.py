"""Velocity commands, drawn at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.config import CommandConfig

Array = NDArray[np.float32]


def draw(c: CommandConfig, last: Array, rng: np.random.Generator) -> Array:
    """New commands after ``last`` (n, 3)."""
    n = len(last)
    command = rng.uniform(-1, 1, (n, 3)) * c.max_twist
    kind = rng.random(n)
    standing, straight = c.standing_share, c.standing_share + c.straight_share
    command[kind < standing] = 0.0
    command[(kind >= standing) & (kind < straight), 1:] = 0.0
    back = (kind >= straight) & (kind < straight + c.reversal_share)
    if back.any():
        size = (0.85 + 0.15 * command[back] / c.max_twist) * c.max_twist
        command[back] = np.where(last[back] > 0, -size, size)
    return command.astype(np.float32)


def draw_crossing(c: CommandConfig, last: Array, sign: NDArray[np.floating], rng: np.random.Generator) -> Array:
    """New commands after ``last`` (n, 3) for robots on a course: most lead on across the tile.

    ``sign`` (n,) is 1 for who crosses it forwards and -1 for who walks backwards.
    """
    n = len(last)
    command = draw(c, last, rng)
    crossing = rng.random(n) < c.course_share
    ahead = np.zeros((n, 3), np.float32)
    ahead[:, 0] = sign * rng.uniform(*c.course_mps, n)
    return np.where(crossing[:, None], ahead, command)
