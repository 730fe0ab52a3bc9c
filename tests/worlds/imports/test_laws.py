"""What an import has to keep: sizes, whatever the unit, the axes, the place on the map and the way of reading."""

from pathlib import Path

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.worlds.imports import Imported, import_place
from rudel.worlds.place import RobotSize, load
from tests.worlds.imports import scenes

ROBOT = RobotSize("test", 0.6, 0.37, 0.45, 0.15, 0.5)
NOISE_M = 0.004


@pytest.fixture(scope="module")
def cloud() -> np.ndarray:
    return scenes.points(150_000, np.random.default_rng(3))


@pytest.fixture(scope="module")
def plain(cloud: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_place(scenes.write_ply(tmp_path_factory.mktemp("plain") / "a.ply", cloud), ROBOT)


def errors(imported: Imported) -> np.ndarray:
    """Differences of known ground to the truth [m], away from edges."""
    world = imported.world
    assert world.layers is not None
    xy = world.layers.centres() + np.array(world.origin[:2])
    truth = scenes.height(xy[..., 0], xy[..., 1]) - world.origin[2]
    even = np.isfinite(truth)
    for dx, dy in ((0.1, 0), (-0.1, 0), (0, 0.1), (0, -0.1)):
        even &= np.abs(scenes.height(xy[..., 0] + dx, xy[..., 1] + dy) - world.origin[2] - truth) < 1e-9
    known = world.layers.known() & even
    assert known.sum() > 0.9 * even.sum()
    return (world.layers.elevation - truth)[known]


def test_heights_are_those_of_the_place(plain: Imported):
    off = errors(plain)
    assert np.sqrt((off**2).mean()) < 0.01
    assert abs(np.median(off)) < 0.002
    assert plain.report.unit.value == "m"
    assert plain.report.up.value == "z"
    assert plain.report.size_m == pytest.approx((scenes.TUNNEL_END, 6.0), abs=0.2)


def test_the_whole_place_is_one_walkable_part(plain: Imported):
    whole = 8 * 6 - 1 + 2 * (scenes.TUNNEL_END - 8)
    assert plain.report.parts_m2[0] > 0.75 * whole
    assert plain.report.walkable_m2 < whole


def test_ceilings_are_kept_and_not_walked_on(plain: Imported):
    assert plain.world.layers is not None
    clearance = plain.world.layers.clearance
    assert np.nanmedian(clearance) == pytest.approx(scenes.HEADROOM, abs=0.1)
    (mesh,) = plain.world.shapes
    top = float(np.asarray(mesh.vertices)[:, 2].max())
    assert top == pytest.approx(scenes.HEADROOM + scenes.RISE * scenes.STEPS, abs=0.25)


def test_chunks_do_not_matter(cloud: np.ndarray, plain: Imported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from rudel.worlds.imports import ply

    monkeypatch.setattr(ply, "CHUNK", 777)
    again = import_place(scenes.write_ply(tmp_path / "a.ply", cloud), ROBOT)
    assert again.world.ground is not None
    assert plain.world.ground is not None
    np.testing.assert_array_equal(again.world.ground.heights, plain.world.ground.heights)
    assert again.world.start == plain.world.start


def test_same_points_in_another_order_are_the_same_ground(cloud: np.ndarray, plain: Imported, tmp_path: Path):
    mixed = np.random.default_rng(0).permutation(cloud)
    again = import_place(scenes.write_ply(tmp_path / "a.ply", mixed), ROBOT)
    assert again.world.ground is not None
    assert plain.world.ground is not None
    np.testing.assert_array_equal(again.world.ground.heights, plain.world.ground.heights)


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (lambda p: p * 1000.0, {"units": "mm"}),
        (lambda p: p / 0.3048, {"units": "ft"}),
        (lambda p: p * 1000.0, {}),
        (lambda p: p * 100.0, {}),
        (lambda p: p[:, [1, 2, 0]], {"up": "y"}),
        (lambda p: p[:, [1, 2, 0]], {}),
        (lambda p: p * [1, -1, -1], {"up": "-z"}),
        (lambda p: p + np.array([637_000.0, 6_259_000.0, 431.0]), {}),
    ],
    ids=["mm stated", "feet stated", "mm", "cm", "y up stated", "y up", "upside down stated", "far away"],
)
def test_another_frame_is_the_same_place(cloud: np.ndarray, plain: Imported, tmp_path: Path, change, options: dict):
    again = import_place(scenes.write_ply(tmp_path / "a.ply", change(cloud)), ROBOT, **options).report
    before = plain.report
    assert sorted(again.size_m) == pytest.approx(sorted(before.size_m), abs=0.25)
    assert again.height_range_m == pytest.approx(before.height_range_m, abs=0.06)
    assert again.walkable_m2 == pytest.approx(before.walkable_m2, rel=0.06)


