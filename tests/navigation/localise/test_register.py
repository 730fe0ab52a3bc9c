"""Registration: known displacements come back, directions that a scan does not hold are said to be open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.navigation.localise import PointMap, RegisterSettings, register
from rudel.navigation.localise import _rotation as rotation
from rudel.navigation.localise.register import _open, _without
from tests.navigation.localise import scenes

Array = scenes.Array
ROOM = scenes.room()
PRIOR = np.diag([0.2**2] * 3 + [0.05**2] * 3)
TRUE = np.array([3.0, 2.0, scenes.HEIGHT_M])


@pytest.fixture(scope="module")
def room_map() -> PointMap:
    return scenes.mapped(ROOM, np.array([[2.0, 2.0], [6.0, 3.5]]))


def seen(boxes: Array, x: float, y: float, noise_m: float = 0.0, seed: int = 0) -> Array:
    """(n, 3) what a standing robot sees, in its base frame."""
    scan = scenes.sweep(boxes, scenes.still(x, y), 0.0, np.random.default_rng(seed), noise_m)
    return scan.points[::2] + scenes.RIG.lidar_position


@settings(max_examples=12)
@given(
    shift=st.tuples(*[st.floats(-0.15, 0.15)] * 3),
    turn=st.tuples(*[st.floats(-0.03, 0.03)] * 3),
)
def test_a_known_displacement_comes_back(
    room_map: PointMap, shift: tuple[float, float, float], turn: tuple[float, float, float]
) -> None:
    found = register(seen(ROOM, 3.0, 2.0), room_map, TRUE + shift, rotation.exp(np.array(turn)), PRIOR)
    assert found.converged
    np.testing.assert_allclose(found.position, TRUE, atol=0.01)
    np.testing.assert_allclose(rotation.log(found.rotation), 0, atol=0.003)
    np.testing.assert_allclose(found.moved[:3], found.position - TRUE - shift, atol=1e-12)
    assert not len(found.degenerate)


def test_moving_the_map_moves_the_pose(room_map: PointMap) -> None:
    """Whole voxels: the grid then cuts both maps alike."""
    shift = np.array([16.0, -32.0, 4.8])
    moved = PointMap.from_points(room_map.points + shift)
    points = seen(ROOM, 3.0, 2.0, 0.015)
    here = register(points, room_map, TRUE + 0.05, np.eye(3), PRIOR)
    there = register(points, moved, TRUE + 0.05 + shift, np.eye(3), PRIOR)
    np.testing.assert_allclose(there.position - shift, here.position, atol=2e-3)


def test_a_strong_prior_wins_over_the_scan(room_map: PointMap) -> None:
    wrong = TRUE + np.array([0.1, 0.0, 0.0])
    found = register(seen(ROOM, 3.0, 2.0), room_map, wrong, np.eye(3), np.eye(6) * 1e-10)
    np.testing.assert_allclose(found.position, wrong, atol=1e-3)


def test_a_bare_tunnel_says_nothing_along_it() -> None:
    boxes = scenes.tunnel(bare=True)
    target = scenes.mapped(boxes, np.array([[x, 0.0] for x in (-12.0, -4.0, 4.0, 12.0)]), 0.01)
    there = np.array([0.3, 0.05, scenes.HEIGHT_M + 0.03])
    found = register(seen(boxes, 0.0, 0.0, 0.015), target, there, np.eye(3), PRIOR)
    assert len(found.degenerate) == 1
    assert abs(found.degenerate[0, 0]) > 0.99
    assert found.position[0] == pytest.approx(0.3, abs=0.02)  # where the prior put it
    np.testing.assert_allclose(found.position[1:], (0.0, scenes.HEIGHT_M), atol=0.01)
    assert found.information[0, 0] < 1.0  # not known to better than a metre


def test_niches_hold_what_bare_walls_do_not() -> None:
    boxes = scenes.tunnel(bare=False)
    target = scenes.mapped(boxes, np.array([[x, 0.0] for x in (-12.0, -4.0, 4.0, 12.0)]), 0.01)
    there = np.array([0.15, 0.05, scenes.HEIGHT_M])
    found = register(seen(boxes, 0.0, 0.0, 0.015), target, there, np.eye(3), PRIOR)
    assert not len(found.degenerate)
    np.testing.assert_allclose(found.position, (0.0, 0.0, scenes.HEIGHT_M), atol=0.02)


def test_an_open_plane_leaves_two_directions_open() -> None:
    ground = np.array([scenes.box((-60.0, 60.0), (-60.0, 60.0), (-0.3, 0.0))])
    target = scenes.mapped(ground, np.array([[0.0, 0.0], [4.0, 3.0]]), 0.01)
    found = register(seen(ground, 0.0, 0.0, 0.015), target, np.array([0.0, 0.0, 0.4]), np.eye(3), PRIOR)
    assert len(found.degenerate) == 2
    np.testing.assert_allclose(found.degenerate[:, 2], 0, atol=0.05)
    assert found.position[2] == pytest.approx(scenes.HEIGHT_M, abs=0.01)


def test_many_planes_that_are_almost_parallel_do_not_add_up_to_a_hold() -> None:
    """Two thousand walls whose normals are off by three degrees say "you stand still" loudly; nobody shall listen."""
    rng = np.random.default_rng(0)
    n = 4000
    normal = np.column_stack((rng.normal(size=n) * 0.05, np.ones(n), np.zeros(n)))
    normal[::2] = normal[::2][:, [0, 2, 1]]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    weight = np.full(n, 80.0)
    information = np.zeros((6, 6))
    information[:3, :3] = (normal * weight[:, None]).T @ normal
    directions = _open(information, normal, weight, np.eye(6), RegisterSettings())
    assert len(directions) == 1
    assert abs(directions[0, 0]) > 0.99
    left, gradient = _without(information, information @ np.ones(6), directions)
    assert left[0, 0] < 1e-3 * information[1, 1]
    assert left[1, 1] == pytest.approx(information[1, 1], rel=0.01)
    assert abs(gradient @ np.append(directions[0], np.zeros(3))) < 1e-3 * np.abs(gradient).max()
    assert not len(_open(information, normal, weight, np.eye(6), RegisterSettings(strong=0.0)))


@given(st.integers(0, 99), st.integers(1, 3))
def test_what_rests_on_an_open_direction_is_not_believed_either(seed: int, count: int) -> None:
    """As large as of a robot that may slide along it freely (a prior of nothing): Schur's complement."""
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(6, 12))
    information, gradient = half @ half.T, rng.normal(size=6)
    directions = np.linalg.qr(rng.normal(size=(3, 3)))[0][:count]
    left, pull = _without(information, gradient, directions)
    slide = np.zeros((6, count))
    slide[:3] = directions.T
    np.testing.assert_allclose(left @ slide, 0, atol=1e-6)
    np.testing.assert_allclose(slide.T @ pull, 0, atol=1e-6)
    assert np.linalg.eigvalsh(left).min() > -1e-6
    assert np.linalg.eigvalsh(information - left).min() > -1e-6  # never more than the scan said
    others = np.linalg.svd(slide.T)[2][count:].T
    free = others.T @ np.linalg.inv(information) @ others  # covariance of the rest, wherever along it the robot is
    np.testing.assert_allclose(np.linalg.inv(others.T @ left @ others), free, rtol=1e-5, atol=1e-9)


