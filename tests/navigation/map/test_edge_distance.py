"""Distances to obstacles are exact, to the bit, wherever in memory they are worked out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.navigation.map.traversability import edge_distance_m


def exact(obstacle: np.ndarray, resolution_m: float) -> np.ndarray:
    """From all cells to all obstacles; roots of whole numbers, correctly rounded."""
    there = np.argwhere(obstacle)
    cells = np.argwhere(np.ones_like(obstacle))
    square = ((cells[:, None] - there[None]) ** 2).sum(axis=-1).min(axis=1).astype(np.float32)
    away = np.maximum(np.sqrt(square) - np.float32(0.5), 0) * np.float32(resolution_m)
    return away.reshape(obstacle.shape)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 33), st.integers(1, 33), st.integers(0, 2**32), st.floats(0.01, 0.5))
def test_it_is_the_exact_distance_to_the_bit(ny: int, nx: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    obstacle = rng.random((ny, nx)) < share
    obstacle[rng.integers(ny), rng.integers(nx)] = True
    assert np.array_equal(edge_distance_m(obstacle, 0.1), exact(obstacle, 0.1))


@pytest.mark.parametrize("width", range(61, 69))
def test_it_is_the_same_wherever_in_memory_it_is(width: int) -> None:
    obstacle = np.zeros((40, width), np.bool_)
    obstacle[17, 23] = True
    held: list[bytearray] = []
    first = edge_distance_m(obstacle, 0.05)
    for k in range(20):
        held.append(bytearray(16 * k + 8))  # moves what is made next
        assert np.array_equal(edge_distance_m(obstacle, 0.05), first)
    assert np.array_equal(first, exact(obstacle, 0.05))


def test_without_obstacles_there_is_no_distance() -> None:
    assert np.isposinf(edge_distance_m(np.zeros((3, 4), np.bool_), 0.1)).all()
