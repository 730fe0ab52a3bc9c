"""A mission file: what it may say, and what it says once it has been read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rudel.core.errors import BadInput
from rudel.missions import cycles, places, schedule, source, steplist
from rudel.missions.fields import Field, ListOf, MapOf, Record, Values
from rudel.missions.places import POINT, PointRef
from rudel.missions.problem import BadMission, Mark, Problem
from rudel.missions.schedule import Schedule
from rudel.missions.site import SitePoint
from rudel.missions.source import Table
from rudel.missions.steplist import COMMON, Block, BodyOf, Step, Steps
from rudel.missions.values import BAD, Choice, Log, Number, Plain, Text, Whole
from rudel.missions.zones import Zone

KEY, VERSION = "rudel_mission", 1
ON_LOW = ("return", "charge")
STAY, HOME = "stay", ("start", "dock", "stay")  # where to go at the end; or any point

_LEG = Record({"route": Field(Text(60), "another route, from its beginning to its end", needed=True)}, "route")


class _Stop:
    """An entry of a route: a point, or another route."""

    def read(self, node: source.Node, log: Log) -> Any:
        if isinstance(node, Table) and "route" in node.values:
            return _LEG.read(node, log)
        return PointRef().read(node, log)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [PointRef().schema(), _LEG.schema()]}


FILE = Record(
    {
        KEY: Field(Whole(1, 999), f"version of this format; now {VERSION}", needed=True),
        "name": Field(Text(60, "night-round"), "short name", needed=True),
        "about": Field(Text(500), "what it is for"),
        "world": Field(
            Record(
                {
                    "name": Field(Text(300, "tunnel"), "a built-in place, or a folder", needed=True),
                    "difficulty": Field(Number("", 0, 1), "of a built-in place"),
                    "seed": Field(Whole(0, 2**31), "of a built-in place"),
                    "with": Field(MapOf(Plain(), 20), "further parameters of a built-in place"),
                },
                "world",
                "name",
            ),
            "the place that it was made for; --world on the command line wins",
        ),
        "speed_mps": Field(Number("m/s", 0.05, 5.0), "top speed; left out: the robot's own"),
        "battery": Field(
            Record(
                {
                    "reserve": Field(Number("%", 0, 90), "what must be left when the robot is home [%]", 15.0),
                    "on_low": Field(Choice("answer to a low battery", ON_LOW), "go home, or charge first", "return"),
                    "charge_to": Field(Number("%", 10, 100), "when it has charged enough [%]", 90.0),
                },
                "battery",
                "reserve",
            ),
            "when to turn back",
        ),
        "return": Field(Text(60, "start"), "where it ends: start, dock, stay, or a point", "start"),
        "keep_out": Field(
            ListOf(
                Record(
                    {
                        "name": Field(Text(60), "for messages", ""),
                        "rect": Field(ListOf(places.COORDINATE, 4, 4), "x_min, x_max, y_min, y_max [m]"),
                        "polygon": Field(ListOf(ListOf(places.COORDINATE, 2, 2), 3, 200), "corners, in order [m]"),
                    },
                    "keep_out",
                    one_of=("rect", "polygon"),
                ),
                0,
                200,
            ),
            "where the robot must not go",
            (),
        ),
        "schedule": Field(schedule.SCHEDULE, "when it runs"),
        "defaults": Field(Record(COMMON, "defaults"), "for all steps that say nothing else"),
        "points": Field(MapOf(POINT), "points of this mission's own"),
        "routes": Field(MapOf(ListOf(_Stop(), 1, 1000), 100), "names for lists of points"),
        "blocks": Field(MapOf(Steps(), 100), "names for lists of steps"),
        "steps": Field(BodyOf(), "what to do, in order", needed=True),
    },
    "a mission",
)


@dataclass(frozen=True, eq=False)
class Mission:
    """A mission as its file has it; names are resolved when it meets a site (see rudel.missions.scope).

    Attributes:
        source: where it came from, for messages.
        digest: SHA-256 of its text, hexadecimal.
        name, about: for people.
        values: everything else, by key, with places.
        speed_mps: top speed, or None.
        reserve, charge_to: shares of a full battery.
        on_low: one of ON_LOW.
        home: where it ends.
        keep_out: zones.
        schedule: or None.
        points, routes, blocks: of its own.
        steps: what to do.
    """

    source: str
    digest: str
    name: str
    about: str
    values: Values
    speed_mps: float | None
    reserve: float
    charge_to: float
    on_low: str
    home: str
    keep_out: tuple[Zone, ...]
    schedule: Schedule | None
    points: Mapping[str, SitePoint]
    routes: Mapping[str, tuple[Any, ...]]
    blocks: Mapping[str, tuple[Step, ...]]
    steps: steplist.Body

    @property
    def world(self) -> Values | None:
        """The place that it was made for: name, difficulty, seed, with; or None."""
        return self.values["world"]


def load(path: Path) -> Mission:
    """Read a mission file.

    Raises:
        BadInput: no such file; BadMission, with line and column of every problem: it is no mission.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"there is no mission {path}: rudel mission list names those that rudel brings") from error
    except UnicodeDecodeError as error:
        raise BadMission(str(path), [Problem(Mark(1, 1), f"this is no UTF-8 text: byte {error.start}")]) from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    return parse(text, str(path))


