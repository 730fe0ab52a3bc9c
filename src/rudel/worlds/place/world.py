"""World: one place, in one description, for simulator, planner and console."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput, UnknownName
from rudel.worlds._heightfield import HeightField
from rudel.worlds.place import _geoms, transform
from rudel.worlds.place import _values as v
from rudel.worlds.place._values import Vec3
from rudel.worlds.place.layers import Layers
from rudel.worlds.place.shapes import DEFAULT_MATERIAL, Quad, Shape
from rudel.worlds.place.surface import Surface
from rudel.worlds.place.things import Gas, Heat, Light, Material, Thing, Waypoint

Texture = NDArray[np.uint8]  # (height, width, 3) RGB, first row on top
SCHEMA_VERSION = 1
MAX_TEXTURE_PIXELS = 4096


@dataclass(frozen=True, eq=False)
class World:
    """A place. Units are metres, radians, degrees Celsius; z is up; world = source - origin.

    Attributes:
        name: short name, safe in file names.
        start: where a robot begins; under a roof that is the floor, unless ``start.z`` says otherwise.
        bounds: x_min, x_max, y_min, y_max [m] of the part that one may walk in.
        title, source, licence, made_by: for people: what it is, where it comes from, under which terms, made by what.
        frame: name of the world frame.
        origin: (x, y, z) [m], float64, that was subtracted from the source's coordinates (for example UTM).
        up: how the source's up axis became z.
        seed: of the recipe, or None.
        repairs: what was repaired on the way, one sentence each.
        notes: further facts for people and tools (key -> text, number, flag).
        ground: height field to walk on, or None.
        ground_material: name of the material of ground and floor.
        ground_seen: False: cameras and LiDAR see the shapes' meshes instead of the height field.
        floor_m: height of an endless level floor [m]; None: no floor.
        shapes: boxes, pipes, stones, meshes; positions in the world.
        materials: by name; "default" is added when it is missing.
        textures: by name, (height, width, 3) RGB.
        things, heat, gas, lights, points: see there.
        routes: name -> names of points and ids of things, in order.
        ambient: RGB light without direction, 0 to 1.
        air_c: temperature of air and surfaces where nothing else is said [degrees Celsius].
        dust: 0 clear air to 1 thick smoke.
        wind: velocity of the air [m/s].
        layers: navigation layers, or None when they have not been computed (``with_layers``).
    """

    name: str
    start: Waypoint
    bounds: tuple[float, float, float, float]
    title: str = ""
    source: str = ""
    licence: str = ""
    made_by: str = ""
    frame: str = "world"
    origin: Vec3 = (0.0, 0.0, 0.0)
    up: str = "z"
    seed: int | None = None
    repairs: tuple[str, ...] = ()
    notes: Mapping[str, v.Plain] = field(default_factory=dict)
    ground: HeightField | None = None
    ground_material: str = DEFAULT_MATERIAL
    ground_seen: bool = True
    floor_m: float | None = None
    shapes: tuple[Shape, ...] = ()
    materials: Mapping[str, Material] = field(default_factory=dict)
    textures: Mapping[str, Texture] = field(default_factory=dict)
    things: tuple[Thing, ...] = ()
    heat: tuple[Heat, ...] = ()
    gas: tuple[Gas, ...] = ()
    lights: tuple[Light, ...] = ()
    points: tuple[Waypoint, ...] = ()
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ambient: Vec3 = (0.34, 0.35, 0.37)
    air_c: float = 20.0
    dust: float = 0.0
    wind: Vec3 = (0.0, 0.0, 0.0)
    layers: Layers | None = None

    def __post_init__(self) -> None:
        _check_facts(self)
        _check_contents(self)

    @property
    def spawn(self) -> tuple[float, float]:
        """(x, y) where a robot starts [m]."""
        return self.start.xy

    @property
    def spawn_yaw_rad(self) -> float:
        """Heading of a robot that starts."""
        return self.start.yaw_rad

    @property
    def size_m(self) -> tuple[float, float]:
        """(x, y) edges of the bounds [m]."""
        x0, x1, y0, y1 = self.bounds
        return x1 - x0, y1 - y0

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle of the bounds [m]."""
        x0, x1, y0, y1 = self.bounds
        return (x0 + x1) / 2, (y0 + y1) / 2

    @cached_property
    def solids(self) -> tuple[Shape, ...]:
        """Everything that can be touched but ground and floor, in the world: shapes and parts of things."""
        parts = [part for thing in self.things for part in transform.world_parts(thing)]
        return tuple(shape for shape in (*self.shapes, *parts) if shape.solid)

    @cached_property
    def surface(self) -> Surface:
        """The surface that is connected with the start."""
        return Surface(self.solids, self.ground, self.floor_m, self.bounds, (self.start.xy, self.start.z))

    def height(self, xy: NDArray[np.floating]) -> NDArray[np.float64]:
        """Height of the contact surface that is connected with the start [m] at xy (..., 2) [m] -> (...).

        Where there is one surface only, this is what a vertical ray from above meets; -inf where it meets nothing.
        """
        return self.surface.height(xy)

    def add_to(self, spec: mujoco.MjSpec, contype: int = 3, conaffinity: int = 0) -> None:
        """Add geoms ``world/...`` and ``thing/<id>/<k>``, materials and lights to ``spec``.

        Group 0 is drawn and met by rays; group 3 is touched but not seen.
        """
        _geoms.add(self, spec, contype, conaffinity)

    def thing(self, id: str) -> Thing:
        """The thing of that id; UnknownName when there is none."""
        for thing in self.things:
            if thing.id == id:
                return thing
        raise UnknownName("thing", id, [thing.id for thing in self.things])

    def with_layers(self, layers: Layers) -> World:
        """The same world with these navigation layers."""
        return dataclasses.replace(self, layers=layers)


