"""Cameras of a round look when they are wanted, and those on the head not before it has arrived."""

from __future__ import annotations

import numpy as np
import pytest

from rudel import robots
from rudel.cli import _patrol_senses
from rudel.sim.live import LiveSim
from rudel.sim.senses.suite import SenseSuite
from rudel.sim.senses.switched import Switched


def looking(suite: SenseSuite) -> set[str]:
    senses = {name: suite.sense(name) for name in _patrol_senses.CAMERAS}
    return {name for name, sense in senses.items() if isinstance(sense, Switched) and sense.on}


def test_what_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_patrol_senses, "worthwhile", lambda: False)  # no process of its own for the LiDAR
    live = LiveSim(robots.load("lite3"), realtime_factor=None)
    with _patrol_senses.suite_of(live, np.random.default_rng(0), {}) as suite:
        assert looking(suite) == set()
        _patrol_senses.watch(suite, ("wide", "zoom", "depth", "scan", "gas/CO"))
        assert looking(suite) == {"overview", "zoom", "depth_cast"}
        _patrol_senses.aim(suite, 1.0, 0.2, 3.0)  # it moves
        _patrol_senses.watch(suite, ("wide", "thermal", "zoom", "front"))
        assert looking(suite) == {"camera"}
        _patrol_senses._head(suite).advance(10.0)
        _patrol_senses.watch(suite, ("wide", "thermal", "zoom"))
        assert looking(suite) == {"overview", "thermal", "zoom"}
        _patrol_senses.watch(suite, ())
        assert looking(suite) == set()
