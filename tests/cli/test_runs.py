"""`rudel runs`: lists, comparisons, and what it says about folders that are no runs or broken ones."""

from __future__ import annotations

import csv
import json
import os
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.cli.main import ONE_THREAD, main
from rudel.core.errors import BadInput
from rudel.locomotion import evaluate
from rudel.locomotion.training import compare, listing, process
from tests.locomotion import runs as small


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("COLUMNS", "160")


def make(folder: Path, name: str, *, end: str = "finished", began_s: float = 1e9, **changes: Any) -> Path:
    """A run as the trainer leaves it; ``changes`` go into its configuration."""
    out = folder / name
    out.mkdir(parents=True)
    config = {"kp": 60.0, "rewards": {"alive": 0.5}, "observation": [["joint_pos", 1.0]]} | changes
    identity = {"skill": "walk", "robot": "lite3", "world": "flat", "seed": 3, "config": config, "ppo": {"epochs": 4}}
    told = {
        "identity": identity,
        "request": {"command": f"rudel train walk --out {out}"},
        "commit": "abc",
        "machine": {},
    }
    (out / "run.json").write_text(json.dumps(told | {"began_s": began_s}))
    columns = (
        "iteration",
        "env_steps",
        "elapsed_s",
        "steps_per_s",
        "reward",
        "vel_error_mps",
        "yaw_error_radps",
        "falls",
    )
    with (out / "metrics.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerows([i, 1000 * i, 2.0 * i, 500.0, 0.1, 1 / i, 2 / i, 5 - i] for i in range(1, 5))
    if end in ("finished", "interrupted"):
        figures = {"vel_error_mps": 0.08, "yaw_error_radps": 0.1, "falls": 0.0} if end == "finished" else {}
        result = {"figures": figures, "wall_s": 61.0, "env_steps": 4000, "iterations": 4, "reached": True}
        summary = {"result": result | {"interrupted": end == "interrupted"}, "ended_s": began_s + 61}
        (out / "result.json").write_text(json.dumps(summary))
    else:
        for path in out.iterdir():
            os.utime(path, (began_s, began_s + 40.0))
    return out


def listed(capsys: pytest.CaptureFixture[str], *argv: object) -> Any:
    assert main(["runs", *map(str, argv), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_runs_are_listed_newest_first_with_what_came_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, "old", began_s=1e9)
    make(tmp_path, "deep/new", began_s=2e9, end="interrupted")
    make(tmp_path, "middle", began_s=1.5e9, end="killed")
    new, middle, old = listed(capsys, "--dir", tmp_path)
    assert [run["name"] for run in (new, middle, old)] == ["deep/new", "middle", "old"]
    assert [run["state"] for run in (new, middle, old)] == ["interrupted", "interrupted", "finished"]
    assert (old["skill"], old["robot"], old["world"], old["seed"]) == ("walk", "lite3", "flat", 3)
    assert (old["wall_s"], old["env_steps"], old["figures"]["falls"]) == (61.0, 4000, 0.0)
    assert old["best"] == {"vel_error_mps": 0.25, "yaw_error_radps": 0.5}
    assert (middle["wall_s"], middle["env_steps"], middle["iterations"]) == (8.0, 4000, 4)  # from its metrics
    assert main(["runs", "--dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"old\s.*finished.*walk lite3 flat #3", out)
    assert out.index("deep/new") < out.index("middle") < out.index("old ")


def test_a_run_is_running_as_long_as_its_process_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_boot", lambda: "this start")  # not every system tells these two
    monkeypatch.setattr(process, "_ticks", lambda pid: 7)
    out = make(tmp_path, "one", end="not at all")
    told = json.loads((out / "run.json").read_text())

    def state(**who: Any) -> str:
        (out / "run.json").write_text(json.dumps(told | {"process": process.this() | who}))
        for path in out.iterdir():
            os.utime(path, (1e9, 1e9))
        return listing.read(out, "one").state

    assert state() == "running"
    assert state(ticks=1) == "interrupted"  # its number was given to another process
    assert state(boot="another machine") == "interrupted"  # and its files are old
    os.utime(out / "metrics.csv", (time.time(), time.time()))
    assert listing.read(out, "one").state == "running"


def test_a_result_of_the_run_before_is_not_taken_for_the_present_one(tmp_path: Path) -> None:
    out = make(tmp_path, "again", began_s=1e9)
    told = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps(told | {"began_s": 1e9 + 100, "process": process.this()}))
    assert listing.read(out, "again").state == "running"
    assert not listing.read(out, "again").figures


@pytest.mark.parametrize("file", ["run.json", "result.json", "metrics.csv"])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"identity": 3}', "\x00\xff", '{"result": [], "ended_s": "x"}'])
def test_a_damaged_run_is_listed_and_hides_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, text: str
) -> None:
    make(tmp_path, "good")
    (make(tmp_path, "bad") / file).write_text(text, encoding="latin-1")
    found = {run["name"]: run for run in listed(capsys, "--dir", tmp_path)}
    assert found["good"]["state"] == "finished"
    if file == "run.json":
        assert found["bad"]["state"] == "damaged"
        assert main(["runs", "compare", "good", "bad", "--dir", str(tmp_path)]) == 2
        assert "run.json is damaged" in capsys.readouterr().err
    else:
        assert found["bad"]["problem"] is None or file in found["bad"]["problem"]
    assert main(["runs", "--dir", str(tmp_path)]) == 0


@given(st.binary(max_size=200), st.sampled_from(["run.json", "result.json", "metrics.csv"]))
def test_no_bytes_in_a_run_break_the_list(tmp_path_factory: pytest.TempPathFactory, data: bytes, file: str) -> None:
    out = make(tmp_path_factory.mktemp("fuzz"), "run")
    (out / file).write_bytes(data)
    assert listing.read(out, "run").state in ("finished", "interrupted", "running", "damaged")


def test_a_folder_that_lost_its_run_json_is_damaged(tmp_path: Path) -> None:
    (make(tmp_path, "lost") / "run.json").unlink()
    (run,) = listing.find(tmp_path)
    assert (run.state, run.problem) == ("damaged", "run.json is missing")


def test_runs_are_compared_by_their_curves_and_by_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, "a")
    make(tmp_path, "b<script>", kp=80.0, rewards={"alive": 0.5, "energy": -1.0})
    out = tmp_path / "side by side"
    told = listed(capsys, "compare", "a", "b<script>", "--dir", tmp_path, "--out", out)
    assert told["differences"] == {"config.kp": [60.0, 80.0], "config.rewards.energy": [None, -1.0]}
    picture, page = map(Path, told["files"])
    assert sorted(os.listdir(out)) == ["compare.html", "compare.png"]
    image = cv2.imread(str(picture))
    assert image is not None
    assert image.shape[1] > 800
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text  # names are names, not markup
    assert "b&lt;script&gt;" in text
    assert not re.search(r"(?:src|href)='(?!data:)", text)  # nothing beside it, nothing fetched
    assert text.count("<td>config.") == 2
    balanced(text)
    assert main(["runs", "compare", "a", "b<script>", "--dir", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"config\.kp\s.*60\.0.*80\.0", shown)
    assert re.search(r"config\.rewards\.energy\s.*-\s.*-1\.0", shown)
    assert "config.observation" not in shown
    assert str(tmp_path / "compare" / "compare.html") in shown
    assert len(listing.find(tmp_path)) == 2  # a comparison is no run


def balanced(text: str) -> None:
    """Every element that is opened is closed, in order (but for those that have no end)."""
    open_now: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "img", "html"):
                open_now.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_now.pop() == tag

    Parser().feed(text)
    assert open_now == []


