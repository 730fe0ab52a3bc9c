"""When a mission is to run: local times in a time zone, over changes to and from daylight saving time.

A time that a change leaves out (02:30 where clocks go from 02:00 to 03:00) runs when the gap is over; a time that comes
twice runs the first time only. So every listed time runs once on each of its days.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from dataclasses import dataclass
from typing import Any

from rudel.core.errors import BadInput
from rudel.missions.fields import Field, ListOf, Record, Values
from rudel.missions.problem import unknown
from rudel.missions.source import Node, Scalar
from rudel.missions.values import Choice, Log, Schema, shown

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
LOOK_AHEAD_DAYS = 366 * 2


class TimeOfDay:
    """HH:MM on a 24 hour clock."""

    def read(self, node: Node, log: Log) -> Any:
        match = _TIME.fullmatch(node.text) if isinstance(node, Scalar) else None
        if match is None:
            return log.say(node.mark, f'{shown(node)} is not a time of day; write for example "06:30"')
        return dt.time(int(match[1]), int(match[2]))

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^({_TIME.pattern})$"}


class Day:
    """A date, YYYY-MM-DD."""

    def read(self, node: Node, log: Log) -> Any:
        try:
            return dt.date.fromisoformat(node.text if isinstance(node, Scalar) else "")
        except ValueError:
            return log.say(node.mark, f"{shown(node)} is not a date; write for example 2026-03-29")

    def schema(self) -> Schema:
        return {"type": "string", "format": "date"}


class ZoneName:
    """A time zone of the IANA database."""

    def read(self, node: Node, log: Log) -> Any:
        text = node.text if isinstance(node, Scalar) else ""
        known = zoneinfo.available_timezones()
        return text if text in known else log.say(node.mark, unknown("time zone", text or shown(node), known))

    def schema(self) -> Schema:
        return {"type": "string", "examples": ["Europe/Berlin", "UTC"]}


SCHEDULE = Record(
    {
        "zone": Field(ZoneName(), "time zone by its IANA name, for example Europe/Berlin", needed=True),
        "times": Field(ListOf(TimeOfDay(), 1, 288, lone=True), "local times of day", needed=True),
        "days": Field(ListOf(Choice("day", DAYS), 1, 7, lone=True), "of the week; left out: all", DAYS),
        "from": Field(Day(), "first day"),
        "until": Field(Day(), "last day"),
    },
    "schedule",
)


@dataclass(frozen=True)
class Schedule:
    """Local ``times`` on ``days`` (0 is Monday) in ``zone``, from ``first`` to ``last``, both included."""

    zone: str
    times: tuple[dt.time, ...]
    days: frozenset[int]
    first: dt.date | None = None
    last: dt.date | None = None

    def next_runs(self, after: dt.datetime, count: int) -> list[dt.datetime]:
        """The next ``count`` runs after a moment, in the schedule's zone; fewer where the schedule ends.

        Args:
            after: with a time zone; BadInput otherwise.
            count: how many.
        """
        if after.tzinfo is None:
            raise BadInput(f"{after.isoformat()} has no time zone: give for example +00:00")
        zone = zoneinfo.ZoneInfo(self.zone)
        day = after.astimezone(zone).date() - dt.timedelta(days=1)
        if self.first is not None:
            day = max(day, self.first)
        found: list[dt.datetime] = []
        for _ in range(LOOK_AHEAD_DAYS):
            if (self.last is not None and day > self.last) or len(found) >= count:
                break
            if day.weekday() in self.days:
                moments = {_moment(day, time, zone) for time in self.times}
                found += sorted(moment for moment in moments if moment > after)
            day += dt.timedelta(days=1)
        return [moment.astimezone(zone) for moment in found[:count]]


def _moment(day: dt.date, time: dt.time, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """The moment of a local time [UTC]; the end of the gap where the time is left out, the first where it is twice."""
    local = dt.datetime.combine(day, time, zone)  # fold 0: the first of two; before the gap
    utc = local.astimezone(dt.UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    # in a gap: fold 0 reckons with the offset before it, fold 1 with that after it, and the gap ends in between
    before, after = (local.replace(fold=fold).astimezone(dt.UTC) for fold in (1, 0))
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) / 2
        past = middle.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset()
        before, after = (before, middle) if past else (middle, after)
    return after.replace(microsecond=0)


def made(values: Values, log: Log) -> Schedule | object:
    """The schedule that a SCHEDULE table describes."""
    first, last = values["from"], values["until"]
    if first is not None and last is not None and last < first:
        return log.say(values.at("until"), f"until {last} is before from {first}")
    times = tuple(sorted(set(values["times"])))
    if len(times) < len(values["times"]):
        return log.say(values.at("times"), "a time of day is there twice")
    return Schedule(values["zone"], times, frozenset(DAYS.index(day) for day in values["days"]), first, last)
