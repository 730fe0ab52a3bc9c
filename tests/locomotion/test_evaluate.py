"""Laws of the evaluation: what stands stands, what falls is counted, the same seed measures the same."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion import evaluate as evaluation
from rudel.locomotion import policy as policies
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.control import Control
from rudel.locomotion.deploy import check_robot, config_of, contract_of
from rudel.locomotion.evaluate import Evaluation, evaluate, evaluate_policy
from rudel.locomotion.terms.randomisation import nominal
from rudel.sim.batch import BatchSim
from rudel.sim.model import compile_model
from rudel.sim.options import training_options
from tests.locomotion import envs, samples

LITE3 = robots.load("lite3")


def nothing(obs: np.ndarray) -> np.ndarray:
    """The reference gait alone."""
    return np.zeros((len(obs), 12), np.float32)


def folding(obs: np.ndarray) -> np.ndarray:
    """Pulls all legs in: the body goes to the ground."""
    return np.tile(np.array([0, -200, 200] * 4, np.float32), (len(obs), 1))


def measure(act: Any = nothing, **more: Any) -> Evaluation | None:
    settings: dict[str, Any] = {"robots": 4, "duration_s": 2.0, "options": training_options()}
    return evaluate(LITE3, envs.lite3_walk(), act, **settings | more)


def full(act: Any = nothing, **more: Any) -> Evaluation:
    figures = measure(act, **more)
    assert figures is not None
    return figures


def test_the_same_seed_measures_the_same() -> None:
    one, two, other = full(seed=3), full(seed=3), full(seed=4)
    assert one == two
    assert one != other
    assert (one.robots, one.seconds, one.seed) == (4, 2.0, 3)


def test_the_reference_gait_stands_and_does_not_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_spread", lambda high, n, rng: np.zeros((n, 3), np.float32))
    figures = full(randomisation=nominal())
    assert figures.falls == 0
    assert figures.stand_still_mps < 0.02
    assert all(np.isfinite(list(dataclasses.asdict(figures).values())))
    assert 0 < figures.torque_p99_share < 1
    assert 0 <= figures.torque_limit_share < 0.01


def test_who_goes_down_is_counted() -> None:
    figures = full(folding)
    assert figures.falls == 4 + evaluation.STRAIGHT + evaluation.STANDING
    assert all(np.isfinite(list(dataclasses.asdict(figures).values())))


def test_one_that_is_tipped_over_is_one_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    step, calls = BatchSim.step, []

    def tipping(sim: BatchSim, *args: Any) -> None:
        calls.append(1)
        if len(calls) == 20:
            sim.qpos[1, 3:7] = [0, 1, 0, 0]
            sim.qpos[1, 2] += 0.5
        step(sim, *args)

    upright = full(randomisation=nominal()).falls
    monkeypatch.setattr(BatchSim, "step", tipping)
    assert full(randomisation=nominal()).falls == upright + 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_physics_that_breaks_is_a_fall_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its log where it stands
    step, calls = BatchSim.step, []

    def breaking(sim: BatchSim, *args: Any) -> None:
        calls.append(1)
        sim.push[2] = 1e300 if len(calls) == 20 else 0.0
        step(sim, *args)

    upright = full(randomisation=nominal()).falls
    monkeypatch.setattr(BatchSim, "step", breaking)
    figures = full(randomisation=nominal())
    assert figures.falls == upright + 1
    assert all(np.isfinite(list(dataclasses.asdict(figures).values())))


def test_too_many_falls_end_it_early() -> None:
    calls: list[int] = []

    def counting(obs: np.ndarray) -> np.ndarray:
        calls.append(1)
        return folding(obs)

    assert measure(counting, most_falls=0) is None
    assert len(calls) < 100
    assert measure(folding, most_falls=1000) is not None


def test_a_command_is_followed_better_than_its_opposite(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is that of the command: small for robots that go straight, large when they were told the other way."""

    def straight(high: Any, n: int, rng: np.random.Generator) -> np.ndarray:
        return np.tile(np.array([0.5, 0, 0], np.float32), (n, 1))

    monkeypatch.setattr(evaluation, "_spread", straight)
    forward = full(randomisation=nominal(), duration_s=3.0)
    finish = evaluation._Recorder.finish

    def turned(self: Any, planar: np.ndarray, commands: np.ndarray, *rest: Any) -> Evaluation:
        return finish(self, planar, -commands, *rest)

    monkeypatch.setattr(evaluation._Recorder, "finish", turned)
    backward = full(randomisation=nominal(), duration_s=3.0)
    assert forward.vel_error_mps < 0.3
    # told -0.5 while going 0.5 +- error
    assert backward.vel_error_mps == pytest.approx(1.0, abs=forward.vel_error_mps + 0.02)


