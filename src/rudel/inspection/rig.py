"""What a robot can look with: numbers about its sensors, and how well it knows where it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.readings import Intrinsics
from rudel.core.types import Pose

Floats = NDArray[np.floating]

# the head needs longest to arrive: its picture comes last
SENSES = ("wide", "thermal", "front", "depth", "scan", "gas", "zoom")
_LEVEL = np.array([1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True, eq=False)
class Mounted:
    """base_T_sensor, x forward also for cameras.

    Attributes:
        position: (3,) in the base [m].
        quat: (4,) wxyz.
        optics: of a camera, at its shortest focal length; None: not a camera.
        turns: it sits on the head of "zoom", at its foot, and looks where that looks.
    """

    position: Floats
    quat: Floats = field(default_factory=lambda: _LEVEL)
    optics: Intrinsics | None = None
    turns: bool = False

    def __post_init__(self) -> None:
        for name, size in (("position", 3), ("quat", 4)):
            value = np.array(getattr(self, name), np.float64)
            if value.shape != (size,) or not np.isfinite(value).all():
                raise BadInput(f"{name} of a mounted sensor is {value.tolist()}, needs {size} finite numbers")
            value.flags.writeable = False
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class HeadLimits:
    """Lowest and highest angle of a steerable head [rad] (pan > 0 turns left, tilt > 0 looks down), and of its zoom."""

    pan_rad: tuple[float, float] = (math.radians(-170), math.radians(170))
    tilt_rad: tuple[float, float] = (math.radians(-90), math.radians(45))
    zoom: tuple[float, float] = (1.0, 10.0)


@dataclass(frozen=True, eq=False)
class Rig:
    """The senses of one robot.

    Attributes:
        sensors: where they are, by sense: any of SENSES but "gas". "wide" shows the scene around a target, "front" what
            the depth camera looks at.
        head: limits of the head that "zoom" sits on.
        gases: what its gas sensors smell, in the order of preference.
        exposure_s: of its cameras, for telling how much a picture smears.
    """

    sensors: Mapping[str, Mounted]
    head: HeadLimits = field(default_factory=HeadLimits)
    gases: tuple[str, ...] = ()
    exposure_s: float = 0.008

    def __post_init__(self) -> None:
        unknown = sorted(set(self.sensors) - (set(SENSES) - {"gas"}))
        if unknown:
            raise BadInput(f"a rig has no sense {unknown[0]!r}; there are: {', '.join(SENSES)} (gas goes into gases)")

    def optics(self, sense: str) -> Intrinsics | None:
        """Of a camera at its shortest focal length; None: there is no such camera."""
        sensor = self.sensors.get(sense)
        return None if sensor is None else sensor.optics

    def turns(self, sense: str) -> bool:
        """Does it look where the head looks?"""
        sensor = self.sensors.get(sense)
        return sensor is not None and (sense == "zoom" or sensor.turns)

    @property
    def senses(self) -> tuple[str, ...]:
        """What it has, in the order in which readings are waited for; gas sensors by their gas where there are many."""
        smells = ("gas",) if len(self.gases) == 1 else tuple(f"gas/{gas}" for gas in self.gases)
        out: list[str] = []
        for sense in SENSES:
            out += smells if sense == "gas" else [sense] * (sense in self.sensors)
        return tuple(out)


@dataclass(frozen=True, eq=False)
class Where:
    """Where the robot believes it is, and how it moves.

    Attributes:
        pose: map_T_base.
        position_std_m, yaw_std_rad: how sure it is.
        speed_mps: over the ground.
        turning_radps: length of the base's angular velocity.
    """

    pose: Pose
    position_std_m: float = 0.05
    yaw_std_rad: float = 0.02
    speed_mps: float = 0.0
    turning_radps: float = 0.0

    def in_base(self, point: Floats) -> Floats:
        """A point (3,) of the map in the base [m]."""
        return frames.rotate_inverse(self.pose.quat, np.asarray(point, np.float64) - self.pose.position)
