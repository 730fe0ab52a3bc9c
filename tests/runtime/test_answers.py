"""One table for code and page; conditions last, latch and end as it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput, UnknownName
from rudel.runtime.answers import TABLE, WORDS, Answer, as_markdown
from rudel.runtime.conditions import Conditions
from rudel.runtime.watchdog import Part, Watchdog, usual_parts

PAGE = Path(__file__).parents[2] / "docs" / "safety.md"
ADVICE = {"go_on": 0, "return": 1, "end": 2}


def test_the_page_shows_the_table_of_the_code() -> None:
    assert as_markdown() in PAGE.read_text()


def test_every_row_makes_sense() -> None:
    assert set(WORDS) == set(Answer)
    for row in TABLE.values():
        assert row.when
        assert row.mission
        assert 0 < row.share <= 1
        assert row.share == 1 or row.answer in (Answer.SLOW, Answer.RETURN)
        assert row.patience_s == float("inf") or row.then > row.answer


@given(st.lists(st.tuples(st.sets(st.sampled_from(sorted(TABLE)), max_size=3), st.floats(0, 30)), max_size=12))
def test_the_strongest_answer_counts_and_latched_ones_stay(history: list[tuple[set[str], float]]) -> None:
    said, now_s, worst = list[dict[str, object]](), 0.0, 0
    conditions = Conditions(lambda kind, **data: said.append(data))
    for found, wait_s in history:
        now_s += wait_s
        verdict = conditions.update(dict.fromkeys(found, "why"), now_s)
        assert found <= {c.condition for c in verdict.conditions}
        assert verdict.answer == max((c.answer for c in verdict.conditions), default=Answer.GO_ON)
        assert verdict.share == min((c.share for c in verdict.conditions), default=1.0)
        assert all(c.condition in found or c.latched for c in verdict.conditions)
        assert ADVICE[verdict.advice] >= worst  # only resume takes it back
        worst = ADVICE[verdict.advice]
    holds: dict[object, object] = {}
    for data in said:
        holds[data["name"]] = data["holds"]
    assert {name for name, held in holds.items() if held} == {c.condition for c in conditions.verdict.conditions}
    conditions.forget()
    assert conditions.update({}, now_s).advice == "go_on"


def test_patience_runs_out_and_begins_anew_after_a_break() -> None:
    conditions = Conditions(lambda kind, **data: None)
    row = TABLE["part_silent"]
    for start_s in (0.0, 100.0):
        assert conditions.update({"part_silent": ""}, start_s).answer is Answer.STAND
        assert conditions.update({"part_silent": ""}, start_s + 0.9 * row.patience_s).answer is Answer.STAND
        assert conditions.update({}, start_s + row.patience_s).answer is Answer.GO_ON
    conditions.update({"part_silent": ""}, 200.0)
    assert conditions.update({"part_silent": ""}, 200.0 + row.patience_s).answer is Answer.SIT
    assert conditions.update({}, 300.0).advice == "end"
    with pytest.raises(UnknownName):
        conditions.update({"battery_lo": ""}, 0.0)
    with pytest.raises(UnknownName, match="battery_low"):
        conditions.verdict.holds("battery_lo")


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40), st.floats(0.05, 0.5))
def test_silence_is_noticed_after_three_periods_and_not_before(gaps: list[float], period_s: float) -> None:
    dog, now_s = Watchdog([Part("slow", period_s), Part("deaf", 0.1, allowed_s=1.0)]), 5.0
    assert dog.silent(now_s) == ()
    started_s = now_s
    for gap in gaps:
        now_s += gap
        silent = {part.name for part in dog.silent(now_s)}
        assert ("slow" in silent) == (gap > 3 * period_s) or abs(gap - 3 * period_s) < 1e-6
        assert ("deaf" in silent) == (now_s - started_s > 1.0) or abs(now_s - started_s - 1.0) < 1e-6
        dog.hear("slow", now_s)
        dog.hear("slow", float("nan"))


def test_parts_are_known_by_name() -> None:
    dog = Watchdog(usual_parts(("camera", "gas_CH4", "odometry")))
    assert [part.name for part in dog.parts] == ["camera", "gas_CH4"]
    for call in (
        lambda: dog.hear("camra", 0.0),
        lambda: dog.forget("camra"),
        lambda: dog.watch(Part("camera", 1.0)),
        lambda: Part("x", 0.0),
        lambda: Part("x", 1.0, "camera_gone"),
        lambda: Part("x", 1.0, allowed_s=-1.0),
    ):
        with pytest.raises(BadInput):
            call()
    dog.forget("camera")
    assert dog.silent(0.0) == dog.silent(1.0) == ()
