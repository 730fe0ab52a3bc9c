"""MuJoCo geoms as triangles, in the frame of each geom."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput

Vertices = NDArray[np.float64]  # (n, 3)
Faces = NDArray[np.int32]  # (m, 3)

ENDLESS_M = 500.0  # half edge of the square that stands for an endless plane
_KIND = mujoco.mjtGeom
_CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
_CUBE_FACES = np.array(
    [0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1, 2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3],
    np.int32,
).reshape(12, 3)


def of_geom(model: mujoco.MjModel, geom: int, tolerance_m: float) -> tuple[Vertices, Faces]:
    """Triangles of one geom in its own frame. Round shapes deviate inwards by at most ``tolerance_m``."""
    kind, size = model.geom_type[geom], model.geom_size[geom]
    if kind == _KIND.mjGEOM_BOX:
        return _CUBE * size, _CUBE_FACES
    if kind == _KIND.mjGEOM_PLANE:
        half = np.where(size[:2] > 0, size[:2], ENDLESS_M)
        return np.array([[x, y, 0.0] for x in (-half[0], half[0]) for y in (-half[1], half[1])]), _grid_faces(2, 2)
    if kind == _KIND.mjGEOM_SPHERE:
        return _round(_half_circle(size[0], 0.0, tolerance_m), size[0], tolerance_m)
    if kind == _KIND.mjGEOM_ELLIPSOID:
        longest = float(size.max())
        vertices, faces = _round(_half_circle(1.0, 0.0, tolerance_m / longest), 1.0, tolerance_m / longest)
        return vertices * size, faces
    if kind == _KIND.mjGEOM_CAPSULE:
        return _round(_half_circle(size[0], size[1], tolerance_m), size[0], tolerance_m)
    if kind == _KIND.mjGEOM_CYLINDER:
        radius, half = float(size[0]), float(size[1])
        return _round(np.array([[0, -half], [radius, -half], [radius, half], [0, half]]), radius, tolerance_m)
    if kind == _KIND.mjGEOM_MESH:
        return _mesh(model, int(model.geom_dataid[geom]))
    if kind == _KIND.mjGEOM_HFIELD:
        return _heightfield(model, int(model.geom_dataid[geom]))
    raise BadInput(f"geom {model.geom(geom).name!r} is a {_KIND(kind).name}, which rays cannot meet")


def _segments(radius_m: float, tolerance_m: float) -> int:
    """Corners of a polygon whose sides stay within ``tolerance_m`` of the circle: sagitta r (1 - cos(pi / n))."""
    inside = 1 - min(tolerance_m / radius_m, 0.5)
    return min(max(math.ceil(math.pi / math.acos(inside)), 8), 64)


def _half_circle(radius_m: float, half_m: float, tolerance_m: float) -> NDArray[np.float64]:
    """(radius, z) from pole to pole of a sphere that is pulled apart by 2 ``half_m``."""
    n = _segments(radius_m, tolerance_m) // 2
    angle = np.linspace(0, math.pi / 2, n // 2 + 1)
    top = np.stack((radius_m * np.cos(angle), half_m + radius_m * np.sin(angle)), axis=1)
    bottom = top[::-1] * (1, -1)
    return np.concatenate((bottom, top if half_m > 0 else top[1:]))


def _round(profile: NDArray[np.float64], radius_m: float, tolerance_m: float) -> tuple[Vertices, Faces]:
    """Turn a profile (k, 2) of (radius, z) about z."""
    n = _segments(float(radius_m), tolerance_m)
    angle = np.arange(n + 1) * (2 * math.pi / n)
    x, y = profile[:, :1] * np.cos(angle), profile[:, :1] * np.sin(angle)
    z = np.broadcast_to(profile[:, 1:], x.shape)
    return np.stack((x, y, z), axis=-1).reshape(-1, 3), _grid_faces(len(profile), n + 1)


def _grid_faces(rows: int, columns: int) -> Faces:
    """Two triangles for each cell of a grid of vertices, cut from corner (0, 0) to corner (1, 1)."""
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None]).ravel()
    across = corner + columns + 1
    lower = np.stack((corner, corner + 1, across), axis=1)
    upper = np.stack((corner, across, corner + columns), axis=1)
    return np.concatenate((lower, upper)).astype(np.int32)


def _mesh(model: mujoco.MjModel, mesh: int) -> tuple[Vertices, Faces]:
    v, f = int(model.mesh_vertadr[mesh]), int(model.mesh_faceadr[mesh])
    vertices = model.mesh_vert[v : v + int(model.mesh_vertnum[mesh])].astype(np.float64)
    return vertices, model.mesh_face[f : f + int(model.mesh_facenum[mesh])].astype(np.int32)


def _heightfield(model: mujoco.MjModel, field: int) -> tuple[Vertices, Faces]:
    """Its upper surface, triangulated as MuJoCo does; neither sides nor bottom."""
    rows, columns, start = int(model.hfield_nrow[field]), int(model.hfield_ncol[field]), int(model.hfield_adr[field])
    half_x, half_y, top, _ = model.hfield_size[field]
    heights = model.hfield_data[start : start + rows * columns].astype(np.float64).reshape(rows, columns) * top
    x, y = np.meshgrid(np.linspace(-half_x, half_x, columns), np.linspace(-half_y, half_y, rows))
    return np.stack((x, y, heights), axis=-1).reshape(-1, 3), _grid_faces(rows, columns)
