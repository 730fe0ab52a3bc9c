"""`rudel eval`: which policies it takes, what it refuses, what it prints."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rudel.cli import eval as verb
from rudel.cli.main import ONE_THREAD, main
from rudel.locomotion import evaluate
from rudel.locomotion.evaluate import ROBOTS, Evaluation
from rudel.locomotion.policy import Policy
from tests.locomotion import samples

FIGURES = {
    "vel_error_mps": 0.1 + 0.2,
    "yaw_error_radps": 0.12,
    "vel_error_instant_mps": 0.14,
    "falls": 1,
    "drift_pct": math.nan,
    "cost_of_transport": 0.5,
    "stand_still_mps": 0.0,
    "torque_limit_share": 0.001,
    "torque_p99_share": 0.4,
    "contact_impulse": 0.3,
}
KEYS = [field.name for field in dataclasses.fields(Evaluation)]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What evaluate_policy was called with; the n-th call answers n times FIGURES."""
    calls: list[dict[str, Any]] = []

    def fake(policy: Policy, **options: Any) -> Evaluation:
        calls.append({"source": policy.source, **options})
        figures: dict[str, Any] = {name: value * len(calls) for name, value in FIGURES.items()}
        return Evaluation(**figures, robots=options.get("robots", ROBOTS), seconds=10.0, seed=options["seed"])

    monkeypatch.setattr(evaluate, "evaluate_policy", fake)
    return calls


@pytest.fixture
def policy(tmp_path: Path) -> str:
    return str(samples.write(tmp_path / "mine.onnx"))


