"""CSV that spreadsheets open and never compute, and JSON that says it all."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.findings import Round, round_of
from rudel.recording.report import language as languages
from rudel.recording.report import tables
from rudel.recording.report.facts import Facts, facts_of
from rudel.recording.report.labour import Labour
from tests.recording.report import rounds as fixture
from tests.recording.report.test_facts import finding, inspection, one_round

EN, DE = languages.load("en"), languages.load("de")


def facts(*rounds: Round) -> Facts:
    return facts_of(rounds, datetime.UTC, Labour())


def rows(text: str, separator: str = ",") -> list[dict[str, str]]:
    assert text.startswith(tables.BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=separator))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n=1", "\uff1d1", "\x00=1", "=cmd|'/c calc'!A0"]
)
def test_formulas_become_text(text: str) -> None:
    bad = finding(point=text, kind=text, detector=text, data={"read": text, "expected": text})
    told = facts(one_round(0, inspection(bad, text), points=(text, "=b"), unvisited={"=b": text}, id=text))
    for language in (EN, DE):
        for table in (tables.findings_csv(told, language), tables.readings_csv(told, language)):
            for row in rows(table, language.habits.separator):
                for key, cell in row.items():
                    if key not in ("value", "low", "high", "x_m", "y_m", "z_m", "into_round_s"):
                        assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")), (key, cell)


@given(st.text(max_size=40))
def test_any_name_survives_as_one_cell(name: str) -> None:
    told = facts(one_round(0, inspection(finding(point=name), name), points=(name,)))
    (row,) = rows(tables.findings_csv(told, DE), ";")
    assert row["point"] == tables.safe(name)
    assert row["severity"] == "major"


def test_numbers_are_numbers_in_each_language(tmp_path: Path) -> None:
    told = facts(*fixture.made(tmp_path))
    english = {row["point"]: row for row in rows(tables.findings_csv(told, EN))}
    german = {row["point"]: row for row in rows(tables.findings_csv(told, DE), ";")}
    assert english["dial_gauge_01"]["value"] == "8.42"
    assert german["dial_gauge_01"]["value"] == "8,42"
    assert len(english) == 14
    assert english["dial_gauge_01"]["simulated"] == "true"
    assert float(english["dial_gauge_01"]["y_m"]) < 0  # negative numbers stay numbers
    readings = rows(tables.readings_csv(told, EN))
    assert {row["point"] for row in readings} == set(fixture.points())
    assert [row["status"] for row in readings].count("unvisited") == 2


def test_json_has_the_round_and_what_is_made_of_it(tmp_path: Path) -> None:
    made = fixture.made(tmp_path)
    told = json.loads(json.dumps(tables.plain(facts(*made), EN), allow_nan=False))
    assert round_of(told["round"]).id == made[-1].id
    assert told["level"] == "critical"
    assert [one["number"] for one in told["findings"]] == list(range(1, 15))
    assert len(told["not_inspected"]) == 4
    assert told["labour"]["assumed"]["walk_mps"] == 1.0


def test_numbers_that_are_none_are_left_empty() -> None:
    bad = dataclasses.replace(finding(value=float("nan")), time_s=float("inf"))
    told = facts(one_round(0, inspection(bad)))
    (row,) = rows(tables.findings_csv(told, EN))
    assert (row["value"], row["time"]) == ("", "")
    json.dumps(tables.plain(told, EN), allow_nan=False)
