"""Maps of points: planes where points lie on planes, files that come back, bad ones refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.navigation.localise import PointMap
from rudel.navigation.localise import _rotation as rotation
from rudel.navigation.localise._voxels import VoxelIndex, thin


def plane(rng: np.random.Generator, turn: np.ndarray, n: int = 4000) -> np.ndarray:
    flat = np.column_stack((rng.uniform(-2, 2, (n, 2)), np.zeros(n)))
    return flat @ rotation.exp(turn).T


@settings(max_examples=20)
@given(turn=st.tuples(*[st.floats(-2, 2)] * 3), shift=st.tuples(*[st.floats(-300, 300)] * 3))
def test_points_of_a_plane_make_planes_of_it(
    turn: tuple[float, float, float], shift: tuple[float, float, float]
) -> None:
    points = plane(np.random.default_rng(0), np.array(turn)) + shift
    match = PointMap.from_points(points).match(points)
    normal = rotation.exp(np.array(turn))[:, 2]
    assert len(match.index) > 0.95 * len(points)
    np.testing.assert_allclose(np.abs(match.normal @ normal), 1, atol=1e-4)
    np.testing.assert_allclose((match.centre - shift) @ normal, 0, atol=1e-3)


def test_points_added_in_parts_make_the_same_planes(rng: np.random.Generator) -> None:
    points = np.concatenate((plane(rng, np.zeros(3)), plane(rng, np.array([1.5, 0.0, 0.0]))))
    whole, parts = PointMap(), PointMap()
    whole.add(points)
    for part in np.array_split(points, 5):
        parts.add(part)
    a, b = whole.match(points), parts.match(points)
    assert (a.index == b.index).all()
    np.testing.assert_allclose(a.centre, b.centre, atol=1e-9)
    np.testing.assert_allclose(np.abs(np.sum(a.normal * b.normal, axis=1)), 1, atol=1e-6)


def test_a_ball_of_dust_is_no_plane(rng: np.random.Generator) -> None:
    dust = rng.normal(size=(5000, 3)) * 0.5
    match = PointMap.from_points(dust).match(dust)
    assert len(match.index) < 0.25 * len(dust)


def test_a_wall_of_voxels_holds_a_scan_and_has_the_direction_of_the_wall(rng: np.random.Generator) -> None:
    """As a robot's octomap has it: 8 cm stairs along a wall that is turned by 25 degrees, one or two voxels thick."""
    turn = rotation.exp(np.array([0.0, 0.0, np.radians(25.0)]))
    wall = np.column_stack((rng.uniform(-4, 4, 40_000), np.zeros(40_000), rng.uniform(0, 2.4, 40_000))) @ turn.T
    voxels = np.unique(np.floor(wall / 0.08), axis=0)
    sides = rng.choice([-1.0, 1.0], len(voxels))[:, None] * np.array([0.0, 1.0, 0.0])
    voxels = np.concatenate((voxels[rng.random(len(voxels)) > 0.35], (voxels + sides)[rng.random(len(voxels)) < 0.8]))
    voxels = np.unique(voxels, axis=0).astype(int)
    there = {tuple(voxel) for voxel in voxels.tolist()}
    faces = []
    for axis in range(3):
        for side in (0, 1):
            beyond = voxels.copy()
            beyond[:, axis] += 2 * side - 1
            seen = voxels[[tuple(voxel) not in there for voxel in beyond.tolist()]].repeat(12, axis=0)
            points = seen + rng.uniform(0, 1, seen.shape)
            points[:, axis] = seen[:, axis] + side
            faces.append(points * 0.08)
    match = PointMap.from_points(np.concatenate(faces)).match(wall)
    assert len(match.index) > 0.6 * len(wall)
    assert np.median(np.abs(match.normal @ turn[:, 1])) > 0.98


def test_what_is_dropped_is_gone(rng: np.random.Generator) -> None:
    points = plane(rng, np.zeros(3))
    made = PointMap.from_points(points)
    made.drop_beyond(np.array([30.0, 0.0, 0.0]), 10.0)
    assert len(made) == 0
    made.add(points)
    assert len(made.match(points).index) > 0.95 * len(points)


