"""The whole stack, simulated with its senses, in a small room."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from rudel.cli.main import ONE_THREAD, main
from rudel.core.types import Pose
from rudel.sim.live import LiveSim, TrueState
from rudel.worlds.place import save
from tests.scenarios.rooms import GOAL, ride, room, saved, with_zone

X, Y = map(str, GOAL)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("worlds") / "room")


def believed(folder: Path) -> np.ndarray:
    """(n, 2) where the robot believed to be, ten times a second."""
    lines = [json.loads(line) for line in (folder / "ride.jsonl").read_text().splitlines()]
    return np.array([line["xyz"][:2] for line in lines if line["kind"] == "pose"])


@pytest.mark.slow
def test_it_arrives_and_no_truth_has_a_part_in_it(folder, tmp_path, capsys, monkeypatch):
    """The same seed gives the same ride, bit by bit, also when all that calls itself true is made up, 50 m away."""
    argv = ("goto", X, Y, "--world", str(folder), "--out", str(tmp_path), "--seed", "3")
    status, told = ride(capsys, *argv)
    first = believed(tmp_path)
    assert (status, told["reason"]) == (0, "arrived")
    assert told["true"]["goal_error_m"] < 0.1
    assert told["true"]["pose_rms_m"] < 0.1
    assert told["contacts"] == 0
    assert told["spl"] > 0.7
    assert (tmp_path / "goto.png").stat().st_size > 10_000

    rng = np.random.default_rng(0)

    def made_up(live: LiveSim) -> TrueState:
        quat = rng.normal(size=4)
        pose = Pose(rng.normal(0, 50, 3), quat / np.linalg.norm(quat))
        return TrueState(live.now_s(), pose, rng.normal(size=3), rng.normal(size=3))

    monkeypatch.setattr(LiveSim, "true_state", made_up)
    status, told = ride(capsys, *argv)
    again = believed(tmp_path)
    assert np.array_equal(first, again)
    assert (status, told["reason"]) == (0, "arrived")
    assert told["true"]["goal_error_m"] > 1.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stop", "freeze", "nan", "past"])
def test_a_lidar_that_breaks_for_good_stops_it_within_a_second(kind, folder, tmp_path, capsys):
    argv = ["goto", X, Y, "--world", str(folder), "--out", str(tmp_path), "--fault", f"lidar:{kind}:4:999"]
    status, told = ride(capsys, *argv, "--limit", "8s")
    lines = [json.loads(line) for line in (tmp_path / "ride.jsonl").read_text().splitlines()]
    poses = [line for line in lines if line["kind"] == "pose"]
    stood_up_s = 1.6
    moving = [line["t"] + stood_up_s for line in poses if math.hypot(*line["twist"][:2]) > 0.0]
    assert status == 1
    assert 3.0 < max(moving) < 5.0
    assert told["contacts"] == 0


@pytest.mark.slow
def test_a_map_of_another_place_is_lost_and_not_a_pose(tmp_path, capsys, monkeypatch):
    """It stands in the room, and is given the map of the room turned by 40 degrees and cut."""
    from rudel.cli import _stack_map
    from rudel.navigation.localise import PointMap

    rng = np.random.default_rng(0)
    walls = np.concatenate(
        [
            np.column_stack((rng.uniform(-6, 6, 4000), np.full(4000, y), rng.uniform(0, 2, 4000)))
            for y in (-4.0, -1.1, 2.9, 6.5)
        ]
    )
    monkeypatch.setattr(_stack_map, "points_of", lambda *_: PointMap.from_points(walls))
    argv = ("goto", X, Y, "--world", str(saved(tmp_path / "room")), "--out", str(tmp_path), "--limit", "20s")
    status, told = ride(capsys, *argv)
    assert status == 1
    assert told["reason"] in ("lost", "timeout")
    assert told["contacts"] == 0


def test_goals_without_a_way_are_refused_with_the_nearest_place(tmp_path, capsys):
    folder = save(with_zone(room(), 1, (4.0, 6.0, 3.9, 5.1)), tmp_path / "room")
    for goal, part in (
        (("6.3", "1.0"), "obstacle"),
        (("20", "20"), "outside"),
        (("5.0", "4.4"), "keep-out"),
    ):
        assert main(["goto", *goal, "--world", str(folder)]) == 2
        told = capsys.readouterr().err
        assert part in told
        assert "nearest" in told
