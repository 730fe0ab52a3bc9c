"""What may stand where in a mission file, declared once: for reading, for messages and for the JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rudel.missions.problem import Mark, unknown
from rudel.missions.source import Items, Node, Scalar, Table
from rudel.missions.values import BAD, Kind, Log, Schema, shown


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
        marks = {key: value.mark for key, value in node.values.items()}
        return Values({key: value for key, value in found.items() if value is not BAD}, marks, node.mark)

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
