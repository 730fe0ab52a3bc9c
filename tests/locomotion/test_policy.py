"""A policy file: what is written is what runs, and what cannot be right is refused with its reason."""

from __future__ import annotations

import dataclasses
import errno
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rudel import robots
from rudel.core import frames
from rudel.core.errors import BadInput, UnknownName
from rudel.core.types import Twist
from rudel.locomotion import gait, observation, policy
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.contract import METADATA_KEY
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.export import export_onnx
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.terms.randomisation import nominal
from rudel.sim.options import training_options
from tests.locomotion import samples
from tests.locomotion.test_contract import VENDOR

F = np.float32
ACTIVATIONS = {
    "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "relu": lambda x: np.maximum(x, 0),
}
in_tmp_path = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)


def foreign(path: Path, batch: int | str = 1, k: int = 45) -> Path:
    """A network without contract and with a fixed batch, as vendors ship them."""
    made = samples.contract(observation=samples.VENDOR_TERMS, gait=None, legs=None)
    model = onnx.load(samples.write(path, made, samples.layers(np.random.default_rng(1), k, 8, 12), "elu"))
    del model.metadata_props[:]
    for node in (*model.graph.input, *model.graph.output):
        dim = node.type.tensor_type.shape.dim[0]
        dim.Clear()
        if isinstance(batch, int):
            dim.dim_value = batch
        else:
            dim.dim_param = batch
    onnx.save(model, path)
    return path


# --- what is written is what runs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(hidden=st.lists(st.integers(1, 40), max_size=3), n=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
@in_tmp_path
def test_exported_network_equals_numpy(tmp_path: Path, activation: str, hidden: list[int], n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = samples.layers(rng, 47, *hidden, 12)
    mean, std = rng.normal(size=47).astype(F), rng.uniform(0.5, 2, 47).astype(F)
    path = tmp_path / "policy.onnx"
    export_onnx(path, samples.contract(), net, activation, mean, std)
    obs = rng.normal(size=(n, 47)).astype(F)
    x = (obs.astype(float) - mean) / std
    for i, (w, b) in enumerate(net):
        x = x @ w.T.astype(float) + b
        x = ACTIVATIONS[activation](x) if i < len(net) - 1 else x
    np.testing.assert_allclose(policy.load(path).act(obs), x, rtol=1e-6, atol=2e-6)


def test_equal_arguments_give_equal_bytes_and_the_contract_comes_back(tmp_path: Path) -> None:
    made = samples.contract(provenance={"seed": 11}, kp=(30.1,) * 12)
    first, second = (samples.write(tmp_path / name, made) for name in ("a.onnx", "b.onnx"))
    assert first.read_bytes() == second.read_bytes()
    assert policy.load(first).contract == made
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.onnx", "b.onnx"]


def test_names_and_free_batch(tmp_path: Path) -> None:
    model = onnx.load(samples.write(tmp_path / "policy.onnx"))
    assert [node.name for node in model.graph.input] == ["obs"]
    assert [node.name for node in model.graph.output] == ["actions"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"
    onnx.checker.check_model(model, full_check=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "tan"}, "tanh"),
        ({"net": []}, "at least one layer"),
        ({"net": samples.layers(np.random.default_rng(0), 46, 12)}, "47 inputs"),
        ({"net": samples.layers(np.random.default_rng(0), 47, 11)}, "11 outputs"),
        ({"net": [(np.full((12, 47), np.nan), np.zeros(12))]}, "not finite"),
        ({"std": np.zeros(47)}, "positive"),
        ({"std": np.full(47, np.nan)}, "positive"),
        ({"mean": np.zeros(46)}, "shape"),
    ],
)
def test_export_refuses(tmp_path: Path, change: dict[str, object], message: str) -> None:
    rng = np.random.default_rng(0)
    given = {"net": samples.layers(rng, 47, 12), "activation": "tanh", "mean": np.zeros(47), "std": np.ones(47)}
    with pytest.raises(BadInput, match=message):
        export_onnx(tmp_path / "policy.onnx", samples.contract(), *{**given, **change}.values())  # pyright: ignore
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = samples.write(tmp_path / "policy.onnx")
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # a file may not grow further, as on a full disk
        with pytest.raises(OSError, match="large") as caught:
            samples.write(path, net=samples.layers(np.random.default_rng(5), 47, 12))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.EFBIG
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["policy.onnx"]


