"""Write a policy file: the network with its input normalisation as ONNX, and the contract in its metadata."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion.contract import METADATA_KEY, PolicyContract

Array = NDArray[np.float32]

ACTIVATIONS = {"tanh": "Tanh", "elu": "Elu", "relu": "Relu"}
OPSET, IR_VERSION = 18, 8  # old enough for robots' onnxruntime from 1.14 on


def export_onnx(
    path: str | Path,
    contract: PolicyContract,
    layers: Sequence[tuple[Array, Array]],
    activation: str,
    obs_mean: Array,
    obs_std: Array,
) -> None:
    """Write actions = W_l act(... act(W_1 (obs - mean) / std + b_1) ...) + b_l; equal arguments give equal bytes.

    The file appears at ``path`` whole or not at all: a full disk leaves what was there before (OSError is passed on).

    Args:
        path: file to write.
        contract: goes into the metadata, see rudel.locomotion.policy.
        layers: (W (out, in), b (out,)) from the input to the output.
        activation: between layers, one of ACTIVATIONS.
        obs_mean, obs_std: input normalisation, (k,) each.

    Raises:
        BadInput: sizes that do not chain or do not fit the contract, numbers that are not finite, a std of 0 or less.
    """
    contract.validate()
    if activation not in ACTIVATIONS:
        raise UnknownName("activation", activation, ACTIVATIONS)
    weights = [(np.ascontiguousarray(w, np.float32), np.ascontiguousarray(b, np.float32)) for w, b in layers]
    mean, std = np.ascontiguousarray(obs_mean, np.float32), np.ascontiguousarray(obs_std, np.float32)
    _check(contract, weights, mean, std)
    _write(Path(path), _model(contract, weights, ACTIVATIONS[activation], mean, std))


def _check(contract: PolicyContract, weights: list[tuple[Array, Array]], mean: Array, std: Array) -> None:
    size, actions = contract.observation_size, contract.actions
    if mean.shape != (size,) or std.shape != (size,):
        raise BadInput(f"obs_mean {mean.shape} and obs_std {std.shape} must have the observation's shape ({size},)")
    if not (std > 0).all():
        raise BadInput("obs_std must be positive")
    if not weights:
        raise BadInput("a network needs at least one layer")
    for i, (w, b) in enumerate(weights):
        if w.ndim != 2 or w.shape[1] != size or b.shape != (w.shape[0],):
            raise BadInput(f"layer {i}: W {w.shape} and b {b.shape} do not take {size} inputs")
        size = w.shape[0]
    if size != actions:
        raise BadInput(f"the network has {size} outputs, the contract has {actions} actions")
    if not all(np.isfinite(array).all() for array in (mean, std, *(a for pair in weights for a in pair))):
        raise BadInput("the network has a number that is not finite")


def _model(
    contract: PolicyContract, weights: list[tuple[Array, Array]], activation: str, mean: Array, std: Array
) -> bytes:
    import onnx  # only needed to write; a robot runs without it
    from onnx import TensorProto, helper, numpy_helper

    tensors = [numpy_helper.from_array(mean, "obs_mean"), numpy_helper.from_array(std, "obs_std")]
    nodes = [
        helper.make_node("Sub", ["obs", "obs_mean"], ["centred"], name="centre"),
        helper.make_node("Div", ["centred", "obs_std"], ["h0"], name="scale"),
    ]
    for i, (w, b) in enumerate(weights):
        last = i == len(weights) - 1
        tensors += [numpy_helper.from_array(w, f"W{i}"), numpy_helper.from_array(b, f"b{i}")]
        out = "actions" if last else f"z{i}"
        nodes.append(helper.make_node("Gemm", [f"h{i}", f"W{i}", f"b{i}"], [out], name=f"layer{i}", transB=1))
        if not last:
            nodes.append(helper.make_node(activation, [f"z{i}"], [f"h{i + 1}"], name=f"activation{i}"))
    graph = helper.make_graph(
        nodes,
        "policy",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, ["n", len(mean)])],
        [helper.make_tensor_value_info("actions", TensorProto.FLOAT, ["n", contract.actions])],
        tensors,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, producer_name="rudel", ir_version=IR_VERSION, opset_imports=opsets)
    helper.set_model_props(model, {METADATA_KEY: contract.to_json()})
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def _write(path: Path, data: bytes) -> None:
    """Replace ``path`` in one step; the temporary file lies beside it because a rename must not cross file systems."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
