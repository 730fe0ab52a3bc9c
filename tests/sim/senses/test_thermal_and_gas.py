"""Heat and gas follow their stated laws; their sensors lag, round down and make noise as stated."""

from __future__ import annotations

import dataclasses
import math

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import UnknownName
from rudel.core.readings import GasReading, ThermalImage
from rudel.sim.senses import rays
from rudel.sim.senses.gas import BACKGROUND_PPM, GasSensor, GasSpec, Spreading
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.thermal import ThermalCamera, ThermalSpec, apparent_celsius, surface_celsius
from rudel.worlds.place import Box, Gas, Heat, Material, Waypoint, World
from tests.sim.senses.scenes import compiled, spans

MOUNT = Mount("sensor", np.zeros(3))
LEAK = Gas((0.0, 0.0, 0.0), 0.01, "CH4")
EXACT = ThermalSpec(netd_c=0.0, fixed_c=0.0, offset_c=0.0)


def hot_wall(emissivity: float = 1.0) -> World:
    wall = Box((3.1, 0, 0), (0.1, 5, 5), material="wall")
    warm = Box((2.0, 1.0, 0.0), (0.1, 0.2, 0.2), temperature_c=40.0, material="wall")
    return World(
        "hot",
        Waypoint("start", (0.0, 0.0)),
        (-5, 5, -5, 5),
        shapes=(wall, warm),
        materials={"wall": Material(emissivity=emissivity)},
        heat=(Heat((3.0, 0.0, 0.0), 80.0, 0.5),),
        air_c=15.0,
    )


def thermal(world: World, spec: ThermalSpec, seed: int = 0, seconds: float = 0.02) -> list[np.ndarray]:
    mj = mujoco.MjSpec()
    world.add_to(mj)
    model, data = compiled(mj)
    camera = ThermalCamera(spec, MOUNT, rays.make(model, data), model, world, np.random.default_rng(seed))
    images = [taken.reading for span in spans(data, seconds) for taken in camera.advance(span)]
    return [image.celsius for image in images if isinstance(image, ThermalImage)]


def test_the_picture_is_the_law_on_the_wall() -> None:
    (seen,) = thermal(hot_wall(), EXACT)
    view = EXACT.intrinsics.directions()
    points = view[..., [0, 1]] * 3.0  # on the wall: right, down
    share = np.maximum(1 - (points**2).sum(axis=-1) / 0.25, 0) ** 2
    warm = (np.abs(view[..., 0] * 1.9 + 1.0) < 0.31) & (np.abs(view[..., 1] * 1.9) < 0.21)  # y = 1 is on the left
    np.testing.assert_allclose(seen[~warm], (15 + 65 * share)[~warm], atol=0.05)
    inside = (np.abs(view[..., 0] * 1.9 + 1.0) < 0.19) & (np.abs(view[..., 1] * 1.9) < 0.19)
    np.testing.assert_allclose(seen[inside], 40.0, atol=0.01)
    assert seen.max() == pytest.approx(80, abs=0.3)  # no pixel looks at its very middle


def test_bare_metal_shows_the_room_not_itself() -> None:
    (black,), (bare,) = thermal(hot_wall(1.0), EXACT), thermal(hot_wall(0.2), EXACT)
    own = (0.2 * (black.max() + 273.15) ** 4 + 0.8 * 288.15**4) ** 0.25 - 273.15
    assert bare.max() == pytest.approx(own, abs=0.05)
    assert bare.min() == pytest.approx(15.0, abs=0.01)


@given(celsius=st.floats(-50, 500), around=st.floats(-20, 60), e=st.floats(0, 1))
def test_a_grey_body_lies_between_itself_and_its_surroundings(celsius: float, around: float, e: float) -> None:
    seen = float(apparent_celsius(np.array([celsius]), np.array([e]), around)[0])
    assert min(celsius, around) - 1e-6 <= seen <= max(celsius, around) + 1e-6


def test_the_strongest_source_counts_and_cold_ones_cool() -> None:
    points, own = np.zeros((1, 3)), np.array([20.0])
    hot, cold = Heat((0, 0, 0), 60.0, 1.0), Heat((0, 0, 0), -30.0, 1.0)
    assert surface_celsius(points, own, (hot,))[0] == pytest.approx(60)
    assert surface_celsius(points, own, (hot, cold))[0] == pytest.approx(-30)
    assert surface_celsius(points + 1.0, own, (hot, cold))[0] == pytest.approx(20)


