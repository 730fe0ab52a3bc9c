"""The learner in NumPy: preallocated buffers, hand-written backward pass, one BLAS thread per Python thread."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

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
    N_OBS,
    N_STATE,
    RATE,
    ROWS,
    VALUE_WEIGHT,
    Array,
    Batch,
    layer_sizes,
    n_params,
    views,
)


class Net:
    """An MLP with tanh between the layers, over views of flat vectors, with buffers for up to ``rows`` samples."""

    def __init__(self, params: Array, grads: Array, sizes: tuple[int, ...], rows: int) -> None:
        self.layers, self.grads = views(params, sizes), views(grads, sizes)
        self.outs = [np.empty((rows, n), np.float32) for n in sizes[1:]]
        self.deltas = [np.empty((rows, n), np.float32) for n in sizes[1:-1]]
        self.scratch = [np.empty((rows, n), np.float32) for n in sizes[1:-1]]
        self.ones = np.ones(rows, np.float32)

    def forward(self, x: Array) -> Array:
        n = len(x)
        for i, (weight, bias) in enumerate(self.layers):
            out = self.outs[i][:n]
            np.matmul(x, weight, out=out)
            np.add(out, bias, out=out)
            if i < len(self.deltas):
                np.tanh(out, out=out)
            x = out
        return x

    def backward(self, x: Array, delta: Array) -> None:
        """Write the gradients, given d loss / d output, after forward(x)."""
        n = len(x)
        for i in reversed(range(len(self.layers))):
            below = self.outs[i - 1][:n] if i else x
            np.matmul(below.T, delta, out=self.grads[i][0])
            np.matmul(self.ones[:n], delta, out=self.grads[i][1])  # a gemv, about 3 times faster than delta.sum(0)
            if i:
                lower, slope, weight = self.deltas[i - 1][:n], self.scratch[i - 1][:n], self.layers[i][0].T
                # an outer product (the critic's head) is slow as a matmul
                (np.multiply if len(weight) == 1 else np.matmul)(delta, weight, out=lower)
                np.multiply(below, below, out=slope)
                np.subtract(1.0, slope, out=slope)
                np.multiply(lower, slope, out=lower)
                delta = lower


class Worker:
    """Actor and critic with their own gradient vector and gather buffers, for one share of a minibatch."""

    def __init__(self, params: Array, hidden: tuple[int, ...], rows: int) -> None:
        actor, critic = layer_sizes(hidden)
        na, nc = n_params(actor), n_params(critic)
        self.grads = np.zeros_like(params)
        self.actor = Net(params[:na], self.grads[:na], actor, rows)
        self.critic = Net(params[na : na + nc], self.grads[na : na + nc], critic, rows)
        self.log_std, self.log_std_grad = params[na + nc :], self.grads[na + nc :]
        widths = {"obs": N_OBS, "state": N_STATE, "action": N_ACT}
        self.rows = {k: np.empty((rows, n), np.float32) for k, n in widths.items()}
        self.rows |= {k: np.empty(rows, np.float32) for k in ("log_prob", "advantage", "target")}

    def take(self, batch: Batch, key: str, index: Array) -> Array:
        # mode="clip" writes straight into out; the default goes through a second buffer
        return batch[key].take(index, axis=0, out=self.rows[key][: len(index)], mode="clip")

    def actor_gradient(self, batch: Batch, index: Array, n_total: int) -> None:
        obs, noise, log_prob, advantage = (
            self.take(batch, k, index) for k in ("obs", "action", "log_prob", "advantage")
        )
        inv_std = np.exp(-self.log_std)
        np.subtract(noise, self.actor.forward(obs), out=noise)
        np.multiply(noise, inv_std, out=noise)  # (action - mean) / std
        log_ratio = -0.5 * np.einsum("ij,ij->i", noise, noise) - log_prob
        log_ratio -= self.log_std.sum() + 0.5 * LOG_2PI * N_ACT
        ratio = np.exp(log_ratio)
        # beyond the clip the minimum is a constant: no gradient
        live = np.where(advantage >= 0.0, ratio <= 1.0 + CLIP, ratio >= 1.0 - CLIP)
        weight = ratio * advantage * live
        weight *= -1.0 / n_total  # d loss / d log_prob
        np.matmul(weight, noise * noise - 1.0, out=self.log_std_grad)
        self.log_std_grad -= ENTROPY_WEIGHT * len(index) / n_total
        np.multiply(noise, inv_std, out=noise)
        np.multiply(noise, weight[:, None], out=noise)  # d loss / d mean
        self.actor.backward(obs, noise)

    def critic_gradient(self, batch: Batch, index: Array, n_total: int) -> None:
        state, target = self.take(batch, "state", index), self.take(batch, "target", index)
        delta = self.critic.forward(state)
        delta[:, 0] -= target
        delta *= 2.0 * VALUE_WEIGHT / n_total
        self.critic.backward(state, delta)

    def both(self, batch: Batch, index: Array, n_total: int) -> None:
        self.actor_gradient(batch, index, n_total)
        self.critic_gradient(batch, index, n_total)


class Learner:
    """split: actor and critic on a thread each; halves: half of the samples each; single, blas2: one Python thread."""

    def __init__(self, params: Array, hidden: tuple[int, ...], variant: str) -> None:
        self.start, self.variant = params, variant
        self.params, self.m, self.v = params.copy(), np.zeros_like(params), np.zeros_like(params)
        self.s1, self.s2, self.t = np.empty_like(params), np.empty_like(params), 0
        self.workers = [Worker(self.params, hidden, ROWS) for _ in range(1 + (variant == "halves"))]
        self.pool = ThreadPoolExecutor(1)

    def reset(self) -> None:
        self.params[:], self.t = self.start, 0
        self.m.fill(0.0)
        self.v.fill(0.0)

    def act(self, obs: Array) -> Array:
        return self.workers[0].actor.forward(obs)

    def gradient(self, batch: Batch, index: Array) -> Array:
        first, n = self.workers[0], len(index)
        if self.variant == "split":
            job = self.pool.submit(first.critic_gradient, batch, index, n)
            first.actor_gradient(batch, index, n)
            job.result()
        elif self.variant == "halves":
            job = self.pool.submit(self.workers[1].both, batch, index[n // 2 :], n)
            first.both(batch, index[: n // 2], n)
            job.result()
            first.grads += self.workers[1].grads  # a fixed order: the same bits every time
        else:
            first.both(batch, index, n)
        return first.grads

    def learn(self, batch: Batch, index: Array) -> None:
        s1, s2 = self.s1, self.s2
        for rows in index:
            grad = self.gradient(batch, rows)
            grad *= min(1.0, MAX_NORM / (math.sqrt(float(grad @ grad)) + 1e-6))
            self.t += 1
            self.m *= BETA1
            self.m += np.multiply(grad, 1.0 - BETA1, out=s1)
            self.v *= BETA2
            np.multiply(grad, grad, out=s1)
            s1 *= 1.0 - BETA2
            self.v += s1
            np.sqrt(self.v, out=s2)
            s2 *= 1.0 / math.sqrt(1.0 - BETA2**self.t)
            s2 += EPS
            np.divide(self.m, s2, out=s1)
            s1 *= RATE / (1.0 - BETA1**self.t)
            self.params -= s1
