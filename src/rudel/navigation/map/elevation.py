"""The ground around the robot, scan by scan: heights with their variance, what hangs above, what has come and gone."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.types import Pose
from rudel.navigation.map import beliefs, start
from rudel.navigation.map.columns import columns
from rudel.navigation.map.grid import GridMap
from rudel.navigation.map.movers import MoverTracker
from rudel.navigation.map.prior import Prior
from rudel.navigation.map.sight import Sight
from rudel.navigation.map.terrain import fill_gaps, slope_step_roughness
from rudel.navigation.map.window import Window
from rudel.navigation.types import XY, Footprint, Mover, StampedCloud

BELOW_M, ABOVE_M = 3.0, 3.0  # of the base: points beyond do not matter to a walking robot
LOCAL = 7  # cells: the ground near a cell is the lowest height within this square
FILL_REACH, FILL_SPREAD_M = 2, 0.08  # gaps of three cells are closed
FEET_SIGMA_M, GUESS_SIGMA_M = 0.03, 0.05  # of the ground below the feet, and of what is assumed around them


@dataclass(frozen=True)
class ElevationSpec:
    """How the elevation map is kept.

    Attributes:
        size_m: edge of the square around the robot [m].
        resolution_m: edge of a cell [m].
        anchor: (x, y) of a corner of some cell: give the origin of a static map so that the cells agree [m].
        stand_m: height of the base above the ground when the robot stands [m].
        noise_m: standard deviation of a range [m].
        per_s_m2, per_m_m2: what is added to the variance of every height with time [m^2/s] and with way [m^2/m].
        gate_m: heights closer than this and 3 standard deviations are the same thing [m].
        passed_m: a ray this far below the top of something says that it is gone [m].
        forget_s: what came to stand on known ground is forgotten after this long without being seen [s].
        hasty_s: single cells that were seen less than three times, and specks of two, after this long [s].
        most_sigma_m: scans whose position is less certain than this are not used [m].
        start_m: when the map is empty, the plane that the robot stands on is assumed to go on this far around it, up
            to the first thing that the scan hits, until anything is seen there [m].
        excused: share of the noise of heights that steps and roughness are let off for, 0 to 1. All of it is right
            where a survey knows the ground; where there is none, it hides half of what is too high for the robot.
    """

    size_m: float = 12.0
    resolution_m: float = 0.1
    anchor: XY = (0.0, 0.0)
    stand_m: float = 0.35
    noise_m: float = 0.015
    per_s_m2: float = 1e-7
    per_m_m2: float = 1e-5
    gate_m: float = 0.03
    passed_m: float = 0.08
    forget_s: float = 30.0
    hasty_s: float = 1.0
    most_sigma_m: float = 0.3
    start_m: float = 2.2
    excused: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.excused <= 1:
            raise BadInput(f"ElevationSpec.excused is {self.excused}, must be 0 to 1")
        for name in (field.name for field in dataclasses.fields(self) if field.name not in ("anchor", "excused")):
            value, nothing = getattr(self, name), name in ("per_s_m2", "per_m_m2", "start_m")
            if not (math.isfinite(value) and (value > 0 or (nothing and value == 0))):
                raise BadInput(f"ElevationSpec.{name} is {value}, must be a number {'>=' if nothing else '>'} 0")
        if not 8 <= self.cells <= 600:
            raise BadInput(
                f"an elevation map of {self.size_m} m at {self.resolution_m} m has {self.cells}^2 cells: 8 to 600"
            )

    @property
    def cells(self) -> int:
        """Cells along an edge."""
        return round(self.size_m / self.resolution_m)

    def on(self, grid: GridMap) -> ElevationSpec:
        """The same with cells that agree with those of ``grid``."""
        return dataclasses.replace(self, resolution_m=grid.resolution_m, anchor=grid.origin)


class ElevationMap:
    """See the module. Feed it every scan; ``grid`` and ``movers`` tell what it believes after the last one.

    Args:
        spec: how it is kept.
        footprint: of the robot: what is higher than it above the ground hangs, and what it stands in is no obstacle.
        prior: a survey on the same cells, for the ground below what is seen before that.
    """

    def __init__(self, footprint: Footprint, spec: ElevationSpec | None = None, prior: GridMap | None = None) -> None:
        self.spec, self.footprint = spec or ElevationSpec(), footprint
        self._window = Window(self.spec.cells, self.spec.resolution_m, self.spec.anchor)
        self._tracker, self._prior = MoverTracker(), None if prior is None else Prior(prior, LOCAL)
        self._last: tuple[float, NDArray[np.float64]] | None = None  # time, position
        self._added = 0.0  # to every variance since the beginning [m^2]
        self._grid: GridMap | None = None

    @property
    def time_s(self) -> float:
        """Of the newest scan in it [s]; -inf: none."""
        return -math.inf if self._last is None else self._last[0]

    @property
    def origin(self) -> XY:
        """(x, y) of the lower left corner [m]."""
        return self._window.origin

    def clear(self) -> None:
        """Forget everything: after the robot was carried, or found to be somewhere else."""
        self._window.clear()
        self._tracker = MoverTracker()
        self._last, self._grid = None, None

    def update(
        self, cloud: StampedCloud, covariance: NDArray[np.floating] | None = None, stand_m: float | None = None
    ) -> bool:
        """Take in a scan; False: it was not used (not newer than the last one, no pose, or too uncertain).

        Args:
            cloud: deskewed, in the map.
            covariance: (6, 6) of its pose: x, y, z [m], roll, pitch, yaw [rad].
            stand_m: height of the base above the ground then [m]; None: ``spec.stand_m``.
        """
        spec, position = self.spec, cloud.pose.position
        cov = np.zeros((6, 6)) if covariance is None else np.asarray(covariance, np.float64)
        sigma = math.sqrt(max(float(cov[0, 0]), float(cov[1, 1]), 0.0)) if np.isfinite(cov).all() else math.inf
        finite = np.isfinite(position).all() and np.isfinite(cloud.pose.quat).all() and np.isfinite(cloud.origin).all()
        if not (finite and math.isfinite(cloud.time_s) and cloud.time_s > self.time_s and sigma <= spec.most_sigma_m):
            return False
        if self._last is not None:
            way = float(np.linalg.norm(position - self._last[1]))
            self._added += spec.per_s_m2 * (cloud.time_s - self._last[0]) + spec.per_m_m2 * way
        fresh = self._last is None
        self._last, self._grid = (cloud.time_s, np.array(position)), None
        self._window.centre_on((float(position[0]), float(position[1])))
        points = np.ascontiguousarray(cloud.points.T)  # (3, n): one axis after the other is faster
        left_out = self._own(points, cloud.pose)
        if not math.isfinite(float(points.sum())):
            left_out |= ~np.isfinite(points[0] + points[1] + points[2])
        if left_out.any():
            points = points.take(np.flatnonzero(~left_out), axis=1)
        solid = self._take(cloud, points, cov)
        self._stand(cloud.pose, points[:, solid] if fresh else None, spec.stand_m if stand_m is None else stand_m)
        self._tracker.update(self._window, cloud.time_s)
        return True

    def _take(self, cloud: StampedCloud, points: NDArray[np.float32], cov: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Change beliefs by points (3, n); (n,) which of them are no specks of dust."""
        spec, window = self.spec, self._window
        base_m = float(cloud.pose.position[2])
        x0, y0 = window.origin
        scale = np.float32(1 / spec.resolution_m)
        sight = Sight(points - cloud.origin.astype(np.float32)[:, None])
        x, y, z = points
        i, j = (x - np.float32(x0)) * scale, (y - np.float32(y0)) * scale
        n = window.cells
        near = sight.solid & (i >= 0) & (i < n) & (j >= 0) & (j < n)
        near = np.flatnonzero(near & (np.abs(z - np.float32(base_m)) < ABOVE_M))
        ground = beliefs.near_ground(window, LOCAL, self._prior)
        seen = columns(
            j.take(near).astype(np.int32) * np.int32(n) + i.take(near).astype(np.int32),
            z.take(near),
            ground.ravel(),
            self.footprint.height_m,
            4 * spec.noise_m,
            base_m - BELOW_M,
        )
        offset = self._offsets(seen.cell, cloud.origin)
        tilt = max(float(cov[3, 3]), float(cov[4, 4]))
        variance = spec.noise_m**2 / seen.count + float(cov[2, 2]) + offset**2 * tilt
        hit = beliefs.fuse(window, seen, variance, self._added, cloud.time_s, spec.gate_m, ground.ravel())
        beliefs.fuse_hanging(window, seen, hit)
        margin_m = spec.passed_m + 3 * math.sqrt(max(float(cov[2, 2]), 0.0))
        beliefs.see_through(window, sight, cloud.origin, hit, ground.ravel(), margin_m, self._added)
        beliefs.see_open(window, sight, cloud.origin, hit, cloud.time_s)
        beliefs.forget(window, cloud.time_s, spec.forget_s, self._added, ground, spec.hasty_s)
        return sight.solid

    def _offsets(self, cell: NDArray[np.intp], origin: NDArray[np.float64]) -> NDArray[np.float64]:
        """(k,) distance of cells from the sensor [m]."""
        x0, y0 = self._window.origin
        j, i = np.divmod(cell, self._window.cells)
        res = self.spec.resolution_m
        return np.hypot(x0 + (i + 0.5) * res - origin[0], y0 + (j + 0.5) * res - origin[1])

    def _own(self, points: NDArray[np.float32], pose: Pose) -> NDArray[np.bool_]:
        """(n,) which points (3, n) lie on the robot itself."""
        dx, dy = points[0] - np.float32(pose.position[0]), points[1] - np.float32(pose.position[1])
        reach = np.float32(self.footprint.circumscribed_m + 0.05)
        own = (np.abs(dx) < reach) & (np.abs(dy) < reach)
        close = np.flatnonzero(own)
        yaw = float(frames.yaw_of(pose.quat))
        along = dx[close] * math.cos(yaw) + dy[close] * math.sin(yaw)
        across = dy[close] * math.cos(yaw) - dx[close] * math.sin(yaw)
        half_length, half_width = self.footprint.length_m / 2 + 0.05, self.footprint.width_m / 2 + 0.05
        inside = (np.abs(along) < half_length) & (np.abs(across) < half_width)
        own[close] = inside & (np.abs(points[2, close] - pose.position[2]) < self.footprint.height_m)
        return own

    def _stand(self, pose: Pose, begun: NDArray[np.float32] | None, stand_m: float) -> None:
        """The robot's feet say where the ground below it is; with the first scan, ``begun`` (3, n), that of the plane
        around it as well."""
        part, (x, y) = self._near_feet(pose, begun is not None)
        x, y = np.meshgrid(x - np.float32(pose.position[0]), y - np.float32(pose.position[1]))
        distance = np.hypot(x, y)
        up = frames.rotate(np.asarray(pose.quat), np.array([0.0, 0.0, 1.0]))
        below = float(pose.position[2]) - stand_m * float(up[2])
        lean = np.clip(up[:2] / max(float(up[2]), 0.5), -start.STEEPEST, start.STEEPEST).astype(np.float32)
        level = np.float32(below) - lean[0] * x - lean[1] * y
        feet = distance <= self.footprint.inscribed_m
        wholly = distance <= self.footprint.inscribed_m - self.spec.resolution_m / 2
        beliefs.stand(self._window, part, feet, wholly, level, FEET_SIGMA_M, self._added, self.time_s)
        if begun is not None and self.spec.start_m > 0:
            level = np.float32(below) + start.lean(self._window["height"] - below, x, y, distance, lean)
            reach = start.nearest_hit(begun, pose, distance, np.arctan2(y, x), below)
            around = distance < np.minimum(reach, self.spec.start_m)
            beliefs.guess(self._window, around, level, GUESS_SIGMA_M, self._added)

    def _near_feet(
        self, pose: Pose, everything: bool
    ) -> tuple[tuple[slice, slice], tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Rows and columns of the window that the feet are in, with x and y of their middles [m]."""
        window, (x, y) = self._window, self._window.centres()
        if everything:
            return (slice(0, window.cells), slice(0, window.cells)), (x, y)
        reach = self.footprint.inscribed_m + window.resolution_m
        parts: list[slice] = []
        for at, low in zip((pose.position[1], pose.position[0]), (window.origin[1], window.origin[0]), strict=True):
            first, last = (math.floor((float(at) + way - low) / window.resolution_m) for way in (-reach, reach))
            parts.append(slice(max(first, 0), max(last + 1, 0)))
        return (parts[0], parts[1]), (x[parts[1]], y[parts[0]])

    def grid(self) -> GridMap:
        """The layers of the window, small gaps closed; no zones."""
        if self._grid is None:
            window = self._window
            height, ceiling = window["height"], window["ceiling"]
            filled = fill_gaps(height, FILL_REACH, FILL_SPREAD_M)
            # what was never measured has an infinite one, and nothing of that would be no number
            variance = np.minimum(beliefs.variance(window, self._added), 1) * np.float32(self.spec.excused**2)
            slope, step, rough = slope_step_roughness(filled, self.spec.resolution_m, variance)
            clearance = np.where(np.isnan(filled), np.nan, np.maximum(ceiling - filled, 0)).astype(np.float32)
            zones = np.zeros(height.shape, np.uint8)
            self._grid = GridMap(self.spec.resolution_m, window.origin, filled, clearance, slope, step, rough, zones)
        return self._grid

    def variance(self) -> NDArray[np.float32]:
        """(n, n) of the heights as of the last scan [m^2]; inf where nothing was measured."""
        return beliefs.variance(self._window, self._added)

    def measured(self) -> NDArray[np.float32]:
        """(n, n) heights without closed gaps [m]; NaN is unknown."""
        return self._window["height"].copy()

    def withdrawn(self) -> NDArray[np.bool_]:
        """(n, n) where something that was seen has been given up, and nothing is known since: most often it was dust.

        With the gaps beside it that it had closed.
        """
        gone = np.isnan(self._window["height"]) & np.isfinite(self._window["seen_s"])
        size = 2 * FILL_REACH + 1
        return cv2.dilate(gone.view(np.uint8), np.ones((size, size), np.uint8)) > 0

    def movers(self) -> tuple[Mover, ...]:
        """What moves nearby: what came to stand on known ground lately, with its velocity."""
        return self._tracker.movers

    def heights(self, xy: NDArray[np.floating]) -> NDArray[np.float32]:
        """(n,) ground heights under xy (n, 2) [m], linear between the middles of cells; NaN where it is unknown."""
        grid = self.grid().elevation
        uv = (np.asarray(xy, np.float64) - np.array(self._window.origin)) / self.spec.resolution_m - 0.5
        n = self._window.cells
        inside = ((uv >= -0.5) & (uv < n - 0.5)).all(axis=-1)
        uv = np.clip(np.nan_to_num(uv), 0, n - 1 - 1e-6)
        i, j = uv[..., 0].astype(np.intp), uv[..., 1].astype(np.intp)
        u, v = uv[..., 0] - i, uv[..., 1] - j
        corners = np.stack((grid[j, i], grid[j, i + 1], grid[j + 1, i], grid[j + 1, i + 1]))
        parts = np.stack(((1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v))
        parts = np.where(np.isnan(corners), 0.0, parts)
        known = parts.sum(axis=0)
        found = (parts * np.nan_to_num(corners)).sum(axis=0) / np.maximum(known, 1e-9)
        return np.where(inside & (known > 0.4), found, np.nan).astype(np.float32)

    def height_scan(self, pose: Pose, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Heights at points (p, 2) that turn with the robot (forward, left) [m], over the ground below its base: (p,).

        What is unknown counts as level, 0: a policy is trained on complete scans, and level ground is what it expects.
        """
        yaw = float(frames.yaw_of(pose.quat))
        turn = np.array([[math.cos(yaw), math.sin(yaw)], [-math.sin(yaw), math.cos(yaw)]])
        below = float(self.heights(pose.position[None, :2])[0])
        below = float(pose.position[2]) - self.spec.stand_m if math.isnan(below) else below
        return np.nan_to_num(self.heights(np.asarray(points) @ turn + pose.position[:2]) - np.float32(below))
