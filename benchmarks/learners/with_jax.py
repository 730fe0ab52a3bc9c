"""The learner in JAX."""

from __future__ import annotations

import importlib
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
    n_params,
    views,
)

jax: Any = importlib.import_module("jax")  # by name: the project itself does not depend on it
jnp: Any = importlib.import_module("jax.numpy")


class Learner:
    """One jit for the whole update: a scan over the minibatches with a hand-written Adam on the flat parameters."""

    def __init__(self, params: Array, hidden: tuple[int, ...], variant: str) -> None:
        actor, critic = layer_sizes(hidden)
        na, nc = n_params(actor), n_params(critic)
        self.start = params

        def net(layers: Any, x: Any) -> Any:
            for weight, bias in layers[:-1]:
                x = jnp.tanh(x @ weight + bias)
            return x @ layers[-1][0] + layers[-1][1]

        def loss(p: Any, b: Any) -> Any:
            log_std = p[2]
            noise = (b["action"] - net(p[0], b["obs"])) * jnp.exp(-log_std)
            log_prob = -0.5 * (noise * noise).sum(1) - log_std.sum() - 0.5 * LOG_2PI * N_ACT
            ratio = jnp.exp(log_prob - b["log_prob"])
            clipped = jnp.clip(ratio, 1.0 - CLIP, 1.0 + CLIP)
            policy = -jnp.minimum(ratio * b["advantage"], clipped * b["advantage"]).mean()
            value = ((net(p[1], b["state"])[:, 0] - b["target"]) ** 2).mean()
            return policy + VALUE_WEIGHT * value - ENTROPY_WEIGHT * log_std.sum()

        def minibatch(carry: Any, rows: Any, batch: Any) -> Any:
            p, m, v, t = carry
            grad = jax.grad(loss)(p, {k: x[rows] for k, x in batch.items()})
            norm = jnp.sqrt(sum((g * g).sum() for g in jax.tree.leaves(grad)))
            grad = jax.tree.map(lambda g: g * jnp.minimum(1.0, MAX_NORM / (norm + 1e-6)), grad)
            m = jax.tree.map(lambda a, g: BETA1 * a + (1.0 - BETA1) * g, m, grad)
            v = jax.tree.map(lambda a, g: BETA2 * a + (1.0 - BETA2) * g * g, v, grad)
            rate, scale = RATE / (1.0 - BETA1**t), 1.0 / jnp.sqrt(1.0 - BETA2**t)
            p = jax.tree.map(lambda x, a, b: x - rate * a / (jnp.sqrt(b) * scale + EPS), p, m, v)
            return (p, m, v, t + 1.0), None

        def update(carry: Any, batch: Any, index: Any) -> Any:
            return jax.lax.scan(lambda c, rows: minibatch(c, rows, batch), carry, index)[0]

        self.split = lambda flat: (views(flat, actor), views(flat[na : na + nc], critic), flat[na + nc :])
        self.zeros = lambda p: jax.tree.map(jnp.zeros_like, p)
        self.net, self.update, self.grad = jax.jit(net), jax.jit(update, donate_argnums=0), jax.grad(loss)
        self.reset()

    def reset(self) -> None:
        p = jax.tree.map(jnp.array, self.split(self.start))
        self.carry = (p, self.zeros(p), self.zeros(p), jnp.float32(1.0))

    def act(self, obs: Array) -> Array:
        return np.asarray(self.net(self.carry[0][0], obs))

    def gradient(self, batch: Batch, index: Array) -> Array:
        grad = self.grad(self.carry[0], {k: v[index] for k, v in batch.items()})
        return np.concatenate([np.ravel(g) for g in jax.tree.leaves(grad)])

    def learn(self, batch: Batch, index: Array) -> None:
        self.carry = jax.block_until_ready(self.update(self.carry, batch, index))
