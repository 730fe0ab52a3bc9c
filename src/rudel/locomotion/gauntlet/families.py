"""Families of terrain: ten levels each, where a robot starts, where it has to arrive, and how long it may take.

The protocol is RoboGauge's (Wu et al. 2026, arXiv 2602.00678; numbers from its repository wty-yy/RoboGauge, files
terrain_levels_config.py, *_gauge_config.py and resources/terrains, commits of December 2025 to March 2026). Taken from
there: heights of all levels, the 0.31 m treads, distances, commanded speeds, time limits and the reach of 0.1 m.
Ours: the terrain around them (see terrain.py), and that wave and obstacles are crossed backwards as well; those two are
reported and do not enter the score, which stays the published one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rudel.core.errors import BadInput, UnknownName

LEVELS = 10
FORWARDS, BACKWARDS = "forwards", "backwards"
DIRECTIONS = (FORWARDS, BACKWARDS)
FLAT = "flat"  # no levels: once its goal is reached, only how well commands are followed counts
REACH_M = 0.1

Point = tuple[float, float]


@dataclass(frozen=True)
class Family:
    """One kind of terrain.

    Attributes:
        name: of the family.
        measure: what ``values`` are, with unit.
        values: of levels 1 .. 10.
        speed_mps: commanded speed on the way to the goal.
        limit_s: time to reach it.
        start, goal: (x, y) [m]; the robot is set down level with the ground, facing along x (forwards) or against it.
        drill: (x, y) [m] where velocity commands are followed.
        scored: directions that count in the score.
    """

    name: str
    measure: str
    values: tuple[float, ...]
    speed_mps: float
    limit_s: float
    start: Point
    goal: Point
    drill: Point
    scored: tuple[str, ...]

    def value(self, level: int) -> float:
        """The level's angle [degrees] or height [m]; BadInput for a level that does not exist."""
        if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= LEVELS:
            raise BadInput(f"gauntlet family {self.name!r} has levels 1 to {LEVELS}, not {level!r}")
        return self.values[level - 1]


# tan = 0.1 + 0.047 level: 8.4 to 29.7 degrees
SLOPE_TANGENTS = tuple(0.1 + 0.047 * level for level in range(1, LEVELS + 1))
# not linear: 8, 11, 14 and 17 cm, then 1 cm more each
STEP_HEIGHTS_M = (0.08, 0.11, 0.14, 0.17, 0.18, 0.19, 0.20, 0.21, 0.22, 0.23)
TREAD_M = 0.31
FOOT_X_M = -6.0  # where slope and stairs begin
CLIMBED_TREADS = 10.5  # the goal is in the middle of the eleventh tread


def _slope_degrees() -> tuple[float, ...]:
    from math import atan, degrees

    return tuple(degrees(atan(t)) for t in SLOPE_TANGENTS)


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            Family("slope", "degrees", _slope_degrees(), 1.0, 20.0, (-6.5, 0.0), (-2.2, 0.0), (0.0, 0.0), DIRECTIONS),
            Family(
                "stairs",
                "m a step",
                STEP_HEIGHTS_M,
                0.8,
                30.0,
                (-6.5, 0.0),
                (FOOT_X_M + CLIMBED_TREADS * TREAD_M, 0.0),
                (0.0, 0.0),
                DIRECTIONS,
            ),
            Family(
                "wave",
                "m amplitude",
                tuple(0.02 * level for level in range(1, LEVELS + 1)),
                1.0,
                20.0,
                (-6.25, 1.25),  # a hollow
                (0.0, 0.0),  # a crest
                (0.0, 0.0),
                (FORWARDS,),
            ),
            Family(
                "obstacles",
                "m",
                tuple(0.05 + 0.023 * level for level in range(1, LEVELS + 1)),
                0.8,
                30.0,
                (-6.5, 1.5),
                (-0.5, -1.5),
                (0.0, 0.0),
                (FORWARDS,),
            ),
        )
    }
)


# Level ground counts as passed when its goal, 4 m ahead as published, is reached: a policy that stands scores nothing.
LEVEL_GROUND = Family(FLAT, "m", (0.0,) * LEVELS, 1.0, 20.0, (0.0, 0.0), (4.0, 0.0), (0.0, 0.0), (FORWARDS,))


def family(name: str) -> Family:
    """A family by name; UnknownName lists the choices."""
    if name not in FAMILIES:
        raise UnknownName("gauntlet family", name, FAMILIES)
    return FAMILIES[name]


def course(name: str, direction: str) -> str:
    """What a family in one direction is called in results."""
    return f"{name}_{direction}"
