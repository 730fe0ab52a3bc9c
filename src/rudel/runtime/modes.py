"""The modes of a robot and what leads from one to another, as a pure function of what is seen: no clock, no state.

    damping  limp: no stiffness, only damping         sit    goes down until folded, then limp
    stand    up to the default pose, and holds it     walk   follows the commanded twist
    getup    turns over and gathers its legs (where there is a controller for it)

*Stop* leads from every mode to a limp robot: at once to damping where it is not upright, by sitting down where it is.
Nothing leads back up without a new request, but for a robot that fell while it was to stand or walk and can get up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from rudel.core.errors import BadInput


class Mode(StrEnum):
    """Which controller moves the robot."""

    DAMPING = "damping"
    SIT = "sit"
    STAND = "stand"
    WALK = "walk"
    GETUP = "getup"


class Goal(StrEnum):
    """What is wanted of it: the words of a request."""

    STOP = "stop"
    SIT = "sit"
    STAND = "stand"
    WALK = "walk"


UP = (Goal.STAND, Goal.WALK)
ALLOWED: Mapping[Mode, frozenset[Mode]] = MappingProxyType(
    {
        Mode.DAMPING: frozenset({Mode.SIT, Mode.STAND, Mode.GETUP}),
        Mode.SIT: frozenset({Mode.DAMPING, Mode.STAND}),
        Mode.STAND: frozenset({Mode.DAMPING, Mode.SIT, Mode.WALK}),
        Mode.WALK: frozenset({Mode.DAMPING, Mode.SIT, Mode.STAND}),
        Mode.GETUP: frozenset({Mode.DAMPING, Mode.SIT, Mode.STAND}),
    }
)


@dataclass(frozen=True)
class Settings:
    """Limits and times of the machine.

    Attributes:
        fallen_rad: tilt from which a robot has fallen [rad]; falling_rad: from here on it falls when it would be at
            lost_rad after ahead_s [s] at its present rate.
        upright_rad: largest tilt from which it may stand up, and at which getting up has succeeded.
        folded_share, folded_s: legs below this share of the way up for so long, while walking: it collapsed.
        still_radps, still_gyro_radps, still_s: slower than this, joints and base, for so long: it stands or lies still.
        silent_zero_s, silent_stand_s, silent_sit_s: after so long without a command or a request a walking robot gets
            zero twist, stands, and sits down.
        brake_s: longest that a walking robot is given to come to rest before it stands or sits.
        off_rad: a robot that has stood up is at most so far from its pose [rad].
        getup_s, getup_tries: longest try to get up, and how many.
        blend_s, damp_s: in which a controller takes over from another one, and in which the robot goes limp [s].
    """

    fallen_rad: float = math.radians(60)
    falling_rad: float = math.radians(40)
    lost_rad: float = math.radians(75)
    ahead_s: float = 0.3
    upright_rad: float = math.radians(40)
    folded_share: float = 0.1
    folded_s: float = 0.5
    still_radps: float = 1.0
    still_gyro_radps: float = 0.5
    still_s: float = 0.3
    silent_zero_s: float = 0.2
    silent_stand_s: float = 1.0
    silent_sit_s: float = 10.0
    brake_s: float = 1.5
    off_rad: float = 0.35
    getup_s: float = 8.0
    getup_tries: int = 3
    blend_s: float = 0.2
    damp_s: float = 0.2

    def validate(self) -> None:
        """Raise BadInput naming a value that cannot be right."""
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value > 0):
                raise BadInput(f"Settings.{name} is {value}, must be a number > 0")
        if not self.silent_zero_s < self.silent_stand_s < self.silent_sit_s:
            raise BadInput("Settings: silent_zero_s < silent_stand_s < silent_sit_s must hold")


@dataclass(frozen=True)
class Seen:
    """What a decision is made on.

    Attributes:
        fallen, upright, still, collapsed: see Settings.
        done: the present controller has arrived (standing, or limp after sitting down).
        in_place: the legs are where standing has them.
        in_mode_s: since the mode was entered [s]; braking_s: since a walking robot is to come to rest.
        silent_s: since the last command or request [s].
        can_walk, can_getup: there is a controller for it, and tries are left.
    """

    fallen: bool = False
    upright: bool = True
    still: bool = True
    collapsed: bool = False
    done: bool = False
    in_place: bool = True
    in_mode_s: float = 0.0
    braking_s: float = 0.0
    silent_s: float = 0.0
    can_walk: bool = True
    can_getup: bool = False


class Decision(NamedTuple):
    """The mode of the next period, the goal from now on, and why (empty: nothing changes)."""

    mode: Mode
    goal: Goal
    why: str = ""


def decide(mode: Mode, goal: Goal, seen: Seen, settings: Settings) -> Decision:
    """One decision; at most one step along ALLOWED."""
    goal, why = _heard(mode, goal, seen, settings)
    if mode in (Mode.SIT, Mode.STAND, Mode.WALK) and (seen.fallen or seen.collapsed):
        fell = "the robot fell" if seen.fallen else "the robot collapsed"
        if goal in UP and seen.can_getup:
            return Decision(Mode.DAMPING, goal, f"{fell}: gets up when it lies still")
        return Decision(Mode.DAMPING, Goal.STOP, fell)
    found = _FROM[mode](goal, seen, settings)
    return found if found.why else Decision(found.mode, found.goal, why)


def _heard(mode: Mode, goal: Goal, seen: Seen, s: Settings) -> tuple[Goal, str]:
    """The goal of a robot that nobody talks to any more."""
    if goal is Goal.WALK and not seen.can_walk:
        return Goal.STAND, "there is no walking policy"
    if goal in UP and mode is not Mode.WALK and seen.silent_s > s.silent_sit_s:
        return Goal.SIT, f"silence for {s.silent_sit_s:g} s"
    if goal is Goal.WALK and mode is Mode.WALK and seen.silent_s > s.silent_stand_s:
        return Goal.STAND, f"silence for {s.silent_stand_s:g} s"
    return goal, ""


def _damping(goal: Goal, seen: Seen, s: Settings) -> Decision:
    if goal is Goal.STOP or not seen.still:
        return Decision(Mode.DAMPING, goal)
    if seen.upright:
        return Decision(Mode.SIT if goal is Goal.SIT else Mode.STAND, goal, "asked")
    if goal in UP and seen.can_getup:
        return Decision(Mode.GETUP, goal, "the robot lies on its side or back")
    next_step = ": it stays limp" if goal is Goal.SIT else " and cannot get up: turn it over first"
    return Decision(Mode.DAMPING, Goal.STOP, f"the robot lies on its side or back{next_step}")


def _down(goal: Goal, seen: Seen) -> Decision:
    """To rest: sitting down where the robot is upright, limp at once where it is not."""
    if seen.upright and not seen.fallen:
        return Decision(Mode.SIT, goal, "asked")
    return Decision(Mode.DAMPING, Goal.STOP, "asked")


def _sit(goal: Goal, seen: Seen, s: Settings) -> Decision:
    if goal not in UP:
        return Decision(Mode.SIT, goal)
    if seen.upright:
        return Decision(Mode.STAND, goal, "asked")
    return Decision(Mode.DAMPING, goal, "not upright")


def _stand(goal: Goal, seen: Seen, s: Settings) -> Decision:
    if goal not in UP:
        return _down(goal, seen)
    if seen.done and not seen.in_place:
        return Decision(Mode.SIT, Goal.SIT, "could not stand up: something holds its legs")
    if goal is Goal.WALK and seen.done:
        return Decision(Mode.WALK, goal, "asked")
    return Decision(Mode.STAND, goal)


def _walk(goal: Goal, seen: Seen, s: Settings) -> Decision:
    if goal is Goal.WALK or not (seen.braking_s > s.brake_s or (seen.still and seen.braking_s >= s.still_s)):
        return Decision(Mode.WALK, goal)
    return Decision(Mode.STAND, goal, "asked") if goal is Goal.STAND else _down(goal, seen)


def _getup(goal: Goal, seen: Seen, s: Settings) -> Decision:
    if goal not in UP:
        return _down(goal, seen)
    if seen.upright and seen.still:
        return Decision(Mode.STAND, goal, "upright again")
    if seen.in_mode_s > s.getup_s:
        if seen.can_getup:
            return Decision(Mode.DAMPING, goal, "getting up took too long: tries again")
        return Decision(Mode.DAMPING, Goal.STOP, "could not get up")
    return Decision(Mode.GETUP, goal)


_FROM = {Mode.DAMPING: _damping, Mode.SIT: _sit, Mode.STAND: _stand, Mode.WALK: _walk, Mode.GETUP: _getup}
