"""Moving shapes: from the frame of a thing into the world."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.worlds.place._values import Quat, Vec3
from rudel.worlds.place.shapes import Box, Convex, Cylinder, Mesh, Quad, Shape, Sphere
from rudel.worlds.place.things import Thing

Array = NDArray[np.float64]


def moved(shape: Shape, position: Vec3, quat: Quat) -> Shape:
    """The same shape in the parent's frame, given parent_T_child = (position, quat)."""
    if isinstance(shape, Box | Quad):
        turned = _vec4(frames.multiply(np.array(quat), np.array(shape.quat)))
        return dataclasses.replace(shape, centre=_point(shape.centre, position, quat), quat=turned)
    if isinstance(shape, Sphere):
        return dataclasses.replace(shape, centre=_point(shape.centre, position, quat))
    if isinstance(shape, Cylinder):
        start, end = (_point(p, position, quat) for p in (shape.start, shape.end))
        return dataclasses.replace(shape, start=start, end=end)
    vertices = frames.rotate(np.array(quat), shape.vertices.astype(np.float64)) + np.array(position)
    if isinstance(shape, Convex):
        return dataclasses.replace(shape, vertices=vertices)
    return dataclasses.replace(shape, vertices=vertices.astype(np.float32))


def world_parts(thing: Thing) -> tuple[Shape, ...]:
    """The parts of a thing in the world."""
    return tuple(moved(part, thing.position, thing.quat) for part in thing.parts)


def reach(shape: Shape) -> tuple[Array, Array]:
    """Lowest and highest x, y, z [m], (3,) each, of the box along the axes around a shape."""
    if isinstance(shape, Convex | Mesh):
        return shape.vertices.min(axis=0).astype(np.float64), shape.vertices.max(axis=0).astype(np.float64)
    if isinstance(shape, Sphere):
        centre, half = np.array(shape.centre), np.full(3, shape.radius_m)
    elif isinstance(shape, Cylinder):
        start, end = np.array(shape.start), np.array(shape.end)
        centre, along = (start + end) / 2, end - start
        axis = along / np.linalg.norm(along)
        sideways = np.ones(3) if shape.round_ends else np.sqrt(np.clip(1 - axis**2, 0.0, 1.0))
        half = np.abs(along) / 2 + shape.radius_m * sideways
    else:
        centre = np.array(shape.centre)
        sizes = np.array([*shape.half, 0.0] if isinstance(shape, Quad) else shape.half)
        half = np.abs(matrix(shape.quat)) @ sizes
    return centre - half, centre + half


def matrix(quat: Quat) -> Array:
    """(3, 3) rotation matrix of a unit quaternion (w, x, y, z)."""
    return np.asarray(frames.rotate(np.array(quat), np.eye(3)).T, dtype=np.float64)


def quat_along_z(direction: Array) -> Quat:
    """The shortest rotation that turns +z into ``direction`` (3,), of length 1."""
    x, y, z = direction
    if z < -1.0 + 1e-12:
        return 0.0, 1.0, 0.0, 0.0
    w, qx, qy = 1.0 + z, -y, x
    length = math.sqrt(w * w + qx * qx + qy * qy)
    return w / length, qx / length, qy / length, 0.0


def _point(point: Vec3, position: Vec3, quat: Quat) -> Vec3:
    x, y, z = (frames.rotate(np.array(quat), np.array(point)) + np.array(position)).tolist()
    return x, y, z


def _vec4(quat: NDArray[np.floating]) -> Quat:
    w, x, y, z = (quat / np.linalg.norm(quat)).tolist()
    return w, x, y, z
