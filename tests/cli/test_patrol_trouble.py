"""What goes wrong on purpose: read as it is written, brought about once and in its time."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.cli import _patrol_trouble
from rudel.cli._patrol_trouble import Trouble
from rudel.core import frames
from rudel.core.errors import BadInput, UnknownName
from rudel.core.types import JointTargets
from rudel.runtime.battery import Cells, assumed_pack


@given(st.lists(st.tuples(st.sampled_from(_patrol_trouble.KINDS), st.floats(0, 9999)), max_size=4))
def test_troubles_are_read_as_they_are_written(some):
    parsed = _patrol_trouble.parse([f"{kind}:{at}" for kind, at in some])
    assert parsed == tuple(Trouble(kind, at) for kind, at in some)


@pytest.mark.parametrize("text", ["carried", "carried:", "carried:soon", "weak_leg:-1", "battery:nan", "battery:inf"])
def test_a_trouble_without_a_time_is_refused(text):
    with pytest.raises(BadInput, match=r":60"):
        _patrol_trouble.parse([text])


def test_unknown_troubles_are_refused_with_the_choices():
    with pytest.raises(UnknownName, match="weak_leg"):
        _patrol_trouble.parse(["weak_legs:3"])


@given(st.floats(-3, 3), st.floats(-0.3, 0.3))
def test_who_is_carried_stands_back_and_turned_and_still(yaw, roll):
    tilt = np.array([math.cos(roll / 2), math.sin(roll / 2), 0.0, 0.0])
    quat = frames.multiply(frames.quat_from_yaw(np.asarray(yaw)), tilt)
    data = SimpleNamespace(qpos=np.concatenate(([1.0, 2.0, 0.3], quat, np.zeros(12))), qvel=np.ones(18))
    live: Any = SimpleNamespace(data=data)
    _patrol_trouble.carry(live)
    moved = data.qpos[:2] - (1.0, 2.0)
    assert np.allclose(moved, -_patrol_trouble.CARRIED_M * np.array([math.cos(yaw), math.sin(yaw)]), atol=1e-6)
    turned = float(frames.yaw_of(data.qpos[3:7])) - yaw - _patrol_trouble.TURNED_RAD
    assert abs(math.remainder(turned, 2 * math.pi)) < 1e-9
    assert np.allclose(frames.projected_gravity(data.qpos[3:7]), frames.projected_gravity(quat))
    assert np.linalg.norm(data.qpos[3:7]) == pytest.approx(1.0)
    assert not data.qvel[:6].any()


def test_a_weak_leg_is_one_leg_and_half_as_strong():
    spec = robots.load("lite3")
    asked = [JointTargets(*np.random.default_rng(k).uniform(1, 2, (5, 12))) for k in range(2)]
    now = [asked[0]]
    live: Any = SimpleNamespace(spec=spec, source=lambda: now[0])
    _patrol_trouble.weaken(live)
    weak = live.source()
    assert live.source() is weak  # a simulation compares by identity
    for name in ("kp", "kd", "tau"):
        share = getattr(weak, name) / getattr(asked[0], name)
        assert share.tolist() == [_patrol_trouble.WEAK] * 3 + [1.0] * 9
    assert np.array_equal(weak.q, asked[0].q)
    now[0] = asked[1]
    assert np.array_equal(live.source().q, asked[1].q)


def test_troubles_come_once_and_in_their_time():
    cells = Cells(assumed_pack(robots.load("lite3")))
    bring = _patrol_trouble.tamper(_patrol_trouble.parse(["battery:5"]))
    live: Any = None
    assert _patrol_trouble.tamper(()) is None
    assert bring is not None
    bring(4.9, live, cells)
    assert cells.charge.share == 1.0
    bring(5.0, live, cells)
    assert cells.charge.share == _patrol_trouble.LOW
    cells.set(0.9)
    bring(6.0, live, cells)
    assert cells.charge.share == 0.9
