"""What localisation has to know of the robot that it runs on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rudel.core.errors import BadInput

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Rig:
    """Where the LiDAR sits, and how high the base is carried.

    Attributes:
        lidar_position: (3,) base_T_lidar [m].
        lidar_quat: (4,) wxyz.
        stand_height_m: of the base above the ground when the robot stands.
        lidar_period_s: from one scan to the next.
        lidar_delay_s: from the stamp (first ray) to the arrival [s]: a sweep and the way.
        odometry_delay_s: likewise.
    """

    lidar_position: Array
    lidar_quat: Array
    stand_height_m: float
    lidar_period_s: float = 0.1
    lidar_delay_s: float = 0.12
    odometry_delay_s: float = 0.01

    def __post_init__(self) -> None:
        for name, size in (("lidar_position", 3), ("lidar_quat", 4)):
            object.__setattr__(self, name, _numbers(getattr(self, name), size, name))
        if not abs(float(np.linalg.norm(self.lidar_quat)) - 1) < 1e-6:
            raise BadInput(f"Rig.lidar_quat is {self.lidar_quat.tolist()}, its length must be 1")
        for name in ("stand_height_m", "lidar_period_s", "lidar_delay_s", "odometry_delay_s"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise BadInput(f"Rig.{name} is {getattr(self, name)}, must be a number > 0")


def _numbers(value: ArrayLike, size: int, name: str) -> Array:
    array = np.array(value, np.float64)
    if array.shape != (size,) or not np.isfinite(array).all():
        raise BadInput(f"Rig.{name} is {array.tolist()}, needs {size} finite numbers")
    array.flags.writeable = False
    return array
