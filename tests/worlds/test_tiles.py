"""Arenas of tiles."""

import numpy as np
import pytest

from rudel import worlds
from rudel.core.errors import BadInput, UnknownName
from rudel.worlds import _tiles
from tests.worlds.casting import cast_down, near_edges

BOXY = ["stairs", "gaps", "flat"]
MIXED = list(worlds.names())


def arena(kinds: list[str], levels: int, seed: int = 0, **options: object) -> worlds.Tiled:
    return worlds.tile(kinds, levels, np.random.default_rng(seed), **options)


def points(terrain: worlds.Terrain, n: int = 800) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.5, 0.5, size=(n, 2)) * (np.array(terrain.size_m) + 2.0)


@pytest.mark.parametrize(("kinds", "levels"), [(BOXY, 3), (MIXED, 2), (["slope", "wave"], 2), (["flat"], 4)])
def test_height_is_what_a_ray_meets(kinds: list[str], levels: int):
    terrain = arena(kinds, levels).terrain
    xy = points(terrain)
    if len(terrain.boxes):
        xy = np.concatenate((xy, near_edges(terrain, np.random.default_rng(2), 400)))
    np.testing.assert_allclose(terrain.height(xy), cast_down(terrain, xy), atol=1e-6)


def test_few_boxes_stay_boxes_many_become_one_height_field():
    assert arena(BOXY, 3).terrain.heightfield is None
    assert arena(["flat"] * 3, 2).terrain.heightfield is None
    many = arena(["blocks"], 1 + _tiles.MAX_BOXES // 300).terrain
    assert many.heightfield is not None
    assert len(many.boxes) == 0


@pytest.mark.parametrize("kinds", [BOXY, MIXED])
def test_rows_columns_and_level_starts(kinds: list[str]):
    tiled = arena(kinds, 3, difficulty=(0.2, 0.8))
    assert tiled.origins.shape == (3, len(kinds), 2)
    assert tiled.terrain.size_m == (24.0, 8.0 * len(kinds))
    np.testing.assert_allclose(tiled.difficulties, [0.2, 0.5, 0.8])
    np.testing.assert_allclose(np.diff(tiled.origins[..., 0], axis=0), 8.0)
    np.testing.assert_allclose(np.diff(tiled.origins[..., 1], axis=1), 8.0)
    np.testing.assert_allclose(tiled.origins.mean(axis=(0, 1)), 0.0, atol=1e-12)
    square = np.stack(np.meshgrid(*[np.linspace(-0.6, 0.6, 25)] * 2), axis=-1)
    heights = tiled.terrain.height(tiled.origins[:, :, None, None] + square)
    np.testing.assert_allclose(np.ptp(heights, axis=(2, 3)), 0.0, atol=1e-6)


@pytest.mark.parametrize("kinds", [BOXY, ["slope", "wave"]])
def test_tiles_are_the_single_terrains(kinds: list[str]):
    """An arena of boxes, or of height fields only, is its tiles shifted, built row by row from the same generator."""
    tiled, rng = arena(kinds, 2, seed=7), np.random.default_rng(7)
    xy = np.random.default_rng(3).uniform(-3.99, 3.99, size=(500, 2))
    for row, difficulty in enumerate(tiled.difficulties):
        for column, kind in enumerate(kinds):
            single = worlds.build(kind, float(difficulty), rng)
            shifted = xy + tiled.origins[row, column] - single.spawn
            np.testing.assert_allclose(tiled.terrain.height(shifted), single.height(xy), atol=1e-6)


@pytest.mark.parametrize("kind", ["blocks", "stairs", "obstacles", "gaps"])
def test_sampled_boxes_differ_only_beside_their_faces(kind: str):
    """As a height field (a slope beside it forces that), a boxy tile keeps its height where 5 cm around are level."""
    tiled, rng = arena([kind, "slope"], 1, seed=9, difficulty=(0.8, 0.8)), np.random.default_rng(9)
    single = worlds.build(kind, 0.8, rng)
    assert tiled.terrain.heightfield is not None
    xy = np.random.default_rng(3).uniform(-3.9, 3.9, size=(3000, 2))
    reach = _tiles.FINE_M + 1e-3
    around = np.stack(np.meshgrid(*[np.linspace(-reach, reach, 15)] * 2), axis=-1).reshape(-1, 2)
    near = single.height(xy[:, None] + around)
    z, exact = tiled.terrain.height(xy + tiled.origins[0, 0]), single.height(xy)
    level = np.ptp(near, axis=1) == 0.0
    assert level.mean() > 0.2
    np.testing.assert_allclose(z[level], exact[level], atol=1e-6)
    assert (z >= near.min(axis=1) - 1e-6).all()
    assert (z <= near.max(axis=1) + 1e-6).all()


def test_sample_on_a_corner_belongs_to_the_highest_box():
    tiled, rng = arena(["blocks", "slope"], 1, seed=4, difficulty=(1.0, 1.0)), np.random.default_rng(4)
    single = worlds.build("blocks", 1.0, rng)
    corners = np.stack(np.meshgrid(*[np.arange(-9, 10) * 0.4] * 2), axis=-1)
    quadrants = 0.1 * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    highest = single.height(corners[..., None, :] + quadrants).max(axis=-1)
    np.testing.assert_allclose(tiled.terrain.height(corners + tiled.origins[0, 0]), highest, atol=1e-6)


def test_same_seed_same_bytes():
    first, second = (arena(MIXED, 2, seed=5).terrain.heightfield for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.heights.tobytes() == second.heights.tobytes()


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("kinds", {"kinds": []}),
        ("kinds", {"kinds": "stairs"}),
        ("levels", {"levels": 0}),
        ("difficulty", {"difficulty": (0.5, 0.4)}),
        ("difficulty", {"difficulty": (0.0, 1.1)}),
        ("difficulty", {"difficulty": (float("nan"), 1.0)}),
        ("multiple", {"size_m": 8.13}),
        ("multiple", {"size_m": float("nan")}),
    ],
)
def test_nonsense_is_refused(what: str, options: dict):
    with pytest.raises(BadInput, match=what):
        arena(**({"kinds": ["stairs"], "levels": 1} | options))


def test_unknown_kind_is_refused():
    with pytest.raises(UnknownName, match="slope"):
        arena(["slop"], 1)
