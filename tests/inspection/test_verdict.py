"""Judging what was read: limits are passed when that is likelier than not, and abstaining twice is worth a look."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.core.findings import Measurement
from rudel.core.types import Pose
from rudel.inspection import verdict
from rudel.inspection._sighting import aimed_at, up_at
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


@pytest.mark.parametrize(("shape", "shown"), [((20, 400, 3), 0), ((400, 20, 3), 0), ((64, 64, 3), 1)])
def test_pictures_that_are_too_small_show_nothing(shape: tuple[int, int, int], shown: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert len(verdict.pictures(drawn.capture(pixels, "valve", {}))) == shown


def test_the_zoomed_picture_comes_before_the_wide_one() -> None:
    picture = drawn.image(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    capture = dataclasses.replace(drawn.capture(FLAT, "valve", {}), readings={"wide": picture, "zoom": picture})
    assert [one.channel for one in verdict.pictures(capture)] == ["camera/zoom", "camera/wide"]


def test_the_target_is_where_the_pose_has_it_and_in_the_middle_when_that_is_lost() -> None:
    capture = drawn.capture(np.zeros((480, 640, 3), np.uint8), "valve", {})
    picture = drawn.image(np.zeros((480, 640, 3), np.uint8))
    for z, row in ((0.0, 239.5), (0.1, 239.5 - 0.1 * picture.intrinsics.fy)):
        target = dataclasses.replace(capture.target, look_at=(1.0, 0.0, z))
        assert aimed_at(picture, dataclasses.replace(capture, target=target)) == pytest.approx((319.5, row))
    lost = dataclasses.replace(capture, pose=Pose(np.full(3, np.nan), np.full(4, np.nan)))
    assert aimed_at(picture, lost) == pytest.approx((319.5, 239.5))
    assert up_at(picture, lost, np.zeros(2)) == pytest.approx((0.0, -1.0))
    behind = dataclasses.replace(capture, target=dataclasses.replace(capture.target, look_at=(-1.0, 0.0, 0.0)))
    assert aimed_at(picture, behind) == pytest.approx((319.5, 239.5))
