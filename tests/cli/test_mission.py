"""`rudel mission`: shipped missions hold in their places; options, refusals, files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rudel import missions, worlds
from rudel.cli import _mission_register, _mission_site, mission
from rudel.cli.main import ONE_THREAD, main
from rudel.navigation.pilot import Round, RoundPoint
from rudel.worlds import things
from rudel.worlds.place import Box, Thing, Viewpoint, Waypoint, World, save


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> str:
    """A folder with a room of 12 m x 8 m, a wall in it and a gauge behind that."""
    at = (9.0, 3.0, 1.2)
    truth = {"value": 7.7, "low": 2.0, "high": 6.0, "unit": "bar", "label": "G-1"}
    gauge = Thing("G-1", "dial_gauge", at, truth=truth, fault="out_of_range", viewpoint=Viewpoint((9.0, 1.5), 1.57, at))
    wall = Box((6.0, -1.0, 1.0), (0.2, 3.0, 1.0))
    world = World(
        "room", Waypoint("start", (2.0, 0.0)), (0.0, 12.0, -4.0, 4.0), floor_m=0.0, shapes=(wall,), things=(gauge,),
        points=(Waypoint("corner", (10.0, -2.0)),), routes={"inspection": ("corner", "G-1")},
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("worlds") / "room"
    save(world, folder)
    return str(folder)


def run(capsys, *argv: str) -> tuple[int, dict]:
    """Exit status and the JSON that was printed."""
    status = main(["mission", *argv, "--json"])
    return status, json.loads(capsys.readouterr().out)


def write(path, steps: str, more: str = "") -> str:
    path.write_text(f"rudel_mission: 1\nname: test\n{more}\nsteps: {steps}\n")
    return str(path)


def test_help_names_the_actions(capsys):
    with pytest.raises(SystemExit):
        main(["mission", "--help"])
    text = capsys.readouterr().out
    assert all(action in text for action in mission.actions())
    assert set(mission.actions()) == {"check", "dry-run", "list", "schema", "show", "teach"}


@pytest.mark.parametrize("name", _mission_site.shipped())
def test_shipped_missions_are_in_order_and_say_what_they_are_for(name):
    path = _mission_site.path_of(name)
    made = missions.load(path)
    assert made.about
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= (20 if name == "survey" else 60)


@pytest.mark.slow
def test_the_round_through_the_tunnel_is_long_enough_and_can_be_done(capsys, tmp_path):
    status, said = run(capsys, "show", "tunnel", "--out", str(tmp_path / "t.png"), "--after", "2026-03-28T12:00+01:00")
    assert (status, said["outcome"]) == (0, "completed")
    assert said["distance_m"] >= 300
    assert len(said["points"]) >= 50
    assert said["unvisited"] == {}
    assert (tmp_path / "t.png").stat().st_size > 10_000
    assert said["next_runs"][0] == "2026-03-30T06:00+02:00"
    world, _ = _mission_site.world_of(missions.load(_mission_site.path_of("tunnel")), None, None, None)
    faults = [(thing.kind, thing.fault) for thing in world.things if thing.fault]
    assert len(faults) >= 12
    assert len(set(faults)) >= 6
    assert len({fault for _, fault in faults}) >= 6


def test_a_survey_without_points_is_looked_at_all_over(capsys, room):
    status, said = run(capsys, "dry-run", "survey", "--world", room)
    assert (status, said["outcome"], said["unvisited"]) == (0, "completed", {})
    assert 3 <= len(said["points"]) <= 20
    assert run(capsys, "dry-run", "survey", "--world", room)[1] == said


def test_check_says_what_is_wrong_with_line_and_column(capsys, room, tmp_path):
    wrong = write(tmp_path / "m.yaml", "[goto: {x: 6, y: -1}, goto: {x: 40, y: 0}, photo: G-2]")
    status, said = run(capsys, "check", wrong, "--world", room)
    assert (status, said["ok"]) == (2, False)
    messages = [(p["line"], p["column"], p["message"]) for p in said["problems"]]
    assert [(line, column) for line, column, _ in messages] == [(4, 16), (4, 37), (4, 58)]
    assert "from an obstacle, too near for the robot; the nearest point that can be reached is" in messages[0][2]
    assert "outside of the map" in messages[1][2]
    assert "Did you mean 'G-1'" in messages[2][2]
    assert main(["mission", "check", wrong, "--world", room]) == 2
    assert "m.yaml:4:16: " in capsys.readouterr().err


def test_keep_outs_are_gone_round_and_points_in_them_refused(capsys, room, tmp_path):
    free = write(tmp_path / "a.yaml", "[photo: G-1]")
    shut = write(tmp_path / "b.yaml", "[photo: G-1]", "keep_out: [{rect: [2.9, 4.1, -1, 4]}]")
    closed = write(tmp_path / "c.yaml", "[photo: G-1]", "keep_out: [{name: bay, rect: [8, 10, 1, 3]}]")
    part = write(tmp_path / "d.yaml", "[photo: G-1]", "keep_out: [{rect: [5.5, 7, -4, 4]}]")
    short, long = (run(capsys, "check", path, "--world", room)[1]["distance_m"] for path in (free, shut))
    assert long > short + 1
    assert "lies in bay" in run(capsys, "check", closed, "--world", room)[1]["problems"][0]["message"]
    assert "no way leads to" in run(capsys, "check", part, "--world", room)[1]["problems"][0]["message"]


def test_a_battery_that_cannot_make_it_is_refused(capsys, room, tmp_path):
    short = write(tmp_path / "n.yaml", "[photo: G-1]")
    path = write(tmp_path / "m.yaml", "[photo: G-1, {wait: 3 h}]")
    assert run(capsys, "check", path, "--world", room)[0] == 2
    assert run(capsys, "check", short, "--world", room, "--battery", "20")[0] == 0
    assert run(capsys, "check", short, "--world", room, "--battery", "15.1")[0] == 2


def test_a_dry_run_tries_what_happens_when_a_walk_fails(capsys, room, tmp_path):
    path = write(tmp_path / "m.yaml", "[photo: {point: G-1, on_failure: return}, photo: corner]")
    status, said = run(capsys, "dry-run", path, "--world", room, "--fail", "G-1=a crate")
    assert (status, said["outcome"]) == (1, "ended_safely")
    assert "a crate" in said["unvisited"]["G-1"]
    assert main(["mission", "dry-run", path, "--world", room, "--fail", "G-7"]) == 2
    assert "'G-1'" in capsys.readouterr().err


def test_teach_writes_a_mission_that_check_accepts_and_adds_to_one(capsys, room, tmp_path):
    points = (RoundPoint((2.0, 0.0)), RoundPoint((9.2, 1.4), 1.5, True), RoundPoint((10.0, 0.0), 0.0, True))
    Round("r", points, room).save(tmp_path / "r.json")
    out = tmp_path / "taught.yaml"
    assert run(capsys, "teach", str(tmp_path / "r.json"), str(out))[0] == 0
    assert run(capsys, "check", str(out))[0] == 0  # the world stands in the file
    assert "inspect: G-1" in out.read_text().replace('"', "")
    assert main(["mission", "teach", str(tmp_path / "r.json"), str(out)]) == 2
    assert "--add" in capsys.readouterr().err
    assert run(capsys, "teach", str(tmp_path / "r.json"), str(out), "--add")[0] == 0
    assert len(missions.load(out).points) == 2
    assert out.read_text().startswith("# Made of r.json")


def test_the_schema_and_the_list_are_json(capsys):
    assert "$defs" in run(capsys, "schema")[1]
    assert {"tunnel", "survey"} <= {one["name"] for one in run(capsys, "list")[1]["missions"]}


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["chek", "tunnel"], "'check'"),
        (["check", "tunel"], "'tunnel'"),
        (["check", "none.yaml"], "no mission none.yaml"),
        (["check", "survey", "--world", "moon"], "Unknown world"),
        (["check", "survey", "--battery", "120"], "percentage"),
        (["show", "survey", "--after", "tomorrow"], "2026-03-28"),
        (["check", "survey", "--sed", "1"], "--seed"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_to_do(argv, part, capsys):
    assert main(["mission", *argv]) == 2
    assert part in capsys.readouterr().err


@pytest.mark.parametrize(
    ("world", "part"),
    [
        ("{name: tunnel, with: {lenght_m: 50}}", "'length_m'"),
        ("{name: tunnel, with: {length_m: long}}", "cannot be built"),
        ("{name: somewhere, with: {length_m: 50}}", "only built-in"),
        ("{name: tunnel, with: {length_m: 5}}", "outside"),
    ],
)
def test_parameters_of_a_world_are_checked(world, part, capsys, tmp_path):
    assert main(["mission", "check", write(tmp_path / "m.yaml", "[wait: 1]", f"world: {world}")]) == 2
    assert part in capsys.readouterr().err


@pytest.mark.parametrize("kind", things.names())
def test_the_register_says_how_a_thing_should_be_and_never_how_it_is(kind):
    """Whether it is faulty cannot be told from it."""

    def register(faulty: bool) -> dict:
        body = things.make(kind, np.random.default_rng(3), faulty, "X-101")
        return _mission_register.expected(Thing("X-101", body.kind, (0.0, 0.0, 0.0), truth=body.truth))

    assert register(False) == register(True)
    assert not {"value", "present", "leaking", "temperature_c", "blocking"} & set(register(True))


def test_units_of_built_in_things_are_known():
    for kind in things.names():
        for seed in range(6):
            unit = things.make(kind, np.random.default_rng(seed), False, "X-101").truth.get("unit")
            assert unit is None or unit in missions.units.UNITS, unit


def test_a_level_tunnel_has_neither_steps_nor_sills():
    def tallest(level: bool) -> float:
        world = worlds.build_place("tunnel", 0.5, np.random.default_rng(2), length_m=60.0, level=level)
        region = [s for s in world.shapes if isinstance(s, Box) and s.centre[2] > 0]
        low = [s.centre[2] + s.half[2] for s in region if s.centre[2] + s.half[2] < 0.4]
        return max(low, default=0.0)

    assert tallest(True) == 0.0
    assert tallest(False) > 0.05
