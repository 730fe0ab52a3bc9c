"""Rays through Embree: one bounding-volume tree of triangles for what stands still, a small one for what moves."""

from __future__ import annotations

import mujoco
import numpy as np
from embreex import rtcore, rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from rudel.sim.senses import _triangles
from rudel.sim.senses.rays import Floats, Hits, moving, seen_geoms

STILL_TOLERANCE_M, MOVING_TOLERANCE_M = 0.001, 0.003  # of round shapes: as fine as a good LiDAR, resp. legs
_INTERSECT = 1  # ask for geom, normal and distance
_ROUNDING = 1e-3  # of angles that went through float32 [rad]
_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)


class EmbreeRays:
    """See ``Rays``. Coordinates are float32: good to 0.1 mm within some hundred metres of the origin."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._device = rtcore.EmbreeDevice()
        seen = seen_geoms(model)
        can_move = moving(model)[seen]
        still = _Soup(model, seen[~can_move], STILL_TOLERANCE_M)
        self._still = still.scene(self._device, data, np.arange(len(still.geoms))) if len(still.geoms) else None
        self._still_geom = still.face_geom
        self._moving = _Soup(model, seen[can_move], MOVING_TOLERANCE_M)

    def cast(self, origins: Floats, directions: Floats, data: mujoco.MjData) -> Hits:
        origins = np.asarray(origins, np.float32)
        flat = np.ascontiguousarray(directions, np.float32).reshape(-1, 3)
        starts = np.repeat(origins, directions.shape[1], axis=0)
        n = len(flat)
        distance, geom = np.full(n, np.inf, np.float32), np.full(n, -1, np.int32)
        normal = np.zeros((n, 3), np.float32)
        if n and self._still is not None:
            found = self._still.run(starts, flat, output=_INTERSECT)
            missed = found["primID"] < 0
            geom, distance, normal = self._still_geom.take(found["primID"], mode="wrap"), found["tfar"], found["Ng"]
            geom[missed], distance[missed] = -1, np.inf
        near = self._moving.within(origins, flat, data)
        if len(near):
            found = self._moving.scene(self._device, data, near).run(starts, flat, output=_INTERSECT)
            nearer = np.flatnonzero((found["primID"] >= 0) & (found["tfar"] < distance))
            distance[nearer], normal[nearer] = found["tfar"][nearer], found["Ng"][nearer]
            geom[nearer] = self._moving.faces_geom(near)[found["primID"][nearer]]
        (x, y, z), (u, v, w) = normal.T, flat.T
        along = np.abs(x * u + y * v + z * w)
        length = np.sqrt(x * x + y * y + z * z)
        return Hits(distance, geom, np.asarray(along / np.maximum(length, np.float32(1e-12)), np.float32))


class _Soup:
    """The triangles of some geoms."""

    def __init__(self, model: mujoco.MjModel, geoms: NDArray[np.intp], tolerance_m: float) -> None:
        self.geoms = geoms
        parts = [_triangles.of_geom(model, int(g), tolerance_m) for g in geoms]
        self._vertices = [vertices for vertices, _ in parts]
        self._faces = [faces for _, faces in parts]
        self._centre, half = model.geom_aabb[geoms, :3].copy(), model.geom_aabb[geoms, 3:]
        self._corners = self._centre[:, None] + half[:, None] * _CORNERS  # (geoms, 8, 3), in the frame of each geom
        self._radius = np.linalg.norm(half, axis=1)
        self.face_geom = self.faces_geom(np.arange(len(geoms)))

    def faces_geom(self, which: NDArray[np.intp]) -> NDArray[np.int32]:
        """Geom id of every face of the geoms at ``which``, in the order of ``scene``."""
        counts = [len(self._faces[k]) for k in which]
        return np.repeat(self.geoms[which], counts).astype(np.int32)

    def scene(
        self, device: rtcore.EmbreeDevice, data: mujoco.MjData, which: NDArray[np.intp]
    ) -> rtcore_scene.EmbreeScene:
        """A scene of the geoms at ``which``, where they are now."""
        geoms = self.geoms[which]
        counts = np.array([len(self._vertices[k]) for k in which])
        rotation = np.repeat(data.geom_xmat[geoms].reshape(-1, 3, 3), counts, axis=0)
        vertices = np.einsum("nij,nj->ni", rotation, np.concatenate([self._vertices[k] for k in which]))
        vertices += np.repeat(data.geom_xpos[geoms], counts, axis=0)
        first = np.cumsum(counts) - counts
        faces = np.concatenate([self._faces[k] + np.int32(start) for k, start in zip(which, first, strict=True)])
        scene = rtcore_scene.EmbreeScene(device)
        TriangleMesh(scene, vertices.astype(np.float32), np.ascontiguousarray(faces, np.int32))
        return scene

    def within(self, origins: Floats, directions: Floats, data: mujoco.MjData) -> NDArray[np.intp]:
        """Which geoms some ray might meet: building a scene of a whole robot costs more than most scans need.

        A geom is left out when the corners of its box all lie in a convex region that no ray enters (the cone below the
        steepest ray downwards, or above the steepest upwards), or when the ball around its box lies outside of the cone
        around all rays. Each is widened by what the origins are apart.
        """
        if not (len(self.geoms) and len(directions)):
            return np.arange(0)
        middle = origins.mean(axis=0, dtype=np.float64)
        apart = float(np.linalg.norm(origins - middle, axis=1).max())
        turn, shift = data.geom_xmat[self.geoms].reshape(-1, 3, 3), data.geom_xpos[self.geoms] - middle
        corners = self._corners @ turn.transpose(0, 2, 1) + shift[:, None]  # (geoms, 8, 3)
        away = np.linalg.norm(corners, axis=2)
        rise = np.ascontiguousarray(directions[:, 2])
        lowest, highest = min(float(rise.min()), 0.0), max(float(rise.max()), 0.0)
        below = (corners[..., 2] < lowest * away - apart * (1 - lowest)).all(axis=1)
        above = (corners[..., 2] > highest * away + apart * (1 + highest)).all(axis=1)
        ahead = np.ones(len(directions), np.float32) @ directions  # a sum, and quicker than one
        ahead /= max(float(np.linalg.norm(ahead)), 1e-9)
        opening = np.arccos(np.clip((directions @ ahead).min(), -1.0, 1.0))
        centre = (turn @ self._centre[..., None])[..., 0] + shift
        far = np.linalg.norm(centre, axis=1)
        angle = np.arccos(np.clip(centre @ ahead / np.maximum(far, 1e-9), -1.0, 1.0))
        ball = self._radius + apart
        aside = (far > ball) & (angle > opening + np.arcsin(np.minimum(ball / np.maximum(far, 1e-9), 1.0)) + _ROUNDING)
        return np.flatnonzero(~(below | above | aside))
