"""`rudel goto`, `explore`, `teach`, `repeat`, `replay`: options and refusals; rides are in tests/scenarios."""

from __future__ import annotations

import json
import math

import pytest

from rudel.cli import _stack_limits, _stack_options, teach
from rudel.cli.main import ONE_THREAD, main
from rudel.core.errors import BadInput
from rudel.navigation.pilot import Round, RoundPoint
from rudel.sim.senses.fault import Fault


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.mark.parametrize("verb", ["goto", "explore", "teach", "repeat", "replay"])
def test_help_names_the_options(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([verb, "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "--world" in text
    assert "--json" in text


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["goto", "x", "1"], "coordinate"),
        (["goto", "nan", "1"], "coordinate"),
        (["goto", "1", "1", "--yaw", "1000"], "degrees"),
        (["goto", "1", "1", "--speed", "fast"], "max"),
        (["goto", "1", "1", "--speed", "0"], "max"),
        (["goto", "1", "1", "--fault", "lidar:freeze"], "lidar:freeze:10:12"),
        (["goto", "1", "1", "--fault", "lidar:melt:1:2"], "freeze"),
        (["goto", "1", "1", "--fault", "radar:stop:1:2"], "lidar"),
        (["goto", "1", "1", "--fault", "lidar:stop:2:1"], "start_s < end_s"),
        (["goto", "1", "1", "--world", "moon"], "tunnel"),
        (["goto", "1", "1", "--policy", "lite3/fly"], "lite3/walk"),
        (["goto", "1", "1", "--limit", "never"], "duration"),
        (["goto", "1", "1", "--crates", "-1"], "--crates"),
        (["explore", "--minutes", "0"], "minutes"),
        (["explore", "--unplaced"], "--unplaced"),
        (["teach", "r.json"], "--to"),
        (["teach", "r.json", "--to", "1"], "X,Y"),
        (["teach", "r.json", "--to", "1,2", "--keys"], "--to"),
        (["repeat", "no-such-round.json"], "rudel teach"),
        (["replay", "first"], "SEED"),
        (["goto", "1", "1", "--seeed", "1"], "--seed"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_to_do(argv, part, capsys):
    assert main(argv) == 2
    printed = capsys.readouterr()
    assert part in printed.err
    assert not printed.out


def test_without_a_display_keys_are_refused(monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["teach", "r.json", "--keys"]) == 2
    assert "--to" in capsys.readouterr().err


def test_faults_are_read():
    found = _stack_options.faults(["lidar:freeze:1:2", "lidar:nan:3:4.5", "odometry:stop:0:9"])
    assert found == {
        "lidar": (Fault("freeze", 1.0, 2.0), Fault("nan", 3.0, 4.5)),
        "odometry": (Fault("stop", 0.0, 9.0),),
    }


def test_stops_are_read():
    assert teach.stop("1,-2.5") == RoundPoint((1.0, -2.5), None, True)
    assert teach.stop("1,2,90").yaw == pytest.approx(math.pi / 2)
    with pytest.raises(BadInput):
        teach.stop("1,2,3,4")


def test_a_policy_that_nobody_measured_is_sent_over_easier_ground():
    known, other = _stack_limits.limits_of("walk"), _stack_limits.limits_of("my.onnx")
    assert known == _stack_limits.limits_of("lite3/walk")
    assert other.max_step_m < known.max_step_m
    assert other.max_slope_rad < known.max_slope_rad


@pytest.mark.parametrize(("argv", "walks"), [((), "lite3/rough"), (("--policy", "lite3/walk"), "lite3/walk")])
def test_what_explores_is_ready_for_rough_ground(argv, walks, monkeypatch, capsys):
    def refuse(name: str, difficulty: float, seed: int, policy: str, *, mapped: bool):
        raise BadInput(f"walks with {policy}")

    monkeypatch.setattr("rudel.cli._stack_world.open_site", refuse)
    assert main(["explore", *argv]) == 2
    assert f"walks with {walks}" in capsys.readouterr().err
    assert walks in _stack_limits.LIMITS


def test_a_bad_round_is_refused_before_anything_is_built(tmp_path, capsys):
    path = tmp_path / "round.json"
    Round("r", (RoundPoint((1.0, 2.0)),), "tunnel").save(path)
    content = json.loads(path.read_text())
    content["points"][0]["xy"] = [1]
    path.write_text(json.dumps(content))
    assert main(["repeat", str(path)]) == 2
    assert "point 0" in capsys.readouterr().err
