"""Localisation: LiDAR, gyro and legs against a map of points, or against what was seen on the way."""

from rudel.navigation.localise.localiser import Localiser
from rudel.navigation.localise.pointmap import PointMap
from rudel.navigation.localise.register import RegisterSettings, Registration, register
from rudel.navigation.localise.rig import Rig
from rudel.navigation.localise.search import GlobalSearch, SearchSettings
from rudel.navigation.localise.settings import Settings

__all__ = [
    "GlobalSearch",
    "Localiser",
    "PointMap",
    "RegisterSettings",
    "Registration",
    "Rig",
    "SearchSettings",
    "Settings",
    "register",
]
