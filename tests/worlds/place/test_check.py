"""Every problem is found, and a place without problems has none."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from rudel.worlds.place import Box, Layers, Thing, Viewpoint, Waypoint, World, layers_of, traversability
from rudel.worlds.place.check import ERROR, NOTE, Problem, problems
from tests.worlds.place.places import ROBOT, level

VIEW = Viewpoint((1.0, 0.0), 0.0, (2.5, 0.0, 0.4))
DIAL = Thing("dial", "dial_gauge", (2.5, 0.0, 0.4), parts=(Box((0, 0, 0), (0.2, 0.1, 0.1)),), viewpoint=VIEW)

# four walls around the start
PEN = [Box((x, y, 0.5), (0.1 + abs(y), 0.1 + abs(x), 0.5)) for x, y in ((-0.6, 0), (0.6, 0), (0, -0.6), (0, 0.6))]


def seen_from(**changes: Any) -> Thing:
    return dataclasses.replace(DIAL, viewpoint=dataclasses.replace(VIEW, **changes))


def good(*shapes: Box, **others: object) -> World:
    return level(*shapes, **{"licence": "CC0-1.0", "source": "made up", "things": (DIAL,), **others})


def found(world: World, layers: Layers | None = None) -> dict[str, Problem]:
    layers = layers or layers_of(world)
    return {p.code: p for p in problems(world, layers, traversability(layers, ROBOT), ROBOT)}


def test_a_good_place_has_nothing_but_notes() -> None:
    wall = Box((2.9, 0, 1.0), (0.1, 3.0, 1.0))
    assert {p.severity for p in found(good(wall)).values()} <= {NOTE}
    assert not found(good(things=()))


@pytest.mark.parametrize(
    ("code", "world"),
    [
        ("no_licence", good(licence="")),
        ("no_source", good(source="")),
        ("start_blocked", good(Box((0, 0, 0.5), (0.5, 0.5, 0.1)))),
        ("start_blocked", good(Box((0.1, 0, 0.5), (0.05, 0.5, 0.5)))),
        ("start_cut_off", good(*PEN)),
        ("start_unknown", good(floor_m=None)),
        ("no_ground", good(floor_m=None)),
        ("islands", good(Box((-1.0, 0, 0.5), (0.1, 3.0, 0.5)))),
        ("steps", good(Box((-1.0, 0, 0.5), (0.1, 1.0, 0.5)))),
        ("low", good(Box((-2.0, 0, 0.9), (0.5, 0.5, 0.5)))),
        ("point_unreachable", good(Box((-2, 0, 0.5), (0.5, 0.5, 0.5)), points=(Waypoint("top", (-2, 0)),))),
        ("thing_outside", good(things=(dataclasses.replace(DIAL, position=(9, 0, 0)),))),
        ("no_viewpoint", good(things=(dataclasses.replace(DIAL, viewpoint=None, truth={"value": 1}),))),
        ("viewpoint_unreachable", good(Box((1, 0, 0.5), (0.3, 0.3, 0.5)))),
        ("not_visible", good(Box((1.8, 0, 0.5), (0.05, 0.3, 0.5)))),
        ("viewpoint_turned", good(things=(seen_from(yaw_rad=3.1),))),
        ("viewpoint_far", good(half_m=12.0, things=(seen_from(xy=(-9, 0)),))),
    ],
)
def test_each_problem_is_found(code: str, world: World) -> None:
    one = found(world)[code]
    assert one.where
    assert one.what
    assert one.next_step


def test_what_hides_a_thing_is_named() -> None:
    world = good(Box((1.8, 0, 0.5), (0.05, 0.3, 0.5), name="crate"))
    assert "world/crate" in found(world)["not_visible"].what


def test_holes_are_where_ground_is_missing_inside() -> None:
    ring = [
        Box((x, y, -0.1), (h, w, 0.1))
        for x, y, h, w in ((-1.6, 0, 1.4, 3), (1.6, 0, 1.4, 3), (0, 1.6, 0.2, 1.4), (0, -1.6, 0.2, 1.4))
    ]
    world = good(*ring, floor_m=None, start=Waypoint("start", (-1.5, 0)))
    assert found(world)["holes"].where == "(-0.05, -0.05)"


def test_layers_that_the_physics_does_not_bear_out_are_noticed() -> None:
    world = good()
    layers = layers_of(world)
    assert "layers_differ" in found(world, dataclasses.replace(layers, elevation=layers.elevation + np.float32(0.3)))


def test_errors_come_first() -> None:
    world = good(Box((0, 0, 0.5), (0.5, 0.5, 0.1)), licence="")
    layers = layers_of(world)
    severities = [p.severity for p in problems(world, layers, traversability(layers, ROBOT), ROBOT)]
    assert severities[0] == ERROR
    assert severities == sorted(severities, key=("error", "warning", "note").index)
