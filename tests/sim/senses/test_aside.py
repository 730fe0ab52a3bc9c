"""A sense in a process of its own says the same at the same times; one that fails is heard of; none is left behind."""

from __future__ import annotations

import multiprocessing

import mujoco
import numpy as np
import pytest

from rudel import robots, worlds
from rudel.core.errors import GiveUp
from rudel.core.readings import GasReading, Scan
from rudel.sim.live import LiveSim
from rudel.sim.senses.aside import Aside
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.outfit import standard
from rudel.sim.senses.sense import Span, Taken

PERIOD_S = 0.02


def scans(aside: bool, periods: int = 16) -> list[tuple[float, Scan]]:
    """(time of arrival, scan) while a limp robot sinks down."""
    live = LiveSim(robots.load("lite3"), worlds.build("blocks", 0.3, np.random.default_rng(0)), realtime_factor=None)
    arrived: list[tuple[float, Scan]] = []
    with standard(live, np.random.default_rng(1), ("lidar",), aside=aside) as suite:
        for _ in range(periods):
            live.step(PERIOD_S)
            for arrival in suite.update():
                assert isinstance(arrival.reading, Scan)
                arrived.append((arrival.true_s, arrival.reading))
    return arrived


def test_a_lidar_aside_says_the_same_at_the_same_times() -> None:
    here, aside = scans(False), scans(True)
    assert len(here) >= 2
    assert [t for t, _ in here] == [t for t, _ in aside]
    for (_, a), (_, b) in zip(here, aside, strict=True):
        for name in ("time_s", "points", "offsets_s", "ring", "intensity"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


class Broken:
    """Fails at its second span."""

    def __init__(self) -> None:
        self.clock, self.spans = ClockError(), 0

    def advance(self, span: Span) -> list[Taken]:
        self.spans += 1
        if self.spans == 2:
            raise ValueError("the lens fell out")
        return []


def test_what_fails_there_is_heard_of_here_and_the_process_ends() -> None:
    live = LiveSim(robots.load("lite3"), None, realtime_factor=None)
    aside = Aside(lambda data: Broken(), live.model, ClockError())
    pose = live.true_state().pose
    span = Span(0.0, PERIOD_S, pose, pose, live.data, np.zeros(3))
    assert aside.advance(span) == []
    assert aside.advance(span) == []
    with pytest.raises(GiveUp, match="the lens fell out"):
        aside.advance(span)
    aside.close()
    aside.close()
    assert not multiprocessing.active_children()


def test_a_process_that_was_killed_is_no_riddle() -> None:
    live = LiveSim(robots.load("lite3"), None, realtime_factor=None)
    aside = Aside(lambda data: Broken(), live.model, ClockError())
    (child,) = multiprocessing.active_children()
    child.kill()
    child.join()
    pose = live.true_state().pose
    span = Span(0.0, PERIOD_S, pose, pose, live.data, np.zeros(3))

    def ask() -> None:
        for _ in range(3):  # the first may still be sent
            aside.advance(span)

    with pytest.raises(GiveUp, match="is gone"):
        ask()
    aside.close()


def test_it_follows_the_simulation_here() -> None:
    """What moves there is where it is here."""
    seen: list[float] = []

    class Look:
        clock = ClockError()

        def advance(self, span: Span) -> list[Taken]:
            return [Taken(float(span.data.geom_xpos[-1, 2]), GasReading(0.0, "gas", "CO", 0.0))]

    live = LiveSim(robots.load("lite3"), None, realtime_factor=None)
    aside = Aside(lambda data: Look(), live.model, ClockError())
    for _ in range(3):
        live.step(PERIOD_S)
        mujoco.mj_kinematics(live.model, live.data)
        pose = live.true_state().pose
        answer = aside.advance(Span(0.0, PERIOD_S, pose, pose, live.data, np.zeros(3)))
        assert [taken.true_s for taken in answer] == seen[-1:]
        seen.append(float(live.data.geom_xpos[-1, 2]))
    aside.close()
