"""Lists of steps in a mission file, and the kinds of steps: one file each in missions/steps/."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

from rudel.core import discovery
from rudel.missions.fields import Field, Record, Values
from rudel.missions.problem import Mark, unknown
from rudel.missions.source import Items, Node, Scalar, Table
from rudel.missions.values import BAD, Choice, Log, Number, Schema, Text, Whole, shown

PACKAGE = "rudel.missions.steps"
MOST_STEPS = 2000  # of a mission, repetitions counted
INLINE = ("x", "y", "yaw_deg", "look_at", "kind", "name")  # keys of a point that may stand in the step itself
ON_FAILURE = ("skip", "retry", "return", "stop")

COMMON: dict[str, Field] = {
    "timeout_s": Field(Number("s", 0.0, 86400.0, above=True), "give the step up after this time, the walk included"),
    "retries": Field(Whole(0, 10), "how often it is tried again at once"),
    "on_failure": Field(
        Choice("answer to a failure", ON_FAILURE),
        "when that did not help: skip (go on), retry (once more at the end of the round), return, stop (sit down)",
    ),
    "speed_mps": Field(Number("m/s", 0.05, 5.0), "not faster than this on the way there"),
    "tolerance_m": Field(Number("m", 0.05, 5.0), "how near counts as there"),
    "tolerance_deg": Field(Number("deg", 1.0, 180.0), "how far off the heading may be"),
}


@dataclass(frozen=True)
class Step:
    """One step as the file has it: its kind, the values of its keys, and where it begins."""

    kind: str
    values: Values
    mark: Mark


@dataclass(frozen=True)
class Block:
    """The use of a named block of steps."""

    name: str
    mark: Mark


Body = tuple[Step, ...] | Block


def names() -> tuple[str, ...]:
    """Sorted names of the kinds of steps."""
    return discovery.names(PACKAGE)


def module(kind: str) -> ModuleType:
    """The module of one kind: FIELDS, SHORT, ONE_OF and lay_out(step, scope)."""
    return discovery.load(PACKAGE, kind, kind="step")


def summary(kind: str) -> str:
    """One line about it: the first of its module's docstring."""
    return (module(kind).__doc__ or "").strip().partition("\n")[0]


def record(kind: str) -> Record:
    """The table of one kind of step."""
    found = module(kind)
    common = {} if getattr(found, "BARE", False) else COMMON
    fields = {**found.FIELDS, **common, "label": Field(Text(80), "a name of your own, for logs and reports")}
    return Record(fields, kind, found.SHORT, found.ONE_OF)


@dataclass(frozen=True)
class Steps:
    """A list of steps."""

    def read(self, node: Node, log: Log) -> Any:
        if not isinstance(node, Items):
            return log.say(node.mark, f"{shown(node)} is not a list of steps")
        if not node.items:
            return log.say(node.mark, "a list of steps without any step")
        if len(node.items) > MOST_STEPS:
            mark = node.items[MOST_STEPS].mark
            return log.say(mark, f"{len(node.items)} steps: a mission has at most {MOST_STEPS}; use a route or repeat")
        found = [_step(item, log) for item in node.items]
        return BAD if any(one is BAD for one in found) else tuple(found)

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/steps"}


@dataclass(frozen=True)
class BodyOf:
    """Steps, or the name of a block of steps."""

    def read(self, node: Node, log: Log) -> Any:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Block(node.text, node.mark)
        return Steps().read(node, log)

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "string", "description": "name of a block"}, Steps().schema()]}


def _step(node: Node, log: Log) -> Any:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        node = Table(node.mark, {node.text: Scalar(node.mark, None, "")}, {node.text: node.mark})
    if not isinstance(node, Table) or len(node.values) != 1:
        says = f"a table with {', '.join(node.values)}" if isinstance(node, Table) else shown(node)
        return log.say(node.mark, f"{says} is not a step; write for example - goto: POINT")
    (kind,) = node.values
    if kind not in names():
        return log.say(node.keys[kind], unknown("step", kind, names()))
    wanted = record(kind)
    values = wanted.read(_gathered(node.values[kind], wanted), log)
    return BAD if values is BAD else Step(kind, cast(Values, values), node.keys[kind])


def _gathered(node: Node, wanted: Record) -> Node:
    """{x: 1, y: 2, retries: 3} means {point: {x: 1, y: 2}, retries: 3}."""
    if not isinstance(node, Table) or "point" not in wanted.fields or not {"x", "y"} & set(node.values):
        return node
    own = {key: value for key, value in node.values.items() if key in INLINE}
    mark = min(node.keys[key] for key in own)
    rest = {key: value for key, value in node.values.items() if key not in INLINE}
    keys = {key: mark for key, mark in node.keys.items() if key not in INLINE}
    point = Table(mark, own, {key: node.keys[key] for key in own})
    return Table(node.mark, {"point": point, **rest}, {"point": mark, **keys})


def inside(body: Body | None) -> Iterator[Step | Block]:
    """All steps and uses of blocks in a body, however deep, without going into the blocks."""
    if isinstance(body, Block):
        yield body
    elif body:
        for step in body:
            yield step
            for value in step.values.values():
                if isinstance(value, Block) or (isinstance(value, tuple) and value and isinstance(value[0], Step)):
                    yield from inside(cast(Body, value))


def _inlined(wanted: Record) -> Schema:
    """The schema of one kind of step, with a point's own keys where it takes a point."""
    schema = wanted.schema()
    for table in schema.get("anyOf", [schema]):
        if table.get("type") == "object" and "point" in wanted.fields:
            table["properties"] |= {key: {"$ref": f"#/$defs/point/properties/{key}"} for key in INLINE}
            if "oneOf" in table:
                table["oneOf"].append({"required": ["x", "y"]})
    return schema


def schema_of_steps() -> Schema:
    """JSON Schema of a list of steps and of each kind, for "$defs"."""
    kinds: Schema = {}
    for kind in names():
        own = {"description": summary(kind), **_inlined(record(kind))}
        kinds[f"step_{kind}"] = {
            "type": "object", "additionalProperties": False, "properties": {kind: own}, "required": [kind],
        }  # fmt: skip
    step = {"anyOf": [*({"$ref": f"#/$defs/{name}"} for name in kinds), {"enum": ["dock"]}]}
    return {**kinds, "steps": {"type": "array", "minItems": 1, "maxItems": MOST_STEPS, "items": step}}
