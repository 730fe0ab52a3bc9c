"""Which conditions of the table hold, since when, and what that means for the robot and the mission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rudel.core.errors import UnknownName
from rudel.runtime.answers import TABLE, Answer

Advice = Literal["go_on", "return", "end"]
LATCHES = (Answer.RETURN, Answer.SIT)  # or the robot would turn back as soon as its way home is shorter


@dataclass(frozen=True)
class Active:
    """A condition that holds.

    Attributes:
        condition: name in the table.
        since_s: when it began [s].
        why: in words, with figures.
        answer: at present.
        share: of the speed.
        latched: does it stay until somebody says resume?
    """

    condition: str
    since_s: float
    why: str
    answer: Answer
    share: float
    latched: bool


@dataclass(frozen=True)
class Verdict:
    """All of it together.

    Attributes:
        answer: the strongest.
        share: of the speed, the smallest.
        advice: to the mission.
        conditions: that hold, the strongest answer first.
    """

    answer: Answer = Answer.GO_ON
    share: float = 1.0
    advice: Advice = "go_on"
    conditions: tuple[Active, ...] = ()

    @property
    def why(self) -> str:
        """The reasons, for people."""
        return "; ".join(f"{c.condition.replace('_', ' ')}: {c.why}" if c.why else c.condition for c in self.conditions)

    def holds(self, condition: str) -> bool:
        """Does this one hold?"""
        if condition not in TABLE:
            raise UnknownName("condition", condition, TABLE)
        return any(c.condition == condition for c in self.conditions)


class Conditions:
    """Keeps them over time.

    Args:
        say: called with a kind and data: "condition" where one begins, ends, or has another answer than before.
    """

    def __init__(self, say: Callable[..., None]) -> None:
        self._say = say
        self._active: dict[str, Active] = {}
        self.verdict = Verdict()

    def update(self, found: Mapping[str, str], now_s: float) -> Verdict:
        """Those that hold now (name -> why), to the verdict."""
        for name in found:
            if name not in TABLE:
                raise UnknownName("condition", name, TABLE)
        before = self._active
        self._active = {}
        for name in sorted({*found, *(n for n, a in before.items() if a.latched)}):
            row, old = TABLE[name], before.get(name)
            since_s = now_s if old is None else old.since_s
            answer = row.at(now_s - since_s)
            why = found.get(name) or ("" if old is None else old.why)
            self._active[name] = Active(name, since_s, why, answer, row.share, answer in LATCHES)
        for name in sorted({*before, *self._active}):
            old, new = before.get(name), self._active.get(name)
            if (old and old.answer) != (new and new.answer):
                self._told(name, old, new)
        self.verdict = _verdict(self._active)
        return self.verdict

    def forget(self) -> None:
        """All go; what is found again begins anew, with all of its patience."""
        self._active = {}

    def _told(self, name: str, old: Active | None, new: Active | None) -> None:
        data: dict[str, Any] = {"name": name, "holds": new is not None}
        one = new or old
        if one is not None:
            data |= {"answer": one.answer.name.lower(), "why": one.why}
        self._say("condition", **data)


def _verdict(active: Mapping[str, Active]) -> Verdict:
    if not active:
        return Verdict()
    order = sorted(active.values(), key=lambda a: (-a.answer, a.condition))
    answers = {a.answer for a in order}
    advice: Advice = "end" if Answer.SIT in answers else "return" if Answer.RETURN in answers else "go_on"
    return Verdict(order[0].answer, min(a.share for a in order), advice, tuple(order))
