"""From the command that is given to the one that is followed: limited change, and heading hold.

Heading hold works off the turn that a robot still owes through its yaw command.

Plain NumPy on batches; rudel.locomotion.heading_single is the same for one robot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

LIMIT_RAD = 0.3  # a larger error is forgotten: a robot that was held does not spin afterwards


def update(error: Array, wz: Array, turned: Array, period_s: float, moving: NDArray[np.bool_]) -> Array:
    """Heading error one period later [rad], (n,): commanded turn minus what was turned, bounded; 0 for robots at rest.

    Args:
        error: heading error so far [rad], (n,).
        wz: commanded yaw rate during the period [rad/s], (n,).
        turned: change of heading during the period [rad], (n,); whole turns do not count.
        period_s: control period.
        moving: whether the robot was told to move, (n,).
    """
    turn, half = np.float32(2 * np.pi), np.float32(np.pi)
    owed = error + wz * np.float32(period_s) - ((turned + half) % turn - half)
    limit = np.float32(LIMIT_RAD)
    return (np.clip(owed, -limit, limit) * moving).astype(np.float32)


def slew(followed: Array, command: Array, limits: tuple[float, float, float], period_s: float) -> Array:
    """The command that is followed one period later, (n, 3): ``followed`` moved towards ``command`` as fast as allowed.

    Args:
        followed, command: vx, vy [m/s], wz [rad/s], (n, 3).
        limits: change per second of each component; 0: at once.
        period_s: control period.
    """
    step = np.array([limit * period_s if limit else np.inf for limit in limits], np.float32)
    return np.asarray(followed + np.clip(command - followed, -step, step), np.float32)


def steer(command: Array, error: Array, gain: float) -> Array:
    """Command (n, 3) whose yaw rate also works off the heading error (n,) [rad] with ``gain`` [1/s]."""
    steered = command.copy()
    steered[:, 2] += np.float32(gain) * error
    return steered
