"""The flight past the things of a world."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from rudel import worlds
from rudel.cli import _tour, main
from rudel.worlds.place import Thing, Viewpoint, Waypoint, World


def world(*things: Thing, **others: object) -> World:
    values: dict = {"floor_m": 0.0, "things": things, **others}
    return World("test", Waypoint("start", (0.0, 0.0)), (-1.0, 11.0, -5.0, 5.0), **values)


def thing(id: str, x: float) -> Thing:
    return Thing(id, "sign", (x, 1.0, 0.5), viewpoint=Viewpoint((x, 0.0), 1.57, (x, 1.0, 0.5)))


def test_the_route_passes_its_stops_in_order():
    place = world(thing("a", 2.0), thing("b", 6.0), points=(Waypoint("p", (4.0, 3.0)),), routes={"r": ("a", "p", "b")})
    route = _tour.Route(place)
    assert [t.id for _, t in route.things] == ["a", "b"]
    for along, seen in route.things:
        assert seen.viewpoint is not None
        np.testing.assert_allclose(route.point(along), seen.viewpoint.xy)
    corner = 2.0 + np.hypot(2.0, 3.0)
    np.testing.assert_allclose(route.point(corner), (4.0, 3.0))
    np.testing.assert_allclose(route.point(1e9), (6.0, 0.0))


@pytest.mark.parametrize("seconds", [0.2, 3.0, 20.0])
def test_a_film_has_its_length_and_no_jump_within_a_clip(seconds: float):
    place = world(thing("a", 2.0), thing("b", 9.0))
    shots = list(_tour.views(place, seconds, 15.0))
    assert len(shots) == round(seconds * 15)
    for shot in shots:
        assert np.isfinite((*shot.eye, *shot.target)).all()
        assert np.linalg.norm(shot.target - shot.eye) > 0.1
        assert _tour.NEAR_DEG <= shot.fovy_deg <= _tour.WIDE_DEG
    if seconds == 3.0:  # one clip
        steps = np.linalg.norm(np.diff([s.eye for s in shots], axis=0), axis=1)
        assert steps.max() < 0.5


@pytest.mark.parametrize("clips", range(1, 9))
@pytest.mark.parametrize("faulty", [[False] * 8, [True] * 8, [True] + [False] * 7, [False, True] * 4])
def test_as_many_things_as_clips_and_faults_before_others(faulty: list[bool], clips: int):
    chosen = _tour._chosen(faulty, clips)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == clips
    assert sum(faulty[k] for k in chosen) >= min(sum(faulty), (clips + 1) // 2)


def test_a_clip_ends_with_the_thing_in_the_middle():
    place = world(thing("a", 2.0))
    last = list(_tour.views(place, 2.0, 15.0))[-1]
    np.testing.assert_allclose(last.target, (2.0, 1.0, 0.5))
    np.testing.assert_allclose(last.eye, (2.0, 0.0, _tour.EYE_M))
    assert last.thing is not None


def test_a_world_without_things_is_circled():
    shots = list(_tour.views(world(), 2.0, 15.0))
    out = [np.linalg.norm(s.eye[:2] - (5.0, 0.0)) for s in shots]
    np.testing.assert_allclose(out, out[0])
    assert all(s.thing is None for s in shots)


def test_words_give_value_and_limits():
    place = worlds.build_place("plant", 0.5, np.random.default_rng(0), bays=2, things=10)
    for one in place.things:
        title, facts = _tour.words(one)
        assert title.startswith(one.id)
        if "value" in one.truth:
            assert f"{one.truth['value']:g}" in facts


@pytest.mark.slow
def test_tour_writes_a_film_and_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code = main.main(["world", "tour", "plant", "--seconds", "1", "--out", str(tmp_path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    film = cv2.VideoCapture(found["film"])
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 15
    assert (film.get(cv2.CAP_PROP_FRAME_WIDTH), film.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (640, 480)
    sheet = cv2.imread(found["sheet"])
    assert sheet is not None
    assert sheet.std() > 20
    assert {t["id"] for t in found["things"] if t["fault"]}


def test_an_unknown_world_is_refused(capsys: pytest.CaptureFixture[str]):
    assert main.main(["world", "tour", "tunel"]) == 2
    assert "tunnel" in capsys.readouterr().err
