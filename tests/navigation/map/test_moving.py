"""What comes and goes: it is there at once, gone within a stated time, and followed in between."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from rudel.core.types import Pose
from rudel.navigation.map import ElevationMap, ElevationSpec, costs_of
from rudel.navigation.map.movers import MoverTracker
from rudel.navigation.map.window import Window
from rudel.navigation.types import StampedCloud
from tests.navigation.map.casting import ROBOT, STAND_M, room, scan

SPEC = ElevationSpec(stand_m=STAND_M)
GONE_S = 1.2  # ten scans that see through, and the time to look


def crate(x: float, y: float = 0.0, high: float = 0.9) -> tuple[float, float, float, float, float, float]:
    return (x - 0.2, x + 0.2, y - 0.2, y + 0.2, 0.0, high)


def watched(live: ElevationMap, boxes: tuple, seconds: float, start_s: float, rng: np.random.Generator) -> float:
    for k in range(round(10 * seconds)):
        jitter = 0.02 * math.sin(k)  # the trunk moves while it stands
        live.update(scan((*room(), *boxes), (jitter, 0.0), start_s + 0.1 * (k + 1), rng))
    return start_s + seconds


@pytest.mark.parametrize("distance", [2.5, 3.0, 3.5])
def test_what_is_taken_away_is_gone_within_the_stated_time(distance: float) -> None:
    live, rng = ElevationMap(ROBOT, SPEC), np.random.default_rng(0)
    now = watched(live, (), 1.0, 0.0, rng)
    now = watched(live, (crate(distance),), 3.0, now, rng)
    front = np.array([[distance - 0.15, 0.05]])
    assert live.heights(front)[0] > 0.3
    watched(live, (), GONE_S, now, rng)
    costs = costs_of(live.grid(), ROBOT)
    ji, _ = costs.cell_of(np.array([distance, 0.0]))
    around = costs.obstacle[ji[0] - 3 : ji[0] + 4, ji[1] - 3 : ji[1] + 4]
    assert not around.any()


def test_what_is_put_in_the_way_is_there_at_once() -> None:
    live, rng = ElevationMap(ROBOT, SPEC), np.random.default_rng(0)
    now = watched(live, (), 1.0, 0.0, rng)
    live.update(scan((*room(), crate(2.5)), time_s=now + 0.1, rng=rng))
    assert live.heights(np.array([[2.35, 0.05]]))[0] > 0.3


def test_walls_do_not_wear_away() -> None:
    live, rng = ElevationMap(ROBOT, SPEC), np.random.default_rng(0)
    now = watched(live, (crate(3.0, high=0.3),), 2.0, 0.0, rng)
    before, origin = np.nan_to_num(live.measured()) > 0.15, live.origin
    watched(live, (crate(3.0, high=0.3),), 5.0, now, rng)
    assert live.origin == origin
    assert (np.nan_to_num(live.measured()) > 0.15)[before].mean() > 0.97
    assert live.movers() == ()


def test_what_is_not_looked_at_is_forgotten_in_time() -> None:
    live, rng = ElevationMap(ROBOT, dataclasses.replace(SPEC, forget_s=5.0)), np.random.default_rng(0)
    now = watched(live, (), 1.0, 0.0, rng)
    now = watched(live, (crate(2.5),), 1.0, now, rng)
    pose = Pose(np.array([0.0, 0.0, STAND_M]), np.array([1.0, 0, 0, 0]))
    nothing = np.zeros((0, 3), np.float32)
    live.update(StampedCloud(now + 4.0, nothing, pose.position, pose))
    assert live.heights(np.array([[2.35, 0.05]]))[0] > 0.3
    live.update(StampedCloud(now + 6.0, nothing, pose.position, pose))
    assert live.heights(np.array([[2.35, 0.05]]))[0] == pytest.approx(0.0, abs=0.05)
    assert live.heights(np.array([[4.05, 0.05]]))[0] > 0.3  # a wall was always there


@pytest.mark.parametrize("velocity", [(0.0, 0.8), (0.5, -0.5), (0.0, -1.2)])
def test_movers_are_followed(velocity: tuple[float, float]) -> None:
    live, rng = ElevationMap(ROBOT, SPEC), np.random.default_rng(0)
    now = watched(live, (), 1.5, 0.0, rng)
    start = np.array([2.4, 0.0]) - np.array(velocity)
    errors = []
    for k in range(20):
        x, y = start + np.array(velocity) * 0.1 * k
        live.update(scan((*room(), crate(x, y)), time_s=now + 0.1 * (k + 1), rng=rng))
        if k > 10:
            assert len(live.movers()) >= 1
            mover = min(live.movers(), key=lambda m: math.dist(m.xy, (x, y)))
            assert math.dist(mover.xy, (x, y)) < 0.45
            errors.append(math.dist(mover.velocity, velocity))
    assert np.median(errors) < 0.5


def test_a_standing_room_has_no_movers() -> None:
    live, rng = ElevationMap(ROBOT, SPEC), np.random.default_rng(0)
    for k in range(40):
        live.update(scan((*room(), crate(2.5)), (-1.0 + 0.05 * k, 0.3), 0.1 * (k + 1), rng))
        assert live.movers() == ()


@pytest.mark.parametrize("step", [0, 1, -2])
def test_only_what_comes_some_way_is_a_mover(step: int) -> None:
    window, tracker = Window(80, 0.1), MoverTracker()
    window["trust"][:] = 20
    for k in range(12):
        window["changed_s"][:] = -math.inf
        at = 40 + step * k
        window["changed_s"][38:41, at : at + 3] = 0.1 * k
        tracker.update(window, 0.1 * k)
    if step == 0:
        assert tracker.movers == ()
        return
    (mover,) = tracker.movers
    assert mover.xy == pytest.approx(((at + 1.5) * 0.1, 3.95))
    assert mover.velocity == pytest.approx((step * 1.0, 0.0), abs=1e-6)
    window["trust"][:] = 2  # seen once: may be anything
    tracker.update(window, 1.15)
    assert tracker.movers == ()


def test_dust_is_no_obstacle_and_hides_none() -> None:
    live, rng = ElevationMap(ROBOT, SPEC), np.random.default_rng(0)
    stands = crate(2.5)
    for k in range(25):
        live.update(scan((*room(), stands), (-1.0 + 0.05 * k, 0.0), 0.1 * (k + 1), rng, columns=1800, dust_per_m=0.03))
    costs = costs_of(live.grid(), ROBOT)
    centres = live.grid().centres()
    apart = np.abs(centres - np.array([2.5, 0.0])).max(axis=-1) > 0.35
    floor = (np.abs(centres) < 3.7).all(axis=-1) & apart & ~costs.unknown
    assert floor.sum() > 2500
    assert costs.obstacle[floor].mean() < 0.005
    assert costs.obstacle[~apart].any()
    assert live.movers() == ()
    live.update(scan((*room(), stands, crate(1.9, 1.2)), (0.25, 0.0), 2.6, rng, columns=1800, dust_per_m=0.03))
    assert live.heights(np.array([[1.72, 1.05]]))[0] > 0.3  # something real is there at once, also in dust
