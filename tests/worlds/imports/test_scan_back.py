"""A place that our own LiDAR scanned comes back as it was."""

from pathlib import Path

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.sim.senses.lidar import LidarSpec
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.survey import returns, survey
from rudel.worlds.imports import _dust, _shade, _voxels, import_place
from rudel.worlds.imports._source import Cloud
from rudel.worlds.place import Box, Mesh, RobotSize, Waypoint, World
from tests.worlds.imports import scenes
from tests.worlds.imports.agreement import compare

ROBOT = RobotSize("test", 0.6, 0.37, 0.45, 0.15, 0.5)
BASE_M, MOUNT = 0.35, Mount("lidar", np.array([0.0, 0.0, 0.2]))
WAY = np.array([[-2.0, -1.5], [2.0, -1.5], [2.0, 1.5], [-2.0, 1.5], [-2.0, -1.5]])


def room(dust: float = 0.0) -> World:
    """6 x 5 m with a ceiling, a block to go round, and a step that is too high in one corner."""
    slabs = [Box((0.0, 0.0, z), (3.2, 2.7, 0.1)) for z in (-0.1, 2.6)]
    walls = [Box((x, 0.0, 1.25), (0.1, 2.7, 1.25)) for x in (-3.1, 3.1)]
    walls += [Box((0.0, y, 1.25), (3.2, 0.1, 1.25)) for y in (-2.6, 2.6)]
    things = [Box((0.1, 0.0, 0.4), (0.5, 0.4, 0.4)), Box((2.6, -2.1, 0.11), (0.4, 0.4, 0.11))]
    start = Waypoint("start", (-2.0, -1.5))
    return World("room", start, (-3.0, 3.0, -2.5, 2.5), dust=dust, shapes=(*slabs, *walls, *things))


def test_a_scanned_room_comes_back(tmp_path: Path):
    place = room()
    cloud = survey(place, WAY, BASE_M, MOUNT, np.random.default_rng(5))
    imported = import_place(scenes.write_ply(tmp_path / "room.ply", cloud.astype(np.float64)), ROBOT)
    figures = compare(place, imported.world, ROBOT).figures()
    assert imported.report.resolution_m == 0.05
    assert imported.report.up.value == "z"
    assert figures["seen_m2"] > 0.9 * 30
    assert figures["height_rms_m"] < 0.01
    assert figures["walkable_agreement"] > 0.97
    assert figures["walkable_agreement_but_for_borders"] > 0.995
    assert figures["invented"] < 0.01


def test_dust_in_the_air_is_left_out_and_said(tmp_path: Path):
    place = room(dust=1.0)
    cloud = survey(place, WAY, BASE_M, MOUNT, np.random.default_rng(5))
    imported = import_place(scenes.write_ply(tmp_path / "room.ply", cloud.astype(np.float64)), ROBOT)
    assert any("in dusty air" in text for text in imported.report.repairs)
    seen = next(shape for shape in imported.world.shapes if isinstance(shape, Mesh))
    inside = seen.vertices + np.array(imported.world.origin)  # in the room's own frame
    passed = np.min([np.abs(inside[:, :2] - corner).max(axis=1) for corner in WAY], axis=0) < 0.3
    assert not (passed & (inside[:, 2] > 0.3) & (inside[:, 2] < 2.0)).any()  # where the scanner went, nothing is seen
    figures = compare(place, imported.world, ROBOT).figures()
    assert figures["walkable_agreement"] > 0.65  # specks near walls stay: docs/decisions/0008-import.md


@pytest.mark.slow
def test_specks_that_are_darker_than_surfaces_are_told_apart(tmp_path: Path):
    place = room(dust=1.0)
    cloud = returns(place, WAY, BASE_M, MOUNT, np.random.default_rng(5)).astype(np.float64)
    imported = import_place(scenes.write_ply(tmp_path / "room.ply", cloud[:, :3], cloud[:, 3]), ROBOT)
    assert any("as dark as its specks" in text for text in imported.report.repairs)
    assert imported.report.points == len(cloud)
    assert imported.report.resolution_m == 0.05
    figures = compare(place, imported.world, ROBOT).figures()
    assert figures["walkable_agreement"] > 0.95
    assert figures["height_rms_m"] < 0.01