# --- refusals -----------------------------------------------------------------------------------------------------


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.onnx"):
        policy.load(tmp_path / "none.onnx")
    with pytest.raises(BadInput, match=r"none\.yaml.*policy\.onnx"):
        policy.load(f"{foreign(tmp_path / 'policy.onnx')}:none.yaml")
    with pytest.raises(BadInput, match="No policy file"):
        policy.load(tmp_path)
    assert policy.load(samples.write(tmp_path / "10:30.onnx")).contract == samples.contract()


def test_no_contract_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no rudel contract.*policy\.onnx:CONTRACT\.yaml"):
        policy.load(foreign(tmp_path / "policy.onnx"))


def test_foreign_policy_runs_with_a_contract_file_and_colons_in_names(tmp_path: Path) -> None:
    odd = tmp_path / "run:3"
    odd.mkdir()
    path = foreign(odd / "po:licy.onnx")
    (odd / "c:1.yaml").write_text(VENDOR.read_text())
    walker = policy.load(f"{path}:{odd / 'c:1.yaml'}")
    assert walker.contract.robot == "lite3"
    obs = np.random.default_rng(0).normal(size=(5, 45)).astype(F)
    rows = np.concatenate([walker.act(row[None]) for row in obs])
    np.testing.assert_array_equal(walker.act(obs), rows)
    assert walker.act(obs[:0]).shape == (0, 12)
    free = policy.load(f"{foreign(odd / 'free.onnx', batch='n')}:{VENDOR}")
    np.testing.assert_allclose(free.act(obs), rows, atol=1e-6)


def test_two_contracts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="carries its own contract"):
        policy.load(f"{samples.write(tmp_path / 'policy.onnx')}:{VENDOR}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("robot: [", "cannot be read"),
        ("\x00", "cannot be read"),
        ("- 1", "mapping"),
        ("robot: lite3", "missing"),
        (VENDOR.read_text() + "\nkq: 1", "kq"),
    ],
)
def test_bad_contract_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    with pytest.raises(BadInput, match=rf"bad\.yaml.*{message}"):
        policy.load(f"{foreign(tmp_path / 'policy.onnx')}:{bad}")


def test_sizes_that_do_not_fit_the_contract(tmp_path: Path) -> None:
    short = yaml.safe_load(VENDOR.read_text())
    short["observation"].pop()
    (tmp_path / "short.yaml").write_text(yaml.safe_dump(short))
    with pytest.raises(BadInput, match=r"input has shape \[1, 45\].*\[n, 33\]"):
        policy.load(f"{foreign(tmp_path / 'policy.onnx')}:{tmp_path / 'short.yaml'}")
    with pytest.raises(BadInput, match="fixed batch of 4"):
        policy.load(f"{foreign(tmp_path / 'four.onnx', batch=4)}:{VENDOR}")
    model = onnx.load(samples.write(tmp_path / "own.onnx"))
    for tensor in model.graph.initializer:
        if tensor.name in ("W1", "b1"):
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor)[:11], tensor.name))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 11
    onnx.save(model, tmp_path / "own.onnx")
    with pytest.raises(BadInput, match=r"output has shape \['n', 11\].*\[n, 12\]"):
        policy.load(tmp_path / "own.onnx")


def test_more_than_one_input_or_output(tmp_path: Path) -> None:
    model = onnx.load(samples.write(tmp_path / "policy.onnx"))
    model.graph.output.append(onnx.helper.make_tensor_value_info("h0", onnx.TensorProto.FLOAT, ["n", 47]))
    onnx.save(model, tmp_path / "two.onnx")
    assert policy.load(tmp_path / "two.onnx").act(np.zeros((1, 47), F)).shape == (1, 12)  # one is called actions
    model.graph.input.append(onnx.helper.make_tensor_value_info("hidden", onnx.TensorProto.FLOAT, [1, 8]))
    onnx.save(model, tmp_path / "policy.onnx")
    with pytest.raises(BadInput, match=r"2 inputs \(obs, hidden\)"):
        policy.load(tmp_path / "policy.onnx")


