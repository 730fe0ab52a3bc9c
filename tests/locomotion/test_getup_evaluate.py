"""Laws of measuring who got up: hand-made cases, figures that add up, the same seed measures the same."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.locomotion import evaluate as walking
from rudel.locomotion import evaluators, getup_evaluate
from rudel.locomotion.getup_evaluate import Record, figures, time_to_stand
from rudel.sim.options import training_options
from tests.locomotion import getups

PERIOD_S, STEPS = 0.02, 200


def case(*spans: tuple[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """up and standing of one robot that lies, moves (up, not at rest) or stands for so many seconds in turn."""
    states = [word for word, seconds in spans for _ in range(round(seconds / PERIOD_S))]
    assert len(states) == STEPS
    up = np.array([[word != "lies"] for word in states])
    return up, np.array([[word == "stands"] for word in states])


@pytest.mark.parametrize(
    ("spans", "expected_s"),
    [
        ((("stands", 4.0),), 0.3),
        ((("lies", 4.0),), math.nan),
        ((("moves", 4.0),), math.nan),  # up, but never at rest
        ((("lies", 1.0), ("stands", 3.0)), 1.3),
        ((("lies", 2.7), ("stands", 1.3)), 3.0),
        ((("lies", 2.72), ("stands", 1.28)), math.nan),  # too late
        ((("lies", 1.0), ("stands", 2.0), ("lies", 1.0)), math.nan),  # stood, and fell
        ((("lies", 1.0), ("stands", 0.28), ("moves", 2.72)), math.nan),  # not for long enough
        ((("lies", 1.0), ("stands", 0.3), ("moves", 2.7)), 1.3),  # a step aside is no fall
        ((("stands", 0.5), ("lies", 0.5), ("stands", 3.0)), 1.3),  # the stand that lasts counts
        ((("stands", 0.28), ("moves", 0.02), ("stands", 3.7)), 0.6),
    ],
)
def test_hand_made_cases(spans: tuple[tuple[str, float], ...], expected_s: float) -> None:
    found = time_to_stand(*case(*spans), PERIOD_S)
    np.testing.assert_allclose(found, [expected_s], atol=1e-9)


@given(st.lists(st.sampled_from(["lies", "moves", "stands"]), min_size=STEPS, max_size=STEPS))
def test_it_is_the_first_moment_that_a_plain_reading_of_the_rule_gives(words: list[str]) -> None:
    expected = math.nan
    for t in range(150):
        if t >= 14 and all(w == "stands" for w in words[t - 14 : t + 1]) and "lies" not in words[t:]:
            expected = (t + 1) * PERIOD_S
            break
    up, standing = (np.array([[word in good] for word in words]) for good in (("moves", "stands"), ("stands",)))
    np.testing.assert_allclose(time_to_stand(up, standing, PERIOD_S), [expected])


def record(**changes: Any) -> Record:
    """Three robots: one lies on its back and stays there, one gets up from its side, one stands all along."""
    cases = [case(("lies", 4.0)), case(("lies", 1.0), ("stands", 3.0)), case(("stands", 4.0))]
    up, standing = (np.concatenate(parts, axis=1) for parts in zip(*cases, strict=True))
    made = {
        "lay": np.array([0.9, 0.1, -1.0]),
        "up": up,
        "standing": standing,
        "near_limit": np.array([0.3, 0.0, 0.0]),
        "impact": np.array([1.0, 2.0, 0.1]),
        "power": np.full((STEPS, 3), 10.0),
        "broken": np.zeros(3, bool),
    }
    return Record(**made | changes)


def test_figures_of_three() -> None:
    f = figures([record()], PERIOD_S, 5)
    assert f.success_pct + f.failed_pct == pytest.approx(100)
    assert f.success_pct == pytest.approx(200 / 3)
    assert (f.from_back_pct, f.from_side_pct, f.from_belly_pct) == (0, 100, 100)
    assert f.time_median_s == pytest.approx((1.3 + 0.3) / 2)
    assert f.torque_limit_share == pytest.approx(0.1)
    assert f.base_impact_mps == 1.0
    assert f.energy_j == pytest.approx(10 * (1.3 + 0.3) / 2)
    assert (f.robots, f.seconds, f.seed) == (3, pytest.approx(4.0), 5)


def test_broken_physics_is_no_way_to_get_up() -> None:
    assert figures([record(broken=np.array([False, True, True]))], PERIOD_S, 0).success_pct == 0


def test_figures_of_nobody_up_are_no_numbers() -> None:
    f = figures([record(up=np.zeros((STEPS, 3), bool), standing=np.zeros((STEPS, 3), bool))], PERIOD_S, 0)
    assert f.success_pct == 0
    assert all(math.isnan(x) for x in (f.time_median_s, f.time_p95_s, f.energy_j))


def test_batches_taken_together_are_one() -> None:
    one, two = figures([record()], PERIOD_S, 0), figures([record(), record()], PERIOD_S, 0)
    assert two.robots == 6
    assert dataclasses.replace(two, robots=3) == pytest.approx(one) or two.success_pct == pytest.approx(one.success_pct)


def test_the_stance_gets_few_up_and_none_from_the_back_and_the_same_seed_measures_the_same() -> None:
    def measure(seed: int) -> Any:
        return getup_evaluate.evaluate(
            robots.load("lite3"),
            getups.lite3(),
            lambda obs: np.zeros((len(obs), 12), np.float32),
            robots=24,
            seed=seed,
            options=training_options(),
        )

    f = measure(1)
    assert f is not None
    assert f.from_back_pct == 0
    assert f.success_pct < 50
    assert f == pytest.approx(measure(1), nan_ok=True) or f == measure(1)


def test_skills_have_the_measure_that_fits_them() -> None:
    assert evaluators.of("getup") is getup_evaluate
    assert evaluators.of("walk") is walking
    assert evaluators.of("somebody else's") is walking
