"""The battery: energy adds up, the gauge learns, and whoever follows the return rule gets home with the reserve."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.core.types import RobotState
from rudel.runtime.battery import WH, Cells, Charge, Gauge, assumed_pack

PACK = assumed_pack(robots.load("lite3"))
ZERO = np.zeros(12)


def state(time_s: float, tau: float = 0.0, dq: float = 0.0) -> RobotState:
    quat, accel = np.array([1.0, 0, 0, 0]), np.array([0, 0, 9.81])
    return RobotState(time_s, ZERO, np.full(12, dq), np.full(12, tau), quat, np.zeros(3), accel, np.ones(4))


@given(st.floats(-20, 20), st.floats(-10, 10), st.integers(2, 40))
def test_what_is_drawn_is_power_times_time(tau: float, dq: float, steps: int) -> None:
    cells = Cells(PACK)
    for k in range(steps):
        cells.update(state(0.02 * k, tau, dq))
    heat = float((PACK.heat_w_per_nm2 * tau**2).sum())
    work = 12 * max(tau * dq, 0.0) / PACK.efficiency  # braking gives nothing back
    used_wh = (PACK.idle_w + heat + work) * 0.02 * (steps - 1) / WH
    assert cells.drawn_wh == pytest.approx(used_wh)
    assert 1 - cells.charge.share == pytest.approx(used_wh / PACK.capacity_wh)


def test_breaks_broken_numbers_and_time_that_runs_back_cost_no_jump() -> None:
    cells = Cells(PACK, 0.5)
    for time_s in (0.0, 100.0, 99.0, math.nan, 99.02):
        cells.update(state(time_s))
    assert cells.charge.share > 0.4999
    cells.update(state(99.04, tau=math.nan))
    assert cells.charge.power_w == PACK.idle_w
    cells.set(0.0)
    assert cells.update(state(99.06)).share == 0.0


@pytest.mark.parametrize("measured", [True, False])
def test_the_gauge_learns_power_and_cost_of_the_way(measured: bool) -> None:
    gauge, share = Gauge(PACK), 0.9
    for k in range(3000):
        share -= 150.0 * 0.2 / WH / PACK.capacity_wh
        gauge.update(Charge(0.2 * k, share, 150.0 if measured else math.nan), 0.5)
    assert gauge.power_w == pytest.approx(150.0, rel=0.01)
    assert gauge.wh_per_m == pytest.approx(150.0 / 0.5 / WH, rel=0.01)
    assert gauge.time_left_s == pytest.approx(gauge.usable_wh * WH / 150.0, rel=0.01)
    assert gauge.range_left_m == pytest.approx(0.5 * gauge.time_left_s, rel=0.02)


@given(
    out_m=st.floats(10, 3000),
    cost=st.floats(0.3, 1.0),
    back=st.floats(1.0, 1.25),
    start=st.floats(0.5, 1.0),
    reserve=st.floats(0.0, 0.3),
)
def test_who_turns_when_told_is_home_with_the_reserve(
    out_m: float, cost: float, back: float, start: float, reserve: float
) -> None:
    """Walks away from the charger until it is told to return; the way back may cost a quarter more, as uphill."""
    gauge, share, at_m, time_s = Gauge(PACK, reserve_share=reserve), start, 0.0, 0.0
    step_m, wh_per_m = 1.0, cost * PACK.wh_per_m

    def go(times: float = 1.0) -> None:
        nonlocal share, time_s
        share, time_s = share - times * wh_per_m * step_m / PACK.capacity_wh, time_s + 2.0
        gauge.update(Charge(time_s, max(share, 0.0)), step_m / 2.0)

    gauge.update(Charge(time_s, share))
    while at_m < out_m and gauge.enough(at_m + 2 * step_m):
        go()
        at_m += step_m
    turned = gauge.share
    while at_m > 0:
        go(back)
        at_m -= step_m
    assert share >= min(turned, PACK.empty_share + reserve) - 1e-9
    assert not gauge.empty or reserve == 0 or turned <= PACK.empty_share + reserve


def test_a_charger_is_enough_and_nothing_known_is_no_reason_to_return() -> None:
    gauge = Gauge(PACK)
    assert gauge.enough(1e9)
    gauge.update(Charge(0.0, 0.1))
    assert gauge.empty
    assert not gauge.enough(0.0)
    gauge.update(Charge(1.0, 0.1, charging=True))
    assert gauge.enough(0.0)
    assert not gauge.empty
    assert gauge.need_share(math.inf) == 1.0


@pytest.mark.parametrize("name", robots.names())
def test_an_assumed_pack_is_a_battery_that_a_robot_could_carry(name: str) -> None:
    spec = robots.load(name)
    pack = assumed_pack(spec)
    assert 0.05 < pack.capacity_wh / 120 / spec.mass_kg < 0.15  # 120 Wh per kg of pack
    assert 1000 < pack.capacity_wh * (1 - pack.empty_share) / pack.wh_per_m < 5000
    assert "assumed" in pack.source


def test_percent_and_packs_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadInput, match="divided by 100"):
        Charge(0.0, 87.0)
    with pytest.raises(BadInput, match="capacity_wh"):
        dataclasses.replace(PACK, capacity_wh=math.nan)
    with pytest.raises(BadInput, match="cannot be"):
        dataclasses.replace(PACK, efficiency=0.0)
    with pytest.raises(BadInput, match="reserve_share"):
        Gauge(PACK, reserve_share=0.9)