def test_a_graph_that_only_fails_when_it_runs(tmp_path: Path) -> None:
    model = onnx.load(samples.write(tmp_path / "policy.onnx"))
    model.graph.node[-1].output[0] = "before"
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 12]), "one_row"))
    model.graph.node.append(onnx.helper.make_node("Reshape", ["before", "one_row"], ["actions"]))
    onnx.save(model, tmp_path / "policy.onnx")
    with pytest.raises(BadInput, match="cannot be run"):
        policy.load(tmp_path / "policy.onnx")


def test_another_contract_version(tmp_path: Path) -> None:
    model = onnx.load(samples.write(tmp_path / "policy.onnx"))
    text = samples.contract().to_json().replace('"version": 1', '"version": 7')
    onnx.helper.set_model_props(model, {METADATA_KEY: text})
    onnx.save(model, tmp_path / "policy.onnx")
    with pytest.raises(BadInput, match="version 7"):
        policy.load(tmp_path / "policy.onnx")


def test_damaged_files_are_refused_or_still_a_policy(tmp_path: Path) -> None:
    whole = samples.write(tmp_path / "whole.onnx", net=samples.layers(np.random.default_rng(0), 47, 4, 12)).read_bytes()
    rng, path = np.random.default_rng(7), tmp_path / "damaged.onnx"
    messages: list[str] = []
    for trial in range(400):
        data = bytearray(whole)
        if trial % 4 == 0:
            data = data[: rng.integers(len(data))]
        else:
            for at in rng.integers(len(data), size=rng.integers(1, 4)):
                data[at] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        try:
            walker = policy.load(path)
        except BadInput as error:
            messages.append(str(error))
        else:
            walker.contract.validate()
            assert walker.act(np.zeros((2, 47), F)).shape == (2, 12)
    assert len(messages) >= 100  # every truncation, and flips outside of the weights
    assert all("damaged.onnx" in message for message in messages)


def test_check_names_the_field_and_both_values(tmp_path: Path) -> None:
    walker = policy.load(samples.write(tmp_path / "policy.onnx"))
    c = walker.contract
    walker.check("lite3", c.joints, period_s=0.02, default_pose=samples.DEFAULT, kp=30.0, kd=np.ones(12))
    with pytest.raises(BadInput, match="policy is for robot 'lite3', this robot is 'x30'"):
        walker.check("x30", c.joints)
    with pytest.raises(BadInput, match=r"FL_HipX, .*; this robot has FR_HipX, "):
        walker.check("lite3", (*c.joints[3:6], *c.joints[:3], *c.joints[6:]))
    with pytest.raises(BadInput, match=r"period_s 0\.02.*0\.012"):
        walker.check("lite3", c.joints, period_s=0.012)
    with pytest.raises(BadInput, match=r"default_pose -0\.65 for joint FL_HipY.*-0\.8"):
        walker.check("lite3", c.joints, default_pose=np.array([0.0, -0.8, 1.6] * 4))
    with pytest.raises(BadInput, match=r"kp 30 for joint FL_HipX.*20"):
        walker.check("lite3", c.joints, kp=20.0)
    with pytest.raises(BadInput, match=r"kd 1 for joint HR_Knee.*2"):
        walker.check("lite3", c.joints, kd=[1.0] * 11 + [2.0])


def test_act_refuses_another_width(tmp_path: Path) -> None:
    walker = policy.load(samples.write(tmp_path / "policy.onnx"))
    with pytest.raises(BadInput, match=r"\(3, 45\).*\(n, 47\)"):
        walker.act(np.zeros((3, 45), F))