def test_thermal_noise_spreads_as_stated() -> None:
    spec = dataclasses.replace(EXACT, netd_c=0.2)
    pictures = np.array(thermal(hot_wall(), spec, seconds=1.2))
    assert len(pictures) >= 10
    assert pictures.std(axis=0, ddof=1).mean() == pytest.approx(0.2, rel=0.05)
    fixed = dataclasses.replace(EXACT, fixed_c=0.3)
    exact, one, two = thermal(hot_wall(), EXACT)[0], *thermal(hot_wall(), fixed, seconds=0.24)[:2]
    np.testing.assert_array_equal(one, two)
    assert (one - exact).std() == pytest.approx(0.3, rel=0.05)
    offsets = [(thermal(hot_wall(), ThermalSpec(netd_c=0, fixed_c=0), seed)[0] - exact).mean() for seed in range(40)]
    assert 1.5 < np.std(offsets) < 3.5


@given(r=st.floats(0.2, 50), factor=st.floats(1.1, 5))
def test_in_still_air_gas_falls_with_one_over_r(r: float, factor: float) -> None:
    law, clean = Spreading(), BACKGROUND_PPM["CH4"]
    near = law.ppm("CH4", np.array([r, 0, 0]), (LEAK,)) - clean
    far = law.ppm("CH4", np.array([0, r * factor, 0]), (LEAK,)) - clean
    assert near == pytest.approx(factor * far, rel=1e-6)
    grams = 0.01 / (4 * math.pi * 0.01 * r)  # per m^3
    assert near == pytest.approx(grams / 16.043 * 0.0240551 * 1e6, rel=1e-4)  # 24.055 litres per mol at 20 degrees C


def test_wind_carries_gas_downwind() -> None:
    still, windy = Spreading(), Spreading(wind_mps=(0.5, 0.0, 0.0))
    ahead, behind, beside = (np.array(p) for p in ((3.0, 0, 0), (-3.0, 0, 0), (3.0, 0.5, 0)))
    assert windy.ppm("CH4", ahead, (LEAK,)) == pytest.approx(still.ppm("CH4", ahead, (LEAK,)))
    assert windy.ppm("CH4", behind, (LEAK,)) == pytest.approx(BACKGROUND_PPM["CH4"])
    r = math.hypot(3, 0.5)
    wanted = (still.ppm("CH4", beside, (LEAK,)) - 1.9) * math.exp(-0.5 * (r - 3) / 0.02) + 1.9
    assert windy.ppm("CH4", beside, (LEAK,)) == pytest.approx(wanted)
    assert still.ppm("CO", ahead, (LEAK,)) == 0


def smell(spec: GasSpec, seconds: float, sources: tuple[Gas, ...] = (LEAK,)) -> list[float]:
    sensor = GasSensor(spec, Mount("gas", np.array([1.0, 0, 0])), sources, Spreading(), np.random.default_rng(0))
    _, data = compiled(mujoco.MjSpec())
    walk = spans(data, seconds, velocity=(0.0, 0.0, 0.0), dt=0.1)
    readings = [taken.reading for span in walk for taken in sensor.advance(span)]
    return [reading.ppm for reading in readings if isinstance(reading, GasReading)]


def test_the_lag_is_first_order() -> None:
    spec = GasSpec(rate_hz=10, lag_s=5.0, noise_ppm=0, noise_share=0, limit_ppm=0)
    _, data = compiled(mujoco.MjSpec())
    sensor = GasSensor(spec, MOUNT, (LEAK,), Spreading(), np.random.default_rng(0))
    far = spans(data, 0.1, velocity=(1e4, 0, 0), dt=0.1)[0]  # one kilometre away
    sensor.advance(far)
    near = Spreading().ppm("CH4", np.zeros(3), (LEAK,))
    for span in spans(data, 5.1, dt=0.1)[1:]:
        (taken,) = sensor.advance(span)
    assert isinstance(taken.reading, GasReading)
    assert taken.reading.ppm == pytest.approx(near * (1 - math.exp(-1)), rel=0.01)


def test_gas_noise_limit_and_range() -> None:
    exact = GasSpec(noise_ppm=0, noise_share=0)
    truth = smell(exact, 1.0)[0]
    noisy = np.array(smell(GasSpec(rate_hz=10, noise_ppm=20.0, noise_share=0), 300.0))
    assert noisy.mean() == pytest.approx(truth, abs=5 * 20 / math.sqrt(3000))
    assert noisy.std() == pytest.approx(20, rel=0.07)
    assert set(smell(dataclasses.replace(exact, limit_ppm=truth + 1), 1.0)) == {0.0}
    assert set(smell(dataclasses.replace(exact, limit_ppm=0, max_ppm=truth / 2), 1.0)) == {truth / 2}


def test_an_unknown_gas_is_refused() -> None:
    with pytest.raises(UnknownName, match="CH4"):
        GasSpec("phlogiston")
