"""The elevation map: it converges to what is there, and says what it does not know."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.core.types import Pose
from rudel.navigation.map import ElevationMap, ElevationSpec, costs_of
from rudel.navigation.types import StampedCloud
from tests.navigation.map.casting import ROBOT, STAND_M, room, scan, truth, walk

SPEC = ElevationSpec(stand_m=STAND_M)
CRATE = (1.5, 2.3, 0.5, 1.3, 0.0, 0.4)
STEP = (-3.0, -1.6, -1.0, 1.0, 0.0, 0.08)
TOUR = ((-1.0, -1.5), (1.0, -1.5), (1.0, 2.0), (-1.0, 2.0), (-1.0, -1.5))


def toured(stops: tuple[tuple[float, float], ...] = TOUR) -> ElevationMap:
    live = ElevationMap(ROBOT, SPEC)
    for cloud in walk((*room(), CRATE, STEP), stops, np.random.default_rng(0)):
        assert live.update(cloud)
    return live


def heights_at(live: ElevationMap, *xy: tuple[float, float]) -> np.ndarray:
    return live.heights(np.array(xy))


@pytest.fixture(scope="module")
def known() -> ElevationMap:
    return toured()


def test_a_known_place_is_learnt(known: ElevationMap) -> None:
    grid = known.grid()
    centres = grid.centres()
    near = (np.abs(centres) < 3.0).all(axis=-1)
    assert grid.known[near].mean() > 0.9
    right = truth((CRATE, STEP), centres)
    error = np.abs(grid.elevation - right)[near & grid.known]
    assert np.median(error) < 0.01
    assert np.mean(error < 0.03) > 0.9  # the rest: cells that an edge goes through, inner parts of the crate's top


def test_level_floor_has_no_steps_that_noise_explains(known: ElevationMap) -> None:
    grid = known.grid()
    centres = grid.centres()
    floor = (np.abs(centres) < 3.0).all(axis=-1) & (truth((CRATE, STEP), centres) == 0)
    edge = truth([(b[0] - 0.3, b[1] + 0.3, b[2] - 0.3, b[3] + 0.3, 0, 1) for b in (CRATE, STEP)], centres) > 0
    floor &= ~edge & grid.known
    assert floor.sum() > 1500
    assert np.mean(grid.step_m[floor] > 0.025) < 0.01  # what rudel's walk on a Lite3 crosses safely
    assert np.mean(grid.roughness_m[floor] > 0.01) < 0.01
    assert np.quantile(grid.slope_rad[floor], 0.99) < math.radians(10)


def test_crate_and_walls_are_obstacles_and_the_low_step_is_not(known: ElevationMap) -> None:
    costs = costs_of(known.grid(), ROBOT)

    def at(x: float, y: float) -> tuple[int, int]:
        ji, inside = costs.cell_of(np.array([x, y]))
        assert inside
        return int(ji[0]), int(ji[1])

    assert all(costs.obstacle[at(1.45, y)] or costs.obstacle[at(1.55, y)] for y in (0.65, 0.85, 1.05))
    assert costs.obstacle[at(4.05, 0.0)]
    assert costs.free[at(-1.6, 0.05)]
    assert costs.free[at(0.0, 0.0)]


def test_what_was_never_seen_stays_unknown(known: ElevationMap) -> None:
    grid = known.grid()
    centres = grid.centres()
    assert np.isnan(grid.elevation[np.abs(centres).max(axis=-1) > 4.5]).all()  # behind the walls
    assert np.isnan(heights_at(known, (5.0, 0.0), (100.0, 0.0), (math.nan, 0.0))).all()


def test_behind_a_crate_the_floor_is_unknown() -> None:
    live = ElevationMap(ROBOT, SPEC)
    high = (1.5, 1.9, -0.5, 0.5, 0.0, 1.0)
    for k in range(5):
        live.update(scan((high,), time_s=0.1 * (k + 1)))
    assert np.isnan(heights_at(live, (2.6, 0.0), (3.5, 0.0))).all()
    assert heights_at(live, (1.55, 0.0))[0] > 0.5


def test_variance_shrinks_with_the_number_of_scans() -> None:
    spec = dataclasses.replace(SPEC, per_s_m2=0.0, per_m_m2=0.0, start_m=0.0)
    live, found = ElevationMap(ROBOT, spec), []
    for k in range(1, 17):
        live.update(scan(room(), time_s=0.1 * k))
        if k in (1, 4, 16):
            found.append(live.variance()[60:80, 82].copy())  # on a ring of the scan, ahead
    seen = np.isfinite(found[0]) & (found[0] < 0.1)
    assert seen.sum() >= 3
    np.testing.assert_allclose(found[0][seen] / found[1][seen], 4.0, rtol=1e-4)
    np.testing.assert_allclose(found[0][seen] / found[2][seen], 16.0, rtol=1e-4)


def test_variance_grows_with_time_and_with_way() -> None:
    spec = dataclasses.replace(SPEC, per_s_m2=1e-4, per_m_m2=1e-3, hasty_s=10.0)  # one look is all there is
    live = ElevationMap(ROBOT, spec)
    live.update(scan(room(), time_s=1.0))
    before = live.variance()
    away = Pose(np.array([0.0, 0.0, STAND_M]), np.array([1.0, 0, 0, 0]))
    live.update(StampedCloud(3.0, np.zeros((0, 3), np.float32), np.array([0, 0, 0.5]), away))
    known = np.isfinite(before)
    np.testing.assert_allclose(live.variance()[known] - before[known], 2e-4, rtol=1e-2)
    before = live.variance()
    on = Pose(np.array([0.5, 0.0, STAND_M]), np.array([1.0, 0, 0, 0]))
    live.update(StampedCloud(3.001, np.zeros((0, 3), np.float32), np.array([0.5, 0, 0.5]), on))
    later, before = live.variance()[:, :-5], before[:, 5:]
    known = np.isfinite(later) & np.isfinite(before)
    np.testing.assert_allclose(np.median(later[known] - before[known]), 5e-4, rtol=1e-2)


def test_an_uncertain_pose_makes_uncertain_heights() -> None:
    covariance = np.zeros((6, 6))
    covariance[2, 2], covariance[3, 3], covariance[4, 4] = 1e-4, 1e-5, 1e-5
    sure, unsure = ElevationMap(ROBOT, SPEC), ElevationMap(ROBOT, SPEC)
    sure.update(scan(room()))
    unsure.update(scan(room()), covariance)
    measured = sure.variance() < 4e-4
    assert (unsure.variance() > sure.variance() + 0.9e-4)[measured].all()


@pytest.mark.parametrize("slope", [0.0, 0.15, -0.2])
def test_slopes_are_slopes_and_no_steps(slope: float) -> None:
    live, rng = ElevationMap(ROBOT, SPEC), np.random.default_rng(1)
    for k in range(60):
        live.update(scan((), (-1.5 + 0.05 * k, 0.0), 0.1 * (k + 1), rng, slope=slope))
    grid, x = live.grid(), live.grid().centres()[..., 0]
    near = grid.known & (np.hypot(x - 0.5, grid.centres()[..., 1]) < 2.0)
    assert near.sum() > 600
    assert np.median(np.abs(grid.elevation - slope * x)[near]) < 0.012
    assert np.median(grid.slope_rad[near]) == pytest.approx(abs(math.atan(slope)), abs=0.03)
    assert np.mean(grid.step_m[near] > 0.04) < 0.02


def test_cables_and_lintels_hang_and_do_not_stand() -> None:
    lintel, cable = (1.8, 2.0, -2.0, 2.0, 1.0, 1.4), (-2.6, -2.5, -2.0, 2.0, 0.3, 0.36)
    live = ElevationMap(ROBOT, SPEC)
    for cloud in walk((*room(), lintel, cable), ((-1.0, 0.0), (1.0, 0.0)), np.random.default_rng(2)):
        live.update(cloud)
    grid, costs = live.grid(), costs_of(live.grid(), ROBOT)
    ji, _ = costs.cell_of(np.array([[1.85, 0.05], [-2.55, 0.05]]))
    under, low = (tuple(cell) for cell in ji)
    assert grid.elevation[under] == pytest.approx(0.0, abs=0.02)
    assert grid.clearance[under] == pytest.approx(1.0, abs=0.1)
    assert not costs.obstacle[under]
    assert costs.obstacle[low]  # too low to walk under


def test_scans_that_are_old_or_lost_are_not_used() -> None:
    live = ElevationMap(ROBOT, SPEC)
    assert live.update(scan(room(), time_s=1.0))
    before = live.measured()
    assert not live.update(scan(room(), (1.0, 0.0), time_s=1.0))
    assert not live.update(scan(room(), (1.0, 0.0), time_s=0.5))
    assert not live.update(scan(room(), (1.0, 0.0), time_s=2.0), np.eye(6))
    assert not live.update(scan(room(), (1.0, 0.0), time_s=2.0), np.full((6, 6), np.nan))
    broken = Pose(np.array([math.nan, 0, 0]), np.array([1.0, 0, 0, 0]))
    assert not live.update(StampedCloud(2.0, np.zeros((0, 3), np.float32), np.zeros(3), broken))
    np.testing.assert_array_equal(live.measured(), before)
    live.clear()
    assert np.isnan(live.measured()).all()
    assert live.update(scan(room(), time_s=0.1))


def test_broken_points_are_left_out() -> None:
    good = scan(room())
    bad = np.concatenate((good.points, np.full((50, 3), np.nan, np.float32), np.full((50, 3), np.inf, np.float32)))
    a, b = ElevationMap(ROBOT, SPEC), ElevationMap(ROBOT, SPEC)
    a.update(good)
    b.update(StampedCloud(good.time_s, bad, good.origin, good.pose))
    np.testing.assert_array_equal(a.measured(), b.measured())


def test_same_scans_same_bytes() -> None:
    first, second = toured(TOUR[:2]), toured(TOUR[:2])
    assert first.measured().tobytes() == second.measured().tobytes()
    assert first.grid().step_m.tobytes() == second.grid().step_m.tobytes()


def test_the_map_moves_with_the_robot_and_keeps_what_it_knows() -> None:
    live = toured(TOUR[:2])
    origin = live.origin
    before = heights_at(live, (1.9, 0.55), (0.0, 0.0))
    assert np.isfinite(before).all()
    for k, x in enumerate(np.arange(1.0, -1.1, -0.25)):
        pose = Pose(np.array([x, -1.5, STAND_M]), np.array([1.0, 0, 0, 0]))
        live.update(StampedCloud(100.0 + k, np.zeros((0, 3), np.float32), pose.position, pose))
    assert live.origin[0] == pytest.approx(origin[0] - 2.0, abs=0.41)
    np.testing.assert_array_equal(heights_at(live, (1.9, 0.55), (0.0, 0.0)), before)


def test_height_scan_turns_with_the_robot(known: ElevationMap) -> None:
    ahead_left = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    for yaw in (0.0, 1.0, -2.5):
        quat = np.array([math.cos(yaw / 2), 0, 0, math.sin(yaw / 2)])
        found = known.height_scan(Pose(np.array([-1.0, 0.0, STAND_M]), quat), ahead_left)
        turn = np.array([[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]])
        expected = known.heights(ahead_left @ turn.T + np.array([-1.0, 0.0])) - known.heights(np.array([[-1.0, 0.0]]))
        np.testing.assert_allclose(found, expected, atol=1e-6)
    on_step = known.height_scan(Pose(np.array([-1.0, 0.0, STAND_M]), np.array([1.0, 0, 0, 0])), np.array([[-1.1, 0.0]]))
    assert on_step[0] == pytest.approx(0.08, abs=0.02)
    far = known.height_scan(Pose(np.array([-1.0, 0.0, STAND_M]), np.array([1.0, 0, 0, 0])), np.array([[99.0, 0.0]]))
    assert far.tolist() == [0.0]


@pytest.mark.parametrize(
    "values",
    [
        {"size_m": 0.0},
        {"resolution_m": math.nan},
        {"per_m_m2": -1.0},
        {"size_m": 0.3},
        {"size_m": 1000.0},
        {"excused": 1.1},
    ],
)
def test_a_map_that_cannot_be_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        ElevationSpec(**values)  # pyright: ignore[reportArgumentType]  # names and values of its fields


@pytest.mark.parametrize("half", [1.2, 2.0, 4.0])
def test_what_is_assumed_around_the_feet_at_the_start_is_level_on_a_level_floor(half: float) -> None:
    live = ElevationMap(ROBOT, SPEC)
    live.update(scan(room(half), time_s=0.1, rng=np.random.default_rng(0)))
    grid = live.grid()
    inside = (np.abs(grid.centres()) < half - 0.15).all(axis=-1) & grid.known
    assert inside.sum() > 300
    assert np.abs(grid.elevation[inside]).max() < 0.05
    assert not costs_of(grid, ROBOT).obstacle[(np.abs(grid.centres()) < half - 0.25).all(axis=-1)].any()


def test_what_is_assumed_gives_way_to_what_is_seen() -> None:
    live = ElevationMap(ROBOT, SPEC)
    live.update(scan((), time_s=0.1))
    assert heights_at(live, (1.0, 0.0))[0] == pytest.approx(0.0, abs=0.02)
    points = np.array([[1.05, 0.05, -0.3]] * 5 + [[1.15, 0.05, 0.3]] * 5, np.float32)
    seen = scan((), time_s=0.2)
    live.update(StampedCloud(0.2, points, seen.origin, seen.pose))
    assert live.measured()[tuple(np.array([60, 70]))] == pytest.approx(-0.3, abs=0.01)
    assert live.measured()[tuple(np.array([60, 71]))] == pytest.approx(0.3, abs=0.01)


def test_what_noise_may_explain_counts_the_more_the_less_it_is_excused() -> None:
    found = []
    for excused in (0.0, 0.4, 1.0):
        live = ElevationMap(ROBOT, dataclasses.replace(SPEC, excused=excused))
        live.update(scan(room(), rng=np.random.default_rng(0)))
        found.append(live.grid())
    for strict, mild in itertools.pairwise(found):
        known = strict.known
        assert (strict.step_m[known] >= mild.step_m[known]).all()
        assert (strict.roughness_m[known] >= mild.roughness_m[known]).all()
        assert strict.step_m[known].sum() > mild.step_m[known].sum()
        np.testing.assert_array_equal(strict.slope_rad, mild.slope_rad)


def test_the_edge_of_what_stands_right_beside_the_robot_is_kept_and_what_lies_under_it_is_not() -> None:
    """A crate whose face is 1 cm beside the hull, in a cell that the hull is over for the most part."""
    beside = ROBOT.inscribed_m + 0.01
    live = ElevationMap(ROBOT, SPEC)
    crate, lump = (-0.3, 0.3, -0.8, -beside, 0.0, 0.4), (-0.03, 0.06, -0.03, 0.06, 0.0, 0.3)
    for k in range(10):
        live.update(scan((crate, lump), (-1.5, -0.1), 0.1 * (k + 1)))
    at = np.array([[0.05, -0.15], [-0.02, 0.03]])
    cells = np.floor((at - live.origin) / SPEC.resolution_m).astype(int)
    before = live.measured()[cells[:, 1], cells[:, 0]]
    assert (before > 0.2).all()
    assert math.hypot(*at[0]) < ROBOT.inscribed_m
    live.update(scan((crate,), (0.0, 0.0), 1.2))
    cells = np.floor((at - live.origin) / SPEC.resolution_m).astype(int)
    after = live.measured()[cells[:, 1], cells[:, 0]]
    assert after[0] == pytest.approx(before[0], abs=0.05)
    assert after[1] == pytest.approx(0.0, abs=0.05)


def test_a_speck_right_beside_the_robot_does_not_stay_and_a_post_does() -> None:
    """Two cells at the height of the LiDAR, half a metre away, where lower lines do not reach: one seen once."""
    live = ElevationMap(ROBOT, SPEC)
    for k in range(10):
        live.update(scan(room(), time_s=0.1 * (k + 1)))

    def with_points(time_s: float, *xyz: tuple[float, float, float]) -> None:
        clean = scan(room(), time_s=time_s)
        points = np.concatenate((clean.points, np.repeat(np.array(xyz, np.float32).reshape(-1, 3), 4, axis=0)))
        live.update(StampedCloud(time_s, points, clean.origin, clean.pose))

    speck, post = (0.05, 0.65, 0.3), (0.05, -0.65, 0.3)
    for k in range(4):
        with_points(1.1 + 0.1 * k, post, *((speck,) if k == 3 else ()))
    assert heights_at(live, speck[:2], post[:2]) == pytest.approx(0.3, abs=0.05)
    for k in range(15):
        with_points(1.5 + 0.1 * k)
    assert heights_at(live, speck[:2])[0] == pytest.approx(0.0, abs=0.05)
    assert heights_at(live, post[:2])[0] == pytest.approx(0.3, abs=0.05)
