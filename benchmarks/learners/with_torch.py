"""The learner in PyTorch."""

from __future__ import annotations

import importlib
import os
from itertools import pairwise
from typing import Any

import numpy as np
from learners.problem import (
    BETA1,
    BETA2,
    CLIP,
    ENTROPY_WEIGHT,
    EPS,
    LOG_2PI,
    MAX_NORM,
    N_ACT,
    RATE,
    VALUE_WEIGHT,
    Array,
    Batch,
    layer_sizes,
)

torch: Any = importlib.import_module("torch")  # by name: the project itself does not depend on it


class Learner:
    """Eager modules with fused Adam, a thread per core; compile: the loss goes through torch.compile."""

    def __init__(self, params: Array, hidden: tuple[int, ...], variant: str) -> None:
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        self.start = params
        self.nets = [self.net(sizes) for sizes in layer_sizes(hidden)]
        self.log_std = torch.nn.Parameter(torch.zeros(N_ACT))
        self.leaves = [*self.nets[0].parameters(), *self.nets[1].parameters(), self.log_std]
        self.loss = torch.compile(self.plain_loss) if variant == "compile" else self.plain_loss
        self.reset()

    @staticmethod
    def net(sizes: tuple[int, ...]) -> Any:
        layers = [m for i, o in pairwise(sizes) for m in (torch.nn.Linear(i, o), torch.nn.Tanh())]
        return torch.nn.Sequential(*layers[:-1])

    def reset(self) -> None:
        at = 0
        for leaf in self.leaves:  # torch keeps weights as (out, in)
            value = self.start[at : at + leaf.numel()].reshape(tuple(leaf.shape)[::-1]).T.copy()
            leaf.data.copy_(torch.from_numpy(value))
            at += leaf.numel()
        self.adam = torch.optim.Adam(self.leaves, lr=RATE, betas=(BETA1, BETA2), eps=EPS, fused=True)

    def act(self, obs: Array) -> Array:
        with torch.no_grad():
            return self.nets[0](torch.from_numpy(obs)).numpy()

    def plain_loss(self, obs: Any, state: Any, action: Any, log_prob: Any, advantage: Any, target: Any) -> Any:
        noise = (action - self.nets[0](obs)) * (-self.log_std).exp()
        ratio = (-0.5 * (noise * noise).sum(1) - self.log_std.sum() - 0.5 * LOG_2PI * N_ACT - log_prob).exp()
        policy = -torch.minimum(ratio * advantage, ratio.clamp(1.0 - CLIP, 1.0 + CLIP) * advantage).mean()
        value = ((self.nets[1](state)[:, 0] - target) ** 2).mean()
        return policy + VALUE_WEIGHT * value - ENTROPY_WEIGHT * self.log_std.sum()

    def backward(self, batch: dict[str, Any], rows: Any) -> None:
        self.adam.zero_grad(set_to_none=True)
        self.loss(*(v.index_select(0, rows) for v in batch.values())).backward()

    def gradient(self, batch: Batch, index: Array) -> Array:
        from_numpy = torch.from_numpy
        self.backward({k: from_numpy(v) for k, v in batch.items()}, from_numpy(index))
        return np.concatenate([leaf.grad.numpy().T.ravel() for leaf in self.leaves])

    def learn(self, batch: Batch, index: Array) -> None:
        tensors = {k: torch.from_numpy(v) for k, v in batch.items()}
        for rows in torch.from_numpy(index):
            self.backward(tensors, rows)
            torch.nn.utils.clip_grad_norm_(self.leaves, MAX_NORM)
            self.adam.step()
