"""Small networks and batches that tests of the learner make, and what their gradients must be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rudel.locomotion.training.nets import Mlp, SignedPermutation
from rudel.locomotion.training.ppo import ActorCritic, Batch, PpoConfig, log_density

SMALL = PpoConfig(hidden=(8, 6), horizon=4, epochs=2, minibatches=2)


def mirror(rng: np.random.Generator, n: int) -> SignedPermutation:
    """A random signed permutation that is its own inverse."""
    order = np.arange(n)
    pairs = rng.permutation(n)[: 2 * (n // 3)].reshape(-1, 2)
    order[pairs[:, 0]], order[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    signs = rng.choice([-1.0, 1.0], n).astype(np.float32)
    signs[pairs[:, 1]] = signs[pairs[:, 0]]
    return SignedPermutation(order, signs)


def exact(sizes: tuple[int, ...], flat: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The network in float64, written down anew."""
    weights, biases = Mlp(sizes).split(flat)
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        x = x @ w + b
        if i < len(weights) - 1:
            x = np.tanh(x)
    return x


def difference_quotient(loss: Callable[[np.ndarray], float], flat: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Central differences of ``loss`` by every parameter."""
    gradient = np.zeros_like(flat)
    for i in range(len(flat)):
        ends = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * step
            ends.append(loss(moved))
        gradient[i] = (ends[0] - ends[1]) / (2 * step)
    return gradient


def made_net(rng: np.random.Generator, config: PpoConfig = SMALL, k: int = 7, c: int = 9, a: int = 4) -> ActorCritic:
    net = ActorCritic(config, mirror(rng, k), mirror(rng, c), mirror(rng, a), rng)
    net.flat += rng.normal(size=net.flat.size).astype(np.float32) * 0.1  # the last layer begins near zero
    net.project(net.flat)
    return net


def made_batch(net: ActorCritic, rng: np.random.Generator, m: int = 32) -> Batch:
    """Samples of an older policy, so that ratios differ from 1 and some are clipped."""
    obs, critic_obs = (rng.normal(size=(m, len(order))).astype(np.float32) for order in (
        net.obs_normaliser.mirror.order, net.critic_normaliser.mirror.order))  # fmt: skip
    other = rng.normal(size=(m, len(net.log_std))) * 0.05
    mean = net.actor.forward(obs) + other.astype(np.float32)
    noise = rng.normal(size=mean.shape).astype(np.float32)
    action = np.asarray(mean + np.exp(net.log_std) * noise, np.float32)
    advantage, target = rng.normal(size=(2, m)).astype(np.float32)
    return Batch(obs, critic_obs, action, mean, log_density(noise, net.log_std), advantage, target)
