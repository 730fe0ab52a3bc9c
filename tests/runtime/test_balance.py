"""What counts as fallen, upright and still: tilt and its rate against the rotation itself, thresholds on both sides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core import frames
from rudel.core.types import RobotState
from rudel.runtime.balance import Balance, tilt, unusable
from rudel.runtime.modes import Settings
from tests.runtime.plant import PERIOD_S, PLAN

S = Settings()


def state(
    quat: np.ndarray, gyro: tuple[float, float, float] = (0.0, 0.0, 0.0), dq: float = 0.0, q: np.ndarray = PLAN.stand
) -> RobotState:
    return RobotState(0.0, q, np.full(12, dq), np.zeros(12), quat, np.array(gyro), np.zeros(3), np.ones(4))


def rolled(degrees: float) -> np.ndarray:
    half = math.radians(degrees) / 2
    return np.array([math.cos(half), math.sin(half), 0.0, 0.0])


@given(st.integers(0, 2**32 - 1))
def test_tilt_and_its_rate_are_those_of_the_rotation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    quat = rng.normal(size=4)
    quat /= np.linalg.norm(quat)
    gyro, dt = rng.normal(size=3), 1e-6
    turned = frames.multiply(quat, np.array([1.0, *(gyro * dt / 2)]))
    (before, rate), (after, _) = tilt(state(quat, tuple(gyro))), tilt(state(turned / np.linalg.norm(turned)))
    up = frames.rotate(quat, np.array([0.0, 0.0, 1.0]))
    assert before == pytest.approx(math.acos(np.clip(up[2], -1, 1)), abs=1e-6)
    if 0.01 < before < math.pi - 0.01:
        assert rate == pytest.approx((after - before) / dt, abs=1e-3)


@pytest.mark.parametrize(
    ("degrees", "roll_rate", "fallen"),
    [
        (0, 0, False),
        (30, 5, False),  # on a slope, and swaying
        (59, 0, False),
        (61, 0, True),
        (61, -9, True),
        (180, 0, True),
        (45, 1.0, False),
        (45, 2.0, True),  # 45 degrees + 0.3 s x 115 degrees/s
        (45, -2.0, False),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_fallen_is_a_tilt_or_one_that_cannot_be_stopped(
    degrees: float, roll_rate: float, fallen: bool, sign: int
) -> None:
    balance = Balance(PLAN, S, PERIOD_S)
    balance.look(state(rolled(sign * degrees), (sign * roll_rate, 0.0, 0.0)))
    assert balance.fallen is fallen
    assert balance.upright is (degrees < 40)


def test_still_has_to_last_and_a_jolt_starts_it_anew() -> None:
    balance, level = Balance(PLAN, S, PERIOD_S), rolled(0)
    needed = math.ceil(S.still_s / PERIOD_S)
    for _ in range(needed - 1):
        balance.look(state(level))
    assert not balance.still
    balance.look(state(level))
    assert balance.still
    balance.look(state(level, dq=1.1 * S.still_radps))
    assert not balance.still
    balance.look(state(level, (0.0, 0.0, 1.1 * S.still_gyro_radps)))
    assert not balance.still


def test_what_cannot_be_used_is_named() -> None:
    assert unusable(state(rolled(10)), 12) is None
    assert "joints" in str(unusable(state(rolled(0)), 11))
    assert "no rotation" in str(unusable(state(np.array([2.0, 0, 0, 0])), 12))
    assert "state.gyro" in str(unusable(state(rolled(0), (0.0, float("nan"), 0.0)), 12))
    assert "state.q" in str(unusable(state(rolled(0), q=PLAN.stand * np.nan), 12))
