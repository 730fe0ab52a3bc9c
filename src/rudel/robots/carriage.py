"""How high a robot carries its base just now: a walk may crouch, and the ground is where the feet stand."""

from __future__ import annotations

from rudel.core.types import RobotState
from rudel.robots.kinematics import Kinematics
from rudel.robots.leg_odometry import MIN_CONTACT
from rudel.robots.spec import RobotSpec


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

        The mean of those feet. Where none stands, or they are no numbers or above the base, it is the nominal height.
        """
        standing = state.contact >= MIN_CONTACT  # NaN is not
        if not standing.any():
            return self._nominal_m
        height_m = self._radius_m - float(self._kinematics.feet(state.q)[standing, 2].mean())
        return height_m if height_m > 0 else self._nominal_m  # NaN is not
