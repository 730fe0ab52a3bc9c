"""A pose that is off along what a scan does not hold is found out, and only then."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rudel.navigation.localise import PointMap, RegisterSettings, register
from rudel.navigation.localise._doubt import FIRST_S, LASTING, SLIP_M, Asked, Doubt, further, slipped
from rudel.navigation.localise.register import Registration
from tests.navigation.localise import scenes
from tests.navigation.localise.test_register import hills, seen

PRIOR = np.diag(np.square([0.1, 0.1, 0.02, 0.01, 0.01, 0.02]))
SETTINGS = RegisterSettings()


@pytest.mark.parametrize("off_m", [-1.6, -1.2, 1.2, 1.6])
def test_on_bare_slopes_a_robot_that_slid_is_put_back(off_m: float) -> None:
    rng = np.random.default_rng(0)
    target = PointMap.from_points(hills(rng.uniform(-15, 15, (200_000, 2))) + rng.normal(0, 0.01, (200_000, 3)))
    true = hills(np.array([[1.0, -2.0]]))[0] + [0, 0, scenes.HEIGHT_M]
    points = hills(true[:2] + rng.uniform(-8, 8, (2500, 2))) + rng.normal(0, 0.015, (2500, 3)) - true
    right = register(points, target, true, np.eye(3), PRIOR)
    slid = hills(true[None, :2] + [off_m * 0.6, off_m * 0.8])[0] + [0, 0, scenes.HEIGHT_M]
    found = register(points, target, slid, np.eye(3), PRIOR)
    assert found.agreement < 0.7 * right.agreement
    along = (true - slid) / np.linalg.norm(true - slid)  # along the ground, as it is what holds the robot's height
    found = dataclasses.replace(found, degenerate=along[None])
    elsewhere = further(Asked(points, target, slid, np.eye(3), PRIOR, SETTINGS), found)
    assert elsewhere is not None
    better, prior = elsewhere
    np.testing.assert_allclose(better.position, true, atol=0.1)  # the next scans do the rest
    np.testing.assert_allclose(slid + better.moved[:3], better.position, atol=1e-9)
    assert better.moved @ np.linalg.solve(prior, better.moved) < 12.6  # no surprise to a robot that doubts


def test_along_a_bare_tunnel_no_place_is_better_than_another() -> None:
    boxes = scenes.tunnel(bare=True)
    target = scenes.mapped(boxes, np.array([[x, 0.0] for x in (-12.0, -4.0, 4.0, 12.0)]), 0.01)
    there, points = np.array([0.3, 0.05, scenes.HEIGHT_M]), seen(boxes, 0.0, 0.0, 0.015)
    found = register(points, target, there, np.eye(3), PRIOR)
    assert len(found.degenerate) == 1
    assert further(Asked(points, target, there, np.eye(3), PRIOR, SETTINGS), found) is None


def told(agreement: float, open_directions: int) -> Registration:
    none, ways = np.zeros(3), np.eye(3)[:open_directions]
    return Registration(none, np.eye(3), np.eye(6), ways, 1.0, 1.0, 0.01, 0.5, agreement, np.zeros(6), True)


def test_doubt_comes_with_scans_that_fit_worse_than_usual_and_grows_tired() -> None:
    doubt = Doubt()
    assert not any(doubt.due(told(0.9, 1), 0.1 * k) for k in range(50))
    assert not doubt.due(told(0.3, 0), 5.0)  # held: that is for registration itself
    asked = [t for k in range(600) if doubt.due(told(0.3, 1), t := 5.1 + 0.1 * k)]
    assert asked[0] == pytest.approx(5.1)
    assert asked[1] - asked[0] == pytest.approx(FIRST_S)
    assert all(np.diff(asked, 2) > -1e-6)
    assert len(asked) < 9
    assert not doubt.due(told(0.8, 1), 80.0)
    assert doubt.due(told(0.3, 1), 90.0)
    assert doubt.due(told(0.3, 1), 90.0 + 1.2 * FIRST_S)  # a scan that fitted took the tiredness away


def test_places_that_have_always_been_unlike_raise_no_doubt() -> None:
    doubt = Doubt()
    assert not any(doubt.due(told(0.25, 1), 0.1 * k) for k in range(100))


def test_doubt_counts_scans_that_fit_worse_and_much_worse_until_one_fits() -> None:
    doubt = Doubt()
    for k in range(10):
        doubt.due(told(0.8, 0), 0.1 * k)
    assert (doubt.unlike, doubt.strange) == (0, 0)
    for k in range(LASTING):
        doubt.due(told(0.5, 0), 1.0 + 0.1 * k)
    assert (doubt.unlike, doubt.strange) == (LASTING, 0)
    doubt.due(told(0.3, 0), 2.0)
    assert (doubt.unlike, doubt.strange) == (LASTING + 1, 1)
    doubt.due(told(0.7, 0), 2.1)
    assert (doubt.unlike, doubt.strange) == (0, 0)


@pytest.mark.parametrize("counted_m", [0.05, -0.08])
def test_legs_that_walk_on_the_spot_are_not_believed(counted_m: float) -> None:
    boxes = scenes.room()
    target = scenes.mapped(boxes, np.array([[2.0, 2.0], [6.0, 3.5]]), 0.01)
    true, points = np.array([3.0, 2.5, scenes.HEIGHT_M]), seen(boxes, 3.0, 2.5, 0.015)
    sure = np.diag(np.square([0.003, 0.003, 0.003, 0.001, 0.001, 0.001]))
    asked = Asked(points, target, true + np.array([counted_m, 0.0, 0.0]), np.eye(3), sure, SETTINGS)
    found = asked.answer()
    better = slipped(asked, found)
    assert better is not None
    assert abs(found.position[0] - true[0]) > 3 * abs(better[0].position[0] - true[0])
    np.testing.assert_allclose(better[0].position, true, atol=0.006)
    assert better[1][0, 0] == pytest.approx(0.003**2 + SLIP_M**2)
    right = Asked(points, target, true + np.array([0.004, -0.003, 0.0]), np.eye(3), sure, SETTINGS)
    assert slipped(right, right.answer()) is None


def test_along_what_nothing_holds_there_is_no_contradiction() -> None:
    boxes = scenes.tunnel(bare=True)
    target = scenes.mapped(boxes, np.array([[x, 0.0] for x in (-12.0, -4.0, 4.0, 12.0)]), 0.01)
    sure = np.diag(np.square([0.003, 0.003, 0.003, 0.001, 0.001, 0.001]))
    points = seen(boxes, 0.0, 0.0, 0.015)
    asked = Asked(points, target, np.array([0.5, 0.0, scenes.HEIGHT_M]), np.eye(3), sure, SETTINGS)
    assert slipped(asked, asked.answer()) is None
    pushed = dataclasses.replace(told(0.8, 1), information=np.diag([0.0, *[1e5] * 5]), moved=0.001 * np.eye(6)[0])
    assert slipped(asked, pushed) is None  # moved along it by what the rest leaks, not by the scan
