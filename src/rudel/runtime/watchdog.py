"""A watchdog on every part: each says how often it will be heard, and what its silence means."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rudel.core.errors import BadInput, UnknownName
from rudel.runtime.answers import TABLE

MISSES = 3  # periods without a word
_USUAL = {  # sense: period [s], condition, silence that is put up with [s]
    "lidar": (0.1, "lidar_lost", 0.5),
    "camera": (0.1, "camera_lost", 2.0),
    "zoom": (0.1, "camera_lost", 2.0),
    "thermal": (0.2, "sense_lost", 2.0),
    "depth": (0.1, "sense_lost", 2.0),
    "gas": (1.0, "sense_lost", 3.0),
}


@dataclass(frozen=True)
class Part:
    """Something that has to be heard again and again.

    Attributes:
        name: unique.
        period_s: between two words [s].
        condition: row of the table (rudel.runtime.answers) that holds while it is silent.
        allowed_s: silence that is put up with [s]; 0: MISSES periods.
    """

    name: str
    period_s: float
    condition: str = "part_silent"
    allowed_s: float = 0.0

    def __post_init__(self) -> None:
        if self.condition not in TABLE:
            raise UnknownName("condition", self.condition, TABLE)
        if not (math.isfinite(self.period_s) and self.period_s > 0):
            raise BadInput(f"period_s of part {self.name!r} is {self.period_s}, must be a number > 0")
        if not (math.isfinite(self.allowed_s) and self.allowed_s >= 0):
            raise BadInput(f"allowed_s of part {self.name!r} is {self.allowed_s}, must be a number >= 0")

    @property
    def patience_s(self) -> float:
        """Silence after which its condition holds [s]."""
        return self.allowed_s or MISSES * self.period_s


def usual_parts(senses: Iterable[str]) -> tuple[Part, ...]:
    """Parts for senses that send all the time, by the first word of their names; of others nothing is expected."""
    known = {name: _USUAL[name.partition("_")[0]] for name in senses if name.partition("_")[0] in _USUAL}
    return tuple(Part(name, period_s, condition, allowed_s) for name, (period_s, condition, allowed_s) in known.items())


LINK = Part("link", 1.0, "link_lost", 5.0)  # for robots that somebody looks after from elsewhere


class Watchdog:
    """Pure of clocks. A part that was never heard counts from the first look on.

    Args:
        parts: to watch.
    """

    def __init__(self, parts: Iterable[Part] = ()) -> None:
        self._parts: dict[str, Part] = {}
        self._heard_s: dict[str, float] = {}
        for part in parts:
            self.watch(part)

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self._parts.values())

    def watch(self, part: Part) -> None:
        """One more part.

        Raises:
            BadInput: there is one of that name.
        """
        if part.name in self._parts:
            raise BadInput(f"part {part.name!r} is watched already")
        self._parts[part.name] = part

    def forget(self, name: str) -> None:
        """Stop watching a part (it was switched off on purpose)."""
        del self._parts[self._known(name)]
        self._heard_s.pop(name, None)

    def hear(self, name: str, now_s: float) -> None:
        """A word from a part; a time that is no number is none."""
        if math.isfinite(now_s):
            self._heard_s[self._known(name)] = max(now_s, self._heard_s.get(name, now_s))

    def silent(self, now_s: float) -> tuple[Part, ...]:
        """Parts whose silence has lasted too long."""
        return tuple(p for p in self._parts.values() if now_s - self._heard_s.setdefault(p.name, now_s) > p.patience_s)

    def _known(self, name: str) -> str:
        if name not in self._parts:
            raise UnknownName("part", name, self._parts)
        return name
