"""Decisions, all of them: every mode, every goal, everything that can be seen."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import pytest

from rudel.core.errors import BadInput
from rudel.runtime.modes import ALLOWED, UP, Decision, Goal, Mode, Seen, Settings, decide

S = Settings()
FLAGS = ("fallen", "upright", "still", "collapsed", "done", "in_place", "can_walk", "can_getup")


def everything() -> Iterator[tuple[Mode, Goal, Seen]]:
    times = ((0.0, 0.0), (S.getup_s + 1, S.brake_s + 1))
    silences = (0.0, S.silent_stand_s + 0.1, S.silent_sit_s + 0.1)
    for mode, goal, (in_mode_s, braking_s), silent_s in itertools.product(Mode, Goal, times, silences):
        for values in itertools.product((False, True), repeat=len(FLAGS)):
            flags = dict(zip(FLAGS, values, strict=True))
            yield mode, goal, Seen(in_mode_s=in_mode_s, braking_s=braking_s, silent_s=silent_s, **flags)


ALL = list(everything())


def after(mode: Mode, goal: Goal, seen: Seen) -> Decision:
    return decide(mode, goal, seen, S)


def test_every_decision_stays_or_takes_an_allowed_step_and_says_why() -> None:
    met: set[tuple[Mode, Mode]] = set()
    for mode, goal, seen in ALL:
        to = after(mode, goal, seen)
        assert to.mode is mode or to.mode in ALLOWED[mode], (mode, goal, seen)
        assert to.why or (to.mode, to.goal) == (mode, goal)
        met.add((mode, to.mode))
    assert {(a, b) for a, bs in ALLOWED.items() for b in bs} <= met  # and no row of the table is idle


def test_a_robot_that_is_to_rest_never_goes_up() -> None:
    for mode, goal, seen in ALL:
        if goal in (Goal.STOP, Goal.SIT):
            to = after(mode, goal, seen)
            assert to.goal in (Goal.STOP, Goal.SIT)
            assert to.mode in (mode, Mode.SIT, Mode.DAMPING)


def test_stop_is_at_once_but_for_braking() -> None:
    for mode, goal, seen in ALL:
        if goal is Goal.STOP and mode in (Mode.STAND, Mode.GETUP):
            assert after(mode, goal, seen).mode in (Mode.SIT, Mode.DAMPING)
        if goal is Goal.STOP and mode is Mode.WALK and seen.braking_s > S.brake_s:
            assert after(mode, goal, seen).mode in (Mode.SIT, Mode.DAMPING)


def test_a_fall_is_answered_by_damping_whatever_is_wanted() -> None:
    for mode, goal, seen in ALL:
        if seen.fallen and mode in (Mode.SIT, Mode.STAND, Mode.WALK):
            to = after(mode, goal, seen)
            assert to.mode is Mode.DAMPING
            assert to.goal is Goal.STOP or (to.goal in UP and seen.can_getup)
            assert "fell" in to.why


def test_only_an_upright_still_robot_is_stood_up_from_damping() -> None:
    for goal, seen in ((g, s) for m, g, s in ALL if m is Mode.DAMPING):
        if after(Mode.DAMPING, goal, seen).mode in (Mode.STAND, Mode.SIT):
            assert seen.upright
            assert seen.still


def test_the_silent_stand_then_sit() -> None:
    stand = after(Mode.WALK, Goal.WALK, Seen(silent_s=S.silent_stand_s + 0.1))
    assert stand.goal is Goal.STAND
    sit = after(Mode.STAND, Goal.STAND, Seen(done=True, silent_s=S.silent_sit_s + 0.1))
    assert (sit.mode, sit.goal) == (Mode.SIT, Goal.SIT)


def test_without_a_getup_the_fallen_say_so() -> None:
    lying = Seen(fallen=True, upright=False)
    told = after(Mode.DAMPING, Goal.STAND, lying)
    assert told[:2] == (Mode.DAMPING, Goal.STOP)
    assert "turn it over" in told.why


@pytest.mark.parametrize("name", ["brake_s", "fallen_rad", "silent_sit_s"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_settings_are_refused(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(S, **{name: value}).validate()


def test_silences_are_in_order() -> None:
    with pytest.raises(BadInput, match="silent_zero_s <"):
        Settings(silent_zero_s=2.0).validate()
