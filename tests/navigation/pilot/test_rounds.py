"""Rounds survive their file, and files that are none are refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.navigation.pilot import Round, RoundPoint, Teacher
from rudel.navigation.pilot.rounds import parse
from tests.navigation.follow.yards import estimate

COORDINATE = st.floats(-1e5, 1e5)
POINT = st.builds(RoundPoint, st.tuples(COORDINATE, COORDINATE), st.none() | st.floats(-7, 7), st.booleans())
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


@given(st.builds(Round, st.text(max_size=10), st.lists(POINT, min_size=1, max_size=5).map(tuple), st.text(max_size=9)))
def test_a_round_survives_its_file(tmp_path_factory, taught):
    path = tmp_path_factory.mktemp("rounds") / "round.json"
    taught.save(path)
    assert Round.load(path) == taught


@given(JSON | st.fixed_dictionaries({"rudel_round": st.just(1), "points": JSON}))
def test_anything_else_is_refused(content):
    with pytest.raises(BadInput):
        parse(content, "file")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rudel_round": 2, "points": []}', "[" * 100_000])
def test_files_that_are_no_rounds_are_refused(tmp_path, text):
    path = tmp_path / "round.json"
    path.write_text(text)
    with pytest.raises(BadInput, match="round"):
        Round.load(path)


@pytest.mark.parametrize("value", ["1e999", "NaN", "true", '"1"', "null", "1e300"])
def test_coordinates_are_numbers(tmp_path, value):
    path = tmp_path / "round.json"
    path.write_text(
        '{"rudel_round": 1, "name": "", "world": "", "points": [{"xy": [0, VALUE]}]}'.replace("VALUE", value)
    )
    with pytest.raises(BadInput, match="point 0"):
        Round.load(path)


def test_a_file_that_is_not_there_names_the_way_to_one(tmp_path):
    with pytest.raises(BadInput, match="rudel teach"):
        Round.load(tmp_path / "none.json")


def test_teaching_keeps_a_point_every_metre_bends_and_stops():
    teacher = Teacher()
    for x in np.arange(0, 5, 0.05):
        teacher.note(estimate(np.array([x, 0.0, 0.0]), 0.0))
    teacher.note(estimate(np.array([9.0, 9.0, 0.0]), 0.0, status="lost"))
    for y in np.arange(0, 3, 0.05):
        teacher.note(estimate(np.array([5.0, y, math.pi / 2]), 0.0))
    teacher.stop_here()
    taught = teacher.round("r", "yard")
    apart = [math.dist(a.xy, b.xy) for a, b in zip(taught.points, taught.points[1:], strict=False)]
    assert max(apart) < 1.11
    assert taught.length_m == pytest.approx(8.0, abs=0.5)
    assert taught.points[-1].stop
    assert taught.points[-1].yaw == pytest.approx(math.pi / 2)
    assert json.dumps([goal.pass_m for goal in taught.goals()]).count("null") == 1


def test_nothing_taught_is_no_round():
    with pytest.raises(BadInput):
        Teacher().round("r")
    with pytest.raises(BadInput):
        Teacher().stop_here()
