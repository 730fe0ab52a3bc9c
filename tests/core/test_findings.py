"""Rounds, inspections and findings: what is written as JSON is read back as it was, NaN included."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core import findings as f
from rudel.core.errors import BadInput, UnknownName

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
numbers = st.floats(-1e9, 1e9, allow_subnormal=False)
shares = st.floats(0, 1)
maybe_nan = numbers | st.just(math.nan)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | numbers | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
tables = st.dictionaries(names, plain, max_size=3)
measurements = st.none() | st.builds(f.Measurement, maybe_nan, names, maybe_nan)
boxes = st.none() | st.tuples(*[st.integers(0, 4000)] * 4)
evidence = st.builds(f.Evidence, names, numbers, names, boxes)
positions = st.none() | st.tuples(numbers, numbers, numbers)
found = st.builds(
    f.Finding, names, names, names, st.sampled_from(f.SEVERITIES), shares, numbers, names,
    st.lists(evidence, min_size=1, max_size=2).map(tuple), positions, measurements, tables,
)  # fmt: skip


@st.composite
def inspections(draw: Any) -> f.Inspection:
    made = tuple(draw(st.lists(found, max_size=2)))
    status = draw(st.sampled_from(f.STATUSES if made else [s for s in f.STATUSES if s != "abnormal"]))
    seen = tuple(draw(st.lists(evidence, max_size=2)))
    words = [draw(names) for _ in range(3)]
    about = (draw(numbers), draw(names), draw(measurements), draw(names), draw(shares))
    return f.Inspection(*words, status, *about, evidence=seen, findings=made)


rounds = st.builds(
    f.Round, names, names, names, names, numbers, numbers, numbers, st.sampled_from(f.OUTCOMES), numbers,
    st.lists(names, max_size=3).map(tuple),
    why=names,
    inspections=st.lists(inspections(), max_size=3).map(tuple),
    findings=st.lists(found, max_size=2).map(tuple),
    unvisited=st.dictionaries(names, names, max_size=2),
    path=st.lists(st.tuples(numbers, numbers, numbers), max_size=3).map(tuple),
    simulated=st.booleans(),
    data=tables,
)  # fmt: skip


def written(thing: Any) -> Any:
    """Through JSON as the standard has it: a NaN that is left over raises."""
    return json.loads(json.dumps(f.to_plain(thing), allow_nan=False))


@given(rounds)
def test_a_round_survives_json(done):
    """repr and not ==: NaN is not equal to itself."""
    assert repr(f.round_of(written(done))) == repr(done)


@given(found, inspections())
def test_findings_and_inspections_survive_json(finding, inspection):
    assert repr(f.finding_of(written(finding))) == repr(finding)
    assert repr(f.inspection_of(written(inspection))) == repr(inspection)


def test_a_value_that_is_not_a_number_stays_one():
    one = f.Inspection("P-1", "dial_gauge", "d", "failed", 0.0, measured=f.Measurement(math.nan, "bar"))
    assert written(one)["measured"]["value"] is None
    again = f.inspection_of(written(one)).measured
    assert again is not None
    assert math.isnan(again.value)
    assert math.isnan(again.std)


@given(rounds)
def test_all_findings_are_in_order_of_time_and_complete(done):
    told = done.all_findings
    assert [one.time_s for one in told] == sorted(one.time_s for one in told)
    assert len(told) == len(done.findings) + sum(len(i.findings) for i in done.inspections)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"confidence": 1.5}, "confidence"),
        ({"confidence": math.nan}, "confidence"),
        ({"evidence": ()}, "evidence"),
        ({"severity": "bad"}, "critical"),
    ],
)
def test_findings_that_make_no_sense_are_refused(change, part):
    values: dict[str, Any] = {
        "id": "1", "point": "", "kind": "leak", "severity": "minor", "confidence": 0.5, "time_s": 0.0, "detector": "d",
        "evidence": (f.Evidence("scan", 0.0),),
    }  # fmt: skip
    f.Finding(**values)
    with pytest.raises(BadInput, match=part):
        f.Finding(**{**values, **change})


def test_unknown_words_and_abnormal_without_a_finding_are_refused():
    with pytest.raises(UnknownName):
        f.Inspection("P", "", "d", "fine", 0.0)
    with pytest.raises(BadInput, match="without a finding"):
        f.Inspection("P", "", "d", "abnormal", 0.0)


@pytest.mark.parametrize("data", [{}, {"points": 3}, {"points": [], "path": [[1, 2]]}, {"id": "x", "points": ["a"]}])
def test_what_is_no_round_is_refused(data):
    with pytest.raises(BadInput, match="round cannot be read"):
        f.round_of(data)
