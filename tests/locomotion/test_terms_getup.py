"""Laws of what getting up is paid for: nothing on the back, everything in the stance, and more all the way between."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from rudel.locomotion import footing
from rudel.locomotion.snapshot import Snapshot
from rudel.locomotion.terms import getup
from tests.locomotion.test_terms import N, snapshot

PAID = (getup.turning_over, getup.rising, getup.default_pose, getup.on_feet)


def robots(roll: float, height_m: float = 0.35, **changes: Any) -> Snapshot:
    """Robots on level ground in the default pose, at rest, rolled by this angle."""
    gravity = np.tile(np.array([0, -np.sin(roll), -np.cos(roll)], np.float32), (N, 1))
    zero = np.zeros((N, 12), np.float32)
    given: dict[str, Any] = {
        "gravity": gravity,
        "height": np.full(N, height_m, np.float32),
        "q_offset": zero,
        "dq": zero,
    }
    level = {"around": None, "incline": np.zeros((N, 2), np.float32)}
    return dataclasses.replace(snapshot(np.random.default_rng(0)), **given | level | changes)


def test_the_stance_is_paid_in_full_and_the_back_not_at_all() -> None:
    for term in PAID:
        np.testing.assert_allclose(term(robots(0.0)), 1.0, atol=1e-4)
        np.testing.assert_allclose(term(robots(np.pi, 0.1)), 0.0, atol=1e-4)


@pytest.mark.parametrize("side", [-1, 1])
def test_every_bit_of_turning_pays(side: int) -> None:
    paid = [float(getup.turning_over(robots(side * roll))[0]) for roll in np.linspace(np.pi, 0, 20)]
    assert (np.diff(paid) > 0).all()


def test_rising_pays_only_who_is_turned() -> None:
    low, high = getup.rising(robots(0.0, 0.1))[0], getup.rising(robots(0.0, 0.3))[0]
    assert 0 < low < high < 1
    assert getup.rising(robots(np.pi / 2, 0.3))[0] == pytest.approx(0, abs=1e-6)


def test_height_is_measured_over_the_mean_of_the_ground() -> None:
    around = np.zeros((N, 21), np.float32)
    around[:, ::3] = 0.15  # the ground below the base is lower than that around it by 5 cm on average
    s = robots(0.0, 0.35, around=around)
    np.testing.assert_allclose(footing.height(s), (0.35 - 0.05) / 0.35, atol=1e-5)


def test_fast_joints_are_no_standing_but_still_on_feet() -> None:
    s = robots(0.0, dq=np.full((N, 12), 1.5, np.float32))
    assert not footing.standing(s).any()
    assert getup.on_feet(s).all()
    assert (getup.restless(s) > 0).all()
    assert footing.standing(robots(0.0)).all()


@pytest.mark.parametrize("roll", [0.33, -0.33, np.pi / 2, np.pi])
def test_who_is_tilted_by_more_than_18_degrees_does_not_stand(roll: float) -> None:
    assert not footing.standing(robots(roll)).any()
    assert footing.standing(robots(0.3)).all()
