"""What the robot does when something is wrong: one table, for the code and for docs/safety.md alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType


class Answer(IntEnum):
    """What an answer does to the motion; the greater one goes first where several hold."""

    GO_ON = 0  # nothing
    SLOW = 1  # a share of the speed
    RETURN = 2  # a share of the speed, and the mission is told to go home
    TURN = 3  # turns on the spot only: looking round
    STAND = 4  # zero velocity, on its feet
    SIT = 5  # sits down and stays, until somebody says resume


WORDS: Mapping[Answer, str] = MappingProxyType(
    {
        Answer.GO_ON: "goes on",
        Answer.SLOW: "goes slowly",
        Answer.RETURN: "goes home",
        Answer.TURN: "turns on the spot only",
        Answer.STAND: "stands",
        Answer.SIT: "sits down and stays",
    }
)


@dataclass(frozen=True)
class Row:
    """One condition and its answer.

    Attributes:
        condition: name.
        when: it holds, in words.
        answer: while it holds.
        share: of the speed that is left, for SLOW and RETURN.
        patience_s: after so long the answer becomes ``then`` [s].
        then: that.
        mission: what the mission does about it, in words.
    """

    condition: str
    when: str
    answer: Answer
    share: float = 1.0
    patience_s: float = math.inf
    then: Answer = Answer.SIT
    mission: str = ""

    def at(self, lasted_s: float) -> Answer:
        """The answer after ``lasted_s`` [s]."""
        return self.then if lasted_s >= self.patience_s else self.answer


_ROWS = (
    Row(
        "camera_lost",
        "no picture for 2 s, or pictures that are all of one colour",
        Answer.GO_ON,
        mission="points that need the picture are skipped, and named with the reason",
    ),
    Row(
        "sense_lost",
        "a thermal camera or gas sensor is silent for 3 of its periods",
        Answer.GO_ON,
        mission="points that need it are skipped, and named with the reason",
    ),
    Row(
        "lidar_lost",
        "no usable scan for 0.5 s (stopped, frozen, blind, no numbers)",
        Answer.STAND,
        patience_s=25.0,
        mission="waits; then the round ends where it is",
    ),
    Row(
        "localisation_lost",
        "no pose to be trusted for 0.3 s",
        Answer.TURN,
        patience_s=45.0,
        mission="waits while the robot looks for itself; then the round ends where it is",
    ),
    Row(
        "leg_weak",
        "a leg gives less than 70 % of the torque that it is asked for, for 1 s",
        Answer.RETURN,
        0.5,
        mission="goes home; what is left is named as not inspected",
    ),
    Row(
        "link_lost",
        "no word from the operator's side for 5 s",
        Answer.GO_ON,
        patience_s=600.0,
        then=Answer.RETURN,
        mission="goes on by itself; findings are kept and sent later; after 10 min it goes home",
    ),
    Row(
        "sender_silent",
        "whoever commands the velocity was not heard for 0.16 s (dead-man)",
        Answer.STAND,
        patience_s=10.0,
        mission="waits for a new command",
    ),
    Row(
        "refused",
        "an order came from somebody who does not hold the lease",
        Answer.STAND,
        patience_s=10.0,
        mission="the order is not carried out",
    ),
    Row(
        "battery_low",
        "the charge is what the way home costs and the reserve",
        Answer.RETURN,
        mission="goes home; what is left is named as not inspected",
    ),
    Row("battery_empty", "the charge is at the robot's own limit", Answer.SIT, mission="the round ends where it is"),
    Row(
        "joint_hot",
        "a joint is at 70 degrees C or above",
        Answer.RETURN,
        0.5,
        mission="goes home slowly",
    ),
    Row("joint_too_hot", "a joint is at 90 degrees C or above", Answer.SIT, mission="the round ends where it is"),
    Row("tilted", "the body is tilted by 20 degrees or more", Answer.SLOW, 0.4, mission="goes on"),
    Row(
        "outside_fence",
        "the robot is outside of the fence",
        Answer.SLOW,
        0.4,
        patience_s=60.0,
        mission="only ways that lead back inside are walked",
    ),
    Row(
        "state_unusable",
        "the robot's own state is no number",
        Answer.SIT,
        mission="the legs go limp by themselves; the round ends where it is",
    ),
    Row(
        "part_silent",
        "a watched part is silent for 3 of its periods",
        Answer.STAND,
        patience_s=10.0,
        mission="waits; then the round ends where it is",
    ),
)
TABLE: Mapping[str, Row] = MappingProxyType({row.condition: row for row in _ROWS})


def as_markdown() -> str:
    """The table, as docs/safety.md shows it."""
    lines = ["| condition | holds when | the robot | the mission |", "|---|---|---|---|"]
    for row in TABLE.values():
        does = WORDS[row.answer]
        if row.share < 1:
            does += f", at {row.share:.0%} of the speed".replace("%", " %")
        if math.isfinite(row.patience_s):
            does += f"; after {row.patience_s:g} s {WORDS[row.then]}"
        lines.append(f"| `{row.condition}` | {row.when} | {does} | {row.mission} |")
    return "\n".join(lines) + "\n"
