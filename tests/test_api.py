"""The command's words in Python."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from rudel import api
from rudel.cli.main import main
from rudel.core.errors import BadInput, UnknownName

ROUND = """\
rudel_mission: 1
name: one
world: {name: tunnel, difficulty: 0.25, seed: 3, with: {length_m: 20, things: 9, level: true}}
battery: {reserve: 20}
steps:
  - inspect: {points: [G-103]}
"""


def test_it_says_what_the_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["robots", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    result = api.run("robots")
    assert result.ok
    assert json.loads(json.dumps(result.data)) == said
    assert result.command == "rudel robots --json"
    assert capsys.readouterr().out == ""


def test_a_failed_check_is_a_result_and_no_error(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(ROUND)
    bad.write_text(ROUND.replace("inspect", "inspekt"))
    assert api.mission("check", good).ok
    result = api.mission("check", bad)
    assert not result.ok
    assert "inspekt" in json.dumps(result["problems"])


def test_options_are_named_as_on_the_command_line() -> None:
    result = api.world("check", "rubble", seed=3, difficulty=0.25)
    assert result["world"] == "rubble"
    assert "--seed 3" in result.command
    assert set(result) == {"world", "robot", "ok", "problems"}
    assert len(result) == 4


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: api.run("wak"), "wak"),
        (lambda: api.goto(1, 2, sped=1), "--sped"),
        (lambda: api.goto(math.nan, 2), "nan"),
        (lambda: api.goto(1, 2, speed=object()), "object"),
        (lambda: api.goto(1, 2, speed=-1), "--speed"),
    ],
)
def test_bad_input_is_raised_with_its_words(call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises((BadInput, UnknownName), match=words):
        call()


def test_numbers_are_written_so_that_options_take_them() -> None:
    assert api._word(-1e-05) == "-0.00001"
    assert api._word(math.inf) == "max"
    assert api._option("fault", ["lidar:stop:1:2", "lidar:nan:3:4"]) == [
        *("--fault", "lidar:stop:1:2"),
        *("--fault", "lidar:nan:3:4"),
    ]
    assert api._option("unplaced", True) == ["--unplaced"]
    assert api._option("yaw", None) == []