def test_a_saved_map_comes_back(tmp_path: Path, rng: np.random.Generator) -> None:
    made = PointMap.from_points(plane(rng, np.array([0.3, 0.2, 0.1])), frame="cellar")
    made.save(tmp_path / "map.npz")
    back = PointMap.load(tmp_path / "map.npz")
    assert back.frame == "cellar"
    np.testing.assert_array_equal(back.points, made.points)
    assert len(back) == len(made)


@pytest.mark.parametrize(
    "points",
    [np.zeros((0, 3)), np.zeros((4, 2)), np.array([[0.0, 0.0, np.nan]]), np.array([[1e7, 0.0, 0.0]])],
    ids=["none", "flat", "nan", "far"],
)
def test_points_that_are_no_map_are_refused(points: np.ndarray) -> None:
    with pytest.raises(BadInput):
        PointMap.from_points(points)


def test_points_too_far_apart_are_refused() -> None:
    wild = np.array([[-9e4, -9e4, -9e4], [9e4, 9e4, 9e4]])
    with pytest.raises(BadInput, match="too large"):
        PointMap.from_points(wild)


@settings(max_examples=40)
@given(cut=st.integers(0, 400), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_damaged_files_are_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int, at: int, byte: int
) -> None:
    path = tmp_path_factory.mktemp("maps") / "map.npz"
    PointMap.from_points(np.random.default_rng(0).uniform(0, 1, (50, 3))).save(path)
    data = bytearray(path.read_bytes())
    data[at % len(data)] = byte
    path.write_bytes(bytes(data[: len(data) - cut]))
    with suppress(BadInput):  # nothing else may come out
        assert np.isfinite(PointMap.load(path).points).all()


def test_what_is_not_there_or_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no point map at"):
        PointMap.load(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", points=np.zeros((3, 3)))
    with pytest.raises(BadInput, match="no point map of version"):
        PointMap.load(tmp_path / "other.npz")


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), parts=st.integers(1, 5))
def test_voxels_keep_their_numbers(seed: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    voxels = np.unique(rng.integers(-200, 200, (300, 3)), axis=0).astype(np.int32)
    index, numbers = VoxelIndex(), dict[tuple[int, ...], int]()
    for part in np.array_split(voxels, parts):
        numbers |= dict(zip(map(tuple, part.tolist()), index.add(part).tolist(), strict=True))
    assert sorted(numbers.values()) == list(range(len(voxels)))
    assert index.find(voxels).tolist() == [numbers[tuple(v)] for v in voxels.tolist()]
    assert (index.find(voxels + 1000) == -1).all()


def test_voxels_that_come_several_times_have_one_number(rng: np.random.Generator) -> None:
    voxels = rng.integers(-40, 40, (4000, 3)).astype(np.int32)
    index = VoxelIndex()
    number = index.add(voxels)
    assert index.count == len(np.unique(voxels, axis=0))
    assert index.add(voxels).tolist() == number.tolist() == index.find(voxels).tolist()
    same = (voxels[:, None] == voxels[None, :500]).all(axis=-1)
    np.testing.assert_array_equal(number[:, None] == number[None, :500], same)


def test_one_point_after_the_other_makes_the_planes_of_all_at_once(rng: np.random.Generator) -> None:
    points = rng.uniform(0, 0.6, (300, 3)) * (1.0, 1.0, 0.01)
    whole, single = PointMap(), PointMap()
    whole.add(points)
    for point in points:
        single.add(point[None])
    a, b = whole.match(points), single.match(points)
    assert len(a.index) > 100
    np.testing.assert_array_equal(a.index, b.index)
    np.testing.assert_allclose(a.centre, b.centre, atol=1e-9)
    np.testing.assert_allclose(a.variance, b.variance, atol=1e-12)


def test_thinning_keeps_one_point_of_each_cube(rng: np.random.Generator) -> None:
    points = rng.uniform(-3, 3, (5000, 3))
    kept = thin(points, 0.5)
    cubes = np.unique(np.floor(points[kept] / 0.5), axis=0)
    assert len(cubes) == len(kept)
    assert len(kept) > 0.9 * len(np.unique(np.floor(points / 0.5), axis=0))
    assert (np.diff(kept) > 0).all()
