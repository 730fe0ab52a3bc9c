"""YAML as a tree of values that know their line and column; bounded, without tags, anchors and aliases.

What YAML 1.2 calls the core schema decides what is a number: ``no`` and ``on`` are words, ``010`` is ten.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from rudel.missions.problem import BadMission, Mark, Problem

MOST_BYTES = 256 * 1024
MOST_NODES = 60_000
MOST_DEPTH = 24
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WORDS |= {"Null": None, "NULL": None, "True": True, "TRUE": True, "False": False, "FALSE": False}
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True)
class Scalar:
    """A number, text, truth value or nothing; ``text``: as it is written."""

    mark: Mark
    value: float | int | str | bool | None
    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    mark: Mark
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """Keys (texts) and values, in the order of the file; ``keys`` says where each key stands."""

    mark: Mark
    values: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)


Node = Scalar | Items | Table


def parse(text: str, source: str) -> Node:
    """The one document in ``text``.

    Args:
        text: YAML.
        source: what to call it in messages.

    Raises:
        BadMission: no YAML, too large or too deep, a tag, an anchor, an alias, a key twice, or a key that is no text.
    """
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise BadMission(source, [Problem(Mark(1, 1), f"the file is larger than {MOST_BYTES // 1024} KiB")])
    reader = _Builder(source)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reader.take(event)
    except MarkedYAMLError as error:
        found = error.problem_mark or error.context_mark
        mark = Mark(1, 1) if found is None else Mark(found.line + 1, found.column + 1)
        said = " ".join(str(error.problem or error.context or "it cannot be read").split())
        raise BadMission(source, [Problem(mark, f"this is no YAML: {said}")]) from error
    except (YAMLError, ValueError, RecursionError, OverflowError) as error:  # among them characters YAML forbids
        said = " ".join(str(error).split())[:200]
        raise BadMission(source, [Problem(Mark(1, 1), f"this is no YAML: {said}")]) from error
    if reader.root is None:
        raise BadMission(source, [Problem(Mark(1, 1), "the file is empty: see rudel mission schema")])
    return reader.root


class _Builder:
    """Makes nodes of events; keeps its own stack, so that no depth of nesting is too deep for Python."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.root: Node | None = None
        self._open: list[Items | Table] = []
        self._keys: list[Scalar | None] = []  # of each open table: the key that waits for its value
        self._count = 0

    def take(self, event: Any) -> None:
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, AliasEvent):
            self._refuse(mark, f"alias *{event.anchor}: write it out, or use a named block")
        if isinstance(event, NodeEvent):
            self._check(event, mark)
        if isinstance(event, DocumentStartEvent) and self.root is not None:
            self._refuse(mark, "a second document begins here: a mission file holds one")
        if isinstance(event, ScalarEvent):
            value = event.value if event.style is not None else _plain(event.value)
            if isinstance(value, float) and not math.isfinite(value):
                self._refuse(mark, f"{event.value[:40]} is not a finite number")
            self._put(Scalar(mark, value, event.value))
        elif isinstance(event, SequenceStartEvent):
            self._enter(Items(mark))
        elif isinstance(event, MappingStartEvent):
            self._enter(Table(mark))
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            self._open.pop()
            self._keys.pop()

    def _check(self, event: Any, mark: Mark) -> None:
        if event.anchor is not None:
            self._refuse(mark, f"anchor &{event.anchor}: write it out, or use a named block")
        if event.tag is not None:
            self._refuse(mark, f"tag {event.tag}: mission files have no tags")
        self._count += 1
        if self._count > MOST_NODES:
            self._refuse(mark, f"more than {MOST_NODES} values: a mission is shorter than that")

    def _enter(self, node: Items | Table) -> None:
        if len(self._open) >= MOST_DEPTH:
            self._refuse(node.mark, f"nested more than {MOST_DEPTH} deep")
        self._put(node)
        self._open.append(node)
        self._keys.append(None)

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Items):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = self._key(node, parent)
        else:
            parent.values[key.text], parent.keys[key.text] = node, key.mark
            self._keys[-1] = None

    def _key(self, node: Node, parent: Table) -> Scalar:
        if not isinstance(node, Scalar):
            self._refuse(node.mark, "a key must be a word")
        if node.text in parent.values:
            self._refuse(node.mark, f"{node.text[:80]!r} is here twice; first in line {parent.keys[node.text].line}")
        return node

    def _refuse(self, mark: Mark, message: str) -> NoReturn:
        raise BadMission(self.source, [Problem(mark, message)])


def _plain(text: str) -> float | int | str | bool | None:
    """The value of an unquoted scalar, by the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return math.nan
    return text
