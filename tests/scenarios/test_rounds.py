"""Teaching a round, going it again with something in the way, and exploring, in a small room."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from rudel.cli.main import ONE_THREAD
from rudel.navigation.pilot import Round
from rudel.worlds.place import Box
from tests.scenarios.rooms import ride, room, saved


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.mark.slow
def test_a_taught_round_is_gone_again_where_something_was_moved(tmp_path: Path, capsys, monkeypatch):
    from rudel.cli import repeat

    folder = saved(tmp_path / "room")
    file = tmp_path / "round.json"
    shared = ("--world", str(folder), "--out", str(tmp_path))
    status, told = ride(capsys, "teach", str(file), "--to", "1.5,3,90", *shared)
    assert (status, told["reason"], told["skipped"]) == (0, "repeated", [])
    taught = Round.load(file)
    stops = [point for point in taught.points if point.stop]
    assert len(stops) == 1
    assert math.dist(stops[0].xy, (1.5, 3)) < 0.06
    assert stops[0].yaw == pytest.approx(math.pi / 2, abs=0.1)

    moved = Box((1.4, 2.1, 0.3), (0.2, 0.2, 0.3))  # on the way, and on no map
    world = dataclasses.replace(room(), shapes=(*room().shapes, moved))
    monkeypatch.setattr(repeat, "surroundings", lambda *_: world)
    status, told = ride(capsys, "repeat", str(file), *shared)
    assert (status, told["reason"]) == (0, "repeated")
    assert told["contacts"] == 0
    assert told["true"]["goal_error_m"] < 0.1


@pytest.mark.slow
def test_it_explores_and_is_home_in_time(tmp_path: Path, capsys):
    folder = saved(tmp_path / "room")
    status, told = ride(capsys, "explore", "--world", str(folder), "--out", str(tmp_path), "--minutes", "1.2")
    assert status == 0
    assert told["reason"] in ("explored", "home")
    assert told["time_s"] < 72
    assert told["seen_share"] > 0.7
    assert told["true"]["goal_error_m"] < 0.3
    assert told["contacts"] == 0
