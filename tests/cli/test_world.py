"""`rudel world`: dispatch, list, show, check; and worlds as places to play in."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rudel.cli import world as verb
from rudel.cli.main import ONE_THREAD, main
from rudel.worlds.place import Box, Viewpoint, World, layers_of, save
from tests.worlds.place.places import level, rich


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    zones = np.zeros((30, 32), np.uint8)
    zones[:5, :5] = 1
    world = rich()
    world = dataclasses.replace(world, bounds=(-3.0, 3.4, -2.0, 4.0))
    return save(world.with_layers(layers_of(world, 0.2, zones)), tmp_path_factory.mktemp("worlds") / "rich")


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = level(Box((2, 2, 0.3), (0.2, 0.2, 0.3)), licence="CC0-1.0", source="made up")
    return save(world, tmp_path_factory.mktemp("worlds") / "fine")


def run_json(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, Any]:
    status = main(["world", *map(str, argv), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_actions_are_found_by_their_files() -> None:
    assert {"check", "list", "show"} <= set(verb.actions())


def test_help_lists_the_actions_and_explains_each(capsys: pytest.CaptureFixture[str]) -> None:
    for argv, words in ((["world", "--help"], verb.actions()), (["world", "check", "--help"], ["--robot", "--json"])):
        with pytest.raises(SystemExit) as end:
            main(argv)
        assert end.value.code == 0
        text = capsys.readouterr().out
        assert all(word in text for word in words)


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (["chek"], "Did you mean 'check'"),
        (["check", "nowhere"], "Unknown world 'nowhere'"),
        (["check", "nowhere", "--jsn"], "Did you mean '--json'"),
        (["list", "a", "b"], "does not take 'b'"),
        (["list", "nowhere"], "is no folder"),
        (["show", "x", "--max-step", "-1"], "--max-step '-1' is no number"),
        (["show", "x", "--max-slope", "95"], "--max-slope '95' is no number"),
    ],
)
def test_bad_input_is_status_2(capsys: pytest.CaptureFixture[str], argv: list[str], why: str) -> None:
    assert main(["world", *argv]) == 2
    assert why in capsys.readouterr().err


def test_worlds_of_a_folder_are_listed_and_damaged_ones_named(
    fine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(fine, tmp_path / "good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "world.json").write_text("{")
    _, listed = run_json(capsys, "list", tmp_path)
    mine = {Path(one["name"]).name: one["summary"] for one in listed if one["kind"] == "folder"}
    assert mine["good"] == "made up"
    assert "cannot be opened" in mine["bad"]


def test_show_draws_and_describes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "deep" / "rich.png"
    status, told = run_json(capsys, "show", folder, "--out", picture)
    assert status == 0
    assert told["picture"] == str(picture)
    assert told["things"] == 2
    assert told["faults"] == 1
    assert told["origin"] == list(rich().origin)
    pixels = cv2.imread(str(picture))
    assert pixels is not None
    assert pixels.shape[0] > 500
    assert pixels.std() > 10
    first = picture.read_bytes()
    run_json(capsys, "show", folder, "--out", picture)
    assert picture.read_bytes() == first


def test_check_says_no_with_status_1_and_yes_with_0(
    folder: Path, fine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = run_json(capsys, "check", fine)
    assert (status, told["ok"]) == (0, True)
    hidden = _hidden()
    status, told = run_json(capsys, "check", save(hidden, tmp_path / "hidden"))
    assert (status, told["ok"]) == (1, False)
    assert {"severity", "code", "where", "what", "next_step"} == set(told["problems"][0])
    assert main(["world", "check", str(folder)]) in (0, 1)
    assert "notes" in capsys.readouterr().out


def test_a_larger_robot_finds_more_in_the_way(fine: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shares = []
    for robot in ("lite3", "x30"):
        _, told = run_json(capsys, "show", fine, "--robot", robot, "--out", tmp_path / "x.png")
        shares.append(told["walkable_share"])
    assert shares[0] > shares[1]


def _hidden() -> World:
    thing = dataclasses.replace(
        rich().things[0], position=(2.5, 0.0, 0.4), viewpoint=Viewpoint((1.0, 0.0), 0.0, (2.5, 0.0, 0.4))
    )
    crate = Box((1.8, 0, 0.5), (0.05, 0.3, 0.5))
    textures, materials = rich().textures, rich().materials
    return level(crate, things=(thing,), textures=textures, materials=materials, licence="CC0-1.0", source="made up")
