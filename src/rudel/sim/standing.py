"""Getting up: from wherever the joints are to the stance that policies start from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rudel.core.errors import BadInput, GiveUp
from rudel.core.frames import projected_gravity
from rudel.core.types import JointTargets, RobotState
from rudel.robots.driver import Driver

# How fast, and how far at most, targets lead to make up for the sag under the robot's weight. At 2 per second the X30
# begins to sway; holding the lead once the movement is over leaves nothing that could.
SAG_RATE_PER_S, SAG_MAX_RAD = 1.0, 0.2
UPRIGHT = -0.5  # z of gravity in the base frame: tilted by less than 60 degrees


def upright(state: RobotState) -> bool:
    """Is the base tilted by less than 60 degrees?"""
    return bool(projected_gravity(state.quat)[2] < UPRIGHT)


def stand_up(
    driver: Driver,
    duration_s: float = 1.5,
    settle_s: float = 0.5,
    each: Callable[[RobotState], None] | None = None,
) -> RobotState:
    """Move to the default pose with the spec's stand gains, hold it, and return the last state.

    Joints start and end at rest (a half cosine in time); targets lead the pose by what the robot's weight bends it. The
    driver must have been entered.

    Args:
        driver: a robot lying on its feet or standing.
        duration_s: time of the movement [s], > 0.
        settle_s: time of holding the pose afterwards [s].
        each: called with the state of every control period, for example to draw it.

    Raises:
        GiveUp: the robot lies on its side or back, or came to lie there.
    """
    if not (duration_s > 0 and settle_s >= 0):
        raise BadInput(f"stand_up needs duration_s > 0 and settle_s >= 0, got {duration_s} and {settle_s}")
    spec = driver.spec
    state = driver.read()
    start_q, start_s = state.q, driver.clock.now_s()
    lead = np.zeros_like(start_q)
    for k in range(1, round((duration_s + settle_s) / driver.period_s) + 1):
        if not upright(state):
            driver.stop()
            raise GiveUp(f"{spec.name} lies on its side or back and cannot stand up: turn it over first")
        share = 0.5 - 0.5 * np.cos(np.pi * min(1.0, k * driver.period_s / duration_s))
        pose = start_q + share * (spec.default_pose - start_q)
        if share < 1:
            lead = np.clip(lead + SAG_RATE_PER_S * driver.period_s * (pose - state.q), -SAG_MAX_RAD, SAG_MAX_RAD)
        driver.send(JointTargets.hold(pose + lead, spec.stand_kp, spec.stand_kd))
        driver.clock.sleep_until(start_s + k * driver.period_s)
        state = driver.read()
        if each is not None:
            each(state)
    return state
