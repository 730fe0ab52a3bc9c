"""Types that localisation, maps, planning and following share. SI units; ``map`` is the frame of the map, z up.

Nothing in here knows the truth: all of it is worked out from what sensors say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.types import Pose

Status = Literal["starting", "tracking", "degenerate", "lost"]
Floats = NDArray[np.float64]
XY = tuple[float, float]


def _frozen(value: object, dtype: type, shape: tuple[int | None, ...], what: str) -> np.ndarray:
    """A read-only array; None in ``shape`` stands for any length."""
    array = np.array(value, dtype=dtype)
    if array.ndim != len(shape) or any(s is not None and s != n for s, n in zip(shape, array.shape, strict=True)):
        raise BadInput(f"{what} has shape {array.shape}, needs {shape}")
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class Estimate:
    """Where the robot believes it is.

    Attributes:
        time_s: of the estimate, on the robot's clock (that of RobotState) [s].
        pose: map_T_base.
        twist: (6,) vx, vy, vz [m/s], wx, wy, wz [rad/s] of the base in the base frame.
        covariance: (6, 6) of x, y, z [m], roll, pitch, yaw [rad] in the map frame.
        status: "starting": never had a pose; "tracking"; "degenerate": tracking, but the scan does not hold every
            direction; "lost": the pose is not to be trusted.
        degenerate: (k, 3) unit vectors in the map along which the scan does not hold the pose; k = 0 when all are held.
        scan_age_s: since the last scan that was registered [s]; inf: none yet.
        faults: what is wrong with the sensors now, such as "lidar stopped"; see rudel.navigation.localise.
        fit: share of the last scan that the map explains, 0 to 1; NaN: no scan yet.
        drift: (6, 6) part of the covariance that a map of the robot's own making shares, so that what is seen now fits
            to it however large that has grown; zeros with a map that was known before.
    """

    time_s: float
    pose: Pose
    twist: Floats
    covariance: Floats
    status: Status
    degenerate: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    scan_age_s: float = math.inf
    faults: tuple[str, ...] = ()
    fit: float = math.nan
    drift: Floats = field(default_factory=lambda: np.zeros((6, 6)))

    def __post_init__(self) -> None:
        object.__setattr__(self, "drift", _frozen(self.drift, np.float64, (6, 6), "Estimate.drift"))
        object.__setattr__(self, "twist", _frozen(self.twist, np.float64, (6,), "Estimate.twist"))
        object.__setattr__(self, "covariance", _frozen(self.covariance, np.float64, (6, 6), "Estimate.covariance"))
        object.__setattr__(self, "degenerate", _frozen(self.degenerate, np.float64, (None, 3), "Estimate.degenerate"))

    @property
    def known(self) -> bool:
        """Whether the pose may be acted upon."""
        return self.status in ("tracking", "degenerate")

    @cached_property
    def xy(self) -> XY:
        """Position in the map [m]."""
        x, y, _ = self.pose.position.tolist()
        return x, y

    @cached_property
    def yaw(self) -> float:
        """Heading in the map [rad], (-pi, pi]."""
        return float(frames.yaw_of(self.pose.quat))


@dataclass(frozen=True, eq=False)
class StampedCloud:
    """A deskewed scan in the map frame.

    Attributes:
        time_s: of the moment that all points were brought to, on the robot's clock [s].
        points: (n, 3) in the map [m], float32.
        origin: (3,) of the sensor in the map at that moment [m].
        pose: map_T_base at that moment.
    """

    time_s: float
    points: NDArray[np.float32]
    origin: Floats
    pose: Pose

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _frozen(self.points, np.float32, (None, 3), "StampedCloud.points"))
        object.__setattr__(self, "origin", _frozen(self.origin, np.float64, (3,), "StampedCloud.origin"))


@dataclass(frozen=True)
class Footprint:
    """The room that the robot takes, a rectangle around the base when it walks, and what ground it can do.

    Attributes:
        length_m, width_m: of the rectangle.
        height_m: free height that it needs above the ground.
        max_step_m: highest step that its policy crosses safely.
        max_slope_rad: steepest slope that its policy walks safely.
        max_roughness_m: largest root mean square distance from the plane through the surroundings.
    """

    length_m: float
    width_m: float
    height_m: float
    max_step_m: float
    max_slope_rad: float
    max_roughness_m: float = 0.03

    def __post_init__(self) -> None:
        for name in ("length_m", "width_m", "height_m", "max_step_m", "max_slope_rad", "max_roughness_m"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise BadInput(f"Footprint.{name} is {value}, must be a number > 0")

    @property
    def inscribed_m(self) -> float:
        """Radius of the largest circle inside: closer to an obstacle no heading fits [m]."""
        return min(self.length_m, self.width_m) / 2

    @property
    def circumscribed_m(self) -> float:
        """Radius of the circle around it: further away every heading fits [m]."""
        return math.hypot(self.length_m, self.width_m) / 2


@dataclass(frozen=True)
class Mover:
    """Something that moves, seen lately: centre xy [m] and velocity [m/s] in the map, radius [m]."""

    xy: XY
    velocity: XY
    radius_m: float


@dataclass(frozen=True, eq=False)
class Costs:
    """One grid to plan and to follow on: what is known of the ground for one robot.

    Cell (j, i) is the square with its lower left corner at origin + resolution_m * (i, j); arrays are (ny, nx).

    Attributes:
        resolution_m: edge of a cell [m].
        origin: (x, y) of the lower left corner of cell (0, 0) [m].
        cost: for the robot's centre: [0, 1) easy to hard, 1 blocked (also nearer to an obstacle than the footprint's
            inscribed radius), NaN unknown.
        obstacle: the cell itself must not be touched by the footprint (not inflated): what the footprint is checked on.
        clearance_m: distance from the middle of each cell to the nearest obstacle cell's edge [m], float32.
        movers: what moves nearby.
        time_s: of the newest measurement in it [s]; -inf: none.
        zones: bits of the zone that each cell lies in, see rudel.navigation.map.grid, uint8; None: there are none.
    """

    resolution_m: float
    origin: XY
    cost: NDArray[np.float32]
    obstacle: NDArray[np.bool_]
    clearance_m: NDArray[np.float32]
    movers: tuple[Mover, ...] = ()
    time_s: float = -math.inf
    zones: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.resolution_m) and self.resolution_m > 0):
            raise BadInput(f"Costs.resolution_m is {self.resolution_m}, must be a number > 0")
        shape = np.shape(self.cost)
        if len(shape) != 2 or shape != np.shape(self.obstacle) or shape != np.shape(self.clearance_m):
            raise BadInput(
                f"Costs: cost {shape}, obstacle {np.shape(self.obstacle)} and clearance_m {np.shape(self.clearance_m)} "
                "must be one grid (ny, nx)"
            )
        if self.zones is not None and np.shape(self.zones) != shape:
            raise BadInput(f"Costs.zones has shape {np.shape(self.zones)}, needs that of cost, {shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        ny, nx = self.cost.shape
        return ny, nx

    @cached_property
    def unknown(self) -> NDArray[np.bool_]:
        """(ny, nx) nothing is known there."""
        return np.isnan(self.cost)

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """(ny, nx) known, and the robot's centre may be there."""
        return self.cost < 1.0

    def cell_of(self, xy: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Indices (..., 2) as (j, i) of the cells that hold xy (..., 2), clipped to the grid, and whether inside."""
        ij = np.floor((np.asarray(xy, dtype=np.float64) - np.array(self.origin)) / self.resolution_m)
        limit = np.array(self.shape[::-1]) - 1
        inside = np.asarray(np.all((ij >= 0) & (ij <= limit), axis=-1))
        ij = np.clip(np.nan_to_num(ij), 0, limit).astype(np.intp)
        return ij[..., ::-1], inside


@dataclass(frozen=True, eq=False)
class Route:
    """A way over the map.

    Attributes:
        points: (k, 2) polyline from where the robot is to the goal, k >= 1 [m].
        yaw: (k,) heading to have at each point [rad].
        clearance_m: (k,) to the nearest obstacle at each point [m].
        cost: (k,) of the ground at each point, [0, 1).
        length_m: of the polyline [m].
        total_cost: what the planner minimised, for comparing routes.
        speed_share: (k,) of the robot's top speed that suits the ground and the room at each point, (0, 1].
    """

    points: Floats
    yaw: Floats
    clearance_m: Floats
    cost: Floats
    length_m: float
    total_cost: float
    speed_share: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _frozen(self.points, np.float64, (None, 2), "Route.points"))
        k = len(self.points)
        if k < 1 or not np.isfinite(self.points).all():
            raise BadInput("a Route needs at least one point, and all of them finite")
        for name in ("yaw", "clearance_m", "cost"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float64, (k,), f"Route.{name}"))
        share = np.ones(k) if self.speed_share is None else self.speed_share
        object.__setattr__(self, "speed_share", _frozen(share, np.float64, (k,), "Route.speed_share"))


Refusal = Literal["outside", "unknown", "blocked", "keep_out", "unreachable", "start_blocked"]


@dataclass(frozen=True)
class NoRoute:
    """Why there is no way, and the reachable point nearest to the goal (None: not even the start is free)."""

    reason: Refusal
    message: str
    nearest: XY | None = None
