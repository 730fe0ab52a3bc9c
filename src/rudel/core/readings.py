"""What sensors beyond the joints and the IMU say: frozen types that simulated and real drivers share.

SI units. ``time_s`` is on the sensor's own clock and belongs to the moment of measuring, not of arriving. Arrays are
made read-only. Numbers may be NaN: a broken sensor sends such things, and whoever reads them has to look.

Sensor frames: ``lidar`` and ``odom`` are x forward, y left, z up; a camera's optical frame is x right, y down, z out of
the lens, as pixels are counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from rudel.core.errors import BadInput


def _array(value: ArrayLike, dtype: DTypeLike, shape: tuple[int | None, ...], what: str) -> NDArray[np.generic]:
    """A read-only array of ``dtype``; None in ``shape`` stands for any length. Copies only what could still change."""
    array = np.asarray(value, dtype=dtype)
    if array.ndim != len(shape) or any(s is not None and s != n for s, n in zip(shape, array.shape, strict=True)):
        raise BadInput(f"{what} has shape {array.shape}, needs {shape}")
    if array.flags.writeable or array.base is not None:
        array = array.copy()
        array.flags.writeable = False
    return array


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole: pixel (u, v) of a point (x, y, z) in the optical frame is (fx x / z + cx, fy y / z + cy).

    Pixel (0, 0) is the middle of the upper left one.

    Attributes:
        width, height: of the picture [pixels].
        fx, fy: focal lengths [pixels].
        cx, cy: principal point [pixels].
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.height > 0 and self.fx > 0 and self.fy > 0):
            raise BadInput(f"{self} has no picture: sizes and focal lengths must be > 0")

    @classmethod
    def of_view(cls, width: int, height: int, horizontal_rad: float) -> Intrinsics:
        """Square pixels, the axis in the middle, ``horizontal_rad`` from the left edge to the right one."""
        if not 0 < horizontal_rad < math.pi:
            raise BadInput(f"a pinhole sees between 0 and pi rad, not {horizontal_rad}")
        focal = width / 2 / math.tan(horizontal_rad / 2)
        return cls(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)

    def directions(self) -> NDArray[np.float32]:
        """(height, width, 3) through the middle of each pixel, in the optical frame, with z = 1."""
        u = (np.arange(self.width, dtype=np.float32) - self.cx) / self.fx
        v = (np.arange(self.height, dtype=np.float32) - self.cy) / self.fy
        rays = np.ones((self.height, self.width, 3), np.float32)
        rays[..., 0], rays[..., 1] = u[None, :], v[:, None]
        return rays


@dataclass(frozen=True, eq=False)
class Scan:
    """One sweep of a LiDAR: the returns, each seen from where the sensor was at its own time (not deskewed).

    Attributes:
        time_s: of the sweep's first ray, on the sensor's clock [s].
        frame: name of the sensor frame.
        points: (n, 3) in the sensor frame [m], float32.
        offsets_s: (n,) time of each point after ``time_s`` [s], float32, ascending.
        ring: (n,) laser line, 0 lowest, uint16; a sensor without lines says 0.
        intensity: (n,) reflectivity as the sensor judges it, 0 to 1 for diffuse surfaces, float32.
    """

    time_s: float
    frame: str
    points: NDArray[np.float32]
    offsets_s: NDArray[np.float32]
    ring: NDArray[np.uint16]
    intensity: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.points)
        object.__setattr__(self, "points", _array(self.points, np.float32, (n, 3), "Scan.points"))
        for name, dtype in (("offsets_s", np.float32), ("ring", np.uint16), ("intensity", np.float32)):
            object.__setattr__(self, name, _array(getattr(self, name), dtype, (n,), f"Scan.{name}"))


@dataclass(frozen=True, eq=False)
class CameraPose:
    """base_T_optical at the moment of exposure: position (3,) [m], quat (4,) wxyz, and for moving heads their angles.

    Attributes:
        pan_rad, tilt_rad: of a steerable head: positive pan turns left, positive tilt looks down.
        zoom: focal length over the shortest one.
    """

    position: NDArray[np.float64]
    quat: NDArray[np.float64]
    pan_rad: float = 0.0
    tilt_rad: float = 0.0
    zoom: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "position", _array(self.position, np.float64, (3,), "CameraPose.position"))
        object.__setattr__(self, "quat", _array(self.quat, np.float64, (4,), "CameraPose.quat"))


@dataclass(frozen=True, eq=False)
class Image:
    """A colour picture: pixels (height, width, 3) RGB, uint8."""

    time_s: float
    frame: str
    pixels: NDArray[np.uint8]
    intrinsics: Intrinsics
    pose: CameraPose

    def __post_init__(self) -> None:
        shape = (self.intrinsics.height, self.intrinsics.width, 3)
        object.__setattr__(self, "pixels", _array(self.pixels, np.uint8, shape, "Image.pixels"))


@dataclass(frozen=True, eq=False)
class DepthImage:
    """Depth along the optical axis: depth_m (height, width) [m], float32; 0 where nothing was measured."""

    time_s: float
    frame: str
    depth_m: NDArray[np.float32]
    intrinsics: Intrinsics
    pose: CameraPose

    def __post_init__(self) -> None:
        shape = (self.intrinsics.height, self.intrinsics.width)
        object.__setattr__(self, "depth_m", _array(self.depth_m, np.float32, shape, "DepthImage.depth_m"))


@dataclass(frozen=True, eq=False)
class ThermalImage:
    """Apparent (black-body) temperatures: celsius (height, width) [degrees C], float32."""

    time_s: float
    frame: str
    celsius: NDArray[np.float32]
    intrinsics: Intrinsics
    pose: CameraPose

    def __post_init__(self) -> None:
        shape = (self.intrinsics.height, self.intrinsics.width)
        object.__setattr__(self, "celsius", _array(self.celsius, np.float32, shape, "ThermalImage.celsius"))


@dataclass(frozen=True)
class GasReading:
    """Concentration of one gas by volume [ppm]; 0 below the detection limit, never beyond the sensor's range."""

    time_s: float
    frame: str
    gas: str
    ppm: float


@dataclass(frozen=True, eq=False)
class Odometry:
    """Where the robot believes it is, counted from its own steps.

    Attributes:
        time_s: on the estimator's clock [s].
        frame: the frame that it started in: z up, x along the heading at the start.
        position: (3,) of the base in ``frame`` [m].
        quat: (4,) wxyz, frame_T_base.
        velocity: (3,) of the base, in the base frame [m/s].
        gyro: (3,) angular velocity in the base frame [rad/s].
    """

    time_s: float
    frame: str
    position: NDArray[np.float64]
    quat: NDArray[np.float64]
    velocity: NDArray[np.float64]
    gyro: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, size in (("position", 3), ("quat", 4), ("velocity", 3), ("gyro", 3)):
            object.__setattr__(self, name, _array(getattr(self, name), np.float64, (size,), f"Odometry.{name}"))


Reading = Scan | Image | DepthImage | ThermalImage | GasReading | Odometry
