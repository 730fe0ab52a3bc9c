"""A map that was explored: saved and read again it is the same, and damaged files are refused."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.navigation.map import KEEP_OUT, ExploredMap, GridMap, Voxels
from tests.navigation.plan.grids import grid_of

LAYERS = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m", "zones")


def some() -> ExploredMap:
    rng = np.random.default_rng(0)
    height = rng.normal(size=(30, 40))
    height[rng.uniform(size=height.shape) < 0.3] = np.nan
    zones = np.zeros(height.shape, np.uint8)
    zones[3, 4] = KEEP_OUT
    return ExploredMap(grid_of(height, zones=zones), rng.normal(size=(200, 3)).astype(np.float32))


def test_saved_and_read_again_it_is_the_same(tmp_path: Path) -> None:
    before = some()
    before.save(tmp_path / "a.npz")
    after = ExploredMap.load(tmp_path / "a.npz")
    assert after.grid.resolution_m == before.grid.resolution_m
    assert after.grid.origin == before.grid.origin
    for name in LAYERS:
        np.testing.assert_array_equal(getattr(after.grid, name), getattr(before.grid, name))
    np.testing.assert_array_equal(after.points, before.points)
    after.save(tmp_path / "b.npz")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        ExploredMap.load(tmp_path / "missing.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(BadInput):
        ExploredMap.load(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(BadInput, match="holds"):
        ExploredMap.load(tmp_path / "other.npz")
    with zipfile.ZipFile(tmp_path / "objects.npz", "w") as archive:
        archive.writestr("points.npy", b"\x93NUMPY\x01\x00")
    with pytest.raises(BadInput):
        ExploredMap.load(tmp_path / "objects.npz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", np.array(2)),
        ("kind", np.array("rudel.policy")),
        ("elevation", np.zeros((3, 3), np.float32)),
        ("elevation", np.zeros((30, 40), np.int64)),
        ("elevation", np.array([["x"]])),
        ("zones", np.zeros((30, 40), np.float32)),
        ("resolution_m", np.array(math.nan)),
        ("resolution_m", np.array(-1.0)),
        ("origin", np.array([0.0, 1.0, 2.0])),
        ("origin", np.array([0.0, math.inf])),
        ("points", np.zeros((5, 2), np.float32)),
        ("points", np.full((5, 3), np.nan, np.float32)),
        ("step_m", np.full((30, 40), -1.0, np.float32)),
        ("extra", np.zeros(1)),
    ],
)
def test_wrong_contents_are_refused(tmp_path: Path, name: str, value: np.ndarray) -> None:
    some().save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        contents = dict(archive)
    contents[name] = value
    np.savez(tmp_path / "b.npz", **contents)
    with pytest.raises(BadInput):
        ExploredMap.load(tmp_path / "b.npz")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_are_refused_or_read_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    whole = folder / "whole.npz"
    if not whole.exists():
        some().save(whole)
    found = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        found[data.draw(st.integers(0, len(found) - 1))] = data.draw(st.integers(0, 255))
    del found[data.draw(st.integers(0, len(found))) if data.draw(st.booleans()) else len(found) :]
    (folder / "part.npz").write_bytes(bytes(found))
    try:
        read = ExploredMap.load(folder / "part.npz")
    except BadInput:
        return
    assert read.grid.shape == (30, 40)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_voxels_keep_one_point_for_each_cube(seed: int, parts: int) -> None:
    points = np.random.default_rng(seed).uniform(-2, 2, (400, 3)).astype(np.float32)
    voxels = Voxels(0.5)
    for part in np.array_split(points, parts):
        voxels.add(part)
        voxels.add(part)
    cubes = np.unique(np.floor(points / np.float32(0.5)), axis=0)
    assert len(voxels) == len(cubes)
    np.testing.assert_array_equal(np.unique(np.floor(voxels.points() / np.float32(0.5)), axis=0), cubes)
    voxels.add(np.array([[math.nan, 0, 0], [math.inf, 0, 0], [1e9, 0, 0]], np.float32))
    assert len(voxels) == len(cubes)
    with pytest.raises(BadInput):
        Voxels(0.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("elevation", np.full((2, 2), np.inf)), ("step_m", np.zeros((2, 3))), ("slope_rad", -np.ones((2, 2)))],
)
def test_layers_that_cannot_be_are_refused(name: str, value: np.ndarray) -> None:
    good = {key: np.zeros((2, 2), np.float32) for key in LAYERS[:-1]}
    with pytest.raises(BadInput):
        GridMap(0.1, (0.0, 0.0), **{**good, name: value.astype(np.float32)}, zones=np.zeros((2, 2), np.uint8))
