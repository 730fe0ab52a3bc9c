"""Navigation layers of simple places give back their dimensions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.worlds.place import Box, Cylinder, HeightField, Layers, layers_from, layers_of
from tests.worlds.place.places import level

FLOATS = ("elevation", "clearance", "slope_rad", "step_m", "roughness_m")


def at(layers: Layers, name: str, x: float, y: float) -> float:
    (j, i), inside = layers.cell_of(np.array([x, y]))
    assert inside
    return float(getattr(layers, name)[j, i])


def test_a_plane_is_level_open_and_smooth() -> None:
    layers = layers_of(level())
    assert layers.shape == (60, 60)
    assert layers.extent_m == pytest.approx((-3, 3, -3, 3))
    for name in ("elevation", "slope_rad", "step_m", "roughness_m"):
        assert (getattr(layers, name) == 0).all(), name
    assert np.isinf(layers.clearance).all()


def test_a_box_has_its_height_and_a_step_around_it() -> None:
    layers = layers_of(level(Box((1.0, 0.5, 0.2), (0.5, 0.5, 0.2))))
    assert at(layers, "elevation", 1.0, 0.5) == pytest.approx(0.4)
    assert layers.step_m.max() == pytest.approx(0.4)
    assert at(layers, "step_m", 1.0, 0.5) == 0.0
    edge = layers.step_m > 0.39
    assert edge.sum() == pytest.approx(2 * 4 * 10, abs=8)  # a ring of two cells
    assert (layers.slope_rad[~edge] == 0).all()  # a wall does not tilt the floor beside it


@settings(max_examples=20, deadline=None)
@given(st.floats(1.0, 45.0), st.floats(0, 2 * math.pi))
def test_a_ramp_has_its_slope_and_no_steps(degrees: float, heading: float) -> None:
    x, y = np.meshgrid(np.arange(-35, 36) * 0.1, np.arange(-35, 36) * 0.1)
    z = np.tan(np.radians(degrees)) * (x * np.cos(heading) + y * np.sin(heading))
    layers = layers_of(level(ground=HeightField(z, 0.1, (-3.5, -3.5)), floor_m=None))
    np.testing.assert_allclose(layers.slope_rad, np.radians(degrees), atol=1e-3)
    assert layers.roughness_m.max() < 1e-4
    assert layers.step_m[2:-2, 2:-2].max() < 1e-4


@pytest.mark.parametrize("riser", [0.05, 0.17])
def test_stairs_have_their_risers(riser: float) -> None:
    steps = [Box((0.5 + 0.3 * k, 0, riser * (k + 1) / 2), (0.15, 1.0, riser * (k + 1) / 2)) for k in range(6)]
    layers = layers_of(level(*steps))
    flight = layers.step_m[25:35, 34:50]
    assert flight.max() == pytest.approx(riser, abs=1e-5)
    assert at(layers, "elevation", 0.5 + 0.3 * 5, 0) == pytest.approx(6 * riser)


def test_a_post_of_a_third_of_a_cell_is_found() -> None:
    layers = layers_of(level(Cylinder((1.03, 1.03, 0), (1.03, 1.03, 1), 0.025)))
    assert at(layers, "step_m", 1.03, 1.03) == pytest.approx(1.0)


def test_clearance_is_the_free_height() -> None:
    layers = layers_of(level(Box((1, 1, 1.0), (0.5, 0.5, 0.1)), Box((1, 1, 0.05), (0.2, 0.2, 0.05))))
    assert at(layers, "clearance", 1.0, 1.0) == pytest.approx(0.8)
    assert at(layers, "clearance", 1.35, 1.0) == pytest.approx(0.9)
    assert np.isinf(at(layers, "clearance", -1, 1))


def test_a_pipe_thinner_than_a_cell_takes_its_room() -> None:
    layers = layers_of(level(Cylinder((-2, 0.02, 0.5), (2, 0.02, 0.5), 0.02)))
    assert at(layers, "clearance", 0.0, 0.05) == pytest.approx(0.48, abs=0.01)
    assert np.isinf(at(layers, "clearance", 0.0, 0.15))


def test_outside_of_all_ground_is_unknown() -> None:
    layers = layers_of(level(Box((0, 0, -0.1), (1.0, 1.0, 0.1)), floor_m=None))
    assert layers.known().sum() == 400
    for name in FLOATS:
        assert np.isnan(getattr(layers, name)[~layers.known()]).all(), name


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_turning_the_ground_turns_the_layers(seed: int, quarters: int) -> None:
    rng = np.random.default_rng(seed)
    z = np.round(rng.normal(size=(21, 27)), 3)
    z[rng.uniform(size=z.shape) < 0.1] = np.nan
    one = layers_from(z, z + 1, 0.1, (0, 0), detail=3)
    other = layers_from(np.rot90(z, quarters), np.rot90(z, quarters) + 1, 0.1, (5, -3), detail=3)
    for name in FLOATS:
        np.testing.assert_allclose(
            np.rot90(getattr(one, name), quarters), getattr(other, name), atol=1e-5, err_msg=name
        )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-50, 50))
def test_lifting_the_ground_lifts_only_the_elevation(seed: int, lift: float) -> None:
    z = np.random.default_rng(seed).normal(size=(18, 18))
    one, other = (layers_from(z + dz, z + dz + 2, 0.1, (0, 0)) for dz in (0.0, lift))
    np.testing.assert_allclose(one.elevation + lift, other.elevation, atol=1e-4)
    for name in FLOATS[1:]:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-4, err_msg=name)


def test_noise_is_roughness() -> None:
    rng = np.random.default_rng(1)
    layers = layers_from(rng.normal(size=(100, 100)) * 0.02, None, 0.1, (0, 0))
    assert np.median(layers.roughness_m) == pytest.approx(0.02, rel=0.25)


def test_noise_is_no_slope() -> None:
    """A centimetre of noise, as from a LiDAR, tilts a cell by 5 degrees at most; neighbours differ by 8 degrees."""
    rng = np.random.default_rng(1)
    layers = layers_from(rng.normal(size=(100, 100)) * 0.01, None, 0.1, (0, 0))
    assert np.degrees(np.quantile(layers.slope_rad, 0.99)) < 5.0


def test_bad_layers_are_refused() -> None:
    with pytest.raises(BadInput, match="odd detail"):
        layers_from(np.zeros((4, 4)), None, 0.1, (0, 0), detail=3)
    with pytest.raises(BadInput, match="too fine"):
        layers_of(level(), 1e-5)
    good = layers_of(level(), 0.5)
    for name, value, why in (
        ("step_m", np.zeros((2, 2)), "shape"),
        ("slope_rad", np.full(good.shape, -1.0), "below 0"),
        ("elevation", np.full(good.shape, np.inf), "infinity"),
        ("clearance", np.full(good.shape, -np.inf), "infinity"),
    ):
        grids = {key: getattr(good, key) for key in (*FLOATS, "zones")}
        with pytest.raises(BadInput, match=why):
            Layers(0.5, (0, 0), **{**grids, name: value})