# --- stepping -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clip", [np.inf, 0.3])
@pytest.mark.parametrize("with_gait", [True, False])
def test_step_is_the_contract_written_out(tmp_path: Path, with_gait: bool, clip: float) -> None:
    """Observation, gait, scaling and clipping as the batched lines of training have them, one line after the other."""
    trot = dataclasses.replace(samples.GAIT, frequency_hz=2.37)  # never exactly at touch-down, where rounding decides
    made = samples.contract(action_clip=clip, gait=trot)
    if not with_gait:
        made = dataclasses.replace(made, gait=None, legs=None)
    net = samples.layers(np.random.default_rng(0), made.observation_size, 8, 12)
    net[-1] = (net[-1][0] * 3, net[-1][1])  # large actions, so that joint limits are met
    walker = policy.load(samples.write(tmp_path / "policy.onnx", made, net=net, activation="elu"))
    rng = np.random.default_rng(3)
    default, scale = samples.DEFAULT.astype(F), np.array(made.action_scale, F)
    lower, upper = np.array(made.joint_range_rad, F).T
    stance = gait.forward_kinematics(samples.LEGS, default[None])[0]
    last, phase, clipped = np.zeros((1, 12), F), np.zeros(1, F), 0
    for _ in range(60):
        seen, twist = samples.state(rng), Twist(*rng.uniform(-1.5, 1.5, 3) * rng.integers(0, 2))
        command = np.clip(twist.array(), [-1, -0.5, -1], [1, 0.5, 1]).astype(F)[None]
        obs = observation.assemble(
            made.observation,
            observation.Readings(
                gyro=seen.gyro[None].astype(F),
                gravity=frames.projected_gravity(seen.quat[None]).astype(F),
                command=command,
                q_offset=(seen.q - samples.DEFAULT)[None].astype(F),
                dq=seen.dq[None].astype(F),
                last_action=last,
                phase=phase,
                stepping=gait.gate(command, trot) if with_gait else np.ones((1, 1), F),
            ),
        )
        last = walker.act(obs)
        reference = default[None]
        if with_gait:
            phase = (phase + F(trot.frequency_hz * made.period_s)) % F(1)
            reference = gait.joint_reference(samples.LEGS, trot, stance, phase, command)
        wanted = reference + scale * np.clip(last, -clip, clip)
        clipped += int((wanted != np.clip(wanted, lower, upper)).sum())
        targets = walker.step(seen, twist)
        np.testing.assert_allclose(targets.q, np.clip(wanted, lower, upper)[0], atol=1e-4)
        np.testing.assert_array_equal(targets.kp, made.kp)
        np.testing.assert_array_equal(targets.kd, made.kd)
        assert not targets.dq.any()
        assert not targets.tau.any()
    assert clipped or clip < 1  # joint limits were met on the way


def test_the_same_readings_give_the_same_bytes_after_reset(tmp_path: Path) -> None:
    path = samples.write(tmp_path / "policy.onnx")
    walker, other = policy.load(path), policy.load(path)
    states = [samples.state(np.random.default_rng(i)) for i in range(20)]

    def run(one: policy.Policy) -> list[bytes]:
        one.reset()
        return [one.step(seen, Twist(0.5, 0.1, -0.2)).q.tobytes() for seen in states]

    first = run(walker)
    assert first == run(walker) == run(other)
    assert len(set(first)) == 20


def test_targets_stay_as_they_were_when_the_policy_goes_on(tmp_path: Path) -> None:
    walker = policy.load(samples.write(tmp_path / "policy.onnx"))
    targets = walker.step(samples.state(), Twist(1.0))
    kept = targets.q.copy()
    walker.step(samples.state(np.random.default_rng(0)), Twist(-1.0))
    np.testing.assert_array_equal(targets.q, kept)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("field", ["q", "dq", "gyro", "quat", "command"])