def test_intensities_that_say_nothing_are_not_used():
    rng = np.random.default_rng(0)
    floor = rng.uniform((0.0, 0.0, 0.0), (2.0, 2.0, 0.02), (60_000, 3))
    dust = rng.uniform((0.0, 0.0, 0.3), (2.0, 2.0, 2.0), (20_000, 3))
    points = np.asarray(np.concatenate((floor, dust)), np.float64)
    voxels = _voxels.gather(iter([points]), np.zeros(3), np.full(3, 2.01), 0.05, 0.05)
    clear = voxels.only(voxels.height < 0.1)
    bright, dark = rng.normal(0.5, 0.1, len(floor)), rng.normal(0.1, 0.03, len(dust))
    shades = np.asarray(np.concatenate((bright, dark)), np.float64)
    limit = _shade.darkest(voxels, clear, iter([points]), iter([shades]))
    assert limit is not None
    assert 0.13 < limit < 0.35
    mixed = _shade.darkest(voxels, clear, iter([points]), iter([rng.permutation(shades)]))
    assert mixed is None
    cut = [slice(0, 7), slice(7, 30_001), slice(30_001, None)]
    again = _shade.darkest(voxels, clear, (points[c] for c in cut), (shades[c] for c in cut))
    assert again == limit


def test_solid_voxels_of_a_map_are_no_dusty_air():
    """As an octomap has them: one point in each, also within walls."""
    side = np.arange(40) * 0.08 + 0.04
    solid = np.stack(np.meshgrid(side, side, side[:12]), axis=-1).reshape(-1, 3)
    voxels = _voxels.gather(iter([solid]), np.zeros(3), np.full(3, 3.2), 0.08, 0.08)
    kept, hazy = _dust.without_dust(voxels)
    assert not hazy
    np.testing.assert_array_equal(kept.keys, voxels.keys)


def test_points_of_a_survey_lie_on_the_place():
    cloud = survey(room(), WAY[:2], BASE_M, MOUNT, np.random.default_rng(0), LidarSpec().ideal())
    x, y, z = cloud.T
    planes = [abs(z), abs(z - 2.5), abs(abs(x) - 3.0), abs(abs(y) - 2.5), abs(z - 0.8), abs(z - 0.22)]
    planes += [abs(x - 2.2), abs(y + 1.7), abs(x - 0.6), abs(x + 0.4), abs(abs(y) - 0.4)]
    assert np.min(planes, axis=0).max() < 1e-3


def test_the_same_seed_measures_the_same():
    one, two = (survey(room(), WAY[:2], BASE_M, MOUNT, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "way", [np.zeros((1, 2)), np.zeros((3, 3)), np.array([[0.0, np.nan], [1.0, 1.0]]), np.zeros((2, 2))]
)
def test_a_way_that_is_none_is_refused(way: np.ndarray):
    with pytest.raises(BadInput, match="way"):
        survey(room(), way, BASE_M, MOUNT, np.random.default_rng(0))


def test_a_way_over_nothing_is_refused():
    with pytest.raises(BadInput, match="no ground"):
        survey(room(), np.array([[0.0, 1.5], [90.0, 1.5]]), BASE_M, MOUNT, np.random.default_rng(0))


def test_points_as_dark_as_the_limit_are_left_out_and_unknown_ones_kept():
    chunks = [np.arange(12.0).reshape(4, 3), np.arange(12.0, 18.0).reshape(2, 3)]
    shades = [np.array([0.1, 0.2, np.nan, 0.9]), np.array([0.3, 0.05])]
    cloud = Cloud(lambda: iter(chunks), 6, shades=lambda: iter(shades))
    left = list(_shade.lighter(cloud, 0.2).chunks())
    np.testing.assert_array_equal(left[0], chunks[0][2:])
    np.testing.assert_array_equal(left[1], chunks[1][:1])
