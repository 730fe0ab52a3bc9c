"""Processes that walk robots: what they answer, and what happens when one of them or the trainer dies."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import BadInput, GiveUp
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.training import shared
from rudel.locomotion.training.rollout import Collector
from rudel.locomotion.training.shard import statistics
from rudel.locomotion.training.trainer import Trainer, shard_seed


def made(grounds: int = 1, envs: int = 8, seed: int = 0) -> Trainer:
    config = dataclasses.replace(walk.learner(), hidden=(8, 8), horizon=4)
    return Trainer(robots.load("lite3"), walk.config(), config, [Ground()] * grounds, envs, seed)


@pytest.fixture
def trainer() -> Iterator[Trainer]:
    trainer = made()
    yield trainer
    trainer.close()


def pid(trainer: Trainer, shard: int) -> int:
    found = trainer.shards[shard]._process.pid
    assert found is not None
    return found


def gone(process: int, within_s: float = 10.0) -> bool:
    """Whether a process ends in time (a zombie has ended)."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_shared_memory_is_seen_by_a_forked_process() -> None:
    array = shared.zeros((2, 3))
    assert array.dtype == np.float32
    assert not array.any()
    child = os.fork()
    if child == 0:
        array[1, 2] = 5.0
        os._exit(0)
    os.waitpid(child, 0)
    assert array[1, 2] == 5.0


def test_a_shard_collects_what_the_same_collector_does_here(trainer: Trainer) -> None:
    here = [trainer._collector(Ground(), 4, i, 1, trainer.batch.part(slice(16 * i, 16 * i + 16)))() for i in range(2)]
    expected = [collector.collect(trainer.net) for collector in here]
    samples = {f.name: getattr(trainer.batch, f.name).copy() for f in dataclasses.fields(trainer.batch)}
    for value in samples:
        getattr(trainer.batch, value)[:] = 0
    found = trainer._all("collect", [(statistics(trainer.net),)] * 2)
    for name, value in samples.items():
        np.testing.assert_array_equal(getattr(trainer.batch, name), value, err_msg=name)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_equal(dataclasses.asdict(one), dataclasses.asdict(other))


def test_shards_do_not_walk_alike() -> None:
    seeds = {shard_seed(seed, i) for seed in range(20) for i in range(6)}
    assert len(seeds) == 120
    assert shard_seed(7, 0) == 7
    trainer = made(envs=8)
    trainer.iterate()
    obs = trainer.batch.obs.reshape(2, -1)
    assert np.abs(obs[0] - obs[1]).max() > 0.01
    trainer.close()


@pytest.mark.parametrize(("grounds", "envs"), [(1, 7), (3, 8)])
def test_robots_are_shared_out_whole(grounds: int, envs: int) -> None:
    trainer = made(grounds, envs)
    progress = trainer.iterate()
    assert progress.env_steps == 4 * envs
    assert len(trainer.shards) == max(2, grounds)
    assert np.abs(trainer.batch.obs).sum(axis=1).all()
    trainer.close()


def test_fewer_robots_than_shards_are_refused() -> None:
    with pytest.raises(BadInput, match="envs is 2, needs at least 3"):
        made(grounds=3, envs=2)


def test_a_killed_shard_ends_the_training_with_a_reason(trainer: Trainer) -> None:
    trainer.iterate()
    os.kill(pid(trainer, 1), signal.SIGKILL)
    with pytest.raises(GiveUp, match=r"exit code -9.*fewer robots"):
        trainer.iterate()


def test_what_fails_in_a_shard_is_told_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise ValueError("no such horizon")

    monkeypatch.setattr(Collector, "collect", failing)
    trainer = made()
    with pytest.raises(GiveUp, match="no such horizon"):
        trainer.iterate()
    trainer.close()


def test_an_interrupt_from_the_terminal_is_the_trainers_business(trainer: Trainer) -> None:
    trainer.iterate()
    for i in range(2):
        os.kill(pid(trainer, i), signal.SIGINT)
    assert trainer.iterate().iteration == 2


def test_closing_ends_the_processes() -> None:
    trainer = made()
    pids = [pid(trainer, i) for i in range(2)]
    trainer.close()
    assert all(gone(p) for p in pids)


def test_they_do_not_outlive_a_killed_trainer() -> None:
    source = (
        "import time; from tests.locomotion import test_shard as t; m = t.made(); m.iterate(); "
        "print(t.pid(m, 0), t.pid(m, 1), flush=True); time.sleep(60)"
    )
    trainer = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    assert trainer.stdout is not None
    pids = [int(p) for p in trainer.stdout.readline().split()]
    trainer.kill()
    trainer.wait()
    trainer.stdout.close()
    assert len(pids) == 2
    assert all(gone(p) for p in pids)
