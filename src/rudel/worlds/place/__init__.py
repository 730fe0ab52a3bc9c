"""A place to work in: its surfaces, things, sources and navigation layers, in memory and on disk."""

from rudel.worlds._heightfield import HeightField
from rudel.worlds.place._levels import MIN_FREE_M
from rudel.worlds.place.layers import CHARGE, KEEP_OUT, SLOW, Layers
from rudel.worlds.place.rasterise import layers_from, layers_of
from rudel.worlds.place.shapes import Box, Convex, Cylinder, Mesh, Quad, Shape, Sphere
from rudel.worlds.place.store import is_world, load, save
from rudel.worlds.place.things import Gas, Heat, Light, Material, Thing, Viewpoint, Waypoint
from rudel.worlds.place.transform import moved, world_parts
from rudel.worlds.place.traverse import RobotSize, Traversability, traversability
from rudel.worlds.place.world import World

__all__ = [
    "CHARGE",
    "KEEP_OUT",
    "MIN_FREE_M",
    "SLOW",
    "Box",
    "Convex",
    "Cylinder",
    "Gas",
    "Heat",
    "HeightField",
    "Layers",
    "Light",
    "Material",
    "Mesh",
    "Quad",
    "RobotSize",
    "Shape",
    "Sphere",
    "Thing",
    "Traversability",
    "Viewpoint",
    "Waypoint",
    "World",
    "is_world",
    "layers_from",
    "layers_of",
    "load",
    "moved",
    "save",
    "traversability",
    "world_parts",
]
