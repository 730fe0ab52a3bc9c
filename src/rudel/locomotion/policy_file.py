"""Opening a policy file: which files are meant, whether they can be read, and whether network and contract fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime

from rudel.core.errors import BadInput
from rudel.locomotion.contract import METADATA_KEY, PolicyContract


def read(text: str) -> tuple[onnxruntime.InferenceSession, PolicyContract, str]:
    """Network, contract and display name of FILE or FILE:CONTRACT.yaml; BadInput says what is wrong with them."""
    file, contract_file = _split(text)
    session = _open(file)
    try:
        embedded = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        if contract_file is None and embedded is not None:
            return session, PolicyContract.from_json(embedded), str(file)
        if contract_file is not None and embedded is None:
            return session, PolicyContract.from_dict(_read_yaml(contract_file)), str(file)
    except UnicodeDecodeError as error:
        raise BadInput(f"{file}: metadata is damaged: {error}") from error
    except BadInput as error:
        raise BadInput(f"{contract_file or file}: {error}") from error
    if contract_file is None:
        raise BadInput(f"{file} carries no rudel contract. Give one with it: {file}:CONTRACT.yaml")
    raise BadInput(f"{file} carries its own contract: leave out ':{contract_file}'")


def match(session: onnxruntime.InferenceSession, obs_size: int, n_joints: int, source: str) -> tuple[str, str, bool]:
    """Names of input and output, and whether the batch is free; BadInput when they do not fit the contract's sizes."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    try:
        [(node.name, node.shape) for node in (*inputs, *outputs)]
    except UnicodeDecodeError as error:
        raise BadInput(f"{source}: a name at its inputs or outputs is damaged: {error}") from error
    if len(inputs) != 1:
        names = ", ".join(i.name for i in inputs)
        raise BadInput(f"{source}: network has {len(inputs)} inputs ({names}), a policy has one")
    if len(outputs) > 1:
        outputs = [o for o in outputs if o.name == "actions"]
    if len(outputs) != 1:
        raise BadInput(f"{source}: network needs one output, or one called 'actions'")
    for what, node, size in (("input", inputs[0], obs_size), ("output", outputs[0], n_joints)):
        if node.type != "tensor(float)":
            raise BadInput(f"{source}: network {what} is {node.type}, needs tensor(float)")
        shape = list(node.shape or [])
        if len(shape) != 2 or shape[1] != size:
            raise BadInput(f"{source}: network {what} has shape {shape}, contract needs [n, {size}]")
    batch = inputs[0].shape[0]
    if isinstance(batch, int) and batch != 1:
        raise BadInput(f"{source}: network has a fixed batch of {batch}, needs 1 or a free one")
    return inputs[0].name, outputs[0].name, not isinstance(batch, int)


def first_line(error: Exception) -> str:
    """The first line of a message, shortened: onnxruntime's may fill a screen."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _split(text: str) -> tuple[Path, Path | None]:
    """FILE or FILE:CONTRACT; a colon may also be part of either name, so the file system decides."""
    if Path(text).is_file():
        return Path(text), None
    colons = [i for i, char in enumerate(text) if char == ":"]
    splits = [(Path(text[:i]), Path(text[i + 1 :])) for i in colons if Path(text[:i]).is_file()]
    for file, contract in splits:
        if contract.is_file():
            return file, contract
    if splits:
        raise BadInput(f"No contract file {str(splits[0][1])!r} for policy {str(splits[0][0])!r}")
    raise BadInput(f"No policy file {text!r}. Expected FILE.onnx or FILE.onnx:CONTRACT.yaml")


def _open(file: Path) -> onnxruntime.InferenceSession:
    """One thread that never spins: a policy shares its core with the rest of the robot."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 4  # what goes wrong is raised; nothing is printed beside it
    try:
        providers = ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(str(file), options, providers=providers, enable_fallback=0)
    except Exception as error:  # onnxruntime raises its own classes, derived from Exception
        raise BadInput(f"{file} is not a readable ONNX file: {first_line(error)}") from error


def _read_yaml(file: Path) -> dict[str, Any]:
    import yaml  # only foreign policies need it

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"contract cannot be read: {first_line(error)}") from error
    if not isinstance(data, dict):
        raise BadInput("contract is not a mapping of keys to values")
    return data
