"""Codes, displays, plates and levers: drawn in other styles than the simulated ones."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Inspection
from rudel.inspection import _text as words
from rudel.inspection import detector
from rudel.inspection.detectors import code, display
from tests.inspection import drawn


def look(name: str, kind: str, picture: np.ndarray, expected: dict[str, object]) -> Inspection:
    return detector.make(name).look(drawn.capture(picture, kind, expected), ())


def framed(modules: np.ndarray) -> np.ndarray:
    quiet = np.pad(modules, 3, constant_values=255)
    return cv2.cvtColor(np.kron(quiet, np.ones((12, 12), np.uint8)), cv2.COLOR_GRAY2RGB)


def qr(text: str) -> np.ndarray:
    return framed(cv2.QRCodeEncoder.create().encode(text))


def tag(number: int, family: str = "36h11") -> np.ndarray:
    book = cv2.aruco.getPredefinedDictionary(code.FAMILIES[family])
    return framed(cv2.aruco.generateImageMarker(book, number, book.markerSize + 2))


@pytest.mark.parametrize("aside", [0, 30])
@pytest.mark.parametrize("width", [120, 300])
def test_codes_are_read(aside: float, width: float, rng: np.random.Generator) -> None:
    picture = drawn.hung(qr("PLANT/7"), drawn.wall(rng), width, aside)
    found = look("code", "qr", picture, {"text": "PLANT/7"})
    assert (found.status, found.text) == ("normal", "PLANT/7")
    found = look("code", "apriltag", drawn.hung(tag(33), drawn.wall(rng), width, aside), {"id": 33})
    assert (found.status, found.text) == ("normal", "33")


def test_another_code_than_expected_is_a_finding(rng: np.random.Generator) -> None:
    found = look("code", "qr", drawn.hung(qr("PLANT/8"), drawn.wall(rng), 240), {"text": "PLANT/7"})
    assert [f.kind for f in found.findings] == ["wrong_code"]
    assert found.findings[0].data == {"expected": "PLANT/7", "read": "PLANT/8"}
    found = look("code", "apriltag", drawn.hung(tag(3), drawn.wall(rng), 240), {"id": 4})
    assert found.findings[0].data == {"expected": "4", "read": "3"}


def test_a_tag_of_another_family_is_not_taken_for_one(rng: np.random.Generator) -> None:
    picture = drawn.hung(tag(5, "25h9"), drawn.wall(rng), 240)
    assert look("code", "apriltag", picture, {"id": 5}).status == "abstained"
    assert look("code", "apriltag", picture, {"id": 5, "family": "25h9"}).text == "5"


def test_what_a_code_cannot_be_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(BadInput, match="id"):
        look("code", "apriltag", drawn.wall(rng), {"id": "five"})
    with pytest.raises(UnknownName, match="36h11"):
        look("code", "apriltag", drawn.wall(rng), {"id": 5, "family": "36h12"})


@pytest.mark.parametrize("text", ["0.5", "417", "83.92", "-12.6", "1111", "7.07", "302.4"])
@pytest.mark.parametrize("lit", [(40, 235, 90), (250, 60, 40), (60, 140, 255)])
def test_glowing_digits_are_read(text: str, lit: tuple[int, int, int], rng: np.random.Generator) -> None:
    picture = drawn.hung(drawn.display(text, lit), drawn.wall(rng), 260, 15)
    found = look("display", "digital_display", picture, {"unit": "V", "low": -99.0, "high": 999.0})
    assert found.text == text, found.why
    assert found.measured is not None
    assert found.measured.value == float(text)


def test_a_shown_value_outside_of_the_limits_is_a_finding(rng: np.random.Generator) -> None:
    picture = drawn.hung(drawn.display("83.9"), drawn.wall(rng), 260)
    found = look("display", "digital_display", picture, {"low": 10.0, "high": 80.0, "unit": "%"})
    assert [(f.kind, f.data["text"]) for f in found.findings] == [("out_of_range", "83.9")]


def test_a_number_with_the_wrong_decimals_is_not_given(rng: np.random.Generator) -> None:
    picture = drawn.hung(drawn.display("839"), drawn.wall(rng), 260)
    assert look("display", "digital_display", picture, {"decimals": 1}).status == "abstained"
    assert look("display", "digital_display", picture, {"decimals": 0}).text == "839"


def test_a_point_that_is_hardly_seen_is_believed_where_it_belongs(rng: np.random.Generator) -> None:
    face = drawn.display("41.7")
    lit = (face.astype(int).max(axis=2) > 120) & (np.arange(face.shape[0])[:, None] > 0.6 * face.shape[0])
    count, labels, stats, _ = cv2.connectedComponentsWithStats(lit.astype(np.uint8))
    point = min(range(1, count), key=lambda k: stats[k, cv2.CC_STAT_AREA])
    faint = face.astype(np.float32)
    faint[labels == point] *= 0.42
    picture = drawn.hung(faint.astype(np.uint8), drawn.wall(rng), 260)
    assert look("display", "digital_display", picture, {"decimals": 1}).text == "41.7"
    assert look("display", "digital_display", picture, {}).text != "41.7"
    assert look("display", "digital_display", picture, {"decimals": 2}).status == "abstained"
    assert look("display", "digital_display", picture, {"decimals": 0}).text == "417"  # a speck
    clear = drawn.hung(face, drawn.wall(rng), 260)
    assert look("display", "digital_display", clear, {"decimals": 0}).status == "abstained"


def test_segments_that_make_no_digit_are_not_guessed(rng: np.random.Generator) -> None:
    face = drawn.display("88.8")
    face[110:180, 40:75] = (8, 14, 10)  # the lower left stroke of the first digit and half of its foot
    picture = drawn.hung(face, drawn.wall(rng), 260)
    found = look("display", "digital_display", picture, {})
    assert found.status == "abstained" or found.text[0] not in "8"


@given(st.from_regex(re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,4})?"), fullmatch=True), st.sampled_from(["", "bar", "m3/h"]))
def test_numbers_are_parsed_with_and_without_their_unit(text: str, unit: str) -> None:
    assert display.parsed(f"{text} {unit}", unit) == float(text)
    assert display.parsed(text.replace(".", ","), unit) == float(text)


@given(st.text(max_size=12))
def test_only_numbers_are_numbers(text: str) -> None:
    value = display.parsed(text)
    if value is not None:
        assert float(text.replace(" ", "").replace(",", ".")) == value


@pytest.mark.parametrize("text", ["", "12.", ".5", "1.2.3", "12 V", "1e5", "nan", "--1", "MIN 3", "1234567890"])
def test_what_is_nearly_a_number_is_none(text: str) -> None:
    assert display.parsed(text) is None


def test_a_tag_is_read_and_compared(rng: np.random.Generator) -> None:
    picture = drawn.hung(drawn.plate("KX-4071"), drawn.wall(rng), 300, 20)
    found = look("nameplate", "nameplate", picture, {"text": "KX-4071"})
    assert (found.status, found.text) == ("normal", "KX-4071")
    found = look("nameplate", "nameplate", picture, {"text": "KX-4017"})
    assert [f.data for f in found.findings] == [{"expected": "KX-4017", "read": "KX-4071"}]


def test_a_plate_without_such_a_text_is_not_judged(rng: np.random.Generator) -> None:
    picture = drawn.hung(drawn.plate("KX-4071"), drawn.wall(rng), 300)
    assert look("nameplate", "nameplate", picture, {"text": "B12/3"}).status == "abstained"
    assert look("nameplate", "nameplate", picture, {}).status == "abstained"


def test_letters_that_were_not_allowed_are_not_read(rng: np.random.Generator) -> None:
    for line in words.lines(drawn.hung(drawn.plate("KX-4071"), drawn.wall(rng), 300), "0123456789"):
        assert line.text.isdigit()


@pytest.mark.parametrize(("turn", "state"), [(0, "open"), (14, "open"), (180, "open"), (90, "closed"), (78, "closed")])
@pytest.mark.parametrize("colour", [(190, 40, 35), (40, 120, 65), (220, 180, 40)])
def test_levers_are_read(turn: float, state: str, colour: tuple[int, int, int]) -> None:
    found = look("valve", "valve", drawn.lever(turn, colour), {"state": state, "form": "lever"})
    assert (found.status, found.text) == ("normal", state)


@pytest.mark.parametrize(("turn", "read"), [(0, "open"), (45, "between")])
def test_a_lever_that_is_not_as_it_should_be_is_a_finding(turn: float, read: str) -> None:
    found = look("valve", "valve", drawn.lever(turn), {"state": "closed"})
    assert [(f.kind, f.data["read"]) for f in found.findings] == [("wrong_position", read)]


def test_the_pipe_may_run_another_way() -> None:
    assert look("valve", "valve", drawn.lever(90), {"state": "open", "pipe_deg": 90.0}).status == "normal"


def test_a_lever_that_ends_elsewhere_is_another_valve() -> None:
    far = np.roll(drawn.lever(90), 220, axis=1)
    assert look("valve", "valve", far, {"state": "open"}).status == "abstained"


def test_wheels_without_an_indicator_are_not_judged() -> None:
    assert look("valve", "valve", drawn.lever(0), {"state": "open", "form": "wheel"}).status == "abstained"
