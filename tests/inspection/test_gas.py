"""Gas: the law of spreading, and leaks told from levels that come from elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.findings import Capture, Finding, Inspection, Target
from rudel.core.readings import GasReading
from rudel.inspection import plume
from rudel.inspection.detectors.gas import ALARM_PPM, Gas
from rudel.inspection.plume import Air, Nose, Trail
from tests.inspection.scene import base

SPEED_MPS, DWELL_S = 0.5, 7.0
BOTTLE = Target("B-1", "gas_bottle", (12.0, 1.0, 0.6), {"species": "CH4"})


def walk(
    sources: list[tuple[float, float, float]], rng: np.random.Generator, gas: str = "CH4", tail_m: float = 12.0
) -> tuple[Gas, Capture]:
    """A straight walk to the bottle past sources (x, y, rate g/s), and the capture there."""
    detector, nose = Gas(), Nose(noise_ppm=5.0, noise_share=0.02)
    xs = np.append(np.arange(12.0 - tail_m, 12.0, SPEED_MPS), np.full(int(DWELL_S), 12.0))
    times = 100.0 + np.arange(len(xs), dtype=np.float64)
    trail = Trail(gas, times, np.stack((xs, np.zeros_like(xs), np.full_like(xs, 0.3)), axis=1), np.zeros(len(xs)))
    places = np.array([(x, y, 1.0) for x, y, _ in sources]).reshape(-1, 3)
    true = (
        plume.smelt(places, trail, Air(nose=nose)) @ np.array([q for _, _, q in sources])
        if sources
        else np.zeros(len(xs))
    )
    true = true + plume.BACKGROUND_PPM.get(gas, 0.0)
    shown = true * (1 + 0.02 * rng.standard_normal(len(xs))) + 5 * rng.standard_normal(len(xs))
    shown = np.where(shown < nose.limit_ppm, 0.0, shown)
    for t, x, ppm in zip(times.tolist(), xs.tolist(), shown.tolist(), strict=True):
        detector.feed((x, 0.0, 0.3), GasReading(t, "gas", gas, ppm))
    target = Target(BOTTLE.point, BOTTLE.kind, BOTTLE.look_at, {"species": gas})
    reading = GasReading(float(times[-1]), "gas", gas, float(shown[-1]))
    return detector, Capture(target, float(times[-1]), base(12.0, 0.0), 0.03, 0.01, {"gas": reading})


def say(sources: list[tuple[float, float, float]], seed: int = 0, gas: str = "CH4") -> Inspection:
    detector, capture = walk(sources, np.random.default_rng(seed), gas)
    return detector.look(capture, ())


def test_the_law_of_spreading() -> None:
    """1 / r in still air, the same rate downwind whatever the wind, nothing upwind."""
    at = np.array([(2.0, 0.0, 0.0), (4.0, 0.0, 0.0), (-2.0, 0.0, 0.0)])
    trail = Trail("CH4", np.arange(3.0), at, np.zeros(3))
    still = plume.smelt(np.zeros((1, 3)), trail, Air(nose=Nose(lag_s=0.0)))[:, 0]
    assert math.isclose(still[0], 2 * still[1])
    assert math.isclose(still[0], still[2])
    windy = plume.smelt(np.zeros((1, 3)), trail, Air((0.5, 0.0, 0.0), nose=Nose(lag_s=0.0)))[:, 0]
    assert np.allclose(windy[:2], still[:2])
    assert windy[2] < 1e-6 * windy[0]


@given(st.floats(0.5, 30.0), st.floats(0.1, 5.0))
def test_a_lag_ends_at_what_lasts(lag_s: float, level: float) -> None:
    shown = plume.lagged(np.r_[0.0, np.full(200, level)][:, None], np.arange(201.0) * lag_s / 10, lag_s)
    assert math.isclose(float(shown[-1, 0]), level, rel_tol=1e-6)
    assert math.isclose(float(shown[10, 0]), level * (1 - math.exp(-1)), rel_tol=1e-6)  # one time constant


@settings(max_examples=12, deadline=None)
@given(st.floats(-4.0, 9.0), st.integers(0, 1000))
def test_a_source_beside_the_way_is_found(x: float, seed: int) -> None:
    detector, _ = walk([(x + 4.0, 1.5, 1.0)], np.random.default_rng(seed), tail_m=20.0)
    trail = detector.trail("CH4")
    fit = plume.explain(trail, plume.grid(trail, 0.5), Air())
    best = max(fit.sources, key=lambda source: source.here_ppm)
    off = abs(best.position[0] - (x + 4.0))
    assert off < 3.0 + 2 * best.std_m


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate", [0.05, 0.3, 2.0])
@pytest.mark.parametrize("gas", ["CH4", "CO2"])
def test_a_leak_here(rate: float, seed: int, gas: str) -> None:
    got = say([(12.0, 1.0, rate)], seed, gas)
    assert got.status == "abnormal", got
    assert got.findings[0].severity == (
        "critical" if got.measured and got.measured.value >= ALARM_PPM[gas] else "major"
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("x", [4.0, 24.0, 30.0])
def test_a_leak_elsewhere_is_not_one_here(x: float, seed: int) -> None:
    got = say([(x, -1.0, 1.0)], seed)
    assert got.status == "normal", got
    assert "elsewhere" in got.text


@pytest.mark.parametrize("seed", range(3))
def test_a_small_leak_here_beside_a_large_one_before(seed: int) -> None:
    assert say([(2.0, -1.0, 0.5), (12.0, 1.0, 0.3)], seed).status == "abnormal"


def test_clean_air() -> None:
    for seed in range(5):
        for gas in ("CH4", "CO2"):
            assert say([], seed, gas).status == "normal"


def test_the_same_leak_explains_itself_without_a_trail_only_as_a_level() -> None:
    _, capture = walk([(12.0, 1.0, 1.0)], np.random.default_rng(0))
    got = Gas().look(capture, ())
    assert got.status == "abnormal"
    assert got.findings[0].confidence <= 0.6


def test_a_gas_without_a_sensor_is_not_called_clean() -> None:
    _, capture = walk([], np.random.default_rng(0))
    other = Target("B-1", "gas_bottle", BOTTLE.look_at, {"species": "H2S"})
    got = Gas().look(Capture(other, 1.0, capture.pose, 0.03, 0.01, capture.readings), ())
    assert got.status == "abstained"
    assert "H2S" in got.why
    assert "CH4" in got.why


def test_an_alarm_on_the_way_is_said_once_and_where_it_comes_from() -> None:
    walked, _ = walk([(5.0, 1.0, 0.3)], np.random.default_rng(0), "CO", 20.0)
    trail, detector, found = walked.trail("CO"), Gas(), list[Finding]()
    for t, place, ppm in zip(trail.time_s.tolist(), trail.position.tolist(), trail.ppm.tolist(), strict=True):
        detector.feed(tuple(place), GasReading(t, "gas", "CO", ppm))
        found += detector.on_the_way(t)
    assert [(one.kind, one.severity, one.point) for one in found] == [("gas", "critical", "")]
    assert found[0].position is not None
    assert math.dist(found[0].position[:2], (5.0, 1.0)) < 2.5  # a straight walk cannot tell left from right
    assert found[0].data["source_std_m"] <= 2.0


def test_a_leak_that_was_found_at_its_point_is_no_news() -> None:
    detector, capture = walk([(12.0, 1.0, 1.0)], np.random.default_rng(0))
    assert Gas().on_the_way(capture.time_s) == []
    assert [one.kind for one in detector.on_the_way(capture.time_s)] == ["gas"]
    detector, capture = walk([(12.0, 1.0, 1.0)], np.random.default_rng(0))
    assert detector.look(capture, ()).status == "abnormal"
    assert detector.on_the_way(capture.time_s) == []


def test_alarms_need_a_level_that_lasts() -> None:
    detector = Gas()
    for k in range(40):
        detector.feed((0.5 * k, 0.0, 0.3), GasReading(float(k), "gas", "CO", 4000.0 if k % 4 == 0 else 0.0))
        assert detector.on_the_way(float(k)) == []


def test_what_is_not_a_number_or_of_the_past_is_left_out() -> None:
    detector = Gas()
    for t, ppm in ((5.0, 40.0), (6.0, math.nan), (3.0, 1e9), (5.0, 1e9), (7.0, -1.0)):
        detector.feed((0.0, 0.0, 0.0), GasReading(t, "gas", "CO", ppm))
    assert detector.trail("CO").ppm.tolist() == [40.0]


def test_below_the_alarm_limit_nothing_is_said_on_the_way() -> None:
    detector, capture = walk([(11.0, 1.0, 0.2)], np.random.default_rng(0))  # located, but not dangerous
    assert detector.trail("CH4").ppm.max() < ALARM_PPM["CH4"]
    assert detector.on_the_way(capture.time_s) == []
