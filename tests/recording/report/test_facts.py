"""What a report concludes: order, gaps, what is new, known, worse or gone; and that nothing is silently left out."""

from __future__ import annotations

import dataclasses
import datetime
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import SEVERITIES, Evidence, Finding, Inspection, Measurement, Round, round_of, to_plain
from rudel.recording.report.checked import checked
from rudel.recording.report.facts import Facts, facts_of
from rudel.recording.report.labour import Labour
from rudel.recording.report.limits import Limits
from rudel.recording.report.site_time import SiteTime, zone_of
from tests.recording.report import rounds as fixture

SEEN = (Evidence("camera/zoom", 1.0),)


def finding(point: str = "a", severity: str = "major", value: float | None = None, **more: object) -> Finding:
    measured = None if value is None else Measurement(value, "bar", 0.1)
    known = {"id": f"{point}/x", "kind": "out_of_range", "confidence": 0.9, "time_s": 1.0, "detector": "gauge"}
    return Finding(**{**known, "point": point, "severity": severity, "evidence": SEEN, "measured": measured, **more})


def inspection(found: Finding | None, point: str = "a", status: str = "") -> Inspection:
    state = status or ("abnormal" if found else "normal")
    return Inspection(point, "dial_gauge", "gauge", state, 1.0, findings=(found,) if found else (), why="because")


def one_round(k: int, *inspections: Inspection, points: tuple[str, ...] = ("a",), **more: object) -> Round:
    known = {"duration_s": 60.0, "outcome": "completed", "distance_m": 10.0, "started_utc": 1e9 + 86400.0 * k}
    return Round(
        **{"id": f"r{k}", "mission": "m", "world": "w", "robot": "dog", "ended_utc": 1e9, "points": points,
           "inspections": inspections, **known, **more}
    )  # fmt: skip


def facts(*rounds: Round) -> Facts:
    return facts_of(rounds, datetime.UTC, Labour())


def state(*rounds: Round) -> tuple[str, int]:
    past = facts(*rounds).entries[0].past
    return past.state, past.rounds


def test_the_made_up_mission(tmp_path: Path) -> None:
    told = facts(*fixture.made(tmp_path))
    assert told.level == "critical"
    assert [e.finding.kind for e in told.entries[:2]] == ["gas", "missing_object"]
    assert told.counts() == {"critical": 2, "major": 6, "minor": 4, "info": 2}
    assert (told.seen, len(told.missed), len(told.gaps)) == (46, 4, 4)
    states = {e.finding.point: (e.past.state, e.past.rounds) for e in told.entries}
    assert states["valve_02"] == ("known", 5)
    assert states["dial_gauge_01"] == ("worse", 1)
    assert states["nameplate_29"] == ("returned", 0)
    assert states["gas_bottle_07"] == ("new", 0)
    assert {f.point for _, f in told.gone} == {"digital_display_12", "digital_display_20"}


def test_states_of_a_finding() -> None:
    bad, good = inspection(finding()), inspection(None)
    assert state(one_round(1, bad)) == ("first", 0)
    assert state(one_round(0, good), one_round(1, bad)) == ("new", 0)
    assert state(one_round(0, bad), one_round(1, bad)) == ("known", 1)
    assert state(one_round(0, bad), one_round(1, good), one_round(2, bad)) == ("returned", 0)
    unseen = inspection(None, status="abstained")
    assert state(one_round(0, bad), one_round(1, unseen), one_round(2, bad)) == ("known", 1)
    assert state(one_round(0, bad), one_round(1), one_round(2, bad)) == ("known", 1)


def test_worse_means_farther_from_the_limits_than_the_doubt_or_more_severe() -> None:
    limits: dict[str, Any] = {"data": {"low": 3.0, "high": 7.0}}

    def past(then: float, now: float, **more: str) -> str:
        before = one_round(0, inspection(finding(value=then, **limits)))
        return state(before, one_round(1, inspection(finding(value=now, **limits, **more))))[0]

    assert past(8.0, 8.2) == "known"  # two readings with a standard deviation of 0.1 each
    assert past(8.0, 8.9) == "worse"
    assert past(8.9, 8.0) == "known"
    assert past(2.5, 1.5) == "worse"
    assert past(8.0, 8.0, severity="critical") == "worse"


def test_rounds_of_other_missions_and_later_ones_do_not_count() -> None:
    bad, good = inspection(finding()), inspection(None)
    other = dataclasses.replace(one_round(0, bad), mission="other")
    elsewhere = dataclasses.replace(one_round(0, bad), world="elsewhere")
    later = one_round(5, bad)
    assert state(other, elsewhere, later, one_round(1, bad)) == ("first", 0)
    told = facts(one_round(3, good), one_round(2, good), one_round(1, good), one_round(4, bad))
    assert [one.id for one in told.rounds] == ["r1", "r2", "r3", "r4"]


