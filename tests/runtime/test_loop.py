"""When a loop reads and sends, on a clock that only moves as it is told."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.clock import SimClock
from rudel.core.errors import BadInput
from rudel.runtime.loop import Loop

PERIOD_S = 0.02


class Late:
    """A driver and a machine in one: waking takes time, and deciding takes now more, now less."""

    period_s = PERIOD_S

    def __init__(self, late_s: list[float], sums_s: list[float]) -> None:
        self.clock = SimClock()
        self.read_s: list[float] = []
        self.sent_s: list[float] = []
        self._late_s, self._sums_s = iter(late_s), iter(sums_s)
        self.trouble = None

    def read(self) -> Any:
        self.clock.advance(next(self._late_s))
        self.read_s.append(self.clock.now_s())

    def step(self, state: Any, now_s: float) -> Any:
        self.clock.advance(next(self._sums_s))

    def send(self, targets: Any) -> None:
        self.sent_s.append(self.clock.now_s())


def run(late_s: list[float], sums_s: list[float], send_after_s: float) -> Late:
    both = Late(late_s, sums_s)
    loop = Loop(cast(Any, both), cast(Any, both), send_after_s)
    for _ in late_s:
        loop.period()
    return both


TIMES = st.lists(st.tuples(st.floats(0.0, 0.002), st.floats(0.0, 0.002)), min_size=2, max_size=20)


@given(TIMES)
def test_targets_that_are_found_in_time_are_sent_at_the_same_time_of_every_period(
    times: list[tuple[float, float]],
) -> None:
    ran = run([late for late, _ in times], [sums for _, sums in times], 0.004)
    np.testing.assert_allclose(ran.sent_s, [PERIOD_S * k + 0.004 for k in range(len(times))], atol=1e-12)


@given(TIMES)
def test_without_that_they_are_sent_as_soon_as_they_are_found(times: list[tuple[float, float]]) -> None:
    ran = run([late for late, _ in times], [sums for _, sums in times], 0.0)
    np.testing.assert_allclose(ran.sent_s, [PERIOD_S * k + sum(both) for k, both in enumerate(times)], atol=1e-12)


def test_targets_that_are_late_are_not_held_back_and_the_next_are_in_time_again() -> None:
    ran = run([0.0] * 4, [0.001, 0.011, 0.030, 0.001], 0.004)
    np.testing.assert_allclose(ran.sent_s, [0.004, 0.031, 0.070, 0.071], atol=1e-12)
    assert all(after > before for before, after in pairwise(ran.read_s))


@pytest.mark.parametrize("after_s", [-0.001, PERIOD_S, float("nan")])
def test_a_time_that_is_not_in_the_period_is_refused(after_s: float) -> None:
    with pytest.raises(BadInput, match="send_after_s"):
        run([], [], after_s)
