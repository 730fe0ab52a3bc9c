"""A driven round becomes a mission; a mission that is added to keeps its comments."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.missions import BadMission, Way, dry_run, parse
from rudel.missions.edit import Document
from rudel.missions.teach import learn, written
from rudel.navigation.pilot import Round, RoundPoint
from tests.missions.places import site

FILE = """\
# night round
rudel_mission: 1
name: night  # short

battery: {reserve: 20}  # percent
points:
  a: {x: 1, y: 0}  # by the door
steps:
  # first the door
  - photo: a
  - wait: 5  # let it settle
"""


def driven(*stops: tuple[float, float, float | None], between: int = 3) -> Round:
    """A trail with stops at (x, y, yaw)."""
    points, here = [RoundPoint((0.0, 0.0))], (0.0, 0.0)
    for x, y, yaw in stops:
        for k in range(1, between):
            share = k / between
            points.append(RoundPoint((here[0] + share * (x - here[0]), here[1] + share * (y - here[1]))))
        points.append(RoundPoint((x, y), yaw, stop=True))
        here = (x, y)
    return Round("r", tuple(points), "line")


def test_stops_before_things_become_inspections_and_others_photos():
    taught = learn(driven((10.3, 0.2, 0.1), (12.0, 1.0, 1.5708), (5.0, 0.0, math.pi)), site())
    assert [dict(step) for step in taught.steps] == [{"inspect": "P-2"}, {"photo": "stop-01"}, {"photo": "stop-02"}]
    assert taught.points == {
        "stop-01": {"x": 12.0, "y": 1.0, "yaw_deg": 90.0},
        "stop-02": {"x": 5.0, "y": 0.0, "yaw_deg": 180.0},  # at P-1, but with its back to it
    }


def test_a_way_that_was_driven_on_purpose_is_kept():
    def short(a, b):
        return Way([a, b], [1.0, 1.0], 3.0, 3.0)

    taught = learn(driven((20.0, 0.0, 0.0), between=20), dataclasses.replace(site(), way=short))
    assert [next(iter(step)) for step in taught.steps] == ["goto", "inspect"]
    assert len(taught.steps[0]["goto"]["points"]) == 4
    assert [next(iter(step)) for step in learn(driven((20.0, 0.0, 0.0)), site()).steps] == ["inspect"]


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(-4, 4), st.none() | st.floats(-3.1, 3.1)), max_size=6))
@settings(max_examples=40, deadline=None)
def test_what_is_taught_can_be_done(stops):
    text = written(learn(driven(*stops), site()), 'a "name"', "", "round.json")
    ran = dry_run(parse(text), site())
    assert ran.outcome.outcome == "completed"
    assert ran.unvisited == {}
    assert text.count("#") > 3


def test_without_a_place_all_stops_are_photos():
    text = written(learn(driven((5.0, 0.0, 0.0)), None), "n", "tunnel", "round.json")
    assert [task.kind for task in parse(text).steps] == ["photo"]  # pyright: ignore[reportAttributeAccessIssue]  # steps, no block
    assert parse(text).world is not None


def test_a_document_that_nobody_changes_stays_as_it_is():
    assert Document(FILE).text == FILE


def test_adding_keeps_every_comment_and_everything_else():
    document = Document(FILE)
    document.set(("battery", "reserve"), 30)
    document.set(("defaults", "retries"), 2)
    document.add_points({"b": {"x": 2, "y": 0}})
    document.add_steps([{"photo": "b"}])
    for comment in ("# night round", "# short", "# percent", "# by the door", "# first the door", "# let it settle"):
        assert document.text.count(comment) == 1
    made = document.mission()
    assert made.reserve == pytest.approx(0.3)
    assert set(made.points) == {"a", "b"}
    assert [step.kind for step in made.steps] == ["photo", "wait", "photo"]  # pyright: ignore[reportAttributeAccessIssue]  # steps, no block


def test_what_would_be_no_mission_any_more_is_refused():
    document = Document(FILE)
    with pytest.raises(BadInput, match="already"):
        document.add_points({"a": {"x": 2, "y": 0}})
    with pytest.raises(BadInput, match="which key"):
        document.set((), 1)
    document.add_steps([{"gotoo": "a"}])
    with pytest.raises(BadMission, match="goto"):
        document.mission()
    with pytest.raises(BadMission):
        Document("a: &x [*x]")
    with pytest.raises(BadInput, match="block"):
        Document("rudel_mission: 1\nname: x\nblocks: {b: [dock]}\nsteps: b\n").add_steps([{"photo": "a"}])
