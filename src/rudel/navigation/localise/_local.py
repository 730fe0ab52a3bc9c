"""Without a map: the map that the robot makes for itself around it, and how its error adds up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rudel.navigation.localise import _rotation
from rudel.navigation.localise._voxels import Array, thin
from rudel.navigation.localise.pointmap import PointMap


@dataclass(frozen=True)
class LocalSettings:
    """When and what a local map takes in.

    Attributes:
        every_m, every_rad: a scan is added when the robot has moved or turned by so much.
        thin_m: one point of a scan for each cube of this size.
        reach_m: points further away are left out.
        radius_m: what lies further behind is forgotten.
        drift, drift_rad: how the map's own error grows on the way [m and rad per root metre].
    """

    every_m: float = 0.3
    every_rad: float = 0.25
    thin_m: float = 0.08
    reach_m: float = 40.0
    radius_m: float = 60.0
    drift: float = 0.006
    drift_rad: float = 0.0008


class LocalMap:
    """A PointMap that follows the robot.

    Attributes:
        target: the map.
        drift: (6, 6) covariance of the map around the robot against where it began: [m], [rad], in the map's axes.
    """

    def __init__(self, settings: LocalSettings) -> None:
        self.settings, self.target = settings, PointMap()
        self.drift = np.zeros((6, 6))
        self._last: tuple[Array, Array] | None = None
        self._swept: Array = np.zeros(3)

    def restart(self, sigma_m: float, sigma_rad: float) -> None:
        """Begin anew: nothing of what is seen fits any more. The new map may be off by this against the last one."""
        self.target, self._last = PointMap(), None
        self.drift = self.drift + np.diag([sigma_m**2] * 3 + [sigma_rad**2] * 3)

    @property
    def empty(self) -> bool:
        """Nothing is in it yet."""
        return self._last is None

    def wants(self, position: Array, rotation: Array) -> bool:
        """Is it time for another scan?"""
        if self._last is None:
            return True
        moved = float(np.linalg.norm(position - self._last[0]))
        turned = float(np.linalg.norm(_rotation.log(self._last[1].T @ rotation)))
        return moved >= self.settings.every_m or turned >= self.settings.every_rad

    def add(self, points: Array, position: Array, rotation: Array) -> None:
        """Add a scan, points (n, 3) in the base frame at that pose."""
        s = self.settings
        near = points[np.einsum("ij,ij->i", points, points) < s.reach_m**2]
        self.target.add((near[thin(near, s.thin_m)] @ rotation.T + position), keep=False)
        if self._last is not None:
            self._grow(position - self._last[0])
        self._last = position.copy(), rotation.copy()
        if np.linalg.norm(position - self._swept) > s.radius_m / 4:
            self.target.drop_beyond(position, s.radius_m)
            self._swept = position.copy()

    def absorb(self, covariance: Array, directions: Array) -> Array:
        """Hand over the error along ``directions`` (k, 3) that the pose had when its scan went into the map.

        From now on the pose is known against a map that has this error itself. Returns the covariance that is left,
        of the same size; its first three rows are the position.
        """
        project = np.zeros((len(covariance), len(covariance)))
        project[:3, :3] = directions.T @ directions
        rest = np.eye(len(covariance)) - project
        self.drift[:3, :3] += (project @ covariance @ project)[:3, :3]
        tiny = project * 1e-6
        return rest @ covariance @ rest + tiny

    def _grow(self, moved: Array) -> None:
        s, way = self.settings, float(np.linalg.norm(moved))
        forward = np.eye(6)
        forward[:3, 3:] = -_rotation.skew(moved)
        self.drift = forward @ self.drift @ forward.T
        self.drift[np.diag_indices(6)] += np.array([s.drift**2] * 3 + [s.drift_rad**2] * 3) * way
