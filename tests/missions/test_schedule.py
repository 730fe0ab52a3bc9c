"""Next runs over changes of the clocks; instants from the IANA data, written out by hand."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.missions.schedule import Schedule
from tests.missions.places import mission

ALL = frozenset(range(7))


def runs(zone: str, times: list[str], after: str, count: int, days=ALL, first=None, last=None) -> list[str]:
    made = Schedule(zone, tuple(dt.time.fromisoformat(t) for t in times), frozenset(days), first, last)
    return [one.isoformat(timespec="minutes") for one in made.next_runs(dt.datetime.fromisoformat(after), count)]


def test_a_time_that_spring_leaves_out_runs_when_the_gap_is_over():
    # Berlin, 29 March 2026: 02:00 becomes 03:00
    found = runs("Europe/Berlin", ["02:30"], "2026-03-28T00:00+01:00", 3)
    assert found == ["2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]


def test_a_time_that_autumn_has_twice_runs_the_first_time():
    # Berlin, 25 October 2026: 03:00 becomes 02:00
    found = runs("Europe/Berlin", ["02:30"], "2026-10-24T12:00+02:00", 2)
    assert found == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]


def test_half_an_hour_of_change_and_other_hemispheres():
    # Lord Howe, 4 October 2026: 02:00 becomes 02:30
    found = runs("Australia/Lord_Howe", ["02:15"], "2026-10-03T12:00+10:30", 2)
    assert found == ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"]
    # New York, 8 March 2026: 02:00 becomes 03:00
    assert runs("America/New_York", ["02:00"], "2026-03-07T12:00-05:00", 1) == ["2026-03-08T03:00-04:00"]


def test_two_times_in_the_same_gap_are_one_run():
    found = runs("Europe/Berlin", ["02:10", "02:50", "03:00"], "2026-03-29T00:00+01:00", 2)
    assert found == ["2026-03-29T03:00+02:00", "2026-03-30T02:10+02:00"]


def test_days_and_dates_bound_it():
    first, last = dt.date(2026, 3, 30), dt.date(2026, 4, 8)
    found = runs("UTC", ["06:00"], "2026-03-01T00:00+00:00", 9, {0, 2}, first, last)
    assert found == [f"2026-{day}T06:00+00:00" for day in ("03-30", "04-01", "04-06", "04-08")]


def test_the_local_day_counts_not_that_of_utc():
    assert runs("Asia/Tokyo", ["01:00"], "2026-01-04T15:30+00:00", 1, {0}) == ["2026-01-05T01:00+09:00"]


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(BadInput, match="no time zone"):
        Schedule("UTC", (dt.time(6),), ALL).next_runs(dt.datetime(2026, 1, 1), 1)


@given(
    st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.times(),
)
def test_runs_rise_and_each_day_has_one(after, zone, time):
    time = time.replace(second=0, microsecond=0)
    found = Schedule(zone, (time,), ALL).next_runs(after, 10)
    instants = [one.astimezone(dt.UTC) for one in found]
    assert all(a < b for a, b in zip([after, *instants], instants, strict=False))
    days = [one.astimezone(zoneinfo.ZoneInfo(zone)).date() for one in found]
    assert [(b - a).days for a, b in itertools.pairwise(days)] == [1] * 9


def test_a_mission_says_when_it_runs():
    made = mission("[dock]", "schedule: {zone: Europe/Berlin, times: ['06:00', '22:30'], days: [mon, fri]}").schedule
    assert made == Schedule("Europe/Berlin", (dt.time(6), dt.time(22, 30)), frozenset({0, 4}))
