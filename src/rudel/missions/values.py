"""Single values of a mission file: numbers with units, words, choices; declared once for reading and for the schema."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from rudel.missions import units
from rudel.missions.problem import Mark, Problem, unknown
from rudel.missions.source import Items, Node, Scalar

BAD: Final = object()  # what a kind gives back for a value that it has complained about
Schema = dict[str, Any]


class Log:
    """Collects problems, so that a person sees all of them at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, mark: Mark, message: str) -> object:
        """Note one problem; returns BAD."""
        self.problems.append(Problem(mark, message))
        return BAD


class Kind(Protocol):
    """One kind of value."""

    def read(self, node: Node, log: Log) -> Any:
        """The value, or BAD after saying why not."""
        ...

    def schema(self) -> Schema:
        """The same as JSON Schema."""
        ...


def shown(node: Node) -> str:
    """A value in a message."""
    if isinstance(node, Scalar):
        return repr(node.text[:80])
    return "a list" if isinstance(node, Items) else "a table"


@dataclass(frozen=True)
class Number:
    """A number in ``unit``, or a text with a unit of the same quantity ("2 min"), from ``low`` to ``high``.

    ``above``: ``low`` itself is not allowed.
    """

    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    above: bool = False

    def read(self, node: Node, log: Log) -> Any:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and self.unit:
            value = units.quantity(value, self.unit)
            if isinstance(value, str):
                return log.say(node.mark, value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return log.say(node.mark, f"{shown(node)} is not a number{f' [{self.unit}]' if self.unit else ''}")
        if not (self.low < value if self.above else self.low <= value) or value > self.high:
            return log.say(node.mark, f"{shown(node)} is out of range: {self._range()} is needed")
        return float(value)

    def _range(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        least = f"more than {self.low:g}{unit}" if self.above else f"at least {self.low:g}{unit}"
        most = f"at most {self.high:g}{unit}"
        return " and ".join([least] * math.isfinite(self.low) + [most] * math.isfinite(self.high))

    def schema(self) -> Schema:
        number: Schema = {"type": "number"}
        if math.isfinite(self.low):
            number["exclusiveMinimum" if self.above else "minimum"] = self.low
        if math.isfinite(self.high):
            number["maximum"] = self.high
        if not self.unit:
            return number
        names = ", ".join(units.of(units.UNITS[self.unit].measures))
        text = {"type": "string", "description": f"a number and one of the units {names}"}
        return {"anyOf": [number, text], "description": f"[{self.unit}]"}


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int

    def read(self, node: Node, log: Log) -> Any:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            return log.say(node.mark, f"{shown(node)} is not a whole number from {self.low} to {self.high}")
        return value

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Text:
    """Words; ``most`` characters."""

    most: int = 200
    example: str = ""

    def read(self, node: Node, log: Log) -> Any:
        # a plain 17 or 06.30 where words are asked for is what was typed
        text = node.text if isinstance(node, Scalar) and node.value is not None else ""
        if not text or len(text) > self.most or not text.isprintable():
            hint = f", for example {self.example}" if self.example else ""
            return log.say(node.mark, f"{shown(node)} is not a text of 1 to {self.most} characters{hint}")
        return text

    def schema(self) -> Schema:
        return {"type": ["string", "number"], "maxLength": self.most, "minLength": 1}


@dataclass(frozen=True)
class Choice:
    """One of some words; ``what`` they are, in messages."""

    what: str
    choices: tuple[str, ...] | Callable[[], tuple[str, ...]]

    def all(self) -> tuple[str, ...]:
        return self.choices() if callable(self.choices) else self.choices

    def read(self, node: Node, log: Log) -> Any:
        text = node.text if isinstance(node, Scalar) else shown(node)
        return text if text in self.all() else log.say(node.mark, unknown(self.what, text, self.all()))

    def schema(self) -> Schema:
        return {"enum": list(self.all())}


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def read(self, node: Node, log: Log) -> Any:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        return log.say(node.mark, f"{shown(node)} is neither true nor false")

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Plain:
    """Any single value: number, word, true, false."""

    def read(self, node: Node, log: Log) -> Any:
        if isinstance(node, Scalar) and node.value is not None:
            return node.value
        return log.say(node.mark, f"{shown(node)} is not a single value")

    def schema(self) -> Schema:
        return {"type": ["number", "string", "boolean"]}
