"""Laws of a training that gets robots up: reproducible, resumable, exported with a contract that can be measured."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel.cli.main import ONE_THREAD, main
from rudel.core.types import Twist
from rudel.locomotion import getup_evaluate
from rudel.locomotion import policy as policies
from rudel.locomotion.training.progress import RichReporter
from rudel.locomotion.training.run import build
from rudel.locomotion.training.stopping import Gate
from rudel.locomotion.training.trainer import Progress
from rudel.sim.options import training_options
from tests.locomotion import samples
from tests.locomotion.runs import SMALL, kept, request, run, same_policy

pytestmark = pytest.mark.usefixtures("quick_ends", "quick_measure")

FEW = SMALL | {"fallen.states": 8, "ppo.imitate": 1}
GETUP: dict[str, Any] = {"skill": "getup", "overrides": FEW}


@pytest.fixture
def quick_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four robots for two seconds."""
    quick = functools.partial(getup_evaluate.evaluate, robots=4, duration_s=2.0, options=training_options())
    monkeypatch.setattr(getup_evaluate, "evaluate", quick)
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.mark.slow
def test_the_same_request_gives_the_same_bytes_and_a_resumed_one_too(tmp_path: Path) -> None:
    run(tmp_path / "whole", 3, **GETUP)
    run(tmp_path / "parts", 2, **GETUP)
    run(tmp_path / "parts", 3, resume=True, **GETUP)
    run(tmp_path / "other", 3, seed=1, **GETUP)
    assert same_policy(tmp_path / "whole", tmp_path / "parts")
    assert not same_policy(tmp_path / "whole", tmp_path / "other")
    np.testing.assert_equal(kept(tmp_path / "whole"), kept(tmp_path / "parts"))


@pytest.mark.slow
def test_what_is_exported_can_be_stepped_and_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(tmp_path / "run", 2, **GETUP)
    assert {"success_pct", "time_p95_s", "base_impact_p95_mps"} <= set(result.figures)
    assert result.policy is not None
    loaded = policies.load(result.policy)
    contract = loaded.contract
    assert (contract.skill, contract.gait, contract.observation_size) == ("getup", None, 42)
    assert contract.max_twist == (0, 0, 0)
    targets = loaded.step(samples.state(), Twist())
    assert np.isfinite(targets.q).all()
    capsys.readouterr()
    assert main(["eval", str(result.policy), "--robots", "6", "--world", "rough", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["robots"] == 6
    assert figures["success_pct"] + figures["failed_pct"] == pytest.approx(100)


def test_walking_and_getting_up_have_no_figures_in_common(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = samples.write(tmp_path / "walk.onnx")
    getup = samples.write(tmp_path / "getup.onnx", samples.contract(skill="getup"))
    assert main(["eval", str(walk), str(getup)]) == 2
    assert "one by one" in capsys.readouterr().err


def test_on_rough_ground_every_kind_has_a_shard_and_the_critic_sees_it() -> None:
    trainer = build(request(Path(), world="rough", **GETUP))
    try:
        assert len(trainer.shards) == len(getup_evaluate.rough_grounds(0)) == 4
        assert trainer.config.critic_terrain
    finally:
        trainer.close()


def progress(iteration: int, on_feet: float) -> Progress:
    return Progress(iteration, 1000, 0.1, {"on_feet": on_feet}, 0.0, 0.0, 0, {})


def test_nobody_looks_before_robots_stand() -> None:
    gate = Gate({"failed_pct": 1.0}, {"on_feet": 0.5})
    assert not gate.open(progress(Gate.FIRST, 0.4))
    assert gate.open(progress(Gate.FIRST, 0.6))
    assert not gate.open(progress(Gate.FIRST + 1, 0.6))


def test_progress_tells_how_many_stand(capsys: pytest.CaptureFixture[str]) -> None:
    RichReporter(line_every_s=0.0).update(progress(3, 0.25), 1.0, 100.0, 0.5, None)
    said = capsys.readouterr().err
    assert "on feet 0.250" in said
    assert "m/s" not in said
