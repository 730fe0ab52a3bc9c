"""`rudel world import`."""

import json
from pathlib import Path

import pytest

from rudel.cli.main import main
from rudel.worlds.place import load
from tests.worlds.imports import files


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    files.pgm(tmp_path / "hall.pgm")
    return tmp_path / "hall.yaml"


def test_a_map_becomes_a_world_with_picture_and_report(plan: Path, capsys: pytest.CaptureFixture[str]):
    out = plan.parent / "world"
    assert main(["world", "import", str(plan), "--out", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["walkable_m2"] > 1
    assert report["unit"]["value"] == "m"
    assert json.loads((out / "import.json").read_text())["files"] == report["files"]
    assert (out / "preview.png").read_bytes().startswith(b"\x89PNG")
    assert load(out).start.name == "start"


def test_what_was_found_is_told(plan: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["world", "import", str(plan), "--out", str(plan.parent / "world")]) == 0
    said = capsys.readouterr().out
    for word in ("extent", "walkable", "connected", "unit", "up", "floor", "preview.png"):
        assert word in said


@pytest.mark.parametrize(
    "options", [["--units", "miles"], ["--up", "w"], ["--resolution", "-1"], ["--units", "mm"], ["--robot", "cat"]]
)
def test_options_that_make_no_sense_are_refused(plan: Path, options: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["world", "import", str(plan), "--out", str(plan.parent / "world"), *options]) == 2
    assert options[1] in capsys.readouterr().err
    assert not (plan.parent / "world").exists()


def test_a_file_that_is_no_place_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "log.csv").write_text("state,q0,q1\n1,2,3\n")
    assert main(["world", "import", str(tmp_path), "--out", str(tmp_path / "world")]) == 2
    assert "no place" in capsys.readouterr().err
