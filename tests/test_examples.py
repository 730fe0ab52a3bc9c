"""The examples run, and do what they say."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parent.parent / "examples"


def example(number: int) -> ModuleType:
    (path,) = FOLDER.glob(f"{number:02d}_*.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_they_are_numbered_and_say_what_one_learns():
    paths = sorted(FOLDER.glob("*.py"))
    assert [path.name[:3] for path in paths] == [f"{k:02d}_" for k in range(1, len(paths) + 1)]
    for path in paths:
        text = path.read_text()
        assert re.match(rf'"""{path.name[:2]}: ', text)
        assert "You learn" in text
        assert f"python examples/{path.name}" in text
        assert not re.search(r"(from|import) rudel\.\S*\b_[a-z]", text), "examples use public modules"


def test_01_walks_forward_and_sits_down(capsys):
    rest = example(1).main()
    x, _, z = rest.position
    assert x > 1.5
    assert z < 0.2  # it lies on its belly
    assert "no trouble" in capsys.readouterr().out


def test_02_makes_a_picture(tmp_path, capsys):
    path = example(2).main(tmp_path)
    assert path.stat().st_size > 1000
    assert str(path) in capsys.readouterr().out


@pytest.mark.slow
def test_03_arrives():
    assert example(3).main().reason == "arrived"


def test_04_says_what_is_hot_and_what_is_wrong_in_a_file(capsys):
    said = example(4).main()
    assert {one.status for one in said} == {"normal", "abnormal"}
    assert re.search(r"joints\.yaml:5:5: Unknown step 'termal'", capsys.readouterr().out)


@pytest.mark.slow
def test_05_leaves_a_report(tmp_path, capsys):
    report = example(5).main(tmp_path)
    assert report.is_file()
    assert capsys.readouterr().out.strip().endswith(str(report))