def furnished(rng: np.random.Generator) -> np.ndarray:
    """A room of 8 x 6 x 2.6 m with ten tables and nothing below its ceiling."""
    parts = [np.stack([*(rng.random((2, 40_000)) * [[8], [6]]), np.full(40_000, z)], axis=1) for z in (0.0, 2.6)]
    for k in range(10):
        low = np.array([0.6 + 1.5 * (k % 5), 1.0 + 2.5 * (k // 5), 0.0])
        for axis in range(3):
            block = rng.random((2500, 3)) * [0.9, 0.9, 0.75] + low
            block[:, axis] = low[axis] + (0.75 if axis == 2 else rng.choice([0.0, 0.9], 2500))
            parts.append(block)
    for axis, edge in ((0, 8.0), (1, 6.0)):
        wall = rng.random((20_000, 3)) * [8, 6, 2.6]
        wall[:, axis] = rng.choice([0.0, edge], 20_000)
        parts.append(wall)
    cloud = np.concatenate(parts)
    return cloud + rng.normal(scale=NOISE_M, size=cloud.shape)


def test_a_scan_upside_down_is_turned_over_and_says_so(tmp_path: Path):
    cloud = furnished(np.random.default_rng(4))
    before = import_place(scenes.write_ply(tmp_path / "a.ply", cloud), ROBOT).report
    again = import_place(scenes.write_ply(tmp_path / "b.ply", cloud * [1, -1, -1]), ROBOT).report
    assert not any("upside down" in text for text in before.repairs)
    assert any("upside down" in text for text in again.repairs)
    assert again.walkable_m2 == pytest.approx(before.walkable_m2, rel=0.1)


@pytest.mark.parametrize("degrees", [3.0, 12.0])
def test_a_tilted_scan_is_turned_level_and_says_so(cloud: np.ndarray, plain: Imported, tmp_path: Path, degrees: float):
    a = np.radians(degrees)
    turn = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    again = import_place(scenes.write_ply(tmp_path / "a.ply", cloud @ turn.T), ROBOT).report
    assert any("tilted" in text for text in again.repairs)
    assert float(again.level.value.split()[0]) == pytest.approx(degrees, abs=0.25)
    assert again.walkable_m2 == pytest.approx(plain.report.walkable_m2, rel=0.08)


def test_wild_points_are_left_out_and_counted(cloud: np.ndarray, plain: Imported, tmp_path: Path):
    rng = np.random.default_rng(1)
    wild = rng.uniform(-400, 400, (17, 3))
    broken = np.full((5, 3), np.nan)
    again = import_place(scenes.write_ply(tmp_path / "a.ply", np.concatenate([wild, broken, cloud])), ROBOT).report
    assert again.size_m == pytest.approx(plain.report.size_m, abs=0.2)
    assert any(text.startswith("5 of ") for text in again.repairs)
    assert any("far from all others" in text for text in again.repairs)


def test_las_says_what_ply_says(cloud: np.ndarray, plain: Imported, tmp_path: Path):
    again = import_place(scenes.write_las(tmp_path / "a.las", cloud), ROBOT).report
    assert again.walkable_m2 == pytest.approx(plain.report.walkable_m2, rel=0.03)


def test_saved_and_loaded_is_the_same(plain: Imported, tmp_path: Path):
    report = plain.write(tmp_path / "w")
    world = load(tmp_path / "w")
    assert world.ground is not None
    assert plain.world.ground is not None
    np.testing.assert_array_equal(world.ground.heights, plain.world.ground.heights)
    assert world.origin == plain.world.origin
    assert all(Path(file).exists() for file in report.files)


def test_two_storeys_one_is_chosen_and_the_other_named(tmp_path: Path):
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0, 8, (2, 120_000))
    z = rng.choice([0.0, 2.6, 3.0, 5.6], 120_000)
    walls = np.stack([rng.choice([0.0, 8.0], 40_000), rng.uniform(0, 8, 40_000), rng.uniform(0, 5.6, 40_000)], axis=1)
    cloud = np.concatenate([np.stack([x, y, z], axis=1), walls])
    cloud += rng.normal(scale=NOISE_M, size=cloud.shape)
    report = import_place(scenes.write_ply(tmp_path / "a.ply", cloud), ROBOT).report
    assert any("another storey" in text for text in report.repairs)
    assert report.origin[2] == pytest.approx(0.0, abs=0.02)  # the lower one


@pytest.mark.parametrize("size", [(1.0, 0.5, 0.3), (0.6, 1.2, 0.15)])
def test_a_box_has_its_dimensions(tmp_path: Path, size: tuple[float, float, float]):
    rng = np.random.default_rng(2)
    floor = np.stack([*rng.uniform(0, 6, (2, 60_000)), np.zeros(60_000)], axis=1)
    top = np.stack(
        [rng.uniform(2, 2 + size[0], 4000), rng.uniform(3, 3 + size[1], 4000), np.full(4000, size[2])], axis=1
    )
    under = (np.abs(floor[:, :2] - [2 + size[0] / 2, 3 + size[1] / 2]) < np.array(size[:2]) / 2).all(axis=1)
    cloud = np.concatenate([floor[~under], top])
    cloud += rng.normal(scale=0.002, size=cloud.shape)
    world = import_place(scenes.write_ply(tmp_path / "a.ply", cloud), ROBOT, up="z").world
    assert world.layers is not None
    xy = world.layers.centres() + np.array(world.origin[:2])
    raised = (world.layers.elevation + world.origin[2]) > size[2] / 2
    area = float(raised.sum()) * world.layers.resolution_m**2
    assert area == pytest.approx(size[0] * size[1], rel=0.25)
    assert xy[raised].mean(axis=0) == pytest.approx((2 + size[0] / 2, 3 + size[1] / 2), abs=0.05)
    assert np.median(world.layers.elevation[raised]) + world.origin[2] == pytest.approx(size[2], abs=0.01)


def test_a_scan_without_ground_is_refused(tmp_path: Path):
    wall = np.random.default_rng(0).uniform(0, 1, (5000, 3)) * [6.0, 0.002, 3.0]
    with pytest.raises(BadInput, match=r"a\.ply"):
        import_place(scenes.write_ply(tmp_path / "a.ply", wall), ROBOT, up="z")


def test_a_plane_stands_for_the_level_floor_and_changes_no_height(plain: Imported):
    world = plain.world
    assert world.floor_m == 0.0
    assert world.layers is not None
    xy = world.layers.centres()
    truth = scenes.height(xy[..., 0] + world.origin[0], xy[..., 1] + world.origin[1]) - world.origin[2]
    ground = (plain.built.surface.kind == 1) & np.isfinite(truth)
    off = np.abs(world.height(xy[ground]) - world.layers.elevation[ground])
    assert off.max() < 0.06
    assert np.quantile(off, 0.99) < 0.016


@pytest.mark.parametrize("edge", [6.0, 9.35])
def test_holes_are_not_covered_by_a_plane(tmp_path: Path, edge: float):
    rng = np.random.default_rng(6)
    xy = rng.uniform(0, 10, (150_000, 2))
    z = np.where((xy > edge).all(axis=1), -0.5, 0.0) + rng.normal(scale=0.003, size=len(xy))
    world = import_place(scenes.write_ply(tmp_path / "a.ply", np.column_stack([xy, z])), ROBOT, up="z").world
    assert world.floor_m is None
    hole = np.full((1, 2), edge / 2 + 5.0) - np.array(world.origin[:2])
    assert world.height(hole)[0] + world.origin[2] == pytest.approx(-0.5, abs=0.02)


def test_a_ceiling_that_is_larger_than_the_floor_is_no_floor(tmp_path: Path):
    rng = np.random.default_rng(7)
    floor = np.column_stack([rng.uniform(0, 5, (60_000, 2)), np.zeros(60_000)])
    ceiling = np.column_stack([rng.uniform(-1, 6, (120_000, 2)), np.full(120_000, 2.7)])
    cloud = np.concatenate([floor, ceiling]) + rng.normal(scale=NOISE_M, size=(180_000, 3))
    imported = import_place(scenes.write_ply(tmp_path / "a.ply", cloud), ROBOT, up="z")
    assert imported.world.origin[2] == pytest.approx(0.0, abs=0.02)
    assert imported.world.layers is not None
    assert np.nanmedian(imported.world.layers.clearance) == pytest.approx(2.7, abs=0.05)
