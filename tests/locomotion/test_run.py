"""Laws of a training run: reproducible, resumable, and never without its last checkpoint."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.locomotion import evaluate as evaluation
from rudel.locomotion import policy as policies
from rudel.locomotion.evaluate import Evaluation
from rudel.locomotion.training import curves
from rudel.locomotion.training.run import train
from rudel.locomotion.training.stopping import Gate
from rudel.locomotion.training.trainer import Progress
from tests.locomotion.runs import DRAW, SMALL, Notes, kept, leftovers, request, run, same_policy

# a trot that answers all that it can feel, and a policy that is told of it
FEELS: dict[str, Any] = {
    "observation": [["joint_pos", 1.0], ["joint_error", 5.0], ["leg_velocity", 2.0], ["swing_apex", 5.0]],
    "gait.capture_s": 0.25,
    "gait.capture_mps": 0.0,
    "gait.pace": 0.5,
    "gait.pace_tilt": [0.0, 0.1],
    "gait.upright": 0.8,
    "gait.stumble": 4.0,
    "gait.stance_reach_m": 0.02,
}

pytestmark = pytest.mark.usefixtures("quick_ends")


# --- reproducible, resumable ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(tmp_path / name, 3)
    run(tmp_path / "other", 3, seed=1)
    one, two, other = (tmp_path / name for name in ("one", "two", "other"))
    assert same_policy(one, two)
    assert not same_policy(one, other)
    np.testing.assert_equal(kept(one), kept(two))
    assert np.abs(kept(one)["params"] - kept(other)["params"]).max() > 1e-3
    assert not leftovers(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("feels", [{}, FEELS], ids=["little", "much"])
def test_a_resumed_run_is_one_that_was_never_stopped(tmp_path: Path, feels: dict[str, Any]) -> None:
    overrides = SMALL | feels
    run(tmp_path / "whole", 4, overrides=overrides)
    run(tmp_path / "parts", 2, overrides=overrides)
    early = kept(tmp_path / "parts")
    result = run(tmp_path / "parts", 4, resume=True, overrides=overrides)
    assert result.iterations == 4
    np.testing.assert_equal(kept(tmp_path / "parts"), kept(tmp_path / "whole"))
    assert np.abs(early["params"] - kept(tmp_path / "whole")["params"]).max() > 1e-4
    assert same_policy(tmp_path / "whole", tmp_path / "parts")
    rows = (tmp_path / "parts" / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["iteration", "1.0", "2.0", "3.0", "4.0"]


@pytest.mark.slow
def test_what_a_run_leaves_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "draw", DRAW)
    reporter = Notes()
    result = train(request(tmp_path / "run", 2), reporter)
    assert reporter.stopped
    assert reporter.iterations == [1, 2]
    assert (result.iterations, result.env_steps, result.interrupted) == (2, 2 * 8 * 8, False)
    assert all(path.exists() for path in result.artefacts)
    assert result.policy in result.artefacts
    assert result.policy is not None
    policy = policies.load(result.policy)
    assert policy.contract.provenance["iterations"] == 2
    assert policy.contract.provenance["command"] == "test"
    explained = json.loads((tmp_path / "run" / "run.json").read_text())
    assert explained["identity"]["ppo"]["hidden"] == [16, 16]
    assert {"machine", "argv", "commit", "diff"} <= explained.keys()


def test_a_run_without_time_still_names_only_files_that_exist(tmp_path: Path) -> None:
    result = run(tmp_path / "run", iterations=None, budget_s=1e-3)  # pyright: ignore[reportArgumentType]  # a budget instead
    assert result.iterations == 0
    assert all(path.exists() for path in result.artefacts)


def test_starting_over_an_earlier_run_says_so(tmp_path: Path) -> None:
    run(tmp_path / "run", 1)
    reporter = Notes()
    train(request(tmp_path / "run", 1), reporter)
    assert any("--resume" in note for note in reporter.notes)


@pytest.mark.slow
def test_ctrl_c_keeps_the_checkpoint_and_resume_continues(tmp_path: Path) -> None:
    out = tmp_path / "run"
    argv = [sys.executable, "-m", "rudel", "train", "walk", "--envs", "64", "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [*argv, "--iterations", "500"], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "env-steps" in line:
                break
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        assert process.wait(60) == 130
    done = int(kept(out)["counters"][0])
    assert 0 < done < 500
    assert not list(out.glob("*.onnx"))
    assert json.loads((out / "result.json").read_text())["result"]["interrupted"]
    resumed = subprocess.run(
        [*argv, "--iterations", str(done + 1), "--resume", "--quiet"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert resumed.returncode == 0, resumed.stderr
    assert int(kept(out)["counters"][0]) == done + 1
    assert (out / "lite3_walk.onnx").exists()


def test_an_interrupt_ends_after_the_iteration(tmp_path: Path) -> None:
    reporter = Notes(lambda progress: signal.raise_signal(signal.SIGINT) if progress.iteration == 2 else None)
    before = signal.getsignal(signal.SIGINT)
    result = train(request(tmp_path / "run", 50), reporter)
    assert signal.getsignal(signal.SIGINT) is before
    assert (result.interrupted, result.iterations, result.policy) == (True, 2, None)
    assert int(kept(tmp_path / "run")["counters"][0]) == 2


def test_a_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    def insist(progress: Progress) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    reporter = Notes(insist)
    with pytest.raises(KeyboardInterrupt):
        train(request(tmp_path / "run", 50), reporter)
    assert reporter.stopped


# --- when to look ---------------------------------------------------------------------------------------------------


def progress(iteration: int, error: float) -> Progress:
    return Progress(iteration, 0, 0.0, {}, error, 0.1, 0, {})


def test_the_gate_opens_when_it_may_be_worth_it() -> None:
    gate = Gate({"vel_error_mps": 0.1, "falls": 0})
    assert not gate.open(progress(Gate.FIRST - 1, 0.0))
    assert not gate.open(progress(Gate.FIRST, 0.1 * Gate.SLACK + 0.01))
    assert gate.open(progress(Gate.FIRST, 0.1 * Gate.SLACK - 0.01))
    assert not gate.open(progress(Gate.FIRST + 1, 0.0))
    assert gate.open(progress(Gate.FIRST + Gate.EVERY, 0.0))


def test_the_gate_opens_ever_more_rarely() -> None:
    gate = Gate({"vel_error_mps": 0.1})
    due = np.array([i for i in range(2000) if gate.open(progress(i, 0.0))])
    assert due[0] == Gate.FIRST
    gaps = np.diff(due)
    assert (np.diff(gaps) >= 0).all()
    assert gaps[-1] > 150
    assert (gaps <= np.maximum(Gate.EVERY, 0.16 * due[:-1] + 1)).all()


# --- starting from another run --------------------------------------------------------------------------------------


def test_a_run_that_starts_from_another_goes_on_from_it_under_its_own_settings(tmp_path: Path) -> None:
    first = train(request(tmp_path / "first"), Notes())
    same, other = Notes(), Notes()
    train(request(tmp_path / "same", 3, start_from=first.out), same)
    train(request(tmp_path / "resumed", 3), Notes())
    train(request(tmp_path / "other", 3, start_from=first.out, overrides=SMALL | {"rewards.alive": 3.0}), other)
    assert same.iterations == other.iterations == [3]
    states = {name: np.load(tmp_path / name / "checkpoint.npz") for name in ("same", "resumed", "other")}
    np.testing.assert_array_equal(states["same"]["params"], states["resumed"]["params"])
    assert (states["same"]["params"] != states["other"]["params"]).any()


def test_what_was_learnt_serves_more_robots_which_begin_anew(tmp_path: Path) -> None:
    first = train(request(tmp_path / "first"), Notes())
    notes = Notes()
    train(request(tmp_path / "second", 2, start_from=first.out, envs=12), notes)
    assert any("begin anew" in text for text in notes.notes)
    before, after = (np.load(tmp_path / name / "checkpoint.npz") for name in ("first", "second"))
    np.testing.assert_array_equal(before["params"], after["params"])  # no iteration was left to do
    assert len(after["0.env.steps"]) > len(before["0.env.steps"])


def test_what_an_older_checkpoint_does_not_know_of_a_robot_is_as_at_the_beginning(tmp_path: Path) -> None:
    first = train(request(tmp_path / "first"), Notes())
    with np.load(first.out / "checkpoint.npz") as file:
        known = {name: file[name] for name in file.files if not name.endswith(".tilt")}
    whole = io.BytesIO()
    np.savez(whole, **known)
    (first.out / "checkpoint.npz").write_bytes(whole.getvalue() + hashlib.sha256(whole.getvalue()).digest())
    notes = Notes()
    train(request(tmp_path / "second", 2, start_from=first.out), notes)
    assert not any("begin anew" in text for text in notes.notes)
    after = np.load(tmp_path / "second" / "checkpoint.npz")
    np.testing.assert_array_equal(after["0.physics"], known["0.physics"])
    assert (after["0.env.tilt"] == 0).all()


def test_a_run_of_another_shape_is_no_start(tmp_path: Path) -> None:
    first = train(request(tmp_path / "first", 1), Notes())
    wider = SMALL | {"ppo.hidden": [32, 16]}
    with pytest.raises(BadInput, match="does not fit"):
        train(request(tmp_path / "second", start_from=first.out, overrides=wider), Notes())
    with pytest.raises(BadInput, match="No policy file"):
        train(request(tmp_path / "third", start_from=tmp_path / "nothing"), Notes())


# --- passing twice --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("second", "reached"), [("passes", True), ("falls", False), ("misses", False)])
def test_a_policy_has_to_pass_with_other_robots_too(
    second: str, reached: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured, seeds = evaluation.evaluate, []

    def graded(*args: Any, most_falls: int | None, seed: int, **more: Any) -> Evaluation | None:
        seeds.append(seed)
        figures = measured(*args, seed=seed, **more)
        assert figures is not None
        good = dataclasses.replace(figures, vel_error_mps=0.0, yaw_error_radps=0.0, falls=0)
        if len(seeds) % 2 or second == "passes":
            return good
        fallen = dataclasses.replace(good, falls=1)
        return None if second == "falls" and most_falls is not None else fallen

    monkeypatch.setattr(evaluation, "evaluate", graded)
    monkeypatch.setattr(Gate, "open", lambda self, progress: progress.iteration == 2)
    result = run(tmp_path, 2, until_met=True, seed=5)
    assert result.reached is reached
    assert seeds[:2] == [1005, 2005]
    assert result.figures["falls"] == (0 if reached else 1)
