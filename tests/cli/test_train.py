"""`rudel train`: what its options mean, what it refuses, what it prints."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.cli import _options
from rudel.cli.main import ONE_THREAD, main
from rudel.core.errors import BadInput
from rudel.locomotion.training import run as training
from rudel.locomotion.training.progress import Reporter

UNIT_S = {"": 1, "s": 1, "m": 60, "h": 3600}


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


class FakeTraining:
    """Takes the place of train(): remembers what was asked and answers with ``result``."""

    def __init__(self, out: Path) -> None:
        self.requests: list[training.TrainRequest] = []
        policy = out / "lite3_walk.onnx"
        figures = {"vel_error_mps": 0.1 + 0.2, "drift_pct": math.nan}
        self.result = training.TrainResult(out, policy, True, False, figures, 12.5, 3, 4096, (out / "run.json", policy))

    def __call__(self, request: training.TrainRequest, reporter: Reporter) -> training.TrainResult:
        self.requests.append(request)
        return self.result


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTraining:
    fake = FakeTraining(tmp_path)
    monkeypatch.setattr(training, "train", fake)
    return fake


# --- values ----------------------------------------------------------------------------------------------------------


@given(st.decimals("0.001", 100_000, places=3), st.sampled_from(sorted(UNIT_S)))
def test_a_duration_is_its_number_times_its_unit(number: object, unit: str) -> None:
    assert _options.duration_s(f"{number}{unit}") == pytest.approx(float(str(number)) * UNIT_S[unit], rel=1e-12)


@given(st.text(alphabet="0123456789.+-eEinfsmh _٣", max_size=6) | st.text(max_size=6))
def test_a_duration_is_positive_and_finite_or_refused_with_examples(text: str) -> None:
    message = ""
    try:
        seconds = _options.duration_s(text)
    except BadInput as error:
        message, seconds = str(error), 1.0
    assert math.isfinite(seconds)
    assert seconds > 0
    if message:
        assert all(word in message for word in (repr(text), "150s", "2m", "1.5h"))
    else:
        assert set(text) <= set("0123456789.smh")


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "-5s", "+5", "5 s", "1h30m", "5d", "1e3", "nan", "inf", ".5", "5.", "9" * 400, "5S", "٣s"]
)
def test_no_duration_is_guessed(text: str) -> None:
    with pytest.raises(BadInput):
        _options.duration_s(text)


@given(st.integers(0, 10**18 - 1), st.integers(0, 5))
def test_whole_numbers_from_the_least_on(value: int, least: int) -> None:
    parse = _options.whole(least, "--robots")
    if value >= least:
        assert parse(str(value)) == value
    else:
        with pytest.raises(BadInput, match="--robots"):
            parse(str(value))


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1_0", "٣", "one", "0x10", "9" * 30])
def test_no_whole_number_is_guessed(text: str) -> None:
    with pytest.raises(BadInput):
        _options.whole(0, "--seed")(text)


@given(st.floats())
def test_difficulty_is_a_share(value: float) -> None:
    if 0 <= value <= 1:
        assert _options.difficulty(repr(value)) == value
    else:
        with pytest.raises(BadInput, match="--difficulty"):
            _options.difficulty(repr(value))


finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(st.none() | st.booleans() | st.integers() | finite | st.text(), st.lists, max_leaves=5)


@given(st.from_regex(r"[a-z_]+\.[a-z_]+", fullmatch=True), values)
def test_a_setting_keeps_its_json_value(key: str, value: object) -> None:
    assert _options.overrides([f"{key}={json.dumps(value)}"]) == {key: value}


def test_a_setting_that_is_no_json_is_text() -> None:
    assert _options.overrides(["ppo.activation=tanh", "a.b=x=y"]) == {"ppo.activation": "tanh", "a.b": "x=y"}


@pytest.mark.parametrize("texts", [["ppo.epochs"], ["=3"], ["a.b=1", "a.b=2"], ["a.b=NaN"], ["a.b=[1, -Infinity]"]])
def test_settings_that_mean_nothing_are_refused(texts: list[str]) -> None:
    with pytest.raises(BadInput, match="--set"):
        _options.overrides(texts)


# --- what is asked for -----------------------------------------------------------------------------------------------


def test_options_reach_the_training(fake: FakeTraining, tmp_path: Path) -> None:
    words = "--robot x30 --world wave --difficulty 0.25 --budget 2m --seed 7 --resume --envs 64"
    settings = ["--set", "ppo.epochs=3", "--set", "rewards.alive=1.5", "--out", str(tmp_path)]
    argv = ["train", "walk", *words.split(), *settings]
    assert main(argv) == 0
    assert fake.requests == [
        training.TrainRequest(
            skill="walk",
            robot="x30",
            world="wave",
            difficulty=0.25,
            seed=7,
            budget_s=120.0,
            iterations=None,
            out=tmp_path,
            resume=True,
            envs=64,
            until_met=True,
            command=" ".join(["rudel", *argv]),
            overrides={"ppo.epochs": 3, "rewards.alive": 1.5},
        )
    ]


def test_defaults(fake: FakeTraining) -> None:
    assert main(["train", "walk"]) == 0
    expected = training.TrainRequest(budget_s=150.0, command="rudel train walk", out=Path("runs/walk"))
    assert fake.requests == [expected]


def test_iterations_take_the_place_of_the_budget_and_of_the_figures(fake: FakeTraining) -> None:
    assert main(["train", "walk", "--iterations", "5"]) == 0
    request = fake.requests[0]
    assert (request.iterations, request.budget_s, request.until_met) == (5, None, False)


def test_keep_going_ignores_the_figures(fake: FakeTraining) -> None:
    assert main(["train", "walk", "--budget", "1h", "--keep-going"]) == 0
    assert (fake.requests[0].budget_s, fake.requests[0].until_met) == (3600.0, False)


def test_budget_and_iterations_exclude_each_other(fake: FakeTraining) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["train", "walk", "--iterations", "5", "--budget", "9s"])
    assert exit_.value.code == 2
    assert fake.requests == []


# --- what comes out --------------------------------------------------------------------------------------------------


def no_constants(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def test_json_is_the_result_and_nothing_else(fake: FakeTraining, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "walk", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    result = json.loads(out, parse_constant=no_constants)
    assert result["figures"] == {"vel_error_mps": 0.1 + 0.2, "drift_pct": None}  # full precision; NaN is null
    assert result["policy"] == str(fake.result.policy)
    assert result["artefacts"] == [str(path) for path in fake.result.artefacts]
    assert (result["reached"], result["iterations"], result["wall_s"]) == (True, 3, 12.5)


def test_without_json_the_paths_are_printed(fake: FakeTraining, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "walk", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(path) for path in fake.result.artefacts]


def test_an_interrupted_training_says_so(fake: FakeTraining, capsys: pytest.CaptureFixture[str]) -> None:
    fake.result = dataclasses.replace(fake.result, interrupted=True, policy=None)
    assert main(["train", "walk", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["interrupted"] is True


@pytest.mark.parametrize(
    ("words", "wrong", "nearest"),
    [
        ("wlak", "'wlak'", "'walk'"),
        ("walk --robot lite4", "'lite4'", "'lite3'"),
        ("walk --world stars", "'stars'", "'stairs'"),
        ("walk --set ppo.epoch=3", "'ppo.epoch'", "'epochs'"),
        ("walk --set rewards.alvie=3", "alvie", "'alive'"),
        ("walk --budget 150x", "'150x'", "150s"),
        ("walk --difficulty 1.5", "'1.5'", "1"),
        ("walk --envs 0", "'0'", "--envs"),
        ("walk --seed -1", "'-1'", "--seed"),
        ("walk --bugdet 150s", "'--bugdet'", "'--budget'"),
    ],
)
def test_bad_input_is_named_before_anything_is_written(
    words: str, wrong: str, nearest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the real training: whatever it checks itself, it checks first."""
    out = tmp_path / "run"
    assert main(["train", *words.split(), "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert wrong in captured.err
    assert nearest in captured.err
    assert not out.exists()


@pytest.mark.slow
def test_a_real_training_and_its_evaluation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["train", "walk", "--iterations", "2", "--envs", "64", "--out", str(tmp_path), "--json"]
    assert main(argv) == 0
    result = json.loads(capsys.readouterr().out, parse_constant=no_constants)
    assert result["iterations"] == 2
    assert all(Path(path).exists() for path in result["artefacts"])
    assert result["policy"] in result["artefacts"]
    assert main(["eval", result["policy"], "--robots", "4", "--seed", "3", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out, parse_constant=no_constants)
    assert (figures["policy"], figures["robots"], figures["seed"]) == (result["policy"], 4, 3)
    assert figures["seconds"] == pytest.approx(10.0)
    assert set(result["figures"]) <= set(figures)
