"""The numbers in each world's description, measured on the surface itself."""

import numpy as np
import pytest

from rudel import worlds
from tests.worlds.casting import cast_down

DIFFICULTIES = (0.0, 0.4, 1.0)
SEEDS = range(6)


def dense(terrain: worlds.Terrain, step: float = 0.02) -> np.ndarray:
    axis = np.arange(-terrain.size_m[0] / 2 + step / 2, terrain.size_m[0] / 2, step)
    return terrain.height(np.stack(np.meshgrid(axis, axis), axis=-1))


def build(name: str, difficulty: float, seed: int) -> worlds.Terrain:
    return worlds.build(name, difficulty, np.random.default_rng(seed))


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_stairs(difficulty: float):
    """Every riser has the stated height, every tread 0.30 m; both directions occur."""
    directions = set()
    for seed in SEEDS:
        x = np.arange(0.005, 4.0, 0.01)
        z = cast_down(build("stairs", difficulty, seed), np.stack((x, np.zeros_like(x)), axis=1))
        rise = np.diff(z)
        steps = np.flatnonzero(np.abs(rise) > 1e-9)
        sign = np.sign(rise[steps[0]])
        directions.add(sign)
        np.testing.assert_allclose(rise[steps], sign * (0.03 + 0.20 * difficulty), atol=1e-9)
        np.testing.assert_allclose(np.diff(x[steps]), 0.30, atol=1e-9)
        assert len(steps) >= 8
        assert z[-1] == pytest.approx(0.0)
    assert directions == {-1.0, 1.0}


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_slope(difficulty: float):
    """Flanks have the stated angle, up as well as down, ridge or moat."""
    signs = set()
    for seed in SEEDS:
        x = np.arange(0.0, 4.0, 0.1) + 0.05
        z = cast_down(build("slope", difficulty, seed), np.stack((x, np.full_like(x, 0.03)), axis=1))
        angle = np.degrees(np.arctan(np.diff(z) / 0.1))
        signs.add(np.sign(angle[np.abs(angle) > 1e-3][0]))
        wanted = 1.0 + 29.0 * difficulty
        assert angle.max() == pytest.approx(wanted, abs=1e-3)
        assert angle.min() == pytest.approx(-wanted, abs=1e-3)
        assert (np.abs(np.abs(angle) - wanted) < 1e-3).sum() > 15
    assert signs == {-1.0, 1.0}


@pytest.mark.parametrize(("name", "low", "high"), [("blocks", 0.02, 0.20), ("obstacles", 0.03, 0.28)])
@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_highest_box(name: str, low: float, high: float, difficulty: float):
    for seed in SEEDS:
        z = dense(build(name, difficulty, seed))
        assert z.max() == pytest.approx(low + (high - low) * difficulty)
        assert z.min() == 0.0


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_wave_from_trough_to_crest(difficulty: float):
    for seed in SEEDS:
        heightfield = build("wave", difficulty, seed).heightfield
        assert heightfield is not None
        assert np.ptp(heightfield.heights) == pytest.approx(0.01 + 0.19 * difficulty, rel=1e-6)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_gaps(difficulty: float):
    """Every way out crosses three trenches, each as wide as stated and half a metre deep."""
    for seed in SEEDS:
        terrain = build("gaps", difficulty, seed)
        r = np.arange(0.0005, 4.0, 0.001)
        for direction in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            z = terrain.height(r[:, None] * direction + np.array([0.1, 0.1])[None] * (1 - np.abs(direction)))
            assert set(np.round(z, 9)) == {0.0, -0.5}
            starts, ends = np.flatnonzero(np.diff(z) < 0), np.flatnonzero(np.diff(z) > 0)
            np.testing.assert_allclose((ends - starts) * 0.001, 0.05 + 0.35 * difficulty, atol=0.0011)
            assert len(starts) == 3
            assert ((starts[1:] - ends[:-1]) * 0.001 >= 0.39).all(), "room for the feet in between"
