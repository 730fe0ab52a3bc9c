"""The machine's laws: stop leads to rest, takeovers are smooth, faults end in damping, the silent come to rest."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import UnknownName
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.runtime.machine import WORDS
from rudel.runtime.modes import ALLOWED, Goal, Mode
from tests.runtime.plant import PERIOD_S, PLAN, Plant

STOP_S = 11.0  # braking, sitting down from anywhere, sinking
AHEAD = Twist(0.8, 0.0, 0.3)
EVENTS = (
    *(("ask", word) for word in WORDS),
    *(("broken", what) for what in ("", "q", "quat", "gyro", "short")),
    *(("tilt_rad", x) for x in (0.0, 0.5, 0.9, 1.2, 3.1)),
    *(("dq", x) for x in (0.0, 3.0)),
    *(("fault", x) for x in ("", "raise", "nan", "short")),
    *(("run", x) for x in (0.02, 0.3, 1.0, 3.0)),
    ("silent", 1.5),
    ("lying", True),
)
HISTORIES = st.lists(st.sampled_from(EVENTS), max_size=8)


def happen(plant: Plant, what: str, value: Any) -> None:
    if what == "ask":
        plant.machine.request(value)
    elif what == "run":
        plant.run(value, AHEAD)
    elif what == "silent":
        plant.run(value, None)
    elif what == "lying":
        plant.q = PLAN.rest.copy()
    elif what == "fault":
        plant.walk.fault = plant.getup.fault = value
    else:
        setattr(plant, what, value)


def up(plant: Plant, word: str = "walk") -> Plant:
    plant.machine.request(word)
    for _ in range(500):
        plant.turn()
        if plant.machine.ready:
            return plant
    raise AssertionError(f"{word} was not reached: {plant.machine.events}")


@settings(max_examples=100)
@given(HISTORIES, HISTORIES, st.booleans())
def test_there_is_no_state_from_which_stop_does_not_lead_to_rest(before: list, later: list, getup: bool) -> None:
    """Whatever happened before, and whatever happens to robot, sensors and controllers afterwards."""
    plant = Plant(getup=getup)
    for event in before:
        happen(plant, *event)
    plant.machine.request("stop")
    walked = len(plant.walk.seen)
    plant.turn(AHEAD)
    assert all(not np.any(twist.array()) for twist in plant.walk.seen[walked:])  # it begins within one period
    modes = [plant.machine.mode]
    for what, value in later:
        if what != "ask":
            happen(plant, what, value)
            modes.append(plant.machine.mode)
    for _ in range(round(STOP_S / PERIOD_S)):
        plant.turn(AHEAD)
        modes.append(plant.machine.mode)
    assert plant.limp
    assert plant.machine.at_rest
    assert set(modes[1:]) <= {Mode.WALK, Mode.SIT, Mode.DAMPING}
    assert all(b in (a, Mode.SIT, Mode.DAMPING) for a, b in itertools.pairwise(modes))
    assert all(not np.any(twist.array()) for twist in plant.walk.seen[walked:])
    plant.run(1.0, AHEAD)
    assert plant.limp  # and there it stays


@settings(max_examples=100)
@given(HISTORIES, st.booleans())
def test_no_takeover_jumps(history: list, getup: bool) -> None:
    """In the period in which the mode changes the torque moves by 2 % of the stall torque at most."""
    plant = Plant(getup=getup)
    effort = np.array([24.0, 24.0, 36.0] * 4)
    last, mode, step = plant.sent, plant.machine.mode, plant.machine.step

    def spied(state: RobotState, now_s: float) -> JointTargets:
        nonlocal last, mode
        targets = step(state, now_s)
        assert np.isfinite([targets.q, targets.dq, targets.tau, targets.kp, targets.kd]).all()
        if plant.machine.mode is not mode and len(state.q) == 12 and np.isfinite(state.q).all():
            old, new = (t.kp * (t.q - state.q) + t.kd * (t.dq - state.dq) + t.tau for t in (last, targets))
            assert np.abs((new - old) / effort).max() < 0.02, (mode, plant.machine.mode)
        last, mode = targets, plant.machine.mode
        return targets

    plant.machine.step = spied
    for event in history:
        happen(plant, *event)
        plant.turn(AHEAD)


@settings(max_examples=100)
@given(HISTORIES, st.booleans())
def test_only_allowed_steps_are_taken_and_all_are_told(history: list, getup: bool) -> None:
    plant = Plant(getup=getup)
    for event in history:
        happen(plant, *event)
        plant.turn(AHEAD)
    told = [e.data for e in plant.machine.events if e.kind == "mode"]
    assert all(Mode(d["mode"]) in ALLOWED[Mode(d["before"])] for d in told)
    chain = [Mode.DAMPING, *(Mode(d["mode"]) for d in told)]
    assert [d["before"] for d in told] == chain[:-1]
    assert chain[-1] is plant.machine.mode


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("first", WORDS)
def test_every_word_is_reached_from_every_other(first: str, word: str) -> None:
    plant = up(up(Plant(), first), word)
    assert plant.machine.trouble is None
    expected = {"stop": (Mode.SIT, Mode.DAMPING), "sit": (Mode.SIT,), "stand": (Mode.STAND,), "walk": (Mode.WALK,)}
    assert plant.machine.mode in expected[word]


def test_commands_reach_the_walk_and_nothing_else_does() -> None:
    plant = up(Plant())
    plant.run(0.5, AHEAD)
    assert plant.walk.seen[-1] == AHEAD
    plant.turn(Twist(float("nan"), 0, 0))
    assert plant.walk.seen[-1] == AHEAD
    assert plant.machine.events[-1].kind == "ignored"
    with pytest.raises(UnknownName, match="'walk'"):
        plant.machine.request("wlak")
    plant.turn(AHEAD)
    assert plant.machine.mode is Mode.WALK


def test_a_sender_that_dies_stops_the_walk_then_stands_then_sits() -> None:
    plant = up(Plant())
    plant.run(1.0, AHEAD)
    died_s, walked = plant.now_s, len(plant.walk.seen)
    plant.run(0.24, None)
    assert plant.walk.seen[walked] == AHEAD
    assert plant.walk.seen[-1] == Twist()
    plant.run(2.0, None)
    assert plant.machine.mode is Mode.STAND
    plant.turn(AHEAD)  # a late packet does not set it going again
    plant.run(0.5, AHEAD)
    assert plant.machine.mode is Mode.STAND
    plant.run(plant.machine.settings.silent_sit_s + STOP_S, None)
    assert plant.machine.at_rest
    assert plant.now_s - died_s < 25
    assert "silence" in str(plant.machine.trouble)


@pytest.mark.parametrize("fault", ["raise", "nan", "short"])
def test_a_fault_of_the_policy_ends_in_damping_and_is_told(fault: str) -> None:
    plant = up(Plant())
    plant.walk.fault = fault
    plant.turn(AHEAD)
    assert plant.machine.mode is Mode.DAMPING
    assert plant.machine.trouble
    plant.run(plant.machine.settings.damp_s + PERIOD_S, AHEAD)
    assert plant.limp
    plant.walk.fault = ""
    assert up(plant).machine.trouble is None  # asked again, it walks again


@pytest.mark.parametrize("what", ["q", "quat", "gyro", "short"])
def test_a_state_that_cannot_be_used_ends_in_damping(what: str) -> None:
    plant = up(Plant())
    plant.broken = what
    plant.turn(AHEAD)
    assert plant.machine.mode is Mode.DAMPING
    assert "state" in str(plant.machine.trouble)
    plant.broken = ""
    plant.run(3.0, AHEAD)
    assert plant.limp  # nothing comes back by itself


def test_a_fallen_robot_gets_up_where_it_can_and_as_often_as_it_may() -> None:
    plant = up(Plant(getup=True))
    plant.tilt_rad = 2.0
    plant.run(1.0, AHEAD)
    assert plant.machine.mode is Mode.GETUP
    plant.tilt_rad = 0.0
    plant.run(5.0, AHEAD)
    assert plant.machine.mode is Mode.WALK
    plant.tilt_rad = 2.0
    plant.run(40.0, AHEAD)
    assert plant.machine.mode is Mode.DAMPING
    assert plant.machine.goal is Goal.STOP
    assert plant.getup.resets == 1 + plant.machine.settings.getup_tries


def test_without_a_walk_it_stands_and_says_so() -> None:
    plant = Plant(walk=False)
    plant.machine.request("walk")
    plant.run(4.0)
    assert plant.machine.mode is Mode.STAND
    assert "no walking policy" in str(plant.machine.trouble)


def test_legs_that_are_held_fast_end_in_sitting() -> None:
    plant = Plant()
    plant.machine.request("walk")
    for _ in range(400):
        plant.turn()
        plant.q = PLAN.rest.copy()
    assert plant.machine.at_rest
    assert "holds its legs" in str(plant.machine.trouble)


def test_legs_that_fold_in_a_walk_are_noticed() -> None:
    plant = up(Plant())
    plant.walk.pose = PLAN.rest
    plant.run(1.5, AHEAD)
    assert plant.machine.mode is Mode.DAMPING
    assert "collapsed" in str(plant.machine.trouble)


def test_the_same_history_gives_the_same_bytes() -> None:
    def life() -> bytes:
        plant = Plant()
        parts: list[bytes] = []
        for word, seconds in (("stand", 0.7), ("sit", 0.5), ("walk", 4.0), ("stop", 2.0)):
            plant.machine.request(word)
            for _ in range(round(seconds / PERIOD_S)):
                t = plant.turn(AHEAD)
                parts += [t.q.tobytes(), t.kp.tobytes(), t.tau.tobytes()]
        return b"".join(parts)

    assert life() == life()
