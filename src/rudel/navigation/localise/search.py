"""Finding the robot anywhere in its map: from above at a coarse grid, then finer, then in full."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._views import Field, FloorPlan, walls_in
from rudel.navigation.localise._voxels import Array
from rudel.navigation.localise.pointmap import PointMap
from rudel.navigation.localise.register import RegisterSettings, Registration, register
from rudel.navigation.localise.rig import Rig

MERIT_OF_PLANES = 0.3  # between places next to each other; places that look alike differ by less


@dataclass(frozen=True)
class SearchSettings:
    """How the map is searched.

    Attributes:
        cell_m, yaws, blur_m: of the coarse search; half a yaw step at ``reach_m`` is about the blur.
        fine_m, fine_blur_m: of the second search, around the best places of the first.
        reach_m: of the scan.
        places: that the second search looks at, and
        poses: that are registered in full, and
        all_poses: where none of them has ``all_near``: what has changed since the map was made hides the right one.
        explained: how well planes of the map have to explain what tells places apart.
        near: share of the points that have to be next to anything in the map.
        all_near: and the share from which on nothing is left that another place could explain.
        clear: when the best other place comes as near as that at most, the matter is settled, if ``all_near`` is;
        hint: otherwise it is once the same place has won ``votes`` times in a row, no other place coming nearer than
            that. Places that look alike come nearer, and the robot has to see more. See ``GlobalSearch.rival``.
        slack: share of the points that another place may always explain by chance.
        apart_m, apart_rad: from where on it is another place.
        least_walls: with fewer wall points there is nothing to search by.
        every_s: between two attempts.
        sigma_m, sigma_rad: of a pose that was found, before its registration.
    """

    cell_m: float = 0.4
    yaws: int = 72
    blur_m: float = 0.5
    fine_m: float = 0.2
    fine_blur_m: float = 0.2
    reach_m: float = 20.0
    places: int = 120
    poses: int = 16
    all_poses: int = 48
    explained: float = 0.2
    near: float = 0.6
    all_near: float = 0.96
    clear: float = 0.4
    hint: float = 0.6
    slack: float = 0.01
    votes: int = 3
    apart_m: float = 0.7
    apart_rad: float = 0.3
    least_walls: int = 12
    every_s: float = 0.5
    sigma_m: float = 0.2
    sigma_rad: float = 0.04


@dataclass(frozen=True, eq=False)
class Found:
    """A pose in the map: position (3,) [m], rotation (3, 3), covariance (6, 6), and how it was confirmed.

    Attributes:
        near: (n,) which points have anything of the map next to them there.
    """

    position: Array
    rotation: Array
    covariance: Array
    registration: Registration
    near: NDArray[np.bool_]

    @property
    def merit(self) -> float:
        """To choose by: what the map has nothing for tells more than how well planes are met."""
        return float(self.near.mean()) + MERIT_OF_PLANES * self.registration.likeness


class GlobalSearch:
    """Searches one map. Nothing is worked out before the first search.

    Args:
        map: to search.
        rig: of the robot: it stands on a floor of the map.
        settings, registering: numbers.
    """

    def __init__(self, map: PointMap, rig: Rig, settings: SearchSettings, registering: RegisterSettings) -> None:
        self.map, self.rig, self.settings, self._registering = map, rig, settings, registering
        self._plan: tuple[Field, Field, NDArray[np.float64]] | None = None

    def find(self, points: Array, level: Array) -> tuple[Found | None, Found | None]:
        """The best pose, and the one elsewhere that comes nearest to it.

        Args:
            points: (n, 3) of one scan or of several put together, in the base frame [m].
            level: (3, 3) roll and pitch of the base; heading and position are what is searched.
        """
        s = self.settings
        walls = walls_in(points @ level.T, float((level @ self.rig.lidar_position)[2]), s.reach_m)
        if len(walls) < s.least_walls:
            return None, None
        coarse, fine, floors = self._prepared()
        places = self._coarse(walls, coarse, floors)
        poses = self._fine(walls, fine, places)
        found = [f for pose in poses[: s.poses] for f in self._in_full(points, level, pose, floors, coarse)]
        if all(f.near.mean() < s.all_near for f in found):
            found += [f for pose in poses[s.poses :] for f in self._in_full(points, level, pose, floors, coarse)]
        if not found:
            return None, None
        best = max(found, key=lambda f: f.merit)
        others = [f for f in found if self.apart(best.position, best.rotation, f.position, f.rotation)]
        return best, max(others, key=lambda f: self.rival(best, f), default=None)

    def rival(self, best: Found | None, other: Found | None) -> float:
        """How near another place comes, 0 to 1; 1 also when the best one is not good enough.

        Most of a scan fits at many places (walls of one tunnel), and much of the rest fits nowhere (dust, what the map
        does not show). What counts is the points that one place has something for and the other one does not: those
        that speak for the other one, and ``slack``, over those that speak for the best one.
        """
        s = self.settings
        if best is None or best.registration.likeness < s.explained or best.near.mean() < s.near:
            return 1.0
        if other is None:
            return 0.0
        won, lost = (int((a & ~b).sum()) for a, b in ((best.near, other.near), (other.near, best.near)))
        return min(1.0, (lost + s.slack * len(best.near)) / max(won, 1))

    def _prepared(self) -> tuple[Field, Field, NDArray[np.float64]]:
        if self._plan is None:
            plan, s = FloorPlan(self.map), self.settings
            self._plan = plan.field(s.cell_m, s.blur_m), plan.field(s.fine_m, s.fine_blur_m), plan.floors(s.cell_m)
        return self._plan

    def _coarse(self, walls: Array, field: Field, floors: NDArray[np.float64]) -> Array:
        """(k, 3) x, y, yaw of the best places, best first; correlation of map and scan for every yaw."""
        s, (ny, nx) = self.settings, field.values.shape
        half = math.ceil(s.reach_m / s.cell_m) + 1
        shape = (cv2.getOptimalDFTSize(ny + 2 * half), cv2.getOptimalDFTSize(nx + 2 * half))
        spectrum = np.fft.rfft2(field.values, shape)
        standing = np.isfinite(floors[:, :, 0])
        scores = np.empty((s.yaws, ny, nx), np.float32)
        for k in range(s.yaws):
            turned = walls @ _rotation.yaw_matrix(2 * math.pi * k / s.yaws)[:2, :2].T
            ij = np.rint(turned / s.cell_m).astype(np.intp)
            kernel = np.zeros(shape, np.float32)
            kernel[ij[:, 1] % shape[0], ij[:, 0] % shape[1]] = 1  # a cell counts once, however often it was hit
            answer = np.fft.irfft2(spectrum * np.conj(np.fft.rfft2(kernel)), shape)
            scores[k] = np.where(standing, answer[:ny, :nx] / kernel.sum(), 0)
        return self._peaks(scores, field)

    def _peaks(self, scores: NDArray[np.float32], field: Field) -> Array:
        """The best places that are not next to a better one."""
        s, flat = self.settings, scores.ravel()
        most = min(len(flat), 60 * s.places)
        top = np.argpartition(flat, len(flat) - most)[len(flat) - most :]
        top = top[np.lexsort((top, -flat[top]))]
        k, j, i = np.unravel_index(top, scores.shape)
        chosen: list[int] = []
        taken = np.zeros(len(top), np.bool_)
        for n in range(len(top)):
            if taken[n]:
                continue
            chosen.append(n)
            if len(chosen) == s.places:
                break
            turn = np.abs((k - k[n] + s.yaws // 2) % s.yaws - s.yaws // 2)
            taken |= (np.abs(j - j[n]) <= 2) & (np.abs(i - i[n]) <= 2) & (turn <= 2)
        x = field.origin[0] + (i[chosen] + 0.5) * s.cell_m
        y = field.origin[1] + (j[chosen] + 0.5) * s.cell_m
        return np.column_stack((x, y, k[chosen] * (2 * math.pi / s.yaws)))

    def _fine(self, walls: Array, field: Field, places: Array) -> Array:
        """(k, 3) the best places after a finer search around each, best first."""
        s, step = self.settings, 2 * math.pi / self.settings.yaws
        shift = np.arange(-2, 3) * s.fine_m
        grid = np.stack(np.meshgrid(shift, shift, indexing="ij"), axis=-1).reshape(-1, 2)
        best: list[tuple[float, float, float, float]] = []
        for x, y, yaw in places.tolist():
            top = (-1.0, x, y, yaw)
            for turn in np.arange(-2, 3) * (step / 4):
                turned = walls @ _rotation.yaw_matrix(yaw + float(turn))[:2, :2].T
                values = field.at(turned[None] + (grid + np.array([x, y]))[:, None]).mean(axis=1)
                n = int(np.argmax(values))
                if values[n] > top[0]:
                    top = (float(values[n]), x + float(grid[n, 0]), y + float(grid[n, 1]), yaw + float(turn))
            best.append(top)
        best.sort(key=lambda b: -b[0])
        kept: list[tuple[float, float, float, float]] = []
        for one in best:
            if all(math.dist(one[1:3], k[1:3]) > s.cell_m or abs(_wrapped(one[3] - k[3])) > step for k in kept):
                kept.append(one)
        return np.array([k[1:] for k in kept[: s.all_poses]])

    def _in_full(
        self, points: Array, level: Array, pose: Array, floors: NDArray[np.float64], field: Field
    ) -> list[Found]:
        """Registrations from one place, one for every floor that there is."""
        s, (x, y, yaw) = self.settings, pose.tolist()
        j = min(max(int((y - field.origin[1]) / s.cell_m), 0), floors.shape[0] - 1)
        i = min(max(int((x - field.origin[0]) / s.cell_m), 0), floors.shape[1] - 1)
        covariance = np.diag([s.sigma_m**2] * 3 + [0.02**2] * 2 + [s.sigma_rad**2])
        found: list[Found] = []
        for z in floors[j, i]:
            if not math.isfinite(z):
                break
            position = np.array([x, y, z + self.rig.stand_height_m])
            rotation = _rotation.yaw_matrix(yaw) @ level
            r = register(points, self.map, position, rotation, covariance, self._registering)
            left = np.linalg.inv(np.linalg.inv(covariance) + r.information)
            near = self.map.near(points @ r.rotation.T + r.position)
            found.append(Found(r.position, r.rotation, left, r, near))
        return found

    def apart(self, position: Array, rotation: Array, other: Array, turned: Array) -> bool:
        """Are two poses, positions (3,) and rotations (3, 3), different places?"""
        far = float(np.linalg.norm(position - other)) > self.settings.apart_m
        return far or float(np.linalg.norm(_rotation.log(rotation.T @ turned))) > self.settings.apart_rad


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi
