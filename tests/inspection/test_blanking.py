"""People are blanked before anything is recorded, and what cannot be checked is not let through."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.findings import Target
from rudel.core.readings import Image, ThermalImage
from rudel.inspection.blanking import GREY, Blanking, CannotBlank, WarmPeople, blanked
from tests.inspection.scene import AIR_C, Block, base, corridor, shoot

CORRIDOR_C, OFF_K = AIR_C, 1.5  # and what the scene's thermal camera is off by
AHEAD = Target("", "", (3.0, 0.0, 0.4))


def person(x: float, y: float, skin_c: float = 32.0) -> list[Block]:
    """Trunk with cold clothes, head and hands warm."""
    return [
        Block((x, y - 0.2, 0.0), (x + 0.2, y + 0.2, 0.62), (200, 90, 20), 22.0),
        Block((x, y - 0.1, 0.62), (x + 0.2, y + 0.1, 0.85), (200, 160, 130), skin_c),
    ]


def views(blocks: list[Block]) -> tuple[Image, ThermalImage]:
    readings = shoot([*corridor(), *blocks], base(0, 0), AHEAD, ("wide", "thermal")).readings
    image, thermal = readings["wide"], readings["thermal"]
    assert isinstance(image, Image)
    assert isinstance(thermal, ThermalImage)
    return image, thermal


@pytest.mark.parametrize(("x", "y"), [(1.5, 0.0), (2.5, 0.6), (4.0, -0.7)])
def test_a_warm_head_and_what_is_below_it_is_grey(x: float, y: float) -> None:
    image, thermal = views(person(x, y))
    out = Blanking(WarmPeople(unseen=False))(image, thermal)
    skin = (np.abs(image.pixels.astype(int) - (200, 160, 130)) < 20).all(axis=2)
    assert skin.sum() > 20
    assert (out.pixels[skin] == GREY).mean() > 0.99
    assert (out.pixels == GREY).all(axis=2).mean() < 0.5  # and not simply everything


@pytest.mark.parametrize("off_k", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("air_c", [14.0, 20.0, 24.0, 27.0, 29.0, 31.0, 33.0])
def test_in_warm_air_a_face_is_grey_or_nothing_is_recorded(air_c: float, off_k: float) -> None:
    """With a thermal camera that is off by up to 2 degrees; skin is the warmer the warmer the air."""
    image, thermal = views(person(2.5, 0.2, 33.0 + 0.2 * max(0.0, air_c - 20.0) - air_c + CORRIDOR_C))
    seen = dataclasses.replace(thermal, celsius=thermal.celsius + air_c - CORRIDOR_C + off_k - OFF_K)
    try:
        out = Blanking(WarmPeople(unseen=False))(image, seen)
    except CannotBlank:
        assert air_c > 26
        return
    assert air_c < 33
    skin = (np.abs(image.pixels.astype(int) - (200, 160, 130)) < 20).all(axis=2)
    assert skin.sum() > 20
    assert (out.pixels[skin] == GREY).mean() > 0.99


def test_an_empty_corridor_stays_as_it_is() -> None:
    image, thermal = views([])
    assert Blanking(WarmPeople(unseen=False))(image, thermal) is image
    whole = Blanking(WarmPeople())(image, thermal).pixels
    assert (whole[:, :20] == GREY).all()
    assert not (whole[120, 160] == GREY).all()


def test_strict_refuses_what_it_cannot_check() -> None:
    image, thermal = views([])
    nan = dataclasses.replace(thermal, celsius=np.full_like(thermal.celsius, np.nan))
    hot = dataclasses.replace(thermal, celsius=thermal.celsius + 20)
    old = dataclasses.replace(thermal, time_s=image.time_s - 3)
    for finder, heat in ((None, thermal), *((WarmPeople(), bad) for bad in (None, nan, hot, old)), (_broken, thermal)):
        with pytest.raises(CannotBlank):
            Blanking(finder)(image, heat)
        out = Blanking(finder, strict=False)(image, heat)
        assert (out.pixels == GREY).all()


def _broken(image: Image, thermal: ThermalImage | None) -> Sequence[tuple[int, int, int, int]]:
    raise RuntimeError("out of memory")


@given(st.lists(st.tuples(*[st.integers(-400, 400)] * 4), max_size=4))
def test_boxes_may_reach_beyond_the_picture(boxes: list[tuple[int, int, int, int]]) -> None:
    image, _ = IMAGE
    out = blanked(image, boxes).pixels
    rows, columns = np.mgrid[: out.shape[0], : out.shape[1]]
    inside = np.zeros(out.shape[:2], bool)
    for x, y, w, h in boxes:
        inside |= (columns >= x) & (columns < x + w) & (rows >= y) & (rows < y + h)
    assert (out[inside] == GREY).all()
    assert (out[~inside] == image.pixels[~inside]).all()


IMAGE = views([])