def parse(text: str, where: str = "mission") -> Mission:
    """A mission from its text; BadMission names every problem with line and column."""
    root = source.parse(text, where)
    log = Log()
    if isinstance(root, Table):
        version = root.values.get(KEY)
        if isinstance(version, source.Scalar) and isinstance(version.value, int) and version.value != VERSION:
            said = f"version {version.value} of the mission format; this rudel reads {VERSION}"
            raise BadMission(where, [Problem(version.mark, said)])
    values = FILE.read(root, log)
    if values is BAD:
        raise BadMission(where, log.problems)
    mission = _made(cast(Values, values), text, where, log)
    if log.problems:
        raise BadMission(where, log.problems)
    return mission


def _made(values: Values, text: str, where: str, log: Log) -> Mission:
    battery = values["battery"] or FILE.fields["battery"].kind.read(Table(Mark(1, 1)), log)
    if battery["charge_to"] <= battery["reserve"]:
        log.say(battery.at("charge_to"), f"charge_to {battery['charge_to']:g} % is not above the reserve")
    empty = Values({}, {}, values.mark)
    points, routes, blocks = (values[key] or empty for key in ("points", "routes", "blocks"))
    for point in points.values():
        places.check_expect(point["expect"], log)
    used = {name: [(s["route"], s.at("route")) for s in stops if isinstance(s, Values) and "route" in s]
            for name, stops in routes.items()}  # fmt: skip
    world_routes = [name for uses in used.values() for name, _ in uses if name not in routes]
    cycles.check("route", used, log, others=world_routes)  # those of the world are looked up when there is one
    bodies = {**blocks, "steps": values["steps"]}
    cycles.check(
        "block", {name: [(b.name, b.mark) for b in steplist.inside(body) if isinstance(b, Block)]
                  for name, body in bodies.items()}, log,
    )  # fmt: skip
    made = None if values["schedule"] is None else schedule.made(values["schedule"], log)
    return Mission(
        where,
        hashlib.sha256(text.encode()).hexdigest(),
        values["name"],
        values["about"] or "",
        values,
        values["speed_mps"],
        battery["reserve"] / 100,
        battery["charge_to"] / 100,
        battery["on_low"],
        values["return"],
        tuple(_zone(zone, k, log) for k, zone in enumerate(values["keep_out"])),
        made if isinstance(made, Schedule) else None,
        {name: places.made(point, name) for name, point in points.items()},
        routes,
        blocks,
        values["steps"],
    )


def _zone(values: Values, index: int, log: Log) -> Zone:
    name = values["name"] or f"keep-out {index + 1}"
    if values["polygon"] is not None:
        return Zone(name, tuple((x, y) for x, y in values["polygon"]))
    x0, x1, y0, y1 = values["rect"]
    if not (x0 < x1 and y0 < y1):
        log.say(values.at("rect"), f"rect {x0:g}, {x1:g}, {y0:g}, {y1:g}: x_min < x_max and y_min < y_max are needed")
    return Zone(name, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
