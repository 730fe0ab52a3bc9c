"""What a scan says about cells: against a count of one cell after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.navigation.map.columns import STANDS_M, TICK_M, columns
from rudel.navigation.map.sight import sorted_by

HEADROOM_M, SPREAD_M, BASE_M = 0.5, 0.06, -3.0


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), cells=st.sampled_from([3, 40, 70_000]), high=st.sampled_from([0.3, 4.0]))
def test_columns_are_those_of_a_slow_count(seed: int, cells: int, high: float) -> None:
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, cells, 200).astype(np.int32)
    z = ((rng.random(200) * high - 1) // TICK_M * TICK_M).astype(np.float32)
    ground = np.where(rng.random(cells) < 0.2, np.inf, rng.normal(-0.8, 0.2, cells)).astype(np.float32)
    found = columns(cell, z, ground, HEADROOM_M, SPREAD_M, BASE_M)
    solid: dict[int, tuple[float, int, float]] = {}
    hung: dict[int, float] = {}
    for c in np.unique(cell).tolist():
        last = min(float(ground[c]), float(z[cell == c].min()))
        standing: list[float] = []
        for height in np.sort(z[cell == c]).tolist():
            if height - last > HEADROOM_M:
                hung[c] = height
                break
            standing.append(height)
            last = height
        if standing:
            top = [h for h in standing if h > standing[-1] - SPREAD_M]
            bare = not np.isfinite(ground[c])
            over = [h for h in standing if bare or h - ground[c] > STANDS_M]
            solid[c] = float(np.mean(top)), len(top), over[0] if over else np.inf
    assert found.cell.tolist() == list(solid)
    assert found.hung_cell.tolist() == list(hung)
    np.testing.assert_allclose(found.hung, list(hung.values()), atol=TICK_M)
    mean, count, bottom = np.array(list(solid.values())).reshape(-1, 3).T
    near = np.abs(found.count - count) > 0  # a height within a tick of the limit may fall on either side
    assert near.mean() < 0.1 if len(near) > 20 else near.sum() <= 2
    np.testing.assert_allclose(found.height[~near], mean[~near], atol=2 * TICK_M)
    both = np.isfinite(found.bottom) & np.isfinite(bottom)
    assert (np.isfinite(found.bottom) != np.isfinite(bottom)).sum() <= 2
    assert np.mean(np.abs(found.bottom[both] - bottom[both]) < 2 * TICK_M) > 0.9 if both.any() else True


@given(seed=st.integers(0, 10_000), n=st.integers(0, 300))
def test_sorting_by_counting_is_sorting(seed: int, n: int) -> None:
    first, second = np.random.default_rng(seed).integers(0, [[50], [1 << 16]], (2, n)).astype(np.uint16)
    np.testing.assert_array_equal(sorted_by(first, second), np.lexsort((second, first)))