def test_what_is_on_the_way_is_the_same_when_it_is_near() -> None:
    here = finding(point="", position=(1.0, 2.0, 0.0))
    near, far = (dataclasses.replace(here, position=(x, 2.0, 0.0)) for x in (2.5, 9.0))
    assert state(one_round(0, findings=(near,)), one_round(1, findings=(here,))) == ("known", 1)
    assert state(one_round(0, findings=(far,)), one_round(1, findings=(here,))) == ("new", 0)


@given(
    st.lists(
        st.sampled_from(["normal", "abnormal", "abstained", "failed", "skipped", "unvisited", "silent"]), max_size=9
    )
)
def test_every_point_is_inspected_or_explained(states: list[str]) -> None:
    points = tuple(f"p{i}" for i in range(len(states)))
    looks = [
        inspection(finding(p) if s == "abnormal" else None, p, s)
        for p, s in zip(points, states, strict=True)
        if s not in ("unvisited", "silent")
    ]
    unvisited = {p: "blocked" for p, s in zip(points, states, strict=True) if s == "unvisited"}
    told = facts(one_round(0, *looks, points=points, unvisited=unvisited))
    good = {p for p, s in zip(points, states, strict=True) if s in ("normal", "abnormal")}
    assert told.seen == len(good)
    assert set(told.missed) == set(points) - good
    expected = {"unvisited": "unvisited", "silent": "unrecorded"}
    assert {g.point: g.status for g in told.gaps} == {
        p: expected.get(s, s) for p, s in zip(points, states, strict=True) if p not in good
    }


@given(st.lists(st.tuples(st.sampled_from(SEVERITIES), st.floats(0, 1)), min_size=1, max_size=8))
def test_worst_first_and_numbered(found: list[tuple[str, float]]) -> None:
    made = [finding("", s, confidence=c, id=str(i)) for i, (s, c) in enumerate(found)]
    told = facts(one_round(0, findings=tuple(made)))
    grades = [SEVERITIES.index(e.finding.severity) for e in told.entries]
    assert grades == sorted(grades, reverse=True)
    assert [e.number for e in told.entries] == list(range(1, len(found) + 1))
    worst = max(s for s in map(SEVERITIES.index, (s for s, _ in found)))
    assert told.level == (SEVERITIES[worst] if worst else "nothing")
    assert all(e.finding.severity != "info" for e in told.urgent())


def test_level_without_findings() -> None:
    good = inspection(None)
    assert facts(one_round(0, good)).level == "clear"
    assert facts(one_round(0, good, points=("a", "b"))).level == "unsure"
    assert facts(one_round(0, good, outcome="ended_safely")).level == "unsure"
    assert facts(one_round(0)).level == "nothing"


def test_person_hours_by_hand() -> None:
    assert Labour(2, 1.25, 30.0, 600.0).hours(1500.0, 40) == pytest.approx(2 * (1200 + 1200 + 600) / 3600)
    with pytest.raises(BadInput, match="people"):
        Labour(people=0)


def test_excess_over_limits() -> None:
    limits = Limits(3.0, 7.0)
    assert [limits.excess(v) for v in (2.0, 3.0, 5.0, 7.0, 9.5)] == [-1.0, 0.0, 0.0, 0.0, 2.5]
    assert Limits(high=7.0).excess(-1e9) == 0.0


def test_clocks() -> None:
    berlin = zone_of("Europe/Berlin")
    one = one_round(
        0, started_utc=1_774_746_000.0, data={"started_s": 100.0}
    )  # 29 March 2026 01:00 UTC: an hour is skipped
    time = SiteTime.of(one, berlin)
    before, after = time.at(99.0), time.at(100.0)
    assert before is not None
    assert after is not None
    assert (before.isoformat(), after.isoformat()) == ("2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00")
    assert SiteTime.of(one_round(0, path=((7.0, 0.0, 0.0),)), berlin).into_s(9.0) == 2.0
    assert time.utc(math.nan) is None
    assert time.utc(1e300) is None


@pytest.mark.parametrize("name", ["Europe/Berlim", "../../etc/passwd", "", "/etc/localtime", "x" * 5000, "a\0b"])
def test_time_zones_that_there_are_none(name: str) -> None:
    with pytest.raises(UnknownName):
        zone_of(name)


def test_a_round_survives_being_written_and_checked(tmp_path: Path) -> None:
    for one in fixture.made(tmp_path):
        assert checked(round_of(to_plain(one))) == checked(one) or math.isnan(one.distance_m)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 5), ("mission", None), ("started_utc", "now"), ("distance_m", [1]), ("points", "abc"), ("points", (1,)),
        ("unvisited", {"a": 3}), ("unvisited", ["a"]), ("path", ((1.0, 2.0),)), ("path", ((1.0, 2.0, "x"),)),
        ("simulated", "yes"), ("data", []), ("inspections", ({},)), ("duration_s", 10**400),
    ],
)  # fmt: skip
def test_fields_of_another_type_are_named(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=f"round.{field}"):
        facts(dataclasses.replace(one_round(0), **{field: value}))


def test_null_stands_for_no_number() -> None:
    nothing: Any = None  # as JSON says NaN
    one = checked(dataclasses.replace(one_round(0), distance_m=nothing))
    assert math.isnan(one.distance_m)
