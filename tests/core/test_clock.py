"""Clocks: neither goes backwards, and waiting ends at the time asked for or at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.clock import Clock, SimClock, WallClock
from rudel.core.errors import BadInput

SECONDS = st.floats(min_value=0.0, max_value=1e6)


@pytest.mark.parametrize("clock", [WallClock(), SimClock()], ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("delay_s", [-1.0, 0.0, 0.02])
def test_sleep_until_returns_no_earlier_than_asked(clock: Clock, delay_s: float) -> None:
    start_s = clock.now_s()
    clock.sleep_until(start_s + delay_s)
    assert clock.now_s() >= start_s + max(delay_s, 0.0)


def test_wall_clock_does_not_wait_for_the_past() -> None:
    clock = WallClock()
    start_s = clock.now_s()
    clock.sleep_until(start_s - 5.0)
    assert clock.now_s() - start_s < 1.0


@given(st.lists(st.tuples(st.booleans(), SECONDS)))
def test_sim_clock_never_goes_back(moves: list[tuple[bool, float]]) -> None:
    clock = SimClock()
    for is_advance, value_s in moves:
        before_s = clock.now_s()
        if is_advance:
            clock.advance(value_s)
            assert clock.now_s() == before_s + value_s
        else:
            clock.sleep_until(value_s)
            assert clock.now_s() == max(before_s, value_s)


def test_sim_clock_stands_still_by_itself() -> None:
    clock = SimClock(3.0)
    assert clock.now_s() == clock.now_s() == 3.0


def test_a_clock_is_not_turned_back() -> None:
    clock = SimClock(1.0)
    with pytest.raises(BadInput, match=r"dt_s = -0\.1"):
        clock.advance(-0.1)
    assert clock.now_s() == 1.0
