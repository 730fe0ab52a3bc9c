"""The work that every learner is measured on: sizes, constants, and a batch that looks like PPO's data."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Batch = dict[str, Array]  # obs, state, action, log_prob, advantage, target: one row per sample, in this order

N_OBS, N_STATE, N_ACT = 48, 64, 12
ACT_BATCHES, ACT_ROWS, EPOCHS, MINIBATCHES, ROWS = 24, 512, 4, 4, 3072
CLIP, VALUE_WEIGHT, ENTROPY_WEIGHT = 0.2, 1.0, 0.01
RATE, BETA1, BETA2, EPS, MAX_NORM = 1e-4, 0.9, 0.999, 1e-8, 1.0
LOG_2PI = math.log(2.0 * math.pi)


class PPOLearner(Protocol):
    """PPO on flat parameters [actor, critic, log_std]; each module has one as ``Learner(params, hidden, variant)``."""

    def reset(self) -> None:
        """Back to the parameters that it was made with, and a fresh optimiser."""
        ...

    def act(self, obs: Array) -> Array:
        """Mean action (n, 12) for observations (n, 48)."""
        ...

    def learn(self, batch: Batch, index: Array) -> None:
        """One optimiser step per row of ``index``, (n_steps, n_samples)."""
        ...

    def gradient(self, batch: Batch, index: Array) -> Array:
        """Gradient of the loss over the samples ``index``, as a flat vector."""
        ...


def layer_sizes(hidden: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Actor, critic."""
    return (N_OBS, *hidden, N_ACT), (N_STATE, *hidden, 1)


def n_params(sizes: tuple[int, ...]) -> int:
    return sum((i + 1) * o for i, o in pairwise(sizes))


def views(flat: Array, sizes: tuple[int, ...]) -> list[tuple[Array, Array]]:
    """[(weight (in, out), bias (out,)), ...] cut from the head of a flat vector."""
    found: list[tuple[Array, Array]] = []
    at = 0
    for n_in, n_out in pairwise(sizes):
        end = at + n_in * n_out
        found.append((flat[at:end].reshape(n_in, n_out), flat[end : end + n_out]))
        at = end + n_out
    return found


def flop_per_sample(hidden: tuple[int, ...]) -> tuple[int, int]:
    """(acting, learning), 2 per multiply-add; the backward pass skips the gradient of the first layer's input."""
    macs = [[i * o for i, o in pairwise(s)] for s in layer_sizes(hidden)]
    return 2 * sum(macs[0]), 2 * sum(3 * sum(m) - m[0] for m in macs)


def initial_params(hidden: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Flat float32 vector; weights ~ N(0, 1 / n_in), biases and log_std zero."""
    actor, critic = layer_sizes(hidden)
    flat = np.zeros(n_params(actor) + n_params(critic) + N_ACT, np.float32)
    for sizes, head in ((actor, flat), (critic, flat[n_params(actor) :])):
        for weight, _ in views(head, sizes):
            weight[:] = rng.standard_normal(weight.shape) / math.sqrt(len(weight))
    return flat


def make_batch(params: Array, hidden: tuple[int, ...], rng: np.random.Generator) -> Batch:
    """Samples of the initial policy; log_prob is off by 0.15, so that a fifth of the ratios are clipped.

    Unrealistic data misleads: ratios far from 1 give denormal gradients, which cost a third more time.
    """

    def normal(*shape: int) -> Array:
        return rng.standard_normal(shape, dtype=np.float32)

    n = ACT_BATCHES * ACT_ROWS
    obs, noise = normal(n, N_OBS), normal(n, N_ACT)
    mean, layers = obs, views(params, layer_sizes(hidden)[0])
    for i, (weight, bias) in enumerate(layers):
        mean = mean @ weight + bias
        mean = np.tanh(mean) if i < len(layers) - 1 else mean
    log_prob = -0.5 * (noise * noise).sum(1) - 0.5 * LOG_2PI * N_ACT + np.float32(0.15) * normal(n)
    return {
        "obs": obs,
        "state": normal(n, N_STATE),
        "action": mean + noise,
        "log_prob": log_prob.astype(np.float32),
        "advantage": normal(n),
        "target": normal(n),
    }
