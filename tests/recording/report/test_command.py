"""`rudel report`: of a folder, of the newest in a folder, of a store; and what it says about what it cannot read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rudel.cli.main import ONE_THREAD, main
from rudel.core.findings import Round, to_plain
from rudel.recording.store import Store
from tests.recording.report import rounds as fixture
from tests.recording.report.test_facts import finding, inspection, one_round


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


def written(parent: Path, rounds: list[Round]) -> Path:
    for one in rounds:
        (parent / one.id).mkdir(parents=True, exist_ok=True)
        (parent / one.id / "round.json").write_text(json.dumps(to_plain(one)))
    return parent / rounds[-1].id


def test_command(quiet: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path, fixture.made(tmp_path / "made"))
    assert main(["report", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["level"], told["points"], told["inspected"]) == ("critical", 50, 46)
    assert json.loads((folder / "report.json").read_text())["compared_with"] == [f"round-00{k}" for k in range(1, 6)]


def test_command_for_people(quiet: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, [one_round(k, inspection(finding())) for k in range(3)])
    assert main(["report", str(tmp_path), "--language", "de", "--out", str(tmp_path / "de")]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == str((tmp_path / "de" / "report.html").resolve())
    assert "Handeln nötig" in out
    assert main(["report", str(tmp_path), "--round", "r1"]) == 0
    assert json.loads((tmp_path / "r1" / "report.json").read_text())["compared_with"] == ["r0"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no JSON"),
        ("[]", "instead of an object"),
        ("{}", "cannot be read"),
        ("[" * 100_000, "no JSON"),
        (None, "nothing at"),
    ],
)
def test_command_says_what_is_wrong(
    quiet: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    folder = tmp_path / "r"
    if content is not None:
        folder.mkdir()
        (folder / "round.json").write_text(content)
    assert main(["report", str(folder)]) == 2
    assert message in capsys.readouterr().err


def test_command_without_rounds_and_with_a_wrong_one(
    quiet: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "no rounds" in capsys.readouterr().err
    written(tmp_path, [one_round(0), one_round(1)])
    assert main(["report", str(tmp_path), "--round", "r2"]) == 2
    assert "Choices: r0, r1" in capsys.readouterr().err


def test_command_reads_a_store(quiet: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(tmp_path / "rounds.sqlite") as store:
        for k in range(3):
            store.put_round(one_round(k, inspection(finding())))
    for path in (tmp_path, tmp_path / "rounds.sqlite"):
        assert main(["report", str(path), "--out", str(tmp_path / "out"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["round"] == "r2"
    assert "known for 2 rounds" in (tmp_path / "out" / "report.html").read_text()