def hills(xy: Array) -> Array:
    """(n, 3) points of bare ground, nowhere steeper than 17 degrees, the same nowhere."""
    x, y = xy.T
    return np.column_stack((x, y, 0.5 * np.sin(x / 2.9) + 0.6 * np.sin(y / 3.7 + 1) + 0.1 * np.sin((x + y) / 1.9)))


def test_bare_slopes_bring_a_robot_back_and_doubt_is_as_large_as_its_error() -> None:
    rng = np.random.default_rng(0)
    target = PointMap.from_points(hills(rng.uniform(-15, 15, (200_000, 2))) + rng.normal(0, 0.01, (200_000, 3)))
    prior = np.diag(np.square([0.3, 0.3, 0.05, 0.01, 0.01, 0.05]))
    off_m, doubts = list[float](), list[float]()
    for _ in range(12):
        true = hills(rng.uniform(-4, 4, (1, 2)))[0] + [0, 0, scenes.HEIGHT_M]
        ground = hills(true[:2] + rng.uniform(-8, 8, (2500, 2))) + rng.normal(0, 0.015, (2500, 3))
        thought = rng.multivariate_normal(np.zeros(6), prior)
        found = register(ground - true, target, true + thought[:3], rotation.exp(thought[3:]), prior)
        error = np.concatenate((found.position - true, rotation.log(found.rotation)))
        off_m.append(float(np.linalg.norm(error[:2])))
        doubts.append(float(error @ (found.information + np.linalg.inv(prior)) @ error))
    assert np.median(off_m) < 0.02
    assert np.quantile(doubts, 0.9) < 12.6  # 95 % of chi^2 with six degrees of freedom


def test_nothing_in_common_is_no_fit(room_map: PointMap) -> None:
    found = register(seen(ROOM, 3.0, 2.0), room_map, TRUE + np.array([50.0, 0, 0]), np.eye(3), PRIOR)
    assert found.fit == 0
    assert len(found.degenerate) == 3
    np.testing.assert_allclose(found.moved, 0, atol=1e-9)


def test_its_error_is_as_large_as_it_says(room_map: PointMap) -> None:
    """Against independent noise alone it is cautious: RegisterSettings.independent leaves room for shared errors."""
    ratios: list[float] = []
    for seed in range(20):
        found = register(seen(ROOM, 3.0, 2.0, 0.015, seed), room_map, TRUE, np.eye(3), PRIOR, RegisterSettings())
        error = np.concatenate((found.position - TRUE, rotation.log(found.rotation)))
        ratios.append(float(error @ found.information @ error))
    assert np.mean(ratios) < 6  # the mean of chi^2 with six degrees of freedom
    assert np.mean(ratios) > 0.05  # and not a blank cheque


def test_same_input_same_bytes(room_map: PointMap) -> None:
    points = seen(ROOM, 3.0, 2.0, 0.015)
    first, second = (register(points, room_map, TRUE + 0.1, np.eye(3), PRIOR) for _ in range(2))
    assert first.position.tobytes() == second.position.tobytes()
    assert first.information.tobytes() == second.information.tobytes()
