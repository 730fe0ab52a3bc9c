"""`rudel patrol`: refusals; and small rounds in a small tunnel, one of them killed in its middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from rudel.cli import _patrol_loop
from rudel.cli.main import INTERRUPTED, ONE_THREAD, main
from rudel.core.findings import SEVERITIES, round_of
from rudel.recording import read
from rudel.recording.store import Store
from rudel.runtime import journal

WORLD = "{name: tunnel, difficulty: 0.25, seed: 3, with: {length_m: 20, things: 9, level: true, fault_rate: 0.5}}"
MISSION = f"""\
rudel_mission: 1
name: small round
world: {WORLD}
return: stay
steps:
  - inspect: {{points: [G-103, C-109]}}
"""
KEYS = {"outcome", "why", "findings", "truth", "report", "recording", "points", "inspected", "unvisited"}
PATIENCE_S = 240.0  # of a busy machine


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.fixture
def mission(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(MISSION)
    return path


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["patrol", "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    for option in ("--world", "--seed", "--speed", "--rounds", "--resume", "--trouble", "--fault", "--json"):
        assert option in text


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (["--trouble", "ghosts:3"], "weak_leg"),
        (["--trouble", "carried"], "carried:60"),
        (["--fault", "lidar:melt:1:2"], "freeze"),
        (["--fault", "radar:stop:1:2"], "lidar"),
        (["--speed", "fast"], "max"),
        (["--rounds", "0"], "--rounds"),
        (["--charge", "0"], "0.8"),
        (["--charge", "nan"], "0.8"),
        (["--limit", "never"], "duration"),
        (["--robot", "real"], "sim"),
        (["--resume", "x", "--rounds", "2"], "--rounds 2"),
        (["--seeed", "1"], "--seed"),
        (["--world", "moon"], "tunnel"),
        (["--policy", "lite3/fly"], "lite3/walk"),
    ],
)
def test_bad_options_end_with_2_and_leave_nothing(more, part, mission, tmp_path, capsys):
    out = tmp_path / "out"
    try:
        status = main(["patrol", str(mission), "--out", str(out), *more])
    except SystemExit as stopped:  # argparse's own refusals
        status = stopped.code
    printed = capsys.readouterr()
    assert status == 2
    assert part in printed.err
    assert not printed.out
    assert not out.exists()


def test_an_unknown_mission_is_refused_with_the_nearest(capsys):
    assert main(["patrol", "tunel"]) == 2
    assert "tunnel" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "at"),
    [("  - photo: P-999", "7:12: "), ("  - foto: P-101", "7:5: "), ("  - wait: -3", "7:11: ")],
)
def test_a_round_that_cannot_begin_is_refused_with_line_and_column(step, at, mission, tmp_path, capsys):
    mission.write_text(MISSION + step + "\n")
    assert main(["patrol", str(mission), "--out", str(tmp_path / "out"), "--json"]) == 2
    printed = capsys.readouterr()
    assert f"small.yaml:{at}" in printed.err
    assert not printed.out
    assert not (tmp_path / "out").exists()


def test_there_must_be_something_to_resume(mission, tmp_path, capsys):
    assert main(["patrol", str(mission), "--resume", str(tmp_path / "nowhere")]) == 2
    assert "journal" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


def round_in(out: Path) -> Path:
    """The one folder of a round below ``out``."""
    (journal,) = out.glob("*/journal")
    return journal.parent


def test_ctrl_c_says_how_to_go_on(mission, tmp_path, capsys, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_patrol_loop, "run", interrupted)
    assert main(["patrol", str(mission), "--out", str(tmp_path / "out")]) == INTERRUPTED
    assert f"--resume {round_in(tmp_path / 'out')}" in capsys.readouterr().err


@pytest.mark.slow
def test_the_last_line_is_the_report_and_all_is_there(mission, tmp_path, capsys):
    assert main(["patrol", str(mission), "--out", str(tmp_path / "out"), "--language", "de"]) == 0
    report = Path(capsys.readouterr().out.rstrip("\n").splitlines()[-1])
    folder = round_in(tmp_path / "out")
    assert "report" in report.name
    assert report.suffix == ".html"
    assert report.parent == folder
    assert report.stat().st_size > 5_000
    for name in ("report.pdf", "findings.csv", "readings.csv", "report.json", "map.png", "journal"):
        assert (folder / name).stat().st_size > 0
    done = round_of(json.loads((folder / "round.json").read_text()))
    assert done.id == folder.name
    assert done.outcome == "completed"
    assert done.simulated
    assert {i.point for i in done.inspections} == set(done.points)
    assert len(done.points) == 2
    for finding in done.all_findings:
        assert finding.evidence
        assert finding.severity in SEVERITIES
        assert all((folder / e.path).is_file() for e in finding.evidence if e.path)
    with Store(tmp_path / "out" / "rounds.sqlite") as store:
        assert [one.id for one in store.rounds()] == [done.id]
    kinds = Counter(entry.channel for entry in read(folder / "recording"))
    assert kinds["round"] == 1
    assert kinds["inspection"] >= len(done.inspections)  # more where a look was tried again
    assert kinds["state/robot"] > 100
    assert main(["patrol", str(mission), "--resume", str(folder)]) == 2  # nothing is left to do
    assert "completed" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_round_goes_on_and_does_nothing_twice(mission, tmp_path, capsys):
    """kill -9 once the first point is done and the second one has begun; then --resume."""
    out = tmp_path / "out"
    command = [sys.executable, "-m", "rudel", "patrol", str(mission), "--out", str(out)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_for_second_step(child, out)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    folder = round_in(out)
    assert not (folder / "round.json").exists()
    before = [e.data for e in said(folder) if e.kind == "step_ends"]
    assert len(before) == 1

    assert main(["patrol", str(mission), "--out", str(out), "--resume", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)  # one object and nothing else
    assert set(told) >= KEYS
    assert told["outcome"] == "completed"
    assert (told["points"], told["inspected"], told["unvisited"]) == (2, 2, {})
    assert set(told["truth"]) >= {"planted", "found", "missed", "false_alarms"}
    assert Path(told["report"]).is_file()
    assert Path(told["recording"]).is_dir()
    ends = Counter(e.data["id"] for e in said(folder) if e.kind == "step_ends")
    assert set(ends.values()) == {1}
    assert before[0]["id"] in ends
    again = [e.data["again"] for e in said(folder) if e.kind == "step_begins"]
    assert again.count(True) == 1  # the step that was under way says that it is done again
    done = round_of(json.loads((folder / "round.json").read_text()))
    seen = Counter((i.point, i.detector) for i in done.inspections)
    assert set(seen.values()) == {1}  # those from before the kill are there, once
    assert done.data["resumed"]


def said(folder: Path) -> list:
    """What the mission kept in its journal."""
    from rudel.core.types import Event

    notes = [note.fields["data"]["event"] for note in journal.read(folder / "journal").notes("event")]
    return [Event(n["kind"], 0.0, n["data"], n["source"]) for n in notes]


def wait_for_second_step(child: subprocess.Popen, out: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if child.poll() is not None:
            pytest.fail(f"the round ended by itself: {child.stderr.read().decode() if child.stderr else ''}")
        if out.exists() and list(out.glob("*/journal")):
            kinds = Counter(event.kind for event in said(round_in(out)))
            if kinds["step_ends"] >= 1 and kinds["step_begins"] >= 2:
                return
        time.sleep(0.05)
    pytest.fail(f"not at the second step within {PATIENCE_S:g} s")
