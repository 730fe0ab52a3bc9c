"""What the third pass over the points adds: slopes between the lines of a scan, and steps as high as they are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from rudel.worlds.imports import _fine
from rudel.worlds.imports._surface import DETAIL, GROUND, OBSTACLE, Surface
from rudel.worlds.place import layers_from

CELL, NX, NY = 0.05, 30, 20
NOISE_M = 0.004
SIDEWAYS_M = 0.015  # noise along the rays of a LiDAR that looks at a face


def rough(height: NDArray[np.float64]) -> Surface:
    """A surface of ground in the open."""
    return Surface(np.full((NY, NX), GROUND, np.uint8), height, np.full((NY, NX), np.inf), CELL, (0.0, 0.0))


def middles() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of the middle of each cell [m]."""
    x, y = (np.arange(n) + 0.5 for n in (NX, NY))
    xs, ys = np.meshgrid(np.asarray(x * CELL, np.float64), np.asarray(y * CELL, np.float64))
    return xs, ys


def scattered(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(count, 2) places all over the grid [m]."""
    return rng.uniform((0.0, 0.0), (NX * CELL, NY * CELL), (count, 2))


def with_heights(xy: NDArray[np.float64], z: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.column_stack((xy, z + rng.normal(scale=NOISE_M, size=len(z))))


def test_a_slope_goes_on_between_the_lines_of_a_scan():
    rng = np.random.default_rng(0)
    xy = scattered(12_000, rng)
    xy[:, 0] = np.floor(xy[:, 0] / 0.08) * 0.08 + rng.normal(scale=0.004, size=len(xy))  # a line every 8 cm
    xy[:, 0] = np.clip(xy[:, 0], 0.0, NX * CELL - 1e-6)
    slope = np.tan(np.radians(32.0))
    x, _ = middles()
    stairs = np.floor(x * slope / 0.05) * 0.05  # as voxels have it
    found = _fine.refined(rough(stairs), iter([with_heights(xy, slope * xy[:, 0], rng)]))
    assert found.detail is not None
    inner = (slice(2, -2), slice(2, -2))
    off = (found.height - slope * x)[inner]
    assert np.sqrt((off**2).mean()) < 0.006 < np.sqrt(((stairs - slope * x)[inner] ** 2).mean())
    layers = layers_from(found.detail, None, CELL, (0.0, 0.0), detail=DETAIL)
    assert np.degrees(np.median(layers.slope_rad[inner])) == pytest.approx(32.0, abs=1.0)
    assert np.median(layers.step_m[inner]) < 0.02


@pytest.mark.parametrize("edge", [0.75, 0.775, 0.79])
def test_a_step_is_as_high_as_it_is_wherever_the_cells_begin(edge: float):
    rng = np.random.default_rng(1)
    xy = scattered(9_000, rng)
    x, _ = middles()
    cells = np.where(x + CELL / 2 > edge, 0.16, 0.0)
    found = _fine.refined(rough(cells), iter([with_heights(xy, np.where(xy[:, 0] > edge, 0.16, 0.0), rng)]))
    assert found.detail is not None
    layers = layers_from(found.detail, None, CELL, (0.0, 0.0), detail=DETAIL)
    highest = layers.step_m[3:-3].max(axis=1)
    np.testing.assert_allclose(highest, 0.16, atol=0.025)
    assert layers.step_m[3:-3, 3:10].max() < 0.02


def test_the_lower_side_of_a_slab_is_none_of_its_upper_side():
    rng = np.random.default_rng(2)
    xy = scattered(6_000, rng)
    z = np.where(rng.random(len(xy)) < 0.5, 0.0, -0.18)
    found = _fine.refined(rough(np.zeros((NY, NX))), iter([with_heights(xy, z, rng)]))
    assert np.abs(found.height).max() < 0.02


def test_obstacles_and_unknown_cells_stay_as_they_are():
    rng = np.random.default_rng(3)
    surface = rough(np.zeros((NY, NX)))
    surface.kind[:, :5], surface.height[:, :5] = OBSTACLE, 1.5
    xy = scattered(6_000, rng)
    found = _fine.refined(surface, iter([with_heights(xy, np.full(len(xy), 0.01), rng)]))
    np.testing.assert_array_equal(found.height[:, :5], 1.5)
    assert np.sqrt(((found.height[2:-2, 7:-2] - 0.01) ** 2).mean()) < 0.003


def test_how_the_points_come_in_chunks_does_not_matter():
    rng = np.random.default_rng(4)
    xy = scattered(5_000, rng)
    points = with_heights(xy, 0.1 * np.sin(9 * xy[:, 0]), rng)
    x, _ = middles()
    one = _fine.refined(rough(0.1 * np.sin(9 * x)), iter([points]))
    many = _fine.refined(rough(0.1 * np.sin(9 * x)), iter(np.array_split(points[rng.permutation(len(points))], 7)))
    np.testing.assert_array_equal(one.detail, many.detail)


def test_a_gap_at_a_step_belongs_to_one_of_its_sides():
    """A plane through the points of both sides would make a ramp of it."""
    rng = np.random.default_rng(5)
    xy = scattered(9_000, rng)
    xy = xy[np.abs(xy[:, 0] - 0.775) > 0.025]
    x, _ = middles()
    points = with_heights(xy, np.where(xy[:, 0] > 0.775, 0.16, 0.0), rng)
    found = _fine.refined(rough(np.where(x > 0.775, 0.16, 0.0)), iter([points]))
    assert found.detail is not None
    off = np.minimum(np.abs(found.detail), np.abs(found.detail - 0.16))[6:-6]
    assert off.max() < 0.05


def test_a_slope_goes_on_over_gaps_that_no_narrow_plane_reaches():
    """Lines 20 cm apart, as far from the scanner, beside ground that is seen well."""
    rng = np.random.default_rng(6)
    xy = scattered(20_000, rng)
    far = xy[:, 0] > 0.4
    xy[far, 0] = np.floor(xy[far, 0] / 0.2) * 0.2 + rng.normal(scale=0.004, size=int(far.sum()))
    xy[:, 0] = np.clip(xy[:, 0], 0.0, NX * CELL - 1e-6)
    slope = np.tan(np.radians(20.0))
    x, _ = middles()
    stairs = np.floor(x * slope / 0.05) * 0.05
    found = _fine.refined(rough(stairs), iter([with_heights(xy, slope * xy[:, 0], rng)]))
    inner = (slice(3, -3), slice(10, 22))
    assert np.abs(found.height - slope * x)[inner].max() < 0.02  # the nearest line would be up to 3.6 cm off


def face(edge: float, step: float, rng: np.random.Generator, foot: int = 60_000) -> NDArray[np.float64]:
    """Points of a step of ``step`` up at x = ``edge``: level before and behind, three times as dense on its face."""
    flat = scattered(foot, rng)
    z = np.where(flat[:, 0] > edge, step, 0.0)
    count = int(3 * foot / (NX * CELL) * step)
    upright = np.column_stack((np.full(count, edge), rng.uniform(0.0, NY * CELL, count)))
    points = np.column_stack((np.concatenate((flat, upright)), np.append(z, rng.uniform(0.0, step, count))))
    points[:, 0] = np.clip(points[:, 0] + rng.normal(scale=SIDEWAYS_M, size=len(points)), 0.0, NX * CELL - 1e-6)
    points[:, 2] += rng.normal(scale=NOISE_M, size=len(points))
    return points


@pytest.mark.parametrize("edge", [0.755, 0.775, 0.795])
@pytest.mark.parametrize("step", [0.08, 0.16])
def test_a_face_that_noise_spreads_is_a_step_and_no_ramp(edge: float, step: float):
    rng = np.random.default_rng(7)
    x, _ = middles()
    found = _fine.refined(rough(np.where(x + CELL / 2 > edge, step, 0.0)), iter([face(edge, step, rng)]))
    assert found.detail is not None
    inner = found.detail[6:-6]
    between = (inner > 0.25 * step) & (inner < 0.75 * step)
    assert between.sum(axis=1).mean() < 1.5  # ninths; noise spreads the face over four of them
    layers = layers_from(found.detail, None, CELL, (0.0, 0.0), detail=DETAIL)
    np.testing.assert_allclose(np.median(layers.step_m[3:-3].max(axis=1)), step, atol=0.012)


def test_faces_stand_in_the_mean_where_they_are_and_not_where_their_cells_begin():
    x, _ = middles()
    off: list[float] = []
    for edge in (0.755, 0.765, 0.775, 0.785, 0.795):
        points = face(edge, 0.2, np.random.default_rng(8))
        found = _fine.refined(rough(np.where(x + CELL / 2 > edge, 0.2, 0.0)), iter([points]))
        assert found.detail is not None
        begins = NX * CELL - (found.detail[6:-6] > 0.1).sum(axis=1) * CELL / DETAIL
        off.append(float(begins.mean()) - edge)
    assert max(map(abs, off)) < 0.035
    assert abs(float(np.mean(off))) < 0.0125  # half a cell if all of the cell counts as high
