"""The terrain is what its level says: measured by ray casts."""

from __future__ import annotations

import math
from typing import Any

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion.gauntlet import terrain
from rudel.locomotion.gauntlet.families import FAMILIES, FOOT_X_M, LEVELS, STEP_HEIGHTS_M, TREAD_M

EVERY = [(name, level) for name in FAMILIES for level in range(1, LEVELS + 1)]


def rays(ground: terrain.GauntletTerrain, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height that a vertical ray from above meets, (n,)."""
    mj = mujoco.MjSpec()
    ground.add_to(mj)
    model = mj.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    hit = np.zeros(1, np.int32)
    down = np.array([0.0, 0.0, -1.0])
    return np.array([50 - mujoco.mj_ray(model, data, np.array([*p, 50.0]), down, None, 1, -1, hit) for p in xy])


def along(y: float, *x: float) -> NDArray[np.float64]:
    return np.array([(at, y) for at in x])


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_slope_is_as_steep_as_it_says(level: int) -> None:
    z = rays(terrain.build("slope", level), along(0.7, -7.0, -5.0, 0.0, 5.0, 6.5, 7.5))
    for low, high in ((1, 2), (2, 3)):
        angle = math.degrees(math.atan2(z[high] - z[low], 5.0))
        assert angle == pytest.approx(FAMILIES["slope"].value(level), abs=1e-6)
    assert z[0] == pytest.approx(0, abs=1e-9)
    assert z[4] == pytest.approx(z[5], abs=1e-9)  # level at the top


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_every_step_is_as_high_as_it_says(level: int) -> None:
    middles = FOOT_X_M + (np.arange(-1, 37) + 0.5) * TREAD_M
    z = rays(terrain.build("stairs", level), along(-1.0, *middles.tolist()))
    np.testing.assert_allclose(np.diff(z), FAMILIES["stairs"].value(level), atol=1e-9)
    edges = FOOT_X_M + np.arange(3) * TREAD_M
    before, after = (rays(terrain.build("stairs", level), along(0.0, *(edges + d).tolist())) for d in (-1e-4, 1e-4))
    np.testing.assert_allclose(after - before, STEP_HEIGHTS_M[level - 1], atol=1e-9)


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_wave_has_its_amplitude(level: int) -> None:
    kind = FAMILIES["wave"]
    z = rays(terrain.build("wave", level), np.array([kind.start, kind.goal]))
    crest = 4 * kind.value(level)  # two waves of amplitude A across each other
    assert z[0] == pytest.approx(0.0, abs=0.01 * crest)
    assert z[1] == pytest.approx(crest, rel=0.01)


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_blocks_are_full_or_half_height_and_stand_in_the_way(level: int) -> None:
    kind = FAMILIES["obstacles"]
    height = kind.value(level)
    way = np.linspace(kind.start, kind.goal, 400)
    z = rays(terrain.build("obstacles", level), way)
    for value in np.unique(np.round(z, 9)):
        assert min(abs(value - share * height) for share in (0, 0.5, 1)) < 1e-9
    ups = int((np.diff(z) > 0.9 * height).sum())
    assert ups >= terrain.BLOCKS_ON_THE_WAY
    assert rays(terrain.build("obstacles", level), np.array([kind.start, kind.goal, kind.drill])) == pytest.approx(0.0)


@pytest.mark.parametrize("name", FAMILIES)
def test_height_is_what_rays_meet(name: str) -> None:
    ground = terrain.build(name, 7)
    xy = np.random.default_rng(3).uniform((-7.9, -4.9), (7.9, 4.9), (300, 2))
    np.testing.assert_allclose(ground.height(xy), rays(ground, xy), atol=1e-5)


def test_published_range_of_levels() -> None:
    ends = {name: (kind.values[0], kind.values[-1]) for name, kind in FAMILIES.items()}
    assert ends["slope"] == pytest.approx((8.4, 29.7), abs=0.05)
    assert ends["stairs"] == (0.08, 0.23)
    assert ends["wave"] == pytest.approx((0.02, 0.20))
    assert ends["obstacles"] == pytest.approx((0.073, 0.28))
    for kind in FAMILIES.values():
        assert len(kind.values) == LEVELS
        assert np.all(np.diff(kind.values) > 0)  # every level is harder than the one before


def test_blocks_do_not_overlap() -> None:
    blocks = terrain.layout(FAMILIES["obstacles"])
    assert len(blocks) == terrain.BLOCKS
    for i, ((a0, a1), (b0, b1), _) in enumerate(blocks):
        for (c0, c1), (d0, d1), _ in blocks[:i]:
            assert a1 <= c0 or c1 <= a0 or b1 <= d0 or d1 <= b0


@pytest.mark.parametrize("level", [0, 11, -1, 2.5, "3", True])
def test_level_that_does_not_exist_is_refused(level: Any) -> None:
    with pytest.raises(BadInput, match="levels 1 to 10"):
        terrain.build("stairs", level)


def test_unknown_family_is_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'stairs'"):
        terrain.build("stair", 1)