@pytest.mark.parametrize("robot", robots.names())
def test_a_contract_gives_back_its_environment(robot: str) -> None:
    spec = robots.load(robot)
    config = dataclasses.replace(envs.lite3_walk(), action_clip=3.0, action_scale=(0.1, 0.2, 0.3))
    model = compile_model(spec, training_options())
    control = Control.from_config(spec, config, model)
    contract = contract_of(spec, config, control, {"seed": 1})
    contract.validate()
    back = config_of(contract)
    back.validate()
    again = Control.from_config(spec, back, model)
    assert contract_of(spec, back, again, {"seed": 1}) == contract
    rng = np.random.default_rng(0)
    action, phase = rng.normal(size=(8, 12)).astype(np.float32) * 5, rng.random(8, dtype=np.float32)
    command = rng.normal(size=(8, 3)).astype(np.float32)
    np.testing.assert_array_equal(control.targets(action, phase, command), again.targets(action, phase, command))


def test_a_load_offset_that_is_off_stays_off() -> None:
    config = envs.lite3_walk()
    assert config.gait is not None
    off = dataclasses.replace(config, gait=dataclasses.replace(config.gait, load_kp=0.0))
    model = compile_model(LITE3, training_options())
    made = Control.from_config(LITE3, off, model).gait
    assert made is not None
    assert made.load_kp == 0
    usual = Control.from_config(LITE3, config, model)
    assert usual.gait is not None
    assert usual.gait.load_kp == usual.kp


def test_contracts_that_the_batch_cannot_do_are_refused() -> None:
    contract = samples.contract()
    for name in ("kp", "action_scale"):
        changed = (99.0, *getattr(contract, name)[1:])
        with pytest.raises(BadInput, match="same"):
            config_of(dataclasses.replace(contract, **{name: changed}))


def test_a_policy_of_another_robot_is_refused() -> None:
    contract = samples.contract()
    check_robot(contract, LITE3)
    with pytest.raises(BadInput, match="joints"):
        check_robot(dataclasses.replace(contract, joints=tuple(f"x{i}" for i in range(12))), LITE3)
    pose = list(contract.default_pose)
    pose[4] += 0.1
    with pytest.raises(BadInput, match=LITE3.joints[4]):
        check_robot(dataclasses.replace(contract, default_pose=tuple(pose)), LITE3)


@pytest.mark.slow
def test_a_policy_file_is_evaluated_as_what_it_came_from(tmp_path: Path) -> None:
    config: SkillConfig = envs.lite3_walk()
    control = Control.from_config(LITE3, config, compile_model(LITE3, training_options()))
    contract = contract_of(LITE3, config, control, {})
    rng = np.random.default_rng(0)
    k = contract.observation_size
    net = [(rng.normal(size=(12, k)).astype(np.float32) * 0.01, np.zeros(12, np.float32))]
    policy = policies.load(samples.write(tmp_path / "p.onnx", contract, net))
    found = evaluate_policy(policy, robots=2, seed=5, physics="training")
    direct = evaluate(LITE3, config, policy.act, robots=2, seed=5, options=training_options())
    assert found == direct
    with pytest.raises(UnknownName, match="'training'"):
        evaluate_policy(policy, physics="trainng")
