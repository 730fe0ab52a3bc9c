"""Position indicators of valves: read where there is one, from aside and in any light, and nothing else is one."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.findings import Inspection
from rudel.inspection import _indicator, detector
from tests.inspection import drawn

UP = np.array([0.0, -1.0])
HUB = np.array([320.0, 240.0])


def plate(opened: float, colour: drawn.Colour = (220, 60, 20), ground: drawn.Colour = (225, 225, 220)) -> drawn.Pixels:
    """A plate of our own: another frame, other words, a round pointer."""
    face = np.full((300, 110, 3), ground, np.uint8)
    cv2.rectangle(face, (2, 2), (107, 297), (40, 40, 40), 3)
    cv2.putText(face, "AUF", (22, 34), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 30, 30), 2, cv2.LINE_AA)
    cv2.putText(face, "ZU", (34, 288), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 30, 30), 2, cv2.LINE_AA)
    cv2.rectangle(face, (50, 50), (60, 250), (30, 30, 30), -1)
    y = round(300 * (1 - 0.225 - 0.55 * opened))
    cv2.rectangle(face, (25, y - 12), (85, y + 12), colour, -1)
    return face


def look(pixels: drawn.Pixels, **expected: str) -> Inspection:
    return detector.make("valve").look(drawn.capture(pixels, "valve", {"form": "wheel", **expected}), ())


@given(st.floats(0.0, 1.0), st.floats(-38, 38), st.floats(28, 90), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_how_far_open_it_is(opened: float, aside: float, width: float, seed: int) -> None:
    wall = drawn.wall(np.random.default_rng(seed))
    found = _indicator.find(drawn.hung(plate(opened), wall, width, aside), HUB, UP)
    assert found is not None
    assert found.opened == pytest.approx(opened, abs=0.07)


@pytest.mark.parametrize("light", [0.5, 0.75, 1.1])
@pytest.mark.parametrize("colour", [(220, 60, 20), (30, 150, 60), (30, 60, 200)])
def test_in_other_lights_and_colours(light: float, colour: drawn.Colour, rng: np.random.Generator) -> None:
    for opened, state in ((1.0, "open"), (0.0, "closed"), (0.5, "between")):
        picture = drawn.hung(plate(opened, colour), drawn.wall(rng), 60, 20)
        dimmed = np.clip(light * picture.astype(np.float32), 0, 255).astype(np.uint8)
        assert look(dimmed).text == state


def test_a_wheel_that_is_not_as_it_should_be_is_a_finding(rng: np.random.Generator) -> None:
    picture = drawn.hung(plate(0.0), drawn.wall(rng), 60)
    found = look(picture, state="open")
    assert [(f.kind, f.data["read"]) for f in found.findings] == [("wrong_position", "closed")]
    assert look(picture, state="closed").status == "normal"


def test_the_nearest_of_two_counts(rng: np.random.Generator) -> None:
    back = np.roll(drawn.hung(plate(1.0), drawn.wall(rng), 50), 220, axis=1)
    both = drawn.hung(plate(0.0), back, 50)
    assert look(both).text == "closed"


@pytest.mark.parametrize("what", ["bare", "blank", "slot", "tag", "two", "lying"])
def test_other_plates_are_none(what: str, rng: np.random.Generator) -> None:
    wall = drawn.wall(rng)
    face = plate(0.5)
    if what == "slot":  # nothing points
        face = plate(0.5, (30, 30, 30))
    elif what == "blank":
        face = np.full((300, 110, 3), 225, np.uint8)
    elif what == "tag":
        face = cv2.rotate(drawn.plate("V-101"), cv2.ROTATE_90_CLOCKWISE)
    elif what == "two":
        face = plate(0.0)
        face[60:84, 25:85] = (220, 60, 20)
    elif what == "lying":
        face = cv2.rotate(face, cv2.ROTATE_90_CLOCKWISE)
    picture = wall if what == "bare" else drawn.hung(np.asarray(face, np.uint8), wall, 160 if what == "lying" else 60)
    found = look(picture, state="open")
    assert found.status == "abstained", found.text
    assert "position indicator" in found.why


def test_the_indicator_of_another_valve_does_not_count(rng: np.random.Generator) -> None:
    far = np.roll(drawn.hung(plate(1.0), drawn.wall(rng), 50), 220, axis=1)
    capture = drawn.capture(far, "valve", {"form": "wheel"})
    assert detector.make("valve").look(capture, ()).text == "open"  # 0.2 m beside it
    off = dataclasses.replace(capture.target, look_at=(6.0, 0.0, 0.0))  # the same pixels are 1.1 m away there
    assert detector.make("valve").look(dataclasses.replace(capture, target=off), ()).status == "abstained"