def test_the_same_settings_are_said_to_be_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, "a")
    make(tmp_path, "b")
    assert main(["runs", "compare", "a", str(tmp_path / "b"), "--dir", str(tmp_path)]) == 0  # a folder does as well
    assert "all settings are the same" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["comapre", "a", "b"], ["'comapre'", "'compare'"]),
        (["compare", "a", "bb"], ["'bb'", "'b'", "Choices"]),
        (["compare", "a"], ["two or more", "There are: a, b"]),
        (["compare", "a", "a"], ["different"]),
        (["compare", "a", "b", "--dir", "nowhere"], ["'nowhere'", "--dir"]),
    ],
)
def test_bad_input_is_refused_with_the_next_step(
    argv: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, "a")
    make(tmp_path, "b")
    assert main(["runs", "--dir", str(tmp_path), *argv]) == 2
    message = capsys.readouterr().err
    assert all(word in message for word in words), message
    assert not (tmp_path / "compare").exists()


def test_where_there_is_no_run_or_no_curve_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--dir", str(tmp_path)]) == 2
    assert "rudel train" in capsys.readouterr().err
    for name in ("a", "b"):
        (make(tmp_path, name) / "metrics.csv").unlink()
    assert main(["runs", "compare", "a", "b", "--dir", str(tmp_path)]) == 2
    assert "no learning curves" in capsys.readouterr().err


def test_nested_settings_become_dotted_keys() -> None:
    assert listing.flat({"a": {"b": 1, "c": {"d": [1]}}, "e": {}}) == {"a.b": 1, "a.c.d": [1]}


def test_missing_is_not_null() -> None:
    runs = [listing.Run("a", Path(), "finished", settings={"x": None}), listing.Run("b", Path(), "finished")]
    assert compare.differences(runs) == [("x", [None, compare.MISSING])]


def test_what_a_training_leaves_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the trainer itself: running while it runs, finished afterwards, killed in between."""
    from rudel.locomotion.training import run as training

    seen: list[listing.Run] = []
    measure = evaluate.evaluate
    monkeypatch.setattr(evaluate, "evaluate", lambda *a, **k: measure(*a, **k, robots=4, duration_s=2.0))
    monkeypatch.setattr(training, "CHECKPOINT_EVERY_S", 0.0)
    out = tmp_path / "tiny"

    def look(progress: Any) -> None:
        seen.append(listing.read(out, "tiny"))

    training.train(small.request(out, 3), small.Notes(look))
    assert [run.state for run in seen] == ["running"] * 3
    assert [run.iterations for run in seen] == [None, 1, 2]  # curves are there before the end
    (run,) = listing.find(tmp_path)
    assert (run.state, run.iterations, run.problem) == ("finished", 3, None)
    assert run.figures["robots"] > 0
    assert run.settings["ppo.horizon"] == 8
    with pytest.raises(BadInput, match="'tin'"):
        listing.pick([run], "tin")
