"""The shapes that a world and its things are made of, all in metres.

In ``World.shapes`` positions are in the world; in ``Thing.parts`` they are in the frame of the thing. ``solid`` shapes
are touched by the robot; ``seen`` ones are met by cameras and LiDAR. ``rgba`` None takes the colour of the material,
``temperature_c`` None the temperature of the air.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.place import _values as v
from rudel.worlds.place._values import Quat, Rgba, Vec2, Vec3

UPRIGHT: Quat = (1.0, 0.0, 0.0, 0.0)
DEFAULT_MATERIAL = "default"
ABSOLUTE_ZERO_C = -273.15
MIN_CONVEX_POINTS = 4
MAX_CONVEX_POINTS = 10_000


def _common(shape: Box | Cylinder | Sphere | Convex | Mesh | Quad) -> None:
    """Check what all shapes have."""
    what = type(shape).__name__.lower()
    if shape.name:
        v.name(shape.name, f"name of a {what}")
    v.name(shape.material, f"material of a {what}")
    if shape.rgba is not None:
        object.__setattr__(shape, "rgba", v.rgba(shape.rgba, f"rgba of a {what}"))
    if shape.temperature_c is not None:
        celsius = v.number(shape.temperature_c, f"temperature_c of a {what}", ABSOLUTE_ZERO_C, 5000.0)
        object.__setattr__(shape, "temperature_c", celsius)


def _pose(shape: Box | Quad) -> None:
    what = type(shape).__name__.lower()
    object.__setattr__(shape, "centre", v.vec3(shape.centre, f"centre of a {what}"))
    object.__setattr__(shape, "quat", v.quat(shape.quat, f"quat of a {what}"))


@dataclass(frozen=True)
class Box:
    """A box: centre, half sizes along its own axes, orientation (w, x, y, z)."""

    centre: Vec3
    half: Vec3
    quat: Quat = UPRIGHT
    material: str = DEFAULT_MATERIAL
    rgba: Rgba | None = None
    name: str = ""
    temperature_c: float | None = None
    solid: bool = True
    seen: bool = True

    def __post_init__(self) -> None:
        _common(self)
        _pose(self)
        hx, hy, hz = (v.positive(h, "half size of a box") for h in v.vec3(self.half, "half sizes of a box"))
        object.__setattr__(self, "half", (hx, hy, hz))


@dataclass(frozen=True)
class Cylinder:
    """A straight pipe, rod, wheel or post from ``start`` to ``end``; with ``round_ends`` a capsule."""

    start: Vec3
    end: Vec3
    radius_m: float
    round_ends: bool = False
    material: str = DEFAULT_MATERIAL
    rgba: Rgba | None = None
    name: str = ""
    temperature_c: float | None = None
    solid: bool = True
    seen: bool = True

    def __post_init__(self) -> None:
        _common(self)
        object.__setattr__(self, "start", v.vec3(self.start, "start of a cylinder"))
        object.__setattr__(self, "end", v.vec3(self.end, "end of a cylinder"))
        object.__setattr__(self, "radius_m", v.positive(self.radius_m, "radius_m of a cylinder"))
        if not np.linalg.norm(np.subtract(self.end, self.start)) > 1e-9:
            raise BadInput(f"a cylinder needs two different ends, got {self.start} twice; a Sphere is round")


@dataclass(frozen=True)
class Sphere:
    """A ball."""

    centre: Vec3
    radius_m: float
    material: str = DEFAULT_MATERIAL
    rgba: Rgba | None = None
    name: str = ""
    temperature_c: float | None = None
    solid: bool = True
    seen: bool = True

    def __post_init__(self) -> None:
        _common(self)
        object.__setattr__(self, "centre", v.vec3(self.centre, "centre of a sphere"))
        object.__setattr__(self, "radius_m", v.positive(self.radius_m, "radius_m of a sphere"))


@dataclass(frozen=True, eq=False)
class Convex:
    """The convex hull of points (n, 3) that span a volume: slabs of broken concrete, stones, wedges."""

    vertices: NDArray[np.float64]
    material: str = DEFAULT_MATERIAL
    rgba: Rgba | None = None
    name: str = ""
    temperature_c: float | None = None
    solid: bool = True
    seen: bool = True

    def __post_init__(self) -> None:
        _common(self)
        vertices = v.finite(v.array(self.vertices, np.float64, (None, 3), "vertices of a convex"), "vertices")
        if not MIN_CONVEX_POINTS <= len(vertices) <= MAX_CONVEX_POINTS:
            raise BadInput(f"a convex has {len(vertices)} vertices, needs {MIN_CONVEX_POINTS} to {MAX_CONVEX_POINTS}")
        flatness = np.linalg.svd(vertices - vertices.mean(axis=0), compute_uv=False)
        if not flatness[2] > 1e-6 * max(float(flatness[0]), 1e-6):
            raise BadInput("the vertices of a convex lie in one plane: give it thickness")
        object.__setattr__(self, "vertices", vertices)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles that cameras and LiDAR see and nothing touches: walls and ceilings of a scan.

    Attributes:
        vertices: (n, 3) [m], float32 relative to the world's origin.
        faces: (m, 3) indices, counter-clockwise seen from outside.
        uv: (n, 2) texture coordinates or None, v = 0 at the first row; the texture is the material's.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    uv: NDArray[np.float32] | None = None
    material: str = DEFAULT_MATERIAL
    rgba: Rgba | None = None
    name: str = ""
    temperature_c: float | None = None
    solid: bool = field(default=False, init=False)
    seen: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        _common(self)
        vertices = v.finite(v.array(self.vertices, np.float32, (None, 3), "vertices of a mesh"), "vertices of a mesh")
        faces = v.array(self.faces, np.int32, (None, 3), "faces of a mesh")
        if len(vertices) < 4 or not len(faces):  # MuJoCo's least
            raise BadInput(f"a mesh has {len(vertices)} vertices and {len(faces)} faces, needs at least 4 and 1")
        if faces.min() < 0 or faces.max() >= len(vertices):
            raise BadInput(f"faces of a mesh name vertices {faces.min()}..{faces.max()}, it has {len(vertices)}")
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", faces)
        if self.uv is not None:
            uv = v.finite(v.array(self.uv, np.float32, (len(vertices), 2), "uv of a mesh"), "uv of a mesh")
            object.__setattr__(self, "uv", uv)


@dataclass(frozen=True)
class Quad:
    """A flat picture: a rectangle in its own xy plane, seen from its +z side; the texture's top row is at +y.

    Attributes:
        half: half width along x and half height along y [m].
        texture: name in ``World.textures``; "" is plain colour.
    """

    centre: Vec3
    half: Vec2
    quat: Quat = UPRIGHT
    texture: str = ""
    material: str = DEFAULT_MATERIAL
    rgba: Rgba | None = None
    name: str = ""
    temperature_c: float | None = None
    solid: bool = field(default=False, init=False)
    seen: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        _common(self)
        _pose(self)
        hx, hy = (v.positive(h, "half size of a quad") for h in v.vec2(self.half, "half sizes of a quad"))
        object.__setattr__(self, "half", (hx, hy))
        if self.texture:
            v.name(self.texture, "texture of a quad")


Shape = Box | Cylinder | Sphere | Convex | Mesh | Quad
