"""What may stand where in a mission file, declared once: for reading, for messages and for the JSON Schema."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from rudel.missions import units
from rudel.missions.problem import Mark, Problem, unknown
from rudel.missions.source import Items, Node, Scalar, Table

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


@dataclass(frozen=True)
class ListOf:
    """A list; ``lone``: one value without a list around it will do."""

    kind: Kind
    least: int = 1
    most: int = 1000
    lone: bool = False

    def read(self, node: Node, log: Log) -> Any:
        if self.lone and not isinstance(node, Items):
            value = self.kind.read(node, log)
            return BAD if value is BAD else (value,)
        if not isinstance(node, Items):
            return log.say(node.mark, f"{shown(node)} is not a list")
        if not self.least <= len(node.items) <= self.most:
            return log.say(node.mark, f"a list of {len(node.items)}: {self.least} to {self.most} are needed")
        found = [self.kind.read(item, log) for item in node.items]
        return BAD if any(one is BAD for one in found) else tuple(found)

    def schema(self) -> Schema:
        items = {"type": "array", "items": self.kind.schema(), "minItems": self.least, "maxItems": self.most}
        return {"anyOf": [self.kind.schema(), items]} if self.lone else items


@dataclass(frozen=True)
class MapOf:
    """Names of one's own with values of one kind; a Mapping name -> value."""

    kind: Kind
    most: int = 1000

    def read(self, node: Node, log: Log) -> Any:
        if not isinstance(node, Table):
            return log.say(node.mark, f"{shown(node)} is not a table of names and values")
        if len(node.values) > self.most:
            return log.say(node.mark, f"{len(node.values)} entries: at most {self.most}")
        found = {key: self.kind.read(value, log) for key, value in node.values.items()}
        return Values({key: value for key, value in found.items() if value is not BAD}, node.keys, node.mark)

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.kind.schema(), "maxProperties": self.most}


@dataclass(frozen=True)
class Field:
    """One key of a table: its kind, what it is for, and what it is when it is left out (``needed``: must be there)."""

    kind: Kind
    doc: str
    default: Any = None
    needed: bool = False


class Values(Mapping[str, Any]):
    """What a table holds, with the place of every key; keys that were left out have their defaults and the table's."""

    def __init__(self, values: Mapping[str, Any], marks: Mapping[str, Mark], mark: Mark) -> None:
        self._values, self._marks, self.mark = dict(values), dict(marks), mark

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def at(self, key: str) -> Mark:
        """Where ``key`` stands."""
        return self._marks.get(key, self.mark)

    def given(self, key: str) -> bool:
        """Whether the file says something about ``key``."""
        return key in self._marks and key in self._values


@dataclass(frozen=True)
class Record:
    """A table with known keys; ``short``: what a bare value instead of the table is about."""

    fields: Mapping[str, Field]
    what: str
    short: str = ""
    one_of: Sequence[str] = field(default=())  # exactly one of these must be there

    def read(self, node: Node, log: Log) -> Any:
        if isinstance(node, Scalar) and node.value is None:
            node = Table(node.mark)
        elif not isinstance(node, Table):
            if not self.short:
                return log.say(node.mark, f"{shown(node)} is not a table with {', '.join(self.fields)}")
            node = Table(node.mark, {self.short: node}, {self.short: node.mark})
        found = {key: one.default for key, one in self.fields.items()}
        fine = True
        for key, value in node.values.items():
            if key not in self.fields:
                log.say(node.keys[key], unknown(f"key of {self.what}", key, self.fields))
                fine = False
            else:
                found[key] = self.fields[key].kind.read(value, log)
                fine &= found[key] is not BAD
        missing = [key for key, one in self.fields.items() if one.needed and key not in node.values]
        if missing:
            log.say(node.mark, f"{self.what} needs {', '.join(missing)}")
        given = [key for key in self.one_of if key in node.values]
        if self.one_of and len(given) != 1:
            log.say(node.mark, f"{self.what} needs one of {', '.join(self.one_of)}; has {', '.join(given) or 'none'}")
        if not fine or missing or (self.one_of and len(given) != 1):
            return BAD
        marks = {key: value.mark for key, value in node.values.items()}
        return Values(found, marks, node.mark)

    def schema(self) -> Schema:
        table: Schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: _described(one) for key, one in self.fields.items()},
        }
        needed = [key for key, one in self.fields.items() if one.needed]
        if needed:
            table["required"] = needed
        if self.one_of:
            table["oneOf"] = [{"required": [key]} for key in self.one_of]
        if not self.short:
            return table
        return {"anyOf": [self.fields[self.short].kind.schema(), table]}


def _described(one: Field) -> Schema:
    schema = one.kind.schema()
    return {**schema, "description": " ".join(filter(None, (one.doc, schema.get("description", ""))))}
