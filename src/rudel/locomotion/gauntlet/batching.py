"""Foreign networks are often exported for one observation at a time; here many robots ask at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from rudel.locomotion.policy import Policy

TOLERANCE = 1e-4  # of raw actions: a batch may add up in another order
ROWS = 16


def free_batch(policy: Policy) -> Policy:
    """The same policy, answering a whole batch in one call where its graph can; otherwise the policy as it was.

    The batch size in the file's input and output is replaced by a free one. Whether the graph then still computes the
    same is tried out on random observations, not assumed.
    """
    path = Path(policy.source)
    if not path.is_file():
        return policy
    model = onnx.load(path)
    sizes = [node.type.tensor_type.shape.dim[0] for node in (*model.graph.input, *model.graph.output)]
    if not any(size.HasField("dim_value") for size in sizes):
        return policy
    for size in sizes:
        size.dim_param = "n"
    del model.graph.value_info[:]  # shapes in between were worked out for one row
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    rng = np.random.default_rng(0)
    obs = rng.normal(size=(ROWS, policy.contract.observation_size)).astype(np.float32)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        freed = Policy(session, policy.contract, policy.source)
        same = np.allclose(freed.act(obs), policy.act(obs), rtol=TOLERANCE, atol=TOLERANCE)
    except Exception:  # onnxruntime raises its own classes: this graph needs one row (a recurrent or reshaping one)
        return policy
    return freed if same else policy
