"""What a training run does when files do not fit, the disk is full or the physics breaks."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any, BinaryIO

import mujoco
import numpy as np
import pytest

from rudel.core.errors import BadInput, GiveUp, UnknownName
from rudel.locomotion.training import checkpoint
from rudel.locomotion.training.run import train
from rudel.sim.batch import BatchSim
from tests.locomotion.runs import SMALL, Notes, kept, leftovers, request, run

pytestmark = pytest.mark.usefixtures("quick_ends")


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


def test_a_bit_that_flips_anywhere_is_noticed(tmp_path: Path) -> None:
    path, identity = tmp_path / "c.npz", {"skill": "walk"}
    checkpoint.save(path, {"x": np.arange(30), "rng": {"state": 1}}, identity)
    whole = path.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match="cannot be read"):
            checkpoint.load(path, identity)


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, identity = tmp_path / "c.npz", {"skill": "walk"}
    monkeypatch.setattr(checkpoint, "VERSION", 99)
    checkpoint.save(path, {"x": np.arange(3)}, identity)
    monkeypatch.undo()
    with pytest.raises(BadInput, match=r"version 99.*begin a new run"):
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
