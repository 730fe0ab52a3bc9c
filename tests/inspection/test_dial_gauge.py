"""Dials in other styles than the simulated ones: what is drawn is read, what cannot be told is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.core.findings import Inspection
from rudel.inspection import _ellipses as ellipses
from rudel.inspection import detector
from tests.inspection import drawn

SCALE = {"scale_low": 0.0, "scale_high": 10.0, "unit": "MPa"}
STYLES = {
    "plain": {},
    "dark": {"face": (30, 32, 36), "ink": (225, 225, 220), "needle": (240, 240, 235), "rim": (150, 150, 155)},
    "orange_needle": {"needle": (215, 95, 25)},
    "yellowed": {"face": (205, 190, 130), "rim": (170, 140, 70)},
    "coarse": {"marks": 20},
    "fine": {"marks": 60},
}


def look(
    face: np.ndarray, rng: np.random.Generator, width: float = 260, aside: float = 0.0, **more: object
) -> Inspection:
    picture = drawn.hung(face, drawn.wall(rng), width, aside, round_=True)
    picture = np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    return detector.make("dial_gauge").look(drawn.capture(picture, "dial_gauge", {**SCALE, **more}), ())


def value_of(found: Inspection) -> float:
    assert found.measured is not None, found.why
    return found.measured.value


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("share", [0.13, 0.52, 0.9])
def test_other_styles_are_read_within_two_percent(style: str, share: float, rng: np.random.Generator) -> None:
    assert value_of(look(drawn.gauge(share, **STYLES[style]), rng)) == pytest.approx(10 * share, abs=0.2)


@pytest.mark.parametrize("aside", [-35, -20, 20, 35])
def test_a_slanting_view_does_not_change_the_value(aside: float, rng: np.random.Generator) -> None:
    assert value_of(look(drawn.gauge(0.3), rng, aside=aside)) == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("width", [140, 200, 330])
def test_size_does_not_change_the_value(width: float, rng: np.random.Generator) -> None:
    assert value_of(look(drawn.gauge(0.71), rng, width=width)) == pytest.approx(7.1, abs=0.2)


def test_a_small_dial_is_read_rightly_or_not_at_all(rng: np.random.Generator) -> None:
    for width in (60, 75, 90, 105):
        found = look(drawn.gauge(0.71), rng, width=width)
        assert found.measured is None or found.measured.value == pytest.approx(7.1, abs=0.2)


def test_the_stated_deviation_covers_the_error(rng: np.random.Generator) -> None:
    for share in (0.05, 0.37, 0.66):
        found = look(drawn.gauge(share), rng)
        assert found.measured is not None
        assert abs(found.measured.value - 10 * share) < 4 * found.measured.std < 0.5


def test_the_mission_may_say_where_the_scale_is(rng: np.random.Generator) -> None:
    face = drawn.gauge(0.5, sweep_deg=180, marks=40)
    assert value_of(
        look(drawn.gauge(0.25, sweep_deg=180, marks=40), rng, start_deg=180, sweep_deg=180)
    ) == pytest.approx(2.5, abs=0.2)
    assert value_of(look(face, rng, start_deg=180, sweep_deg=180)) == pytest.approx(5.0, abs=0.2)


def test_a_value_outside_of_the_limits_is_a_finding_with_its_picture(rng: np.random.Generator) -> None:
    found = look(drawn.gauge(0.8), rng, low=2.0, high=6.0)
    (wrong,) = found.findings
    assert (found.status, wrong.kind, wrong.severity) == ("abnormal", "out_of_range", "major")
    assert wrong.evidence[0].channel == "camera/zoom"
    x, y, w, h = wrong.evidence[0].box or (0, 0, 0, 0)
    assert x < 320 < x + w
    assert y < 240 < y + h
    assert 200 < w < 300


@pytest.mark.parametrize(
    ("face", "why"),
    [
        (drawn.gauge(None), "no needle"),
        (drawn.gauge(0.2, second=0.8), "more than one"),
        (drawn.gauge(1.16), "beside the scale"),
    ],
)
def test_what_cannot_be_told_is_not_told(face: np.ndarray, why: str, rng: np.random.Generator) -> None:
    found = look(face, rng)
    assert found.status == "abstained"
    assert why in found.why


def test_a_washed_out_dial_is_not_read(rng: np.random.Generator) -> None:
    picture = drawn.hung(drawn.gauge(0.4), drawn.wall(rng), 120, round_=True)
    picture = cv2.GaussianBlur(picture, (0, 0), 9)
    assert detector.make("dial_gauge").look(drawn.capture(picture, "dial_gauge", SCALE), ()).status == "abstained"


def test_without_the_ends_of_the_scale_there_is_no_value(rng: np.random.Generator) -> None:
    found = look(drawn.gauge(0.4), rng, scale_high=None)
    assert found.status == "abstained"
    assert "scale_high" in found.why


@pytest.mark.parametrize("bad", [{"scale_high": 0.0}, {"scale_low": "0"}, {"sweep_deg": 720.0}])
def test_a_scale_that_makes_no_sense_is_refused(bad: dict[str, object], rng: np.random.Generator) -> None:
    with pytest.raises(BadInput, match=next(iter(bad))):
        look(drawn.gauge(0.4), rng, **bad)


def test_the_same_picture_gives_the_same_answer(rng: np.random.Generator) -> None:
    face = drawn.gauge(0.44)
    picture = drawn.hung(face, drawn.wall(rng), 200, 15, round_=True)
    capture = drawn.capture(picture, "dial_gauge", SCALE)
    assert detector.make("dial_gauge").look(capture, ()) == detector.make("dial_gauge").look(capture, ())


@pytest.mark.parametrize("ratio", [1.0, 0.85, 0.75])
def test_an_ellipse_is_found_where_it_was_drawn(ratio: float, rng: np.random.Generator) -> None:
    grey = drawn.wall(rng)[..., 0].copy()
    cv2.ellipse(grey, (300, 250), (120, round(120 * ratio)), 25, 0, 360, 220, -1, cv2.LINE_AA)
    best = ellipses.find(grey.astype(np.float32))[0]
    assert best.centre == pytest.approx((300, 250), abs=1.0)
    assert best.axes == pytest.approx((120, 120 * ratio), abs=1.5)
    assert best.support > 0.95
