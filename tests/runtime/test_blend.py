"""Taking over without a step: the torque of a mixture is the mixture of the torques."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.types import JointTargets
from rudel.runtime.blend import Blend, mix

SEEDS = st.integers(0, 2**32 - 1)


def torque(t: JointTargets, q: np.ndarray, dq: np.ndarray) -> np.ndarray:
    return t.kp * (t.q - q) + t.kd * (t.dq - dq) + t.tau


def some(rng: np.random.Generator) -> JointTargets:
    if rng.uniform() < 0.25:
        return JointTargets.damping(12, 2.5)
    kp = rng.uniform(0, 100, 12) * (rng.uniform(size=12) < 0.8)
    q, dq, tau = rng.normal(size=(3, 12))
    return JointTargets(q, dq, tau, kp, rng.uniform(0, 3, 12))


@given(SEEDS, st.floats(0, 1))
def test_torques_mix_linearly_at_every_state(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    a, b, q, dq = some(rng), some(rng), rng.normal(size=12), 5 * rng.normal(size=12)
    expected = (1 - share) * torque(a, q, dq) + share * torque(b, q, dq)
    np.testing.assert_allclose(torque(mix(a, b, share), q, dq), expected, atol=1e-9)


def test_a_takeover_starts_with_the_old_and_ends_with_the_new() -> None:
    rng = np.random.default_rng(0)
    a, b, q, dq = some(rng), some(rng), rng.normal(size=12), rng.normal(size=12)
    blend = Blend(0.02, a)
    blend.start(0.2)
    seen = [a, *(blend.next(b) for _ in range(11))]
    assert seen[-1] is b
    assert blend.over
    steps = np.abs(np.diff([torque(t, q, dq) for t in seen], axis=0)) / np.abs(torque(a, q, dq) - torque(b, q, dq))
    assert steps[0].max() < 0.01  # the first period is nearly the last one's
    assert steps.max() < 0.19  # the steepest of the minimum-jerk curve: 1.875 of ten periods
    np.testing.assert_allclose(steps.sum(axis=0), 1)


def test_a_takeover_in_the_middle_of_another_goes_on_from_there() -> None:
    rng = np.random.default_rng(1)
    a, b, c = (some(rng) for _ in range(3))
    blend = Blend(0.02, a)
    blend.start(0.2)
    for _ in range(4):
        before = blend.next(b)
    blend.start(0.2)
    after = blend.next(c)
    q, dq = rng.normal(size=(2, 12))
    gap = np.abs(torque(c, q, dq) - torque(before, q, dq))
    assert (np.abs(torque(after, q, dq) - torque(before, q, dq)) <= 0.01 * gap + 1e-12).all()
