"""A policy file: what is written is what runs, and what cannot be right is refused with its reason."""

from __future__ import annotations

import errno
import resource
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.locomotion import policy
from rudel.locomotion.contract import METADATA_KEY
from rudel.locomotion.export import export_onnx
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