def _set(world: World, **values: Any) -> None:
    for key, value in values.items():
        object.__setattr__(world, key, value)


def _check_facts(world: World) -> None:
    v.name(world.name, "name of a world")
    x0, x1, y0, y1 = v.numbers(world.bounds, 4, f"bounds of {world.name!r}")
    if not (x0 < x1 and y0 < y1):
        raise BadInput(f"bounds of {world.name!r} are {world.bounds}: x_min < x_max, y_min < y_max are needed")
    for key in ("title", "source", "licence", "made_by", "frame", "up"):
        v.text(getattr(world, key), f"{key} of {world.name!r}")
    r, g, b = v.numbers(world.ambient, 3, "ambient", 0.0, 1.0)
    _set(
        world,
        bounds=(x0, x1, y0, y1),
        origin=v.vec3(world.origin, f"origin of {world.name!r}"),
        repairs=tuple(v.text(text, "a repair") for text in world.repairs),
        notes=v.plain_mapping(world.notes, "notes"),
        floor_m=None if world.floor_m is None else v.number(world.floor_m, "floor_m"),
        ambient=(r, g, b),
        air_c=v.number(world.air_c, "air_c", -100.0, 1000.0),
        dust=v.number(world.dust, "dust", 0.0, 1.0),
        wind=v.vec3(world.wind, "wind"),
        seed=None if world.seed is None else int(v.number(world.seed, "seed", 0)),
    )
    x, y = world.start.xy
    if not (x0 <= x <= x1 and y0 <= y <= y1):
        raise BadInput(f"the start of {world.name!r} at {world.start.xy} lies outside of its bounds {world.bounds}")


def _check_contents(world: World) -> None:
    materials = {DEFAULT_MATERIAL: Material(), **world.materials}
    textures = {key: _texture(key, world.textures[key]) for key in sorted(world.textures)}
    _set(
        world,
        materials=MappingProxyType({v.name(key, "a material"): materials[key] for key in sorted(materials)}),
        textures=MappingProxyType(textures),
        routes=MappingProxyType({v.name(key, "a route"): tuple(world.routes[key]) for key in sorted(world.routes)}),
        **{key: tuple(getattr(world, key)) for key in ("shapes", "things", "heat", "gas", "lights", "points")},
    )
    for material in world.materials.values():
        _known(material.texture, textures, "texture", "a material")
    _known(world.ground_material, materials, "material", "the ground")
    parts = [(part, f"thing {thing.id!r}") for thing in world.things for part in thing.parts]
    for shape, owner in [*((shape, "a shape") for shape in world.shapes), *parts]:
        _known(shape.material, materials, "material", owner)
        if isinstance(shape, Quad):
            _known(shape.texture, textures, "texture", owner)
    ids, points = [thing.id for thing in world.things], [point.name for point in world.points]
    for what, found in (
        ("things", ids),
        ("points", points),
        ("named shapes", [s.name for s in world.shapes if s.name]),
    ):
        twice = sorted(one for one, count in Counter(found).items() if count > 1)
        if twice:
            raise BadInput(f"{what} of {world.name!r} share a name: {', '.join(twice)}")
    taken = sorted({"floor", "ground"} & {shape.name for shape in world.shapes})
    if taken:
        raise BadInput(f"a shape of {world.name!r} is called {taken[0]!r}, as the world's own is: give it another name")
    for source in (*world.heat, *world.gas):
        _known(source.thing, ids, "thing", f"a source of {type(source).__name__.lower()}")
    for route, stops in world.routes.items():
        for stop in stops:
            _known(stop, [*ids, *points], "point or thing", f"route {route!r}")


def _known(name: str, choices: Any, kind: str, owner: str) -> None:
    if name and name not in choices:
        raise BadInput(f"{owner} names the {kind} {name!r}; there are: {', '.join(sorted(choices)) or 'none'}")


def _texture(name: str, pixels: Texture) -> Texture:
    v.name(name, "a texture")
    found = v.array(pixels, np.uint8, (None, None, 3), f"texture {name!r}")
    if not 1 <= min(found.shape[:2]) <= max(found.shape[:2]) <= MAX_TEXTURE_PIXELS:
        raise BadInput(f"texture {name!r} has {found.shape[:2]} pixels, needs 1 to {MAX_TEXTURE_PIXELS} each way")
    return found
