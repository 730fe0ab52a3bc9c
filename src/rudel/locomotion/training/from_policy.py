"""Begin a training with what a policy file knows: its actor and how it scales its input.

A policy file has no critic. The first iterations of such a training therefore move the critic alone; the policy stays
what it was until somebody knows what its steps are worth.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.locomotion import policy
from rudel.locomotion.contract import PolicyContract
from rudel.locomotion.training.normaliser import SMALLEST_VARIANCE

if TYPE_CHECKING:
    from rudel.locomotion.training.trainer import Trainer

Array = NDArray[np.float32]

SEEN = 5e6  # samples that the scaling of the input counts as: it moves with a training, slowly
CRITIC_ALONE = 20  # iterations


def begin(trainer: Trainer, path: Path) -> None:
    """Give ``trainer``, which has not begun, the actor of the policy in ``path``.

    What the trainer's policy is told besides begins without weight; gait and rewards may be others.

    Raises:
        BadInput: no such policy, or one of another robot, skill, observation, scale of actions or network.
    """
    known_as = policy.load(path)
    _same(trainer, known_as.contract, path)
    layers, mean, std = read(Path(known_as.source))
    net, known = trainer.net, len(mean)
    sizes = (known, *net.actor.sizes[1:])
    if (layers[0][0].shape[1], *(len(b) for _, b in layers)) != sizes:
        raise BadInput(f"policy {path} has layers of {[len(b) for _, b in layers]}, this training {list(sizes[1:])}")
    for actor in (net.actor, net.mean_actor):
        for into, bias, (w, b) in zip(actor.weights, actor.biases, layers, strict=True):
            into[:] = 0.0
            into[: w.shape[1]], bias[:] = w.T, b
    more = len(net.obs_normaliser.mean) - known  # terms are scaled to a size of 1 already
    variance = np.concatenate((np.maximum(std.astype(np.float64) ** 2 - SMALLEST_VARIANCE, 0.0), np.ones(more)))
    scale = {"count": np.array(SEEN), "mean": np.concatenate((mean, np.zeros(more))), "m2": SEEN * variance}
    net.obs_normaliser.restore({name: np.asarray(value, np.float64) for name, value in scale.items()})
    trainer.critic_alone = CRITIC_ALONE


def _same(trainer: Trainer, contract: PolicyContract, path: Path) -> None:
    config = trainer.config
    told, now = list(contract.observation), list(config.observation)
    pairs = {
        "robot": (contract.robot, trainer.spec.name),
        "skill": (contract.skill, config.name),
        "earlier observations": (contract.history, config.history),
        "actions": (contract.actions, trainer.control.actions),
        "first observation terms": (_names(told), _names(now[: len(told)])),
    }
    for what, (its, ours) in pairs.items():
        if its != ours:
            raise BadInput(f"policy {path} is no start for this training: {what} {its} there, {ours} here")
    if told != (now if contract.history else now[: len(told)]):
        raise BadInput(f"policy {path} is no start for this training: its observation has other terms or scales")
    scale = np.broadcast_to(trainer.control.action_scale, (len(contract.action_scale),))
    if not np.allclose(contract.action_scale, scale, rtol=1e-5):
        raise BadInput(f"policy {path} is no start for this training: it scales its actions by other numbers")


def read(path: Path) -> tuple[list[tuple[Array, Array]], Array, Array]:
    """Layers (W (out, in), b (out,)), mean and std of the input, of a policy that a training here has written.

    Raises:
        BadInput: a network of another make, or with another activation.
    """
    import onnx  # only needed here and to write: a robot runs without it
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    kinds = [node.op_type for node in graph.node]
    tensors = {t.name: np.asarray(numpy_helper.to_array(t), np.float32) for t in graph.initializer}
    count = kinds.count("Gemm")
    names = {"obs_mean", "obs_std", *(f"{kind}{i}" for kind in "Wb" for i in range(count))}
    if kinds != ["Sub", "Div", *(["Gemm", "Tanh"] * count)[:-1]] or set(tensors) != names:
        raise BadInput(f"policy {path} was not written by a training here: a start needs its layers, tanh between them")
    return [(tensors[f"W{i}"], tensors[f"b{i}"]) for i in range(count)], tensors["obs_mean"], tensors["obs_std"]


def _names(terms: list[tuple[str, float]]) -> str:
    return ", ".join(name for name, _ in terms)
