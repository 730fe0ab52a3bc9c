"""How high a robot carries its base just now: a walk may crouch, and the ground is where the feet stand."""

from __future__ import annotations

from rudel.core.types import RobotState
from rudel.robots.kinematics import Kinematics
from rudel.robots.leg_odometry import MIN_CONTACT
from rudel.robots.spec import RobotSpec

MOST_SHARE = 1.5  # of the nominal height: no leg is longer


class Carriage:
    """Tells it from joint encoders and foot contacts.

    Args:
        spec: of the robot.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self._kinematics, self._radius_m = Kinematics(spec), spec.foot_radius_m
        self._nominal_m = spec.nominal_height_m

    def height_m(self, state: RobotState) -> float:
        """Of the base over the ground that the standing feet are on, along the base's own z [m].

        The mean of those feet. Where none stands, or the state holds no such number, it is the nominal height.
        """
        standing = state.contact >= MIN_CONTACT  # NaN is not
        if not standing.any():
            return self._nominal_m
        height_m = self._radius_m - float(self._kinematics.feet(state.q)[standing, 2].mean())
        sane = 0 < height_m < MOST_SHARE * self._nominal_m  # NaN is not
        return height_m if sane else self._nominal_m
