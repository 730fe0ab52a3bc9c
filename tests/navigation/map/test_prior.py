"""Ground of a survey below a window that moves over it."""

from __future__ import annotations

import dataclasses

import numpy as np

from rudel.navigation.map import ElevationMap, ElevationSpec, Fusion
from rudel.navigation.map.prior import Prior
from rudel.navigation.map.terrain import lowest_near
from rudel.navigation.map.window import Window
from rudel.navigation.types import StampedCloud
from tests.navigation.map.casting import ROBOT, STAND_M, room, scan
from tests.navigation.map.test_fusion import at, static_map


def test_the_lowest_height_nearby_is_that_of_the_square_around_each_cell() -> None:
    rng = np.random.default_rng(0)
    height = rng.normal(size=(9, 11)).astype(np.float32)
    height[rng.random(height.shape) < 0.3] = np.nan
    height[:4, :4] = np.nan
    found = lowest_near(height, 3)
    padded = np.pad(height, 1, constant_values=np.nan)
    for j, i in np.ndindex(height.shape):
        square = padded[j : j + 3, i : i + 3]
        assert found[j, i] == (np.inf if np.isnan(square).all() else np.nanmin(square))


def test_a_window_has_the_surveys_ground_wherever_it_is() -> None:
    static = static_map(room())
    heights = np.arange(100 * 100, dtype=np.float32).reshape(100, 100)
    static = dataclasses.replace(static, elevation=heights)
    prior, window = Prior(static, 1), Window(40, 0.1, static.origin)
    for xy in ((0.0, 0.0), (2.0, -1.0), (-4.8, 4.7), (40.0, 0.0)):
        window.centre_on(xy)
        x, y = (axis.astype(float) for axis in window.centres())
        i, j = (np.rint((a - o) / 0.1 - 0.5).astype(int) for a, o in zip((x, y), static.origin, strict=True))
        inside = (j[:, None] >= 0) & (j[:, None] < 100) & (i >= 0) & (i < 100)
        wanted = np.where(inside, heights[np.clip(j, 0, 99)[:, None], np.clip(i, 0, 99)], np.inf)
        np.testing.assert_array_equal(prior.under(window), wanted)


def test_a_gap_that_dust_has_closed_is_taken_back_with_it() -> None:
    """Two specks with a cell between them that nothing was seen of, seen once, in the LiDAR's blind ring."""
    static = static_map(room())
    live = ElevationMap(ROBOT, ElevationSpec(stand_m=STAND_M, start_m=0.0).on(static), static)
    fusion = Fusion(static, ROBOT)
    clean = scan(room(), time_s=0.1)
    floor, specks = [[0.35, 0.65, 0.0], [0.35, 0.85, 0.0]], [[0.05, 0.65, 0.3], [0.05, 0.85, 0.3]]
    specks = np.repeat(np.array(floor + specks, np.float32), 4, axis=0)
    live.update(StampedCloud(0.1, np.concatenate((clean.points, specks)), clean.origin, clean.pose))
    fusion.update(live)
    between = at(fusion.local(), 0.05, 0.75)
    x, y = fusion.grid().origin
    row, column = int((0.75 - y) / 0.1), int((0.05 - x) / 0.1)
    assert fusion.grid().elevation[row, column] > 0.2
    for k in range(15):
        live.update(scan(room(), time_s=0.2 + 0.1 * k))
        fusion.update(live)
    assert fusion.grid().elevation[row, column] == static.elevation[row, column]
    assert not fusion.local().obstacle[between]
