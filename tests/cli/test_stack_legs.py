"""The shipped policy gets a fallen robot up, and the legs then walk with it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rudel import robots
from rudel.cli import _policies
from rudel.cli._stack_legs import Legs
from rudel.core.types import Twist
from rudel.locomotion import policy
from rudel.navigation.pilot import Order
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim

WITHIN_S = 12.0  # lying still, up to three tries, standing up, and the walk in charge


@pytest.mark.parametrize(
    ("name", "roll", "skill"),
    [
        ("back", math.pi, "walk"),
        ("left side", -math.pi / 2, "walk"),
        ("right side", math.pi / 2, "walk"),
        ("belly", 0.0, "walk"),
        ("back", math.pi, "rough"),  # in a loop whose period does not divide that of what gets it up
    ],
)
@pytest.mark.slow
def test_a_fallen_robot_gets_up_and_walks(name: str, roll: float, skill: str) -> None:
    spec = robots.load("lite3")
    walk = policy.load(_policies.resolve(f"lite3/{skill}"))
    period_s = walk.contract.period_s
    legs = Legs(spec, walk, _policies.getup(spec.name, period_s))
    assert legs.can_get_up
    with SimDriver(LiveSim(spec, realtime_factor=None), period_s=period_s) as driver:
        data = driver.live.data
        data.qpos[:3] = (0.0, 0.0, 0.3)
        data.qpos[3:7] = (math.cos(roll / 2), math.sin(roll / 2), 0.0, 0.0)
        steps, walking = round(WITHIN_S / period_s), round(2.0 / period_s)
        ready_at = None
        for k in range(steps + walking):
            speed = Twist() if ready_at is None else Twist(vx=0.5)
            order = Order("get_up") if ready_at is None else Order("walk", speed)
            state = driver.read()
            assert state is not None
            driver.send(legs.targets(state, order, driver.clock.now_s()))
            driver.clock.sleep_until(driver.clock.now_s() + period_s)
            if ready_at is None and legs.ready:
                ready_at, start = k, data.qpos[:2].copy()
            if ready_at is not None and k == ready_at + walking:
                break
        assert ready_at is not None, (name, legs.trouble, [e.data for e in legs.machine.events])
        assert float(np.linalg.norm(data.qpos[:2] - start)) > 0.5


@pytest.mark.slow
def test_a_fall_on_the_way_is_no_trouble_as_long_as_it_gets_up_again() -> None:
    spec = robots.load("lite3")
    walk, get_up = (policy.load(_policies.resolve(f"lite3/{skill}")) for skill in ("walk", "getup"))
    legs = Legs(spec, walk, get_up)
    seen: list[str] = []
    with SimDriver(LiveSim(spec, realtime_factor=None)) as driver:
        data, fell = driver.live.data, False
        for _ in range(round(2 * WITHIN_S / driver.period_s)):
            state = driver.read()
            assert state is not None
            driver.send(legs.targets(state, Order("walk", Twist(vx=0.3)), driver.clock.now_s()))
            driver.clock.sleep_until(driver.clock.now_s() + driver.period_s)
            assert legs.trouble is None
            seen += [str(e.data["mode"]) for e in legs.machine.events if e.kind == "mode"]
            legs.machine.events.clear()
            if legs.ready and not fell:
                data.qpos[2:7] = (0.3, 0.0, 1.0, 0.0, 0.0)  # on its back
                fell = True
            elif legs.ready and "getup" in seen:
                break
        assert legs.ready
    assert seen[seen.index("walk") :] == ["walk", "damping", "getup", "stand", "walk"]


def test_what_it_cannot_mend_by_itself_is_trouble() -> None:
    """Without a policy that gets it up, a robot on its back says so."""
    spec = robots.load("lite3")
    legs = Legs(spec, policy.load(_policies.resolve("lite3/walk")))
    with SimDriver(LiveSim(spec, realtime_factor=None)) as driver:
        driver.live.data.qpos[2:7] = (0.1, 0.0, 1.0, 0.0, 0.0)
        for _ in range(round(WITHIN_S / driver.period_s)):
            state = driver.read()
            assert state is not None
            driver.send(legs.targets(state, Order("get_up"), driver.clock.now_s()))
            driver.clock.sleep_until(driver.clock.now_s() + driver.period_s)
            if legs.trouble is not None:
                break
        assert "cannot get up" in str(legs.trouble)