def test_what_is_not_finite_is_a_fault_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: float
) -> None:
    """Even where the network swallows it, as relu may: the output alone tells nothing."""
    path = samples.write(tmp_path / "policy.onnx", samples.contract(heading_gain=1.0))
    walker, untouched = policy.load(path), policy.load(path)
    good, twist = samples.state(), Twist(0.5)
    for one in (walker, untouched):
        one.step(good, twist)
    bad, bad_twist = good, twist
    if field == "command":
        bad_twist = Twist(0.5, value)
    else:
        bad = dataclasses.replace(good, **{field: np.full_like(getattr(good, field), value)})
    with monkeypatch.context() as patch, np.errstate(invalid="ignore"):
        patch.setattr(walker, "_network", lambda *_: [np.zeros((1, 12), F)])
        with pytest.raises(policy.PolicyFault, match="not finite"):
            walker.step(bad, bad_twist)
    np.testing.assert_array_equal(walker.step(good, twist).q, untouched.step(good, twist).q)


def test_a_network_that_overflows_is_a_fault(tmp_path: Path) -> None:
    weights = np.zeros((12, 47), F)
    weights[:, 5] = 3e38  # gravity's z is -1 at rest: -3e38 - 3e38 is no float32
    walker = policy.load(samples.write(tmp_path / "policy.onnx", net=[(weights, np.full(12, -3e38, F))]))
    with pytest.raises(policy.PolicyFault, match="network output"):
        walker.step(samples.state(), Twist())


def test_a_state_of_another_robot_is_refused(tmp_path: Path) -> None:
    walker = policy.load(samples.write(tmp_path / "policy.onnx"))
    one = np.zeros(1)
    with pytest.raises(BadInput, match="1 joints, policy has 12"):
        walker.step(dataclasses.replace(samples.state(), q=one, dq=one, tau=one), Twist())


def test_unknown_activation_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="elu"):
        samples.write(tmp_path / "policy.onnx", activation="elo")


def test_a_robot_needs_neither_mujoco_nor_onnx_nor_a_trainer() -> None:
    code = "import sys, rudel.locomotion.policy; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "onnxruntime" in out
    assert not {"mujoco", "onnx", "gymnasium", "rudel.sim", "rudel.robots", "rudel.locomotion.env"} & set(out)


# --- training and the robot ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_skill", [walk.config, walk.rough])
def test_the_robot_side_answers_as_training_did(of_skill: Callable[[], SkillConfig], tmp_path: Path) -> None:
    """The walk skill's own environment, run by an exported network, asks for the targets that Policy.step asks for."""
    lite3 = robots.load("lite3")
    config = dataclasses.replace(of_skill(), randomisation=nominal())
    env = LocomotionEnv(lite3, config, Ground(), 2, training_options(), threads=1)
    env.autoreset = False
    control = env.control
    made = samples.contract(
        joints=lite3.joints,
        default_pose=tuple(lite3.default_pose.tolist()),
        action_scale=tuple(control.action_scale.tolist()),
        kp=(control.kp,) * 12,
        kd=(control.kd,) * 12,
        period_s=control.period_s,
        observation=config.observation,
        heading_gain=config.heading_gain,
        command_slew=config.command_slew,
        history=config.history,
        joint_range_rad=tuple(zip(control.lower.tolist(), control.upper.tolist(), strict=True)),
        gait=control.gait,
        legs=control.legs,
    )
    walker = policy.load(samples.write(tmp_path / "policy.onnx", made))
    obs, _ = env.reset(seed=3)
    walker.reset(float(env.phase[0]))
    twists = [(0.6, 0.1, 0.5), (0.0, 0.0, 0.0), (-0.2, 0.0, -0.3)]  # standing in between clears the heading
    for step in range(90):
        twist = twists[step // 30]
        if step % 30 == 0:  # the environment follows a command from its next observation on
            env.set_commands(np.array([twist], F))
            env.until_command[:] = 1000
        told = twists[(step - 1) // 30] if step else (0.0, 0.0, 0.0)
        seen = dataclasses.replace(
            samples.state(),
            q=env.sim.q[0].copy(),
            dq=env.sim.dq[0].copy(),
            quat=env.sim.qpos[0, 3:7].copy(),
            gyro=env.sim.qvel[0, 3:6].copy(),
        )
        env.step(walker.act(obs))
        np.testing.assert_allclose(walker.step(seen, Twist(*told)).q, env.targets[0], atol=2e-4)
        obs = env.observe()
    assert abs(env.heading_error[0]) > 0.01  # the heading had something to hold
