"""Laws of a training run: reproducible, resumable, and never without its last checkpoint."""

from __future__ import annotations

import errno
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import mujoco
import numpy as np
import pytest

from rudel.core.errors import BadInput, GiveUp, UnknownName
from rudel.locomotion import evaluate as evaluation
from rudel.locomotion import policy as policies
from rudel.locomotion.training import checkpoint, curves
from rudel.locomotion.training.run import TrainRequest, TrainResult, train
from rudel.locomotion.training.stopping import Gate
from rudel.locomotion.training.trainer import Progress
from rudel.sim.batch import BatchSim
from rudel.sim.options import training_options

DRAW = curves.draw
SMALL = {"ppo.hidden": [16, 16], "ppo.horizon": 8}


class Notes:
    """A reporter that remembers what it was told."""

    def __init__(self, each: Callable[[Progress], None] | None = None) -> None:
        self.notes: list[str] = []
        self.iterations: list[int] = []
        self.each, self.stopped = each, False

    def start(self, title: str) -> None:
        pass

    def update(
        self, progress: Progress, elapsed_s: float, steps_per_s: float, share: float, left_s: float | None
    ) -> None:
        self.iterations.append(progress.iteration)
        if self.each is not None:
            self.each(progress)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture(autouse=True)
def _quick_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Evaluations of two seconds, and no pictures."""
    quick = functools.partial(evaluation.evaluate, robots=2, duration_s=2.0, options=training_options())
    monkeypatch.setattr(evaluation, "evaluate", quick)
    monkeypatch.setattr(curves, "draw", lambda path, rows, title: path.write_bytes(b""))
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its log where it stands


def request(out: Path, iterations: int = 2, **changes: Any) -> TrainRequest:
    made: dict[str, Any] = {
        "iterations": iterations,
        "envs": 8,
        "until_met": False,
        "overrides": SMALL,
        "command": "test",
    }
    return TrainRequest(out=out, **made | changes)


def run(out: Path, iterations: int = 2, **changes: Any) -> TrainResult:
    return train(request(out, iterations, **changes), Notes())


def kept(out: Path) -> dict[str, Any]:
    """All that a checkpoint holds."""
    with np.load(out / "checkpoint.npz") as file:
        return dict(file)


def leftovers(out: Path) -> list[Path]:
    return list(out.rglob("*.part"))


def same_policy(one: Path, two: Path) -> bool:
    return next(one.glob("*.onnx")).read_bytes() == next(two.glob("*.onnx")).read_bytes()


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
def test_a_resumed_run_is_one_that_was_never_stopped(tmp_path: Path) -> None:
    run(tmp_path / "whole", 4)
    run(tmp_path / "parts", 2)
    early = kept(tmp_path / "parts")
    result = run(tmp_path / "parts", 4, resume=True)
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


# --- checkpoints that do not fit ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 7}, "seed: 0 there, 7 asked for"),
        ({"envs": 16}, "envs: 8 there, 16 asked for"),
        ({"robot": "x30"}, "robot: 'lite3' there, 'x30' asked for"),
        ({"world": "slope"}, "world: 'flat' there, 'slope' asked for"),
        ({"overrides": {**SMALL, "ppo.epochs": 3}}, "ppo"),
        ({"overrides": {**SMALL, "rewards.alive": 9.0}}, "config"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    run(tmp_path, 1)
    before = (tmp_path / "checkpoint.npz").read_bytes()
    with pytest.raises(BadInput, match=named):
        run(tmp_path, 2, resume=True, **changes)
    assert (tmp_path / "checkpoint.npz").read_bytes() == before


def test_damaged_checkpoints_are_refused(tmp_path: Path) -> None:
    run(tmp_path, 1)
    path = tmp_path / "checkpoint.npz"
    whole = path.read_bytes()
    no_archive = tmp_path / "array.npy"
    np.save(no_archive, np.zeros(3))
    for damaged in (b"", whole[:100], whole[: len(whole) // 2], whole[:-20], b"rubbish" * 100, no_archive.read_bytes()):
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match="cannot be read"):
            run(tmp_path, 2, resume=True)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    path.write_bytes(bytes(flipped))
    with pytest.raises(BadInput, match="cannot be read"):
        run(tmp_path, 2, resume=True)
    path.unlink()
    with pytest.raises(BadInput, match="no checkpoint"):
        run(tmp_path, 2, resume=True)


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, identity = tmp_path / "c.npz", {"skill": "walk"}
    monkeypatch.setattr(checkpoint, "VERSION", 99)
    checkpoint.save(path, {"x": np.arange(3)}, identity)
    monkeypatch.undo()
    with pytest.raises(BadInput, match="version 99"):
        checkpoint.load(path, identity)


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    state = {"x": rng.normal(size=5), "n": np.array([1, 2]), "flag": np.array([True]), "rng": rng.bit_generator.state}
    identity = {"config": {"a": [1, 2.5, None]}, "seed": 3}
    checkpoint.save(tmp_path / "c.npz", state, identity)
    np.testing.assert_equal(checkpoint.load(tmp_path / "c.npz", identity), state)


@pytest.mark.parametrize(
    ("changes", "error", "named"),
    [
        ({"iterations": None}, BadInput, "--budget"),
        ({"envs": 1}, BadInput, "envs is 1"),
        ({"skill": "wlak"}, UnknownName, "'walk'"),
        ({"robot": "lite4"}, UnknownName, "'lite3'"),
        ({"world": "stair"}, UnknownName, "'stairs'"),
        ({"overrides": {"rewards.alvie": 1}}, UnknownName, "'alive'"),
    ],
)
def test_bad_requests_leave_nothing(
    changes: dict[str, Any], error: type[Exception], named: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=named):
        train(request(tmp_path / "run", **changes), Notes())
    assert not (tmp_path / "run").exists()


# --- disk and physics that fail -------------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, 1)
    before = (tmp_path / "checkpoint.npz").read_bytes()

    def full(file: BinaryIO, **arrays: Any) -> None:
        file.write(b"PK half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    reporter = Notes()
    with monkeypatch.context() as disk:
        disk.setattr(checkpoint.np, "savez", full)
        with pytest.raises(GiveUp, match="No space left"):
            train(request(tmp_path, 2, resume=True), reporter)
    assert reporter.stopped
    assert (tmp_path / "checkpoint.npz").read_bytes() == before
    assert not leftovers(tmp_path)
    assert run(tmp_path, 2, resume=True).iterations == 2


@pytest.mark.parametrize("broken", ["pathlib.Path.replace", "pathlib.Path.write_text"])
def test_whatever_cannot_be_written_leaves_no_parts(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(broken, full)
    with pytest.raises((GiveUp, OSError), match="No space left"):
        run(tmp_path, 1)
    assert not leftovers(tmp_path)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_broken_physics_is_kept_for_replay_and_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, calls = BatchSim.step, []

    def breaking(sim: BatchSim, *args: Any) -> None:
        calls.append(1)
        if len(calls) == 10:  # in the second iteration of 8 steps, in each process
            sim.push[3] = 1e300
        step(sim, *args)

    monkeypatch.setattr(BatchSim, "step", breaking)
    reporter = Notes()
    result = train(request(tmp_path, 4), reporter)
    assert result.iterations == 4
    assert np.isfinite(kept(tmp_path)["params"]).all()
    assert sum("physics broke" in note for note in reporter.notes) == 1
    with np.load(tmp_path / "nan_00002_robot3.npz") as dump:
        model = mujoco.MjModel.from_binary_path(str(tmp_path / "nan_00002_robot3.mjb"))
        data = mujoco.MjData(model)
        assert np.isfinite(dump["state"]).all()
        mujoco.mj_setState(model, data, dump["state"], int(dump["state_spec"]))
        data.ctrl[:] = dump["targets"]
        mujoco.mj_step(model, data)
    assert np.isfinite(data.qpos).all()
    assert 0.2 < data.qpos[2] < 0.5


def test_networks_that_are_no_numbers_end_the_run(tmp_path: Path) -> None:
    run(tmp_path, 1)
    before = (tmp_path / "checkpoint.npz").read_bytes()
    state = checkpoint.load(tmp_path / "checkpoint.npz", {})
    state["params"][0] = np.nan
    checkpoint.save(tmp_path / "checkpoint.npz", state, json.loads(str(kept(tmp_path)["header"]))["identity"])
    with pytest.raises(GiveUp, match="no longer finite"):
        run(tmp_path, 2, resume=True)
    assert (tmp_path / "checkpoint.npz").read_bytes() != before


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


def test_a_run_of_another_shape_is_no_start(tmp_path: Path) -> None:
    first = train(request(tmp_path / "first", 1), Notes())
    wider = SMALL | {"ppo.hidden": [32, 16]}
    with pytest.raises(BadInput, match="does not fit"):
        train(request(tmp_path / "second", start_from=first.out, overrides=wider), Notes())
    with pytest.raises(BadInput, match="no checkpoint"):
        train(request(tmp_path / "third", start_from=tmp_path / "nothing"), Notes())
