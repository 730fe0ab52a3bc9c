"""How a mission file says where: a point by name or by its coordinates, several, a route, or all over the place."""

from __future__ import annotations

import math
from typing import Any

from rudel.core.findings import SEVERITIES
from rudel.missions import units
from rudel.missions.fields import Field, ListOf, Record, Values
from rudel.missions.problem import unknown
from rudel.missions.site import SitePoint
from rudel.missions.source import Node, Table
from rudel.missions.values import Choice, Flag, Log, Number, Schema, Text, Whole

COORDINATE = Number("m", -1e6, 1e6)
EXPECT = Record(
    {
        "unit": Field(Choice("unit", lambda: tuple(sorted(units.UNITS))), "of what is read"),
        "low": Field(Number(), "least value that is normal"),
        "high": Field(Number(), "largest value that is normal"),
        "critical_low": Field(Number(), "below that it is critical"),
        "critical_high": Field(Number(), "above that it is critical"),
        "scale_low": Field(Number(), "first value of a dial"),
        "scale_high": Field(Number(), "last value of a dial"),
        "start_deg": Field(Number("deg", -360, 720), "of a dial's first value, anticlockwise from the right"),
        "sweep_deg": Field(Number("deg", 0, 360, above=True), "of a dial, clockwise"),
        "decimals": Field(Whole(0, 6), "of a digital display"),
        "text": Field(Text(200), "what a plate or code says"),
        "id": Field(Whole(0, 100_000), "of an AprilTag"),
        "family": Field(Text(20), "of an AprilTag"),
        "state": Field(Choice("state of a valve", ("open", "closed")), "of a valve"),
        "form": Field(Choice("form of a valve", ("wheel", "lever")), "of a valve"),
        "pipe_deg": Field(Number("deg", -360, 360), "direction of a valve's pipe, 0 is level"),
        "limit_c": Field(Number("degC", -273.15, 3000), "hottest that is normal"),
        "species": Field(Text(20), "of gas"),
        "limit_ppm": Field(Number("ppm", 0, 1e6), "most gas that is normal"),
        "edge_m": Field(Number("m", 0, 100, above=True), "of a cover or code"),
        "passage_m": Field(Number("m", 0, 100, above=True), "width that must stay free"),
    },
    "expect",
)
POINT = Record(
    {
        "x": Field(COORDINATE, "where to stand", needed=True),
        "y": Field(COORDINATE, "likewise", needed=True),
        "yaw_deg": Field(Number("deg", -360, 360), "heading to stand with; left out: towards look_at, or any"),
        "look_at": Field(ListOf(COORDINATE, 3, 3), "x, y, z of what is to be seen"),
        "kind": Field(Text(60, "dial_gauge"), "of the thing that is to be seen"),
        "name": Field(Text(60), "for reports"),
        "expect": Field(EXPECT, "what is normal there"),
    },
    "point",
)


class PointRef:
    """The name of a point, or where it is."""

    def read(self, node: Node, log: Log) -> Any:
        return POINT.read(node, log) if isinstance(node, Table) else Text(60).read(node, log)

    def schema(self) -> Schema:
        return {"anyOf": [{"type": ["string", "number"], "maxLength": 60}, {"$ref": "#/$defs/point"}]}


WHERE: dict[str, Field] = {
    "point": Field(PointRef(), "name of a point or thing, or its x, y, yaw_deg, look_at"),
    "points": Field(ListOf(PointRef(), 1, 1000), "several of them, in order"),
    "route": Field(Text(60, "inspection"), "a route of the world or of this mission"),
    "spread_m": Field(Number("m", 1.0, 100.0), "places so far apart, all over the ground that can be reached"),
}
FILTERS: dict[str, Field] = {
    "only": Field(ListOf(Text(60), lone=True), "of a route: these kinds of things"),
    "except": Field(ListOf(Text(60), lone=True), "of a route: not these points or kinds of things"),
    "most": Field(Whole(1, 1000), "not more places than that"),
    "reverse": Field(Flag(), "from its end to its beginning", False),
}
WHEN = Record(
    {
        "kind": Field(ListOf(Text(60, "hot_spot"), lone=True), "of the finding; left out: any"),
        "point": Field(Text(60), "where it was made; left out: anywhere"),
        "severity": Field(Choice("severity", SEVERITIES), "at least so bad", "info"),
        "confidence": Field(Number("", 0.0, 1.0), "at least so sure", 0.0),
    },
    "when",
    "kind",
)


def made(values: Values, name: str) -> SitePoint:
    """The point that a POINT table describes."""
    xy = float(values["x"]), float(values["y"])
    look_at = values["look_at"]
    yaw = None if values["yaw_deg"] is None else math.radians(values["yaw_deg"])
    if look_at is not None and yaw is None:
        yaw = math.atan2(look_at[1] - xy[1], look_at[0] - xy[0])
    name = values["name"] or name or f"({xy[0]:g}, {xy[1]:g})"
    return SitePoint(name, xy, yaw, 0.0, look_at, values["kind"] or "place", expected(values["expect"]))


def expected(values: Values | None) -> dict[str, Any]:
    """What was said about what is normal, without what was not said."""
    return {} if values is None else {key: value for key, value in values.items() if values.given(key)}


def check_expect(values: Values | None, log: Log) -> None:
    """Limits the right way round, dial included."""
    if values is None:
        return
    for low, high in (("low", "high"), ("critical_low", "low"), ("high", "critical_high"), ("scale_low", "scale_high")):
        a, b = values[low], values[high]
        if a is not None and b is not None and not a < b:
            log.say(values.at(low), f"{low} {a:g} is not below {high} {b:g}")


def no_point(name: str, choices: dict[str, SitePoint]) -> str:
    """What to say about a point that is not there."""
    return unknown("point", name, choices)
