"""Judging what was read: limits are passed when that is likelier than not, and abstaining twice is worth a look."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.core.findings import Measurement
from rudel.inspection import verdict
from tests.inspection import drawn

FLAT = np.zeros((40, 60, 3), np.uint8)
LIMITS = {"low": 2.0, "high": 6.0}
EVIDENCE = [verdict.Picture("camera/zoom", drawn.image(FLAT)).evidence((1, 2, 3, 4))]


def judge(value: float, std: float = 0.1, **limits: float):
    capture = drawn.capture(FLAT, "dial_gauge", limits or LIMITS)
    return verdict.judged("x", capture, Measurement(value, "bar", std), 0.9, EVIDENCE)


@given(st.floats(-5, 15), st.floats(0.01, 3))
def test_a_value_is_abnormal_exactly_when_it_is_outside(value: float, std: float) -> None:
    found = judge(value, std)
    assert (found.status == "abnormal") == (value < 2.0 or value > 6.0)


@given(st.floats(6.01, 9), st.floats(0.02, 1), st.floats(1.05, 3))
def test_confidence_falls_with_the_uncertainty_and_rises_with_the_excess(
    value: float, std: float, factor: float
) -> None:
    near, far, vague = judge(value, std), judge(6 + (value - 6) * factor, std), judge(value, std * factor)
    assert far.findings[0].confidence >= near.findings[0].confidence >= vague.findings[0].confidence
    assert vague.findings[0].confidence > 0.5 * 0.9


def test_what_is_beyond_a_critical_limit_is_critical() -> None:
    limits = {**LIMITS, "critical_high": 8.0}
    assert judge(7.0, 0.1, **limits).findings[0].severity == "major"
    assert judge(9.0, 0.1, **limits).findings[0].severity == "critical"


def test_one_limit_or_none_is_enough() -> None:
    assert judge(100.0, 0.1, low=2.0).status == "normal"
    assert judge(1.0, 0.1, low=2.0).status == "abnormal"
    assert judge(1e9, 0.1, unit=0.0).status == "normal"


@pytest.mark.parametrize("bad", ["6", True, float("nan"), [1]])
def test_a_limit_that_is_no_number_is_refused(bad: object) -> None:
    capture = drawn.capture(FLAT, "dial_gauge", {"high": bad})
    with pytest.raises(BadInput, match="high"):
        verdict.judged("x", capture, Measurement(1.0), 0.9, EVIDENCE)


def test_only_the_second_time_in_a_row_that_it_cannot_be_read_is_a_finding() -> None:
    capture = drawn.capture(FLAT, "dial_gauge", LIMITS)
    read = judge(3.0)
    first = verdict.abstained("x", capture, "fog", [read], EVIDENCE)
    second = verdict.abstained("x", capture, "fog", [read, first], EVIDENCE)
    never_read = verdict.abstained("x", capture, "fog", [first, first], EVIDENCE)
    assert not first.findings
    assert [f.kind for f in second.findings] == ["unreadable"]
    assert not never_read.findings
    by_others = [dataclasses.replace(one, detector="y") for one in (read, first)]
    assert not verdict.abstained("x", capture, "fog", by_others, EVIDENCE).findings


def test_boxes_stay_in_the_picture() -> None:
    box = verdict.box_of(np.array([[-20.0, 5.0], [90.0, 70.0]]), drawn.image(FLAT), 0.1)
    assert box == (0, 0, 60, 40)
