"""Searching a map: the right place first, what looks alike kept open, and nothing put together from two places."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from rudel.navigation.localise import GlobalSearch, PointMap, RegisterSettings, SearchSettings, register
from rudel.navigation.localise import _rotation as rotation
from rudel.navigation.localise._seeker import Seeker
from rudel.navigation.localise._views import walls_in
from rudel.navigation.localise.search import Found
from tests.navigation.localise import scenes
from tests.navigation.localise.test_register import seen

Array = scenes.Array
ROOM = scenes.room()
SETTINGS = SearchSettings()
PERIOD_M = 4.0


@pytest.fixture(scope="module")
def room_map() -> PointMap:
    return scenes.mapped(ROOM, np.array([[2.0, 2.0], [6.0, 3.5]]), 0.01)


def rings(slope: float) -> Array:
    """(n, 3) what a LiDAR of 16 lines 0.5 m above ground that rises by ``slope`` along x sees of it, up to 30 m."""
    azimuth, elevation = np.meshgrid(np.linspace(-math.pi, math.pi, 720), np.radians(np.arange(-15, 16, 2)))
    ways = np.stack((np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)), -1)
    with np.errstate(divide="ignore"):
        distance = 0.5 / (slope * ways[..., 0] - ways[..., 2])
    near = (distance > 0) & (distance < 30)
    return ways[near] * distance[near][:, None]


@pytest.mark.parametrize("degrees", [0.0, 8.0, 20.0, 35.0])
def test_ground_is_not_upright_however_it_rises(degrees: float) -> None:
    ground = rings(math.tan(math.radians(degrees)))
    assert len(walls_in(ground, 0.0, 20.0)) <= 0.01 * len(ground)
    post = np.column_stack((np.full(8, 6.0), np.full(8, 2.0), np.linspace(-0.3, 1.2, 8)))
    found = walls_in(np.concatenate((ground, post)), 0.0, 20.0)
    assert np.linalg.norm(found - [6.0, 2.0], axis=1).min() < 0.3


def test_a_ceiling_over_a_floor_is_no_wall_but_what_stands_between_them_is() -> None:
    xy = np.random.default_rng(0).uniform(-5, 5, (4000, 2))
    both = np.concatenate([np.column_stack((xy, np.full(len(xy), z))) for z in (-0.5, 2.0)])
    assert not len(walls_in(both, 0.0, 20.0))
    assert not len(walls_in(np.zeros((0, 3)), 0.0, 20.0))
    wall = np.array([[3.0, y, z] for y in np.arange(-2, 2, 0.2) for z in np.arange(-0.5, 2.0, 0.25)])
    found = walls_in(np.concatenate((both, wall)), 0.0, 20.0)
    assert len(found) > 10
    assert (np.abs(found[:, 0] - 3.0) < 0.41).mean() > 0.95


def test_near_is_next_to_any_point_of_the_map() -> None:
    points = np.random.default_rng(1).uniform(0, 3, (200, 3))
    made = PointMap.from_points(points.astype(np.float32))
    assert made.near(made.points.astype(np.float64)).all()
    far = np.random.default_rng(2).uniform(-3, 6, (4000, 3))
    away = np.abs(far[:, None] - made.points[None]).max(axis=2).min(axis=1)
    near = made.near(far)
    assert near[away < 0.075].all()
    assert not near[away > 0.226].any()


@pytest.mark.parametrize(("x", "y", "yaw"), [(3.0, 2.0, 0.3), (7.5, 4.0, -2.0), (5.2, 2.6, 1.6)])
def test_the_right_place_is_clear_from_one_scan(room_map: PointMap, x: float, y: float, yaw: float) -> None:
    motion = scenes.still(x, y, yaw)
    scan = scenes.sweep(ROOM, motion, 0.0, np.random.default_rng(3), 0.015)
    search = GlobalSearch(room_map, scenes.RIG, SETTINGS, RegisterSettings())
    best, other = search.find(scan.points[::2] + scenes.RIG.lidar_position, np.eye(3))
    assert best is not None
    np.testing.assert_allclose(best.position, [x, y, scenes.HEIGHT_M], atol=0.03)
    assert np.linalg.norm(rotation.log(best.rotation.T @ rotation.yaw_matrix(yaw))) < 0.02
    assert search.rival(best, other) < SETTINGS.clear
    assert best.near.mean() > SETTINGS.all_near


def found(near: NDArray[np.bool_], likeness: float = 0.6) -> Found:
    room = scenes.mapped(ROOM, np.array([[3.0, 2.0]]))
    made = register(seen(ROOM, 3.0, 2.0), room, np.array([3.0, 2.0, scenes.HEIGHT_M]), np.eye(3), 0.01 * np.eye(6))
    made = dataclasses.replace(made, likeness=likeness)
    return Found(made.position, made.rotation, np.eye(6), made, near)


def test_what_counts_against_a_place_is_what_only_the_other_one_explains(room_map: PointMap) -> None:
    search = GlobalSearch(room_map, scenes.RIG, SETTINGS, RegisterSettings())
    n = np.arange(1000)
    best = found(n < 800)
    assert search.rival(None, None) == 1.0
    assert search.rival(best, None) == 0.0
    assert search.rival(best, found(n < 800)) == 1.0  # the same points: nothing tells
    assert search.rival(best, found(n < 400)) < 0.05
    assert search.rival(best, found((n >= 50) & (n < 850))) == 1.0  # each has 50 of its own
    lost = [search.rival(best, found((n >= 200) & (n < 800 + k))) for k in (0, 40, 100, 200)]
    assert all(np.diff(lost) > 0)
    assert search.rival(found(n < 500), None) == 1.0  # half of what is seen is not in the map
    assert search.rival(found(n < 800, likeness=0.1), None) == 1.0


@pytest.mark.parametrize(("share", "needed"), [(1.0, 1), (0.8, SETTINGS.votes)])
def test_what_the_map_does_not_know_asks_for_more_than_one_search(
    room_map: PointMap, monkeypatch: pytest.MonkeyPatch, share: float, needed: int
) -> None:
    search = GlobalSearch(room_map, scenes.RIG, SETTINGS, RegisterSettings())
    answer = found(np.arange(1000) < 1000 * share), found(np.arange(1000) < 300)
    monkeypatch.setattr(search, "find", lambda *_: answer)
    seeker, points = Seeker(search), seen(ROOM, 3.0, 2.0)
    here = answer[0].position
    answers = [seeker.look(points, here, np.eye(3), np.eye(3), SETTINGS.every_s * k) for k in range(needed)]
    assert [a is not None for a in answers] == [False] * (needed - 1) + [True]


def niches(end: bool) -> Array:
    """A tunnel with the same niche every PERIOD_M on one side; ``end``: a cabinet stands in it at 6 m."""
    boxes = scenes.shell((-60.0, 60.0), (-1.3, 1.3), 2.5, 0.3)
    boxes += [scenes.box((x, x + 0.6), (0.9, 1.3), (0.0, 2.0)) for x in np.arange(-58.0, 58.0, PERIOD_M)]
    return np.array([*boxes, scenes.box((5.0, 7.0), (-1.3, -0.4), (0.0, 2.2))] if end else boxes)


def look(seeker: Seeker, boxes: Array, x: float, time_s: float) -> Found | None:
    points = seen(boxes, x, 0.0, 0.015, seed=round(10 * time_s))
    near = points[np.linalg.norm(points, axis=1) < 12.0]  # beyond, this map ends
    return seeker.look(near, np.array([x, 0.0, 0.0]), np.eye(3), np.eye(3), time_s)


@pytest.mark.parametrize("end", [False, True])
def test_among_niches_that_look_alike_only_what_is_single_settles_it(end: bool) -> None:
    boxes = niches(end)
    target = scenes.mapped(boxes, np.array([[x, 0.0] for x in np.arange(-24.0, 25.0, 6.0)]), 0.01)
    seeker = Seeker(GlobalSearch(target, scenes.RIG, SETTINGS, RegisterSettings()))
    answers = [look(seeker, boxes, 0.4 * k - 1.0, 0.6 * k) for k in range(4)]
    settled = [a for a in answers if a is not None]
    assert bool(settled) == end
    assert seeker.attempts == 4
    for k, answer in enumerate(answers):
        if answer is not None:
            assert abs(answer.position[0] - (0.4 * k - 1.0)) < 0.05


def test_carried_away_while_lost_it_forgets_what_it_saw_before(room_map: PointMap) -> None:
    search = GlobalSearch(room_map, scenes.RIG, dataclasses.replace(SETTINGS, least_walls=10**6), RegisterSettings())
    seeker, here = Seeker(search), np.zeros(3)
    hall = scenes.tunnel(bare=False)
    for k in range(6):
        seeker.look(seen(ROOM, 3.0 + 0.02 * k, 2.0, 0.015, k), here, np.eye(3), np.eye(3), 0.1 * k)
    (before, _), *more = seeker._scans
    assert not more
    for k in range(3):
        assert seeker._scans[0][0] is before  # people who walk past are no carrying away
        seeker.look(seen(hall, 0.0, 0.0, 0.015, k), here, np.eye(3), np.eye(3), 1.0 + 0.1 * k)
    assert len(seeker._scans) == 1
    assert seeker._scans[0][0] is not before
