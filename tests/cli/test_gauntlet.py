"""`rudel gauntlet`: which policies and options it takes, what it refuses, what it prints and writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel.cli.main import ONE_THREAD, main
from rudel.locomotion.evaluate import Evaluation
from rudel.locomotion.gauntlet import clips, quality, run
from rudel.locomotion.gauntlet.crossing import Condition, Trace
from rudel.locomotion.gauntlet.drill import DrillFigures
from rudel.locomotion.gauntlet.families import FAMILIES
from rudel.locomotion.gauntlet.load import LoadFigures
from rudel.locomotion.gauntlet.protocol import Protocol
from rudel.locomotion.gauntlet.push import PushFigures
from rudel.locomotion.gauntlet.result import GauntletResult, make_course
from rudel.locomotion.policy import Policy
from tests.locomotion import samples


def result(name: str, protocol: Protocol, level: int = 3) -> GauntletResult:
    where = [(c.friction, c.payload_kg) for c in protocol.conditions]
    figures = DrillFigures(dict.fromkeys(quality.METRICS, 0.5), 0.5, 0, 14)
    drills = dict.fromkeys(range(len(where)), figures)
    names = [f"{family}_{way}" for family in protocol.families for way in ("forwards", "backwards")]
    courses = [make_course("flat", True, where, [None] * len(where), drills)]
    courses += [make_course(course, True, where, [level] * len(where), drills) for course in names]
    flat = Evaluation(0.1, 0.1, 0.1, 0, 1.0, 0.4, 0.0, 0.0, 0.3, 0.2, 64, 10.0, 0)
    push = PushFigures(tuple(45.0 * i for i in range(8)), (10.0,) * 8, 10.0, 10.0)
    load = LoadFigures(0.6, 1.0, 0.4, 0.9, True, 1000)
    return GauntletResult(name, "lite3", 0.02, tuple(courses), push, flat, load, (f"{name}: <odd>",), 1.0)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """main sets these; other tests get theirs back. What is written goes into a folder of its own."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Protocol]:
    """Protocols that the gauntlet was run with; it answers at once."""
    calls: list[Protocol] = []

    def fake(policy: Policy, protocol: Protocol, *, name: str, keep: Callable[[Trace], None], **_: Any) -> Any:
        calls.append(protocol)
        way = np.zeros((5, 19), np.float32)
        keep(Trace("slope", 2, "forwards", Condition(0.5), 0, True, False, 4.0, way))
        return result(name, protocol, len(calls))

    def film(trace: Trace, spec: object, path: Path) -> None:
        path.write_bytes(b"film")

    monkeypatch.setattr(run, "run_gauntlet", fake)
    monkeypatch.setattr(clips, "render", film)
    return calls


@pytest.fixture
def policy(tmp_path: Path) -> str:
    return str(samples.write(tmp_path / "mine.onnx"))


def test_one_policy_is_one_object(asked: list[Protocol], policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gauntlet", policy, "--quick", "--seed", "7", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    found = json.loads(out)
    assert {"policy", "score", "families", "metrics", "push", "flat", "load", "faults", "files"} <= set(found)
    assert found["families"]["stairs_backwards"]["levels"] == [1, 1, 1]
    assert found["score"] == pytest.approx((0.5 + 8 * 0.095) / 9)
    assert all(Path(file).is_file() for file in found["files"])
    assert asked[0].seed == 7
    assert asked[0].frictions == (0.4, 0.7, 1.0)


def test_several_policies_are_measured_alike(
    asked: list[Protocol], policy: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = str(samples.write(tmp_path / "other.onnx"))
    assert main(["gauntlet", policy, other, "--out", "there"]) == 0
    assert asked[0] == asked[1]
    out = capsys.readouterr().out
    assert re.search(r"slope forwards\s*│\s*1\.0.*│\s*2\.0", out)
    assert "there/gauntlet.html" in out
    assert "there/2_other_best.mp4" in out
    saved = json.loads(Path("there/gauntlet.json").read_text(encoding="utf-8"))
    assert [one["policy"] for one in saved] == [policy, other]


def test_page_needs_nothing_beside_it_and_escapes_names(asked: list[Protocol], policy: str) -> None:
    assert main(["gauntlet", policy, "--quick"]) == 0
    page = Path("runs/gauntlet/gauntlet.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=['\"](?!data:|#)[^'\"]*", page)
    assert page.count("<svg") == 3
    assert "data:video/mp4;base64," in page
    assert "&lt;odd&gt;" in page
    assert "<odd>" not in page
    before = page
    assert main(["gauntlet", policy, "--quick", "--no-clips"]) == 0
    page = Path("runs/gauntlet/gauntlet.html").read_text(encoding="utf-8")
    assert "video/mp4" not in page
    svg = re.compile(r"<svg.*?</svg>", re.DOTALL)
    assert len(svg.findall(page)) == len(svg.findall(before))


def test_families_and_payloads(asked: list[Protocol], policy: str) -> None:
    words = ["--family", "stairs", "--family", "wave", "--payload", "-1", "--payload", "3"]
    assert main(["gauntlet", policy, *words]) == 0
    assert asked[0].families == ("stairs", "wave")
    assert asked[0].payloads_kg == (-1.0, 3.0)
    assert len(asked[0].conditions) == 18


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--family", "stair"], "Did you mean 'stairs'"),
        (["--payload", "12"], "payload_kg 12 is outside -1 to 3"),
        (["--payload", "much"], "--payload 'much' is no number"),
        (["--seed", "-1"], "--seed"),
        (["--robot", "x30"], "mine.onnx"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    words: list[str], message: str, asked: list[Protocol], policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gauntlet", policy, *words]) == 2
    assert message in capsys.readouterr().err
    assert not asked


def test_a_bad_second_policy_fails_before_the_first_is_measured(
    asked: list[Protocol], policy: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no network")
    assert main(["gauntlet", policy, str(bad)]) == 2
    assert "bad.onnx" in capsys.readouterr().err
    assert not asked


def test_interrupting_ends_with_130(
    policy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_gauntlet", stopped)
    assert main(["gauntlet", policy, "--json"]) == 130
    assert capsys.readouterr().out == ""
    assert not list(Path("runs/gauntlet").iterdir())


def test_best_and_worst() -> None:
    kept = clips.BestAndWorst()

    def trace(level: int, reached: bool, fell: bool, seconds: float) -> Trace:
        return Trace(
            "wave", level, "forwards", Condition(0.5), 0, reached, fell, seconds, np.zeros((1, 19), np.float32)
        )

    for one in (
        trace(3, True, False, 5.0),
        trace(4, True, False, 9.0),
        trace(4, True, False, 8.0),
        trace(1, False, False, FAMILIES["wave"].limit_s),
        trace(5, False, True, 2.0),
        trace(2, False, True, 3.0),
        trace(1, False, False, 2.0),  # stopped because the verdict was certain: shows nothing
    ):
        kept.show(one)
    assert kept.best is not None
    assert kept.worst is not None
    assert (kept.best.level, kept.best.seconds) == (4, 8.0)
    assert (kept.worst.level, kept.worst.fell) == (2, True)
    assert "wave forwards, level 4 (8.0 cm amplitude)" in clips.caption(kept.best)
