"""Small tanh networks in NumPy: parameters in one flat vector, a hand-written backward pass, exact mirror symmetry.

Symmetry: let M mirror a network's input, N its output, and let mirroring swap the two halves of every hidden layer. A
network whose weights satisfy W = S_out W S_in for those signed permutations answers a mirrored input with the mirrored
output, exactly. Gradients that are averaged the same way keep it so, which teaches every sample together with its
mirror image at no extra cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SignedPermutation:
    """x -> x[order] * signs, its own inverse."""

    order: NDArray[np.intp]
    signs: Array

    @classmethod
    def swap_halves(cls, n: int) -> SignedPermutation:
        """Exchange the first and the second half of n hidden units (n even)."""
        return cls(np.roll(np.arange(n), n // 2), np.ones(n, np.float32))

    @classmethod
    def identity(cls, n: int) -> SignedPermutation:
        return cls(np.arange(n), np.ones(n, np.float32))

    def __call__(self, x: Array) -> Array:
        return x[..., self.order] * self.signs


class Mlp:
    """Layers in -> hidden ... -> out with tanh between; parameters are views into a flat vector.

    Attributes:
        flat: all parameters, (p,) float32.
        weights, biases: views, weights (in, out), biases (out,).
    """

    def __init__(self, sizes: Sequence[int], flat: Array | None = None) -> None:
        self.sizes = tuple(sizes)
        self.flat = np.zeros(self.count(sizes), np.float32) if flat is None else flat
        self.weights, self.biases = self.split(self.flat)

    @staticmethod
    def count(sizes: Sequence[int]) -> int:
        """Number of parameters."""
        return sum((a + 1) * b for a, b in pairwise(sizes))

    def split(self, flat: Array) -> tuple[list[Array], list[Array]]:
        """Views of a flat vector (p,) as weights and biases."""
        weights: list[Array] = []
        biases: list[Array] = []
        at = 0
        for a, b in pairwise(self.sizes):
            weights.append(flat[at : at + a * b].reshape(a, b))
            biases.append(flat[at + a * b : at + (a + 1) * b])
            at += (a + 1) * b
        return weights, biases

    def initialise(self, rng: np.random.Generator, last_gain: float) -> None:
        """Orthogonal weights (gain sqrt 2, the last layer ``last_gain``), zero biases (Saxe 2013; usual for PPO)."""
        for i, w in enumerate(self.weights):
            a = rng.standard_normal((max(w.shape), min(w.shape)))
            q, r = np.linalg.qr(a)
            q *= np.sign(np.diag(r))
            gain = last_gain if i == len(self.weights) - 1 else np.sqrt(2)
            w[:] = gain * (q if w.shape[0] >= w.shape[1] else q.T)
            self.biases[i][:] = 0

    def forward(self, x: Array) -> Array:
        """Output (n, out) of input (n, in)."""
        last = len(self.weights) - 1
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = x @ w
            x += b
            if i < last:
                np.tanh(x, out=x)
        return x


class Workspace:
    """Buffers of one thread for a forward and backward pass over at most ``rows`` samples."""

    def __init__(self, net: Mlp, rows: int) -> None:
        self.net = net
        self.layers = [np.empty((rows, s), np.float32) for s in net.sizes[1:]]
        self.deltas = [np.empty((rows, s), np.float32) for s in net.sizes[1:]]
        self.ones = np.ones(rows, np.float32)
        self.grad = np.zeros_like(net.flat)
        self.grad_weights, self.grad_biases = net.split(self.grad)

    def forward(self, x: Array) -> Array:
        """Like Mlp.forward, keeping what backward needs; the result is overwritten by the next call."""
        n, net = len(x), self.net
        self.x = x
        last = len(net.weights) - 1
        for i, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
            y = self.layers[i][:n]
            np.matmul(x, w, out=y)
            y += b
            if i < last:
                np.tanh(y, out=y)
            x = y
        return x

    def backward(self, delta: Array) -> None:
        """Set ``grad`` to the gradient of a loss whose derivative by the output is ``delta`` (n, out)."""
        n, net = len(delta), self.net
        for i in reversed(range(len(net.weights))):
            below = self.x if i == 0 else self.layers[i - 1][:n]
            np.matmul(below.T, delta, out=self.grad_weights[i])
            np.matmul(self.ones[:n], delta, out=self.grad_biases[i])  # four times as fast as delta.sum(axis=0)
            if i:
                up = self.deltas[i - 1][:n]
                if delta.shape[1] == 1:  # BLAS is slow on a product with one inner dimension
                    np.multiply(delta, net.weights[i].T, out=up)
                else:
                    np.matmul(delta, net.weights[i].T, out=up)
                np.multiply(below, below, out=below)  # the activation is not needed again: reuse it for 1 - tanh^2
                np.subtract(1, below, out=below)
                up *= below
                delta = up


class Symmetry:
    """Projects a network's flat vector (parameters or gradient) onto the mirror-symmetric ones."""

    def __init__(self, net: Mlp, mirror_in: SignedPermutation, mirror_out: SignedPermutation) -> None:
        self.net = net
        hidden = [SignedPermutation.swap_halves(s) for s in net.sizes[1:-1]]
        maps = [mirror_in, *hidden, mirror_out]
        index: list[NDArray[np.intp]] = []
        signs: list[Array] = []
        at = 0
        for before, after in pairwise(maps):
            a, b = len(before.order), len(after.order)
            index.append((at + before.order[:, None] * b + after.order[None, :]).ravel())
            signs.append((before.signs[:, None] * after.signs[None, :]).ravel())
            index.append(at + a * b + after.order)
            signs.append(after.signs)
            at += (a + 1) * b
        self.index, self.signs = np.concatenate(index), np.concatenate(signs)

    def project(self, flat: Array) -> None:
        """Average ``flat`` with its mirror image, in place."""
        flat += flat[self.index] * self.signs
        flat *= np.float32(0.5)


class Adam:
    """Adam (Kingma and Ba 2014) over one flat vector."""

    def __init__(self, count: int, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.m, self.v = np.zeros(count, np.float32), np.zeros(count, np.float32)
        self.beta1, self.beta2, self.epsilon, self.steps = beta1, beta2, epsilon, 0

    def step(self, flat: Array, grad: Array, rate: float) -> None:
        """Move ``flat`` against ``grad``, in place."""
        self.steps += 1
        self.m += (1 - self.beta1) * (grad - self.m)
        self.v += (1 - self.beta2) * (grad * grad - self.v)
        scale = rate * np.sqrt(1 - self.beta2**self.steps) / (1 - self.beta1**self.steps)
        flat -= np.float32(scale) * self.m / (np.sqrt(self.v) + np.float32(self.epsilon))
