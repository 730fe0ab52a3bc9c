"""What a place is put together from while it is being built, and how that becomes a World."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.place import (
    Box,
    Cylinder,
    Gas,
    Heat,
    Material,
    Mesh,
    Shape,
    Thing,
    Viewpoint,
    Waypoint,
    World,
    transform,
)
from rudel.worlds.places._region import Rect
from rudel.worlds.things._body import Body, Draft, Piece, Skin
from rudel.worlds.things._mesh import Mesh as Triangles
from rudel.worlds.things._mesh import box, facing, quad

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]


class Site:
    """Collects solids, looks, things and sources. Solids are not seen and looks are not touched, unless said so."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.things: list[Thing] = []
        self.heat: list[Heat] = []
        self.gas: list[Gas] = []
        self.points: list[Waypoint] = []
        self.blocked: list[Rect] = []  # where nobody can stand, besides the walls
        self._looks = Draft()
        self._materials: dict[str, Material] = {}
        self._textures: dict[str, NDArray[np.uint8]] = {}
        self._skins: dict[int, tuple[str, Skin]] = {}  # keeps the skin alive, so that its id stays its own

    def solid(self, x: Vec2, y: Vec2, z: Vec2, block: bool = True) -> None:
        """An upright box between limits [m] that can be touched; ``block``: nobody can stand there."""
        low, high = np.array([x, y, z], np.float64).T
        self.shapes.append(Box(_vec3((low + high) / 2), _vec3((high - low) / 2), seen=False))
        if block:
            self.blocked.append((*x, *y))

    def look(self, skin: Skin, *meshes: Triangles) -> None:
        """Triangles in the world that are only seen."""
        self._looks.add(skin, *meshes)

    def block(self, skin: Skin, rect: Rect, z: Vec2, per_m: float = 1.0) -> None:
        """An upright box that can be touched and seen; its texture repeats ``per_m`` times a metre."""
        self.solid(rect[:2], rect[2:], z)
        self.look(skin, upright(rect, z, per_m))

    def pits(self, holes: Sequence[Rect], depth_m: float) -> None:
        """Bottoms below holes in the floor."""
        for x0, x1, y0, y1 in holes:
            self.solid((x0, x1), (y0, y1), (-depth_m - 0.1, -depth_m), block=False)

    def put(self, body: Body, id: str, at: Vec3, normal: Vec2, viewpoint: Viewpoint | None) -> Thing:
        """Put up a thing with its face along ``normal``; returns it as it stands in the world."""
        rotation = facing((*normal, 0.0))
        parts: list[Shape] = [self._mesh(piece) for piece in body.pieces]
        parts += [Box(centre, half, seen=False) for centre, half in body.solids]
        parts += [Cylinder(start, end, radius, round_ends=True, seen=False) for start, end, radius in body.bars]
        yaw = float(np.arctan2(normal[1], normal[0]))
        quat = (float(np.cos(yaw / 2)), 0.0, 0.0, float(np.sin(yaw / 2)))

        def world(p: Vec3) -> Vec3:
            return _vec3(rotation @ np.array(p) + np.array(at))

        thing = Thing(id, body.kind, at, quat, tuple(parts), body.truth, body.fault, viewpoint)
        self.things.append(thing)
        self.heat += [Heat(world(h.at), h.temperature_c, h.radius_m, id) for h in body.hot]
        if body.gas is not None:
            self.gas.append(Gas(world(body.gas.at), body.gas.rate_gps, body.gas.species, id))
        for part in transform.world_parts(thing):
            if part.solid:
                low, high = transform.reach(part)
                self.blocked.append((float(low[0]), float(high[0]), float(low[1]), float(high[1])))
        return thing

    def world(self, name: str, start: Waypoint, bounds: Rect, stops: Sequence[str], **values: Any) -> World:
        """Everything as a World; ``stops`` become the route "inspection"."""
        shapes = (*self.shapes, *(self._mesh(piece) for piece in self._looks.pieces()))
        return World(
            name=name,
            start=start,
            bounds=bounds,
            shapes=shapes,
            materials=self._materials,
            textures=self._textures,
            things=tuple(self.things),
            heat=tuple(self.heat),
            gas=tuple(self.gas),
            points=tuple(self.points),
            routes={"inspection": tuple(stops)},
            **values,
        )

    def material(self, skin: Skin, **values: Any) -> str:
        """The name of the material that looks like ``skin``, made when it is first asked for."""
        if id(skin) not in self._skins:
            name = f"skin_{len(self._skins):03d}"
            self._skins[id(skin)] = name, skin
            if skin.image is not None:
                self._textures[name] = skin.image
            texture = "" if skin.image is None else name
            self._materials[name] = Material(skin.rgba, texture, glow=skin.emission, **values)
        return self._skins[id(skin)][0]

    def _mesh(self, piece: Piece) -> Mesh:
        mesh = piece.mesh
        return Mesh(
            mesh.vertices.astype(np.float32),
            mesh.faces,
            mesh.uv.astype(np.float32),
            material=self.material(piece.skin),
            temperature_c=piece.temperature_c,
        )


def upright(rect: Rect, z: Vec2, per_m: float = 1.0) -> Triangles:
    """A box over a rectangle, between two heights."""
    x0, x1, y0, y1 = rect
    centre = (x0 + x1) / 2, (y0 + y1) / 2, (z[0] + z[1]) / 2
    return box(centre, ((x1 - x0) / 2, (y1 - y0) / 2, (z[1] - z[0]) / 2), per_m)


def spread(rect: Rect, z: float, period_m: float, up: bool = True) -> Triangles:
    """A level rectangle seen from above (or from below), with a texture that neighbours continue."""
    x0, x1, y0, y1 = rect
    if up:
        flat = quad((x0, y1, z), (x1 - x0, 0, 0), (0, y0 - y1, 0))
    else:
        flat = quad((x0, y0, z), (x1 - x0, 0, 0), (0, y1 - y0, 0))
    return Triangles(flat.vertices, flat.faces, flat.vertices[:, :2] * (1.0, -1.0) / period_m)


def _vec3(v: Any) -> Vec3:
    x, y, z = np.asarray(v, np.float64).tolist()
    return x, y, z