@pytest.fixture
def other(tmp_path: Path) -> str:
    return str(samples.write(tmp_path / "other.onnx"))


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], Any]:
    """Parses what was printed, which must be one line of strict JSON."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    def parse() -> Any:
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        return json.loads(out, parse_constant=refuse)

    return parse


def test_one_policy_is_one_object(asked: list[dict[str, Any]], policy: str, printed: Callable[[], Any]) -> None:
    assert main(["eval", policy, "--json"]) == 0
    figures = printed()
    assert set(KEYS) <= set(figures)
    assert figures["policy"] == policy
    assert figures["vel_error_mps"] == 0.1 + 0.2  # full precision
    assert figures["drift_pct"] is None
    assert "vendor" not in figures
    assert figures["robots"] == ROBOTS == 256  # the measure's own number: nothing is passed
    assert asked == [
        {
            "source": policy,
            "robot": None,
            "seed": 1000,
            "world": "flat",
            "difficulty": 0.5,
            "physics": "evaluation",
        }
    ]


def test_options_reach_the_evaluation(asked: list[dict[str, Any]], policy: str) -> None:
    words = "--world wave --difficulty 0.25 --robots 8 --seed 4 --physics reference --robot lite3"
    assert main(["eval", policy, *words.split()]) == 0
    expected = {"world": "wave", "difficulty": 0.25, "robots": 8, "seed": 4, "physics": "reference", "robot": "lite3"}
    assert asked == [{"source": policy, **expected}]


def test_the_vendor_is_measured_in_the_same_way(
    asked: list[dict[str, Any]], policy: str, other: str, printed: Callable[[], Any]
) -> None:
    assert main(["eval", policy, "--vendor", other, "--seed", "5", "--json"]) == 0
    figures = printed()
    assert [call.pop("source") for call in asked] == [policy, other]
    assert asked[0] == asked[1]
    vendor, ratios = figures["vendor"], figures["ratios"]
    assert vendor["policy"] == other
    assert set(KEYS) <= set(vendor)
    assert set(ratios) == set(FIGURES)  # settings are not compared
    assert ratios["vel_error_mps"] == pytest.approx(0.5)  # the second answer of the fake is twice the first
    assert ratios["falls"] == pytest.approx(0.5)
    assert ratios["drift_pct"] is None  # no number
    assert ratios["stand_still_mps"] is None  # divided by zero


@pytest.mark.parametrize("with_vendor", [False, True])
def test_several_policies_are_a_list(
    with_vendor: bool, asked: list[dict[str, Any]], policy: str, other: str, printed: Callable[[], Any]
) -> None:
    assert main(["eval", policy, other, *(["--vendor", other] if with_vendor else []), "--json"]) == 0
    figures = printed()
    assert [one["policy"] for one in figures] == [policy, other]
    assert len(asked) == (3 if with_vendor else 2)
    assert all(("vendor" in one) is with_vendor for one in figures)


def test_ratios_are_one_against_oneself() -> None:
    figures = {"policy": "x", **FIGURES, "robots": 3}
    found = verb.ratios(figures, figures)
    assert found == {name: 1.0 if value and math.isfinite(value) else None for name, value in FIGURES.items()}


def test_a_ratio_needs_two_numbers() -> None:
    figures = [{"x": value} for value in (1.0, math.nan, math.inf, 0.0)]
    assert [verb.ratios(one, {"x": 2.0})["x"] for one in figures] == [0.5, None, None, 0.0]
    assert [verb.ratios({"x": 2.0}, one)["x"] for one in figures] == [2.0, None, None, None]


@pytest.mark.parametrize("with_vendor", [False, True])
def test_the_table_has_every_figure_of_every_policy(
    with_vendor: bool,
    asked: list[dict[str, Any]],
    policy: str,
    other: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert main(["eval", policy, *(["--vendor", other] if with_vendor else [])]) == 0
    out = capsys.readouterr().out
    rows = {cells[0]: cells[1:] for line in out.splitlines() if len(cells := line.replace("│", " ").split()) > 1}
    assert rows["vel_error_mps"] == (["0.3", "0.6", "0.5"] if with_vendor else ["0.3"])
    assert rows["drift_pct"][0] == "-"
    assert set(FIGURES) <= set(rows)
    assert policy in out
    assert (other in out) is with_vendor


def foreign(folder: Path, **changes: Any) -> str:
    """A policy whose contract has ``changes``."""
    return str(samples.write(folder / "foreign.onnx", samples.contract(**changes)))


def test_a_policy_for_an_unknown_robot_is_refused(
    asked: list[dict[str, Any]], policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", policy, foreign(tmp_path, robot="lite4"), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    for word in ("foreign.onnx", "'lite4'", "'lite3'"):
        assert word in captured.err
    assert asked == []  # not even the good one before it


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"joints": tuple(f"joint{i}" for i in range(12))}, "joint0"),
        ({"default_pose": (0.0, -0.8, 1.6) * 4}, "default pose"),
        ({"kp": (30.0,) * 11 + (31.0,)}, "gains"),
        ({"robot": "x30"}, "default pose"),
    ],
)
def test_a_policy_that_does_not_fit_the_robot_is_refused(
    changes: dict[str, Any],
    named: str,
    asked: list[dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["eval", foreign(tmp_path, **changes)]) == 2
    assert named in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize("as_vendor", [False, True])
def test_a_file_that_is_none_or_damaged_is_refused(
    as_vendor: bool, asked: list[dict[str, Any]], policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truncated = tmp_path / "truncated.onnx"
    truncated.write_bytes(Path(policy).read_bytes()[:500])
    for bad in (str(truncated), str(tmp_path / "none.onnx"), f"{policy}:none.yaml"):
        assert main(["eval", policy, "--vendor", bad] if as_vendor else ["eval", policy, bad]) == 2
        assert Path(bad.split(":")[0]).name in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(
    ("words", "wrong", "nearest"),
    [
        ("--world stars", "'stars'", "'stairs'"),
        ("--physics referense", "'referense'", "'reference'"),
        ("--robot lite4", "'lite4'", "'lite3'"),
        ("--robots 0", "'0'", "--robots"),
        ("--difficulty high", "'high'", "--difficulty"),
        ("--robotss 3", "'--robotss'", "'--robots'"),
    ],
)
def test_bad_options_are_named(
    words: str, wrong: str, nearest: str, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the real evaluation, which must look at its options before it walks."""
    assert main(["eval", policy, *words.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert wrong in captured.err
    assert nearest in captured.err
