"""A static map and what is seen now: what is seen wins, the unknown stays unknown, and walls are not drawn twice."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.navigation.map import KEEP_OUT, ElevationMap, ElevationSpec, Fusion, GridMap, costs_of
from rudel.navigation.plan import Planner, reachable
from rudel.navigation.types import Costs, NoRoute, Route
from tests.navigation.map.casting import ROBOT, STAND_M, Box, room, scan, truth
from tests.navigation.plan.grids import grid_of

ORIGIN = (-5.03, -5.04)  # not on multiples of a cell


def static_map(boxes: tuple[Box, ...], zones: np.ndarray | None = None) -> GridMap:
    grid = grid_of(np.zeros((100, 100)), zones=zones)
    here = GridMap(0.1, ORIGIN, *(getattr(grid, n) for n in NAMES), zones=grid.zones)
    height = truth(boxes, here.centres())
    height[np.abs(here.centres()).max(axis=-1) > 4.15] = np.nan
    again = grid_of(height, zones=zones)
    return GridMap(0.1, ORIGIN, *(getattr(again, n) for n in NAMES), zones=again.zones)


NAMES = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m")


def look(
    static: GridMap | None, boxes: tuple[Box, ...], off: tuple[float, float, float] = (0.0, 0.0, 0.0), scans: int = 30
) -> tuple[Fusion, ElevationMap, Costs]:
    spec = ElevationSpec(stand_m=STAND_M) if static is None else ElevationSpec(stand_m=STAND_M).on(static)
    live, fusion, rng = ElevationMap(ROBOT, spec), Fusion(static, ROBOT), np.random.default_rng(0)
    for k in range(scans):
        live.update(scan(boxes, (-1.0 + 0.05 * k, 0.0), 0.1 * (k + 1), rng, off=off))
        if k % 5 == 4:
            fusion.update(live)
    return fusion, live, fusion.update(live)


def at(costs: Costs, x: float, y: float) -> tuple[int, int]:
    ji, inside = costs.cell_of(np.array([x, y]))
    assert inside
    return int(ji[0]), int(ji[1])


def test_where_nothing_has_changed_the_static_map_stays_as_it_is() -> None:
    static = static_map(room())
    fusion, _, costs = look(static, room())
    before = costs_of(static, ROBOT)
    np.testing.assert_array_equal(costs.unknown, before.unknown)
    differs = costs.obstacle != before.obstacle  # faces of walls lie within cells, here or there
    assert differs.mean() < 0.03
    beside = cv2.dilate(before.obstacle.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert not (costs.obstacle & ~beside).any()
    inside = np.abs(static.centres()).max(axis=-1) < 3.5
    np.testing.assert_allclose(costs.cost[inside], before.cost[inside], atol=0.02)
    assert np.mean(fusion.grid().elevation[inside] == static.elevation[inside]) > 0.99  # to the bit


def test_what_is_new_blocks_and_what_is_gone_does_not() -> None:
    new, gone = (1.8, 2.2, -3.0, 3.9, 0.0, 0.8), (-2.4, -2.0, -3.9, 3.9, 0.0, 0.8)
    static = static_map((*room(), gone))
    assert isinstance(Planner().plan(costs_of(static, ROBOT), (0, 0), (-3.0, 0.0)), NoRoute)
    fusion, live, _ = look(static, (*room(), new), scans=10)
    rng = np.random.default_rng(1)
    for k in range(60):  # over to where the old wall stood
        live.update(scan((*room(), new), (-0.5 - 0.04 * k, 0.0), 2.0 + 0.1 * k, rng))
        fusion.update(live)
    costs = fusion.update(live)
    assert costs.obstacle[at(costs, 1.85, 0.5)] or costs.obstacle[at(costs, 1.75, 0.5)]
    assert isinstance(Planner().plan(costs, (0, 0), (-3.0, 0.0)), Route)


@pytest.mark.parametrize("off", [(0.1, 0.0, 0.0), (0.0, -0.1, 0.0), (0.07, 0.07, 0.05)])
def test_a_localisation_that_is_off_does_not_close_doors(off: tuple[float, float, float]) -> None:
    walls = ((1.2, 1.4, -4.0, -0.45, 0.0, 2.5), (1.2, 1.4, 0.45, 4.0, 0.0, 2.5))
    static = static_map((*room(), *walls))
    _, _, costs = look(static, (*room(), *walls), off)
    assert isinstance(Planner().plan(costs, (0.0, 0.0), (2.5, 0.0)), Route)
    row = costs.obstacle[at(costs, 0.0, 1.5)[0]]
    wall = row[at(costs, 0.9, 1.5)[1] : at(costs, 1.8, 1.5)[1]]
    assert wall.sum() <= 6  # 0.2 m of wall, a cell on either side of its faces, and one for the error


def test_the_unknown_stays_unknown() -> None:
    static = static_map(room())
    _, live, costs = look(static, room())
    seen = live.grid()
    outside = np.abs(static.centres()).max(axis=-1) > 4.4
    assert costs.unknown[outside].all()
    assert np.isnan(seen.elevation).mean() > 0.2  # the window reaches beyond the walls


def test_what_is_seen_before_the_ground_around_it_is_an_obstacle_too() -> None:
    static, crate = static_map(room()), (0.7, 1.1, -0.3, 0.3, 0.0, 0.5)
    live = ElevationMap(ROBOT, ElevationSpec(stand_m=STAND_M, start_m=0.0).on(static))
    live.update(scan((*room(), crate), time_s=0.1))
    fusion = Fusion(static, ROBOT)
    costs = fusion.update(live)
    row, column = at(costs, 0.75, 0.05)
    assert live.heights(np.array([[0.74, 0.05]]))[0] > 0.3
    assert costs.obstacle[row, column - 1 : column + 2].any()
    assert not costs.obstacle[row, column - 6 : column - 2].any()


def test_keep_out_zones_stay() -> None:
    zones = np.zeros((100, 100), np.uint8)
    zones[:, 70:74] = KEEP_OUT
    static = static_map(room(), zones)
    fusion, _, costs = look(static, room())
    assert costs.obstacle[:, 70:74].all()
    local = fusion.local()
    assert local.zones is not None
    assert (local.zones & KEEP_OUT).any()
    assert isinstance(Planner().plan(costs, (0, 0), (3.3, 0)), NoRoute)


def test_what_was_seen_long_ago_is_forgotten() -> None:
    static, crate = static_map(room()), (1.0, 1.4, 1.0, 1.4, 0.0, 0.6)
    fusion, live = (
        Fusion(static, ROBOT, remember_s=20.0),
        ElevationMap(ROBOT, ElevationSpec(stand_m=STAND_M).on(static)),
    )
    for k in range(20):
        live.update(scan((*room(), crate), (-1.0, 0.0), 0.1 * (k + 1)))
    costs = fusion.update(live)
    where = at(costs, 1.05, 1.05)
    assert costs.cost[where] == 1
    live.clear()
    far = scan((), (30.0, 0.0), 40.0)
    live.update(far)
    for _ in range(60):
        costs = fusion.update(live)
    assert costs.cost[where] < 1


def test_the_window_alone_is_the_same_as_in_the_whole() -> None:
    fusion, _, whole = look(static_map(room()), room())
    local = fusion.local()
    j, i = at(whole, local.origin[0] + 0.05, local.origin[1] + 0.05)
    ny, nx = local.shape
    np.testing.assert_array_equal(local.cost, whole.cost[j : j + ny, i : i + nx])
    np.testing.assert_array_equal(local.obstacle, whole.obstacle[j : j + ny, i : i + nx])
    assert local.time_s == whole.time_s


def test_without_a_static_map_one_grows() -> None:
    fusion, live, rng = (
        Fusion(None, ROBOT),
        ElevationMap(ROBOT, ElevationSpec(stand_m=STAND_M)),
        np.random.default_rng(0),
    )
    hall = ((-2, 30, -1.5, -1.3, 0, 2.5), (-2, 30, 1.3, 1.5, 0, 2.5), (-2.2, -2, -1.5, 1.5, 0, 2.5))
    costs = None
    for k in range(150):
        live.update(scan(hall, (0.08 * k, 0.0), 0.1 * (k + 1), rng, columns=360))
        if k % 5 == 4:
            costs = fusion.update(live)
    assert costs is not None
    reached = reachable(costs, (12.0, 0.0))
    assert reached[at(costs, 0.0, 0.0)]  # what the window has left long ago
    assert not reached[at(costs, 6.0, 1.0)] or costs.free[at(costs, 6.0, 1.0)]
    assert costs.obstacle[at(costs, 5.0, 1.35)] or costs.obstacle[at(costs, 5.0, 1.25)]
    grid = fusion.grid()
    assert grid.shape == costs.shape
    floor = grid.known & (np.abs(grid.centres()[..., 1]) < 1.0) & (grid.centres()[..., 0] > -1.8)
    assert np.abs(grid.elevation[floor]).max() < 0.06


def test_maps_that_do_not_fit_are_refused() -> None:
    live = ElevationMap(ROBOT, ElevationSpec(resolution_m=0.08))
    live.update(scan(room()))
    with pytest.raises(BadInput, match=r"ElevationSpec\.on"):
        Fusion(static_map(room()), ROBOT).update(live)
    with pytest.raises(BadInput):
        Fusion(None, ROBOT).grid()
    with pytest.raises(BadInput):
        Fusion(None, ROBOT).local()
    with pytest.raises(BadInput):
        Fusion(None, ROBOT, remember_s=math.nan)


def test_hope_believes_what_is_near_and_of_the_rest_what_was_known_before() -> None:
    static, crate = static_map(room()), (1.0, 1.4, 1.0, 1.4, 0.0, 0.6)
    fusion, _, costs = look(static, (*room(), crate))
    before, where = costs_of(static, ROBOT), at(costs, 1.05, 1.05)
    assert costs.cost[where] == 1
    assert before.cost[where] < 1
    near, far = fusion.hopeful((0.5, 1.0), 1.5), fusion.hopeful((-2.5, 1.0), 1.5)
    assert near is not None
    assert far is not None
    assert near.obstacle[where] == costs.obstacle[where]
    assert near.cost[where] == 1
    np.testing.assert_array_equal(far.cost[where], before.cost[where])
    x, y = np.moveaxis(static.centres(), -1, 0)
    beyond = np.hypot(x - 0.5, y - 1.0) > 1.5
    np.testing.assert_array_equal(near.cost[beyond], before.cost[beyond])
    np.testing.assert_array_equal(near.cost[~beyond], costs.cost[~beyond])


def test_who_knew_nothing_before_has_nothing_to_hope_for() -> None:
    fusion, _, _ = look(None, room())
    assert fusion.hopeful((0.0, 0.0), 1.5) is None


def test_what_the_live_map_has_taken_back_is_taken_back_in_the_whole() -> None:
    """A cloud in the air, seen in a few scans over ground that lies in the LiDAR's blind ring, then gone."""
    static, cloud = static_map(room()), (0.9, 1.2, -0.2, 0.2, 0.0, 0.9)
    live, fusion = ElevationMap(ROBOT, ElevationSpec(stand_m=STAND_M).on(static)), Fusion(static, ROBOT)
    for k in range(3):
        live.update(scan((*room(), cloud), time_s=0.1 * (k + 1)))
        costs = fusion.update(live)
    face = at(costs, 0.95, 0.05)
    assert costs.obstacle[face[0], face[1] - 1 : face[1] + 2].any()
    for k in range(30):
        live.update(scan(room(), time_s=0.5 + 0.1 * k))
        costs = fusion.update(live)
    assert not live.heights(np.array([[0.95, 0.05]]))[0] > 0.0  # the ground there is too near to be seen
    assert not costs.obstacle[face[0] - 3 : face[0] + 4, face[1] - 2 : face[1] + 3].any()
    before = costs_of(static, ROBOT)
    np.testing.assert_array_equal(costs.unknown, before.unknown)


