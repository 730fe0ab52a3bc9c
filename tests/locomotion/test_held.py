"""A policy in a faster loop: asked every so many periods, its targets held in between."""

from __future__ import annotations

import dataclasses
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rudel.cli import _policies
from rudel.core.errors import BadInput
from rudel.core.types import Twist
from rudel.locomotion import policy
from rudel.locomotion.held import SLACK, Held, multiple
from tests.locomotion import samples


@given(st.integers(1, 50), st.floats(0.002, 0.05))
def test_whole_multiples_are_counted_and_others_are_none(times: int, period_s: float) -> None:
    assert multiple(times * period_s, period_s) == times
    assert multiple((times + 0.5) * period_s, period_s) == 0


@pytest.mark.parametrize("period_s", [0.0, -0.01, 0.012, 0.05, math.inf])
def test_a_loop_that_does_not_fit_is_refused(tmp_path: Path, period_s: float) -> None:
    made = policy.load(samples.write(tmp_path / "policy.onnx"))
    assert made.contract.period_s == 0.02
    with pytest.raises(BadInput, match=r"period_s 0\.02 is no whole multiple"):
        Held(made, period_s)


@given(st.floats(0.005, 0.05), st.floats(0.0005, 0.1))
def test_slack_is_a_share_of_the_policys_own_period(own_s: float, period_s: float) -> None:
    nearest = max(round(own_s / period_s), 1)
    off = abs(nearest * period_s - own_s) / own_s
    assume(abs(off - SLACK) > 1e-4)
    assert multiple(own_s, period_s, SLACK) == (nearest if off < SLACK else 0)


def test_only_a_policy_that_counts_no_periods_runs_at_another_one(tmp_path: Path) -> None:
    """In loops of 8 ms, those of 20 ms: one that trots is refused, one without a gait is asked every 16 ms."""
    trots = policy.load(samples.write(tmp_path / "trots.onnx"))
    with pytest.raises(BadInput, match=r"period_s 0\.02 is no whole multiple"):
        Held(trots, 0.008)
    plain = samples.contract(gait=None, legs=None, observation=samples.VENDOR_TERMS)
    for counts in ({"heading_gain": 1.0}, {"command_slew": (1.0, 0.0, 0.0)}, {"history": 1}):
        counting = samples.write(tmp_path / "counts.onnx", dataclasses.replace(plain, **counts))
        with pytest.raises(BadInput, match="no whole multiple"):
            Held(policy.load(counting), 0.008)
    held = Held(policy.load(samples.write(tmp_path / "plain.onnx", plain)), 0.008)
    states = [samples.state(np.random.default_rng(i)) for i in range(6)]
    sent = [held.step(seen, Twist(0.5)).q.tobytes() for seen in states]
    assert [a == b for a, b in itertools.pairwise(sent)] == [True, False, True, False, True]


def test_targets_change_with_the_policys_own_period_and_are_its_own(tmp_path: Path) -> None:
    path = samples.write(tmp_path / "policy.onnx")
    held, alone = Held(policy.load(path), 0.01), policy.load(path)
    states = [samples.state(np.random.default_rng(i)) for i in range(10)]
    for round_ in range(2):  # the second after a reset, in the middle of a policy's period
        held.reset()
        alone.reset()
        wanted = None
        for i, seen in enumerate(states[: 10 - 3 * round_]):
            if i % 2 == 0:
                wanted = alone.step(seen, Twist(0.5)).q
            np.testing.assert_array_equal(held.step(seen, Twist(0.5)).q, wanted)


def test_after_a_fault_the_policy_is_asked_again_at_once(tmp_path: Path) -> None:
    path = samples.write(tmp_path / "policy.onnx")
    held, alone = Held(policy.load(path), 0.01), policy.load(path)
    good = samples.state()
    for _ in range(2):
        held.step(good, Twist(0.5))
    with pytest.raises(policy.PolicyFault):
        held.step(good, Twist(math.nan))
    alone.step(good, Twist(0.5))
    np.testing.assert_array_equal(held.step(good, Twist(0.5)).q, alone.step(good, Twist(0.5)).q)


def test_a_robot_gets_up_in_loops_that_its_policy_fits() -> None:
    own_s = policy.load(_policies.FOLDER / "lite3" / "getup.onnx").contract.period_s
    assert _policies.getup("lite3", own_s) is not None
    assert _policies.getup("lite3", own_s / 2) is not None
    assert _policies.getup("lite3", 0.4 * own_s) is not None  # 8 ms: every 16
    assert _policies.getup("lite3", 0.7 * own_s) is None
    assert _policies.getup("no such robot", own_s) is None
