"""Feet behind a body that speeds up, and ahead of one that brakes: what a change of the command asks of the trot.

A body that is to accelerate by a needs its support h / g * a behind its centre of mass (linear inverted pendulum,
Kajita 2001: x_support = x_com - h / g * a_com). The command that is followed says a, long before the robot's sensors
could.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gait_params import GaitParams

Array = NDArray[np.float32]

GRAVITY = 9.81
MOST_MPS2 = 4.0  # a command that jumps asks for more than any foot could give


def lean(params: GaitParams, height_m: float, shift: Array, before: Array, command: Array, period_s: float) -> Array:
    """Shift of all feet one period later in the base frame [m], (n, 2).

    Args:
        params: ``lean`` is the share of h / g * a, ``lean_s`` the time constant with which it is taken up.
        height_m: of the body over the feet.
        shift: of now [m], (n, 2).
        before, command: vx, vy [m/s], wz [rad/s] followed until now and from now on, (n, 3); turning while moving
            is an acceleration, too.
        period_s: control period.
    """
    turn = np.stack((-command[:, 1], command[:, 0]), axis=1) * command[:, 2:]
    acceleration = (command[:, :2] - before[:, :2]) / np.float32(period_s) + turn
    wanted = np.float32(-params.lean * height_m / GRAVITY) * np.clip(acceleration, -MOST_MPS2, MOST_MPS2)
    share = np.float32(period_s / (params.lean_s + period_s))
    return np.asarray(shift + share * (wanted - shift), np.float32)


Twist3 = tuple[float, float, float]


def lean_single(
    params: GaitParams, height_m: float, shift: tuple[float, float], before: Twist3, command: Twist3, period_s: float
) -> tuple[float, float]:
    """:func:`lean` for one robot, in plain numbers."""
    vx, vy, wz = command
    ax = (vx - before[0]) / period_s - wz * vy
    ay = (vy - before[1]) / period_s + wz * vx
    factor = -params.lean * height_m / GRAVITY
    share = period_s / (params.lean_s + period_s)
    x, y = shift
    return (
        x + share * (factor * min(max(ax, -MOST_MPS2), MOST_MPS2) - x),
        y + share * (factor * min(max(ay, -MOST_MPS2), MOST_MPS2) - y),
    )