def test_what_hangs_over_ground_that_only_the_survey_knows_does_not_block() -> None:
    """Right before a girder, which hides nothing but is seen before the floor below it, in the LiDAR's blind ring."""
    girder = (1.5, 1.7, -4.0, 4.0, 0.75, 0.95)
    static = static_map(room())
    for prior in (None, static):
        live = ElevationMap(ROBOT, ElevationSpec(stand_m=STAND_M, start_m=0.0).on(static), prior)
        fusion = Fusion(static, ROBOT)
        for k in range(10):
            live.update(scan((*room(), girder), time_s=0.1 * (k + 1)))
            costs = fusion.update(live)
        row, column = at(costs, 1.55, 0.05)
        assert bool(costs.obstacle[row, column - 2 : column + 3].any()) == (prior is None)
    assert isinstance(Planner().plan(costs, (0.0, 0.0), (3.0, 0.0)), Route)


def test_what_stands_on_ground_that_only_the_survey_knows_blocks_all_the_same() -> None:
    static, crate = static_map(room()), (0.9, 1.3, -4.0, 4.0, 0.0, 0.9)
    live = ElevationMap(ROBOT, ElevationSpec(stand_m=STAND_M, start_m=0.0).on(static), static)
    fusion = Fusion(static, ROBOT)
    for k in range(10):
        live.update(scan((*room(), crate), time_s=0.1 * (k + 1)))
        costs = fusion.update(live)
    assert isinstance(Planner().plan(costs, (0.0, 0.0), (2.5, 0.0)), NoRoute)
