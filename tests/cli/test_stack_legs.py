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
    ("name", "roll"), [("back", math.pi), ("left side", -math.pi / 2), ("right side", math.pi / 2), ("belly", 0.0)]
)
@pytest.mark.slow
def test_a_fallen_robot_gets_up_and_walks(name: str, roll: float) -> None:
    spec = robots.load("lite3")
    walk, get_up = (policy.load(_policies.resolve(f"lite3/{skill}")) for skill in ("walk", "getup"))
    legs = Legs(spec, walk, get_up)
    assert legs.can_get_up
    with SimDriver(LiveSim(spec, realtime_factor=None)) as driver:
        data = driver.live.data
        data.qpos[:3] = (0.0, 0.0, 0.3)
        data.qpos[3:7] = (math.cos(roll / 2), math.sin(roll / 2), 0.0, 0.0)
        steps = round(WITHIN_S / driver.period_s)
        ready_at = None
        for k in range(steps + 100):
            speed = Twist() if ready_at is None else Twist(vx=0.5)
            order = Order("get_up") if ready_at is None else Order("walk", speed)
            state = driver.read()
            assert state is not None
            driver.send(legs.targets(state, order, driver.clock.now_s()))
            driver.clock.sleep_until(driver.clock.now_s() + driver.period_s)
            if ready_at is None and legs.ready:
                ready_at, start = k, data.qpos[:2].copy()
            if ready_at is not None and k == ready_at + 100:
                break
        assert ready_at is not None, (name, legs.trouble, [e.data for e in legs.machine.events])
        assert float(np.linalg.norm(data.qpos[:2] - start)) > 0.5
        assert legs.trouble is None
