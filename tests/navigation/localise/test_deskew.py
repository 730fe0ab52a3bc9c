"""Points of a sweep brought to one moment: in any order, from any mount, into any frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.navigation.localise import _rotation as rotation
from rudel.navigation.localise._deskew import Wake, straighten


def wavy(seed: int) -> Wake:
    rng = np.random.default_rng(seed)
    return Wake(np.linspace(0.0, 0.1, 6), np.cumsum(rng.normal(0.0, 0.01, (6, 6)), axis=0))


def seen(seed: int, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(-10, 10, (n, 3)), np.sort(rng.uniform(0.0, 0.1, n))


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_points_does_not_matter(seed: int) -> None:
    points, offsets = seen(seed)
    order = np.random.default_rng(seed).permutation(len(points))
    sorted_ = straighten(points, offsets, wavy(seed))
    np.testing.assert_allclose(straighten(points[order], offsets[order], wavy(seed)), sorted_[order], atol=1e-12)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_mount_and_pose_are_what_turning_by_hand_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, offsets = seen(seed)
    mount, pose = (
        (rng.normal(size=3), rotation.exp(rng.normal(size=3))),
        (rng.normal(size=3), rotation.exp(rng.normal(size=3))),
    )
    by_hand = straighten(points @ mount[1].T + mount[0], offsets, wavy(seed)) @ pose[1].T + pose[0]
    np.testing.assert_allclose(straighten(points, offsets, wavy(seed), mount, pose), by_hand, atol=1e-10)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_base_that_stands_moves_nothing_and_keeps_the_precision(kind: type) -> None:
    points, offsets = (a.astype(kind) for a in seen(0))
    still = Wake(np.linspace(0.0, 0.1, 6), np.zeros((6, 6)))
    out = straighten(points, offsets, still)
    assert out.dtype == kind
    np.testing.assert_array_equal(out, points)


def test_each_point_is_moved_by_its_own_time() -> None:
    """Against one rotation and one shift for each point, worked out on its own."""
    points, offsets = seen(3)
    moved = wavy(3)
    out = straighten(points, offsets, moved)
    for p, at, q in zip(points, offsets, out, strict=True):
        now = np.array([np.interp(at, moved.knots_s, moved.relative[:, c]) for c in range(6)])
        np.testing.assert_allclose(q, rotation.exp(now[3:]) @ p + now[:3], atol=5e-4)  # the third term of the series
