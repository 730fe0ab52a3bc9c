"""What the ground is like and what it costs the robot: static layers, the live elevation map, and both in one."""

from rudel.navigation.map.elevation import ElevationMap, ElevationSpec
from rudel.navigation.map.explored import ExploredMap, Voxels
from rudel.navigation.map.fusion import Fusion
from rudel.navigation.map.grid import CHARGE, KEEP_OUT, SLOW, GridMap
from rudel.navigation.map.traversability import costs_of

__all__ = [
    "CHARGE",
    "KEEP_OUT",
    "SLOW",
    "ElevationMap",
    "ElevationSpec",
    "ExploredMap",
    "Fusion",
    "GridMap",
    "Voxels",
    "costs_of",
]
