"""A World as JSON and arrays, and back. Parts check themselves when they are made; this checks what is around them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rudel.core.errors import BadInput, UnknownName
from rudel.worlds._heightfield import HeightField
from rudel.worlds.place import _values
from rudel.worlds.place.layers import FLOATS, Layers
from rudel.worlds.place.shapes import Box, Convex, Cylinder, Mesh, Quad, Shape, Sphere
from rudel.worlds.place.things import Gas, Heat, Light, Material, Thing, Viewpoint, Waypoint
from rudel.worlds.place.world import World

Json = dict[str, Any]
Put = Callable[[str, np.ndarray], Json]  # (name, array) -> where it was written
Get = Callable[[Any, str], np.ndarray]  # (where it was written, what it is) -> array

SHAPES: dict[str, type] = {
    "box": Box,
    "convex": Convex,
    "cylinder": Cylinder,
    "mesh": Mesh,
    "quad": Quad,
    "sphere": Sphere,
}
_TAGS = {kind: tag for tag, kind in SHAPES.items()}
_LISTS: dict[str, type] = {"heat": Heat, "gas": Gas, "lights": Light, "points": Waypoint}
MAX_INLINE = 600  # numbers of an array that are written into the JSON itself
MAX_ITEMS = 200_000  # of one list: shapes, things, parts


def encode(world: World, put: Put) -> Json:
    """``world`` as JSON; large arrays go to ``put``."""
    found: Json = {}
    for field in dataclasses.fields(World):
        found[field.name] = _plain(getattr(world, field.name))
    found["shapes"] = [_shape_out(shape, f"shape_{k}", put) for k, shape in enumerate(world.shapes)]
    found["things"] = [_thing_out(thing, put) for thing in world.things]
    found["textures"] = {name: put(name, pixels) for name, pixels in world.textures.items()}
    if world.ground is not None:
        ground = world.ground
        heights = put("ground", ground.heights)
        found["ground"] = {
            "heights": heights,
            "resolution_m": ground.resolution_m,
            "origin": [float(c) for c in ground.origin],
        }
    if world.layers is not None:
        layers = world.layers
        found["layers"] = {"resolution_m": layers.resolution_m, "origin": list(layers.origin)}
        for name in (*FLOATS, "zones"):
            found["layers"][name] = put(f"layer_{name}", getattr(layers, name))
    return found


def decode(data: Json, get: Get) -> World:
    """The World that ``encode`` wrote; ``get`` finds the arrays."""
    values = _fields(World, data, "the world")
    values["start"] = _make(Waypoint, values.get("start"), "start")
    for key, kind in _LISTS.items():
        if key in values:
            items = _list(values[key], key)
            values[key] = tuple(_make(kind, item, f"{key}[{k}]") for k, item in enumerate(items))
    if "shapes" in values:
        items = _list(values["shapes"], "shapes")
        values["shapes"] = tuple(_shape_in(item, f"shapes[{k}]", get) for k, item in enumerate(items))
    if "things" in values:
        items = _list(values["things"], "things")
        values["things"] = tuple(_thing_in(item, f"things[{k}]", get) for k, item in enumerate(items))
    for key in ("materials", "textures", "routes"):
        values[key] = _mapping(values.get(key, {}), key)
    values["materials"] = {k: _make(Material, m, f"materials.{k}") for k, m in values["materials"].items()}
    values["textures"] = {k: get(t, f"textures.{k}") for k, t in values["textures"].items()}
    values["routes"] = {k: tuple(_texts(stops, f"routes.{k}")) for k, stops in values["routes"].items()}
    values["repairs"] = tuple(_texts(values.get("repairs", []), "repairs"))
    if values.get("ground") is not None:
        ground = _fields(HeightField, values["ground"], "ground")
        x, y = _values.vec2(ground["origin"], "ground.origin")
        heights = get(ground["heights"], "ground.heights")
        resolution = _values.positive(ground["resolution_m"], "ground.resolution_m")
        values["ground"] = HeightField(heights, resolution, (x, y))
    if values.get("layers") is not None:
        layers = _fields(Layers, values["layers"], "layers")
        for name in (*FLOATS, "zones"):
            layers[name] = get(layers[name], f"layers.{name}")
        values["layers"] = _build(Layers, layers, "layers")
    return _build(World, values, "the world")


def _plain(value: Any) -> Any:
    """Dataclasses as objects, tuples as lists; arrays are somebody else's."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _shape_out(shape: Shape, name: str, put: Put) -> Json:
    found: Json = {"type": _TAGS[type(shape)]}
    for field in dataclasses.fields(shape):
        if not field.init:
            continue
        value = getattr(shape, field.name)
        if isinstance(value, np.ndarray):
            value = value.tolist() if value.size <= MAX_INLINE else put(f"{name}_{field.name}", value)
        found[field.name] = _plain(value)
    return found


def _shape_in(data: Any, where: str, get: Get) -> Shape:
    data = dict(_mapping(data, where))
    tag = data.pop("type", None)
    if not isinstance(tag, str) or tag not in SHAPES:
        raise UnknownName(f"type of shape at {where}", tag, SHAPES)
    for key in ("vertices", "faces", "uv"):
        if isinstance(data.get(key), Mapping):
            data[key] = get(data[key], f"{where}.{key}")
    return _make(SHAPES[tag], data, where)


def _thing_out(thing: Thing, put: Put) -> Json:
    found = _plain(dataclasses.replace(thing, parts=()))
    found["parts"] = [_shape_out(part, f"thing_{thing.id}_{k}", put) for k, part in enumerate(thing.parts)]
    return found


def _thing_in(data: Any, where: str, get: Get) -> Thing:
    data = dict(_mapping(data, where))
    parts = _list(data.get("parts", []), f"{where}.parts")
    data["parts"] = tuple(_shape_in(part, f"{where}.parts[{k}]", get) for k, part in enumerate(parts))
    if data.get("viewpoint") is not None:
        data["viewpoint"] = _make(Viewpoint, data["viewpoint"], f"{where}.viewpoint")
    return _make(Thing, data, where)


def _make(kind: type, data: Any, where: str) -> Any:
    return _build(kind, _fields(kind, data, where), where)


def _build(kind: type, values: Json, where: str) -> Any:
    try:
        return kind(**values)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _fields(kind: type, data: Any, where: str) -> Json:
    """The keys of ``data``, refused when one is unknown, missing or of the wrong sort."""
    found = dict(_mapping(data, where))
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}
    for key in found:
        if key not in fields:
            raise UnknownName(f"key of {where}", key, fields)
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if needed and name not in found:
            raise BadInput(f"{where} lacks {name!r}")
        if name in found and isinstance(field.default, bool) and not isinstance(found[name], bool):
            raise BadInput(f"{where}.{name} is {str(found[name])[:40]!r}, needs true or false")
        if name in found and isinstance(field.default, str) and not isinstance(found[name], str):
            raise BadInput(f"{where}.{name} is {str(found[name])[:40]!r}, needs text")
    return found


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadInput(f"{where} is {str(value)[:40]!r}, needs an object with keys")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise BadInput(f"{where} needs a list of at most {MAX_ITEMS} items, got {str(value)[:40]!r}")
    return value


def _texts(value: Any, where: str) -> list[str]:
    items = _list(value, where)
    if not all(isinstance(item, str) for item in items):
        raise BadInput(f"{where} needs a list of texts, got {str(value)[:60]!r}")
    return items
