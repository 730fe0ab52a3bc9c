"""Slope, step and roughness of heights whose answer is known, and gaps that may and may not be closed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.navigation.map.terrain import fill_gaps, slope_step_roughness


def ramp(slope_x: float, slope_y: float, size: int = 24) -> np.ndarray:
    j, i = np.mgrid[0:size, 0:size] * 0.1
    return (slope_x * i + slope_y * j).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7))
def test_a_ramp_has_its_slope_and_nothing_else(slope_x: float, slope_y: float) -> None:
    slope, step, rough = slope_step_roughness(ramp(slope_x, slope_y), 0.1)
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(slope[inner], math.atan(math.hypot(slope_x, slope_y)), atol=1e-3)
    np.testing.assert_allclose(step[inner], 0, atol=1e-4)
    np.testing.assert_allclose(rough[4:-4, 4:-4], 0, atol=1e-4)


@pytest.mark.parametrize("rise", [0.05, -0.3, 1.0])
def test_a_riser_is_a_step_of_its_height_above_it_and_does_not_tilt_the_floor(rise: float) -> None:
    """Once, not on both sides: a crate would be two cells wider than it is, and close lanes that are open."""
    height = np.zeros((20, 20), np.float32)
    height[:, 10:] = rise
    slope, step, rough = slope_step_roughness(height, 0.1)
    upper = 10 if rise > 0 else 9
    np.testing.assert_allclose(step[:, upper], abs(rise), atol=1e-6)
    assert step[:, :upper].max() == step[:, upper + 1 :].max() == 0
    assert slope.max() == 0
    assert rough.max() == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3))
def test_turned_ground_has_turned_layers(seed: int, turns: int) -> None:
    rng = np.random.default_rng(seed)
    height = rng.normal(0, 0.05, (20, 20)).astype(np.float32)
    height[rng.uniform(size=height.shape) < 0.1] = np.nan
    for a, b in zip(
        slope_step_roughness(height, 0.1), slope_step_roughness(np.rot90(height, turns).copy(), 0.1), strict=True
    ):
        np.testing.assert_allclose(np.rot90(a, turns), b, atol=1e-5)


def test_noise_is_no_step_once_its_variance_is_known() -> None:
    noise = np.random.default_rng(0).normal(0, 0.015, (100, 100)).astype(np.float32)
    plain = slope_step_roughness(noise, 0.1)
    told = slope_step_roughness(noise, 0.1, np.full(noise.shape, 0.015**2, np.float32))
    assert np.mean(plain[1] > 0.02) > 0.3
    assert np.mean(told[1] > 0.02) < 0.01
    assert np.median(told[2]) < np.median(plain[2]) / 3


def test_roughness_is_the_standard_deviation_of_rough_ground() -> None:
    rough = slope_step_roughness(np.random.default_rng(0).normal(0, 0.03, (200, 200)).astype(np.float32), 0.1)[2]
    assert np.median(rough) == pytest.approx(0.03, rel=0.2)


def test_the_unknown_stays_so_and_is_no_step() -> None:
    height = np.zeros((20, 20), np.float32)
    height[5:9, 5:9] = np.nan
    layers = slope_step_roughness(height, 0.1)
    for layer in layers:
        np.testing.assert_array_equal(np.isnan(layer), np.isnan(height))
        assert np.nanmax(layer) == 0


def test_gaps_between_what_agrees_are_closed_and_others_are_not() -> None:
    height = np.zeros((20, 40), np.float32)
    height[:, 5:8] = np.nan  # 0.3 m
    height[:, 15:23] = np.nan  # 0.8 m
    height[:, 30:32] = np.nan
    height[:, 32:] = 0.5  # the top of something
    filled = fill_gaps(height, 2, 0.08)
    assert (filled[:, :15] == 0).all()
    assert np.isnan(filled[:, 15:23]).all()
    assert np.isnan(filled[:, 30:32]).all()


def test_the_edge_of_what_is_known_does_not_grow() -> None:
    height = np.full((20, 20), np.nan, np.float32)
    height[8:12, 8:12] = 0.2
    np.testing.assert_array_equal(fill_gaps(height, 3, 0.08), height)
