"""Proximal policy optimisation (Schulman 2017) for a Gaussian policy, in NumPy on two threads."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.training import shared
from rudel.locomotion.training.nets import Adam, Mlp, SignedPermutation, Symmetry, Workspace
from rudel.locomotion.training.normaliser import Normaliser

Array = NDArray[np.float32]
HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class PpoConfig:
    """Hyper-parameters.

    Attributes:
        hidden: sizes of the hidden layers of actor and critic (even).
        horizon: control steps per robot between updates.
        epochs, minibatches: passes over the data and parts of each pass.
        gamma, lam: discount and GAE parameter (Schulman 2015).
        clip: ratio clipping.
        entropy: weight of the entropy bonus.
        value: weight of the value loss.
        rate: first learning rate; it is then adapted to keep the KL divergence near ``kl`` (rsl_rl's rule).
        kl: target KL divergence per update; 0 keeps the rate.
        rate_min, rate_max: bounds of the adaptation.
        grad_norm: gradient norm is clipped to this.
        std: first standard deviation of the actions.
        std_min: floor of it.
        std_hold, std_decay: from iteration ``std_hold`` on, ``std`` times this share per iteration is its ceiling. Wide
            exploration learns fast but to walk with the noise: without it the same policy strides too far.
        noise_s: time constant with which what is explored in one step goes on in those after it [s]; 0: not at all. At
            100 steps a second independent noise cancels out before a foot has moved. ``std`` is that of what each step
            adds, so that the densities stay those of independent noise; all of it together is larger by
            1 / sqrt(1 - exp(-2 period / noise_s)).
        averaging: the exported policy is a running mean of the networks, which keeps this share of itself in every
            iteration: the noise of the last few updates goes, their progress stays (Polyak and Juditsky 1992).
        imitate: first iterations in which the policy learns the skill's guide, where it has one, and the critic what
            comes of it.
    """

    hidden: tuple[int, ...] = (128, 128)
    horizon: int = 24
    epochs: int = 4
    minibatches: int = 4
    gamma: float = 0.97
    lam: float = 0.95
    clip: float = 0.2
    entropy: float = 0.002
    value: float = 1.0
    rate: float = 1e-3
    kl: float = 0.015
    rate_min: float = 1e-4
    rate_max: float = 5e-3
    grad_norm: float = 1.0
    std: float = 0.4
    std_min: float = 0.05
    std_hold: int = 20
    std_decay: float = 0.97
    noise_s: float = 0.0
    averaging: float = 0.85
    imitate: int = 0


@dataclass
class Batch:
    """One update's data, flattened over time and robots, m samples.

    Attributes:
        obs (m, k), critic_obs (m, c): normalised inputs.
        action, mean (m, 12): what was done, and the policy's mean then.
        log_prob, advantage, target (m,): log density then, advantage, value target.
    """

    obs: Array
    critic_obs: Array
    action: Array
    mean: Array
    log_prob: Array
    advantage: Array
    target: Array

    @classmethod
    def zeros(cls, m: int, k: int, c: int, actions: int = 12) -> Batch:
        """Room for m samples with k observations and c critic inputs, in shared memory."""
        wide = [shared.zeros((m, width)) for width in (k, c, actions, actions)]
        return cls(*wide, *(shared.zeros(m) for _ in range(3)))

    def part(self, rows: slice) -> Batch:
        """A view of some samples."""
        return Batch(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})


class ActorCritic:
    """Policy and value networks with one flat parameter vector: actor, critic, log std."""

    def __init__(
        self,
        config: PpoConfig,
        mirror_obs: SignedPermutation,
        mirror_critic: SignedPermutation,
        mirror_action: SignedPermutation,
        rng: np.random.Generator,
    ) -> None:
        k, c, a = len(mirror_obs.order), len(mirror_critic.order), len(mirror_action.order)
        actor_sizes, critic_sizes = (k, *config.hidden, a), (c, *config.hidden, 1)
        na, nc = Mlp.count(actor_sizes), Mlp.count(critic_sizes)
        self.flat = shared.zeros(na + nc + a)  # the processes that collect see every update
        self.actor = Mlp(actor_sizes, self.flat[:na])
        self.critic = Mlp(critic_sizes, self.flat[na : na + nc])
        self.log_std = self.flat[na + nc :]
        self.slices = (slice(0, na), slice(na, na + nc), slice(na + nc, na + nc + a))
        self.mirror_action = mirror_action
        self.symmetry = (
            Symmetry(self.actor, mirror_obs, mirror_action),
            Symmetry(self.critic, mirror_critic, SignedPermutation.identity(1)),
        )
        self.actor.initialise(rng, 0.01)
        self.critic.initialise(rng, 1.0)
        self.project(self.flat)
        self.log_std[:] = np.log(config.std)
        self.mean_flat = self.flat[:na].copy()
        self.mean_actor = Mlp(actor_sizes, self.mean_flat)
        self.obs_normaliser = Normaliser(mirror_obs)
        self.critic_normaliser = Normaliser(mirror_critic)

    def average(self, keep: float, iteration: int) -> None:
        """Move the averaged actor towards the present one; the first iterations weigh alike."""
        keep = min(keep, iteration / (iteration + 2))
        self.mean_flat += np.float32(1 - keep) * (self.flat[self.slices[0]] - self.mean_flat)

    def project(self, flat: Array) -> None:
        """Make a parameter or gradient vector mirror-symmetric, in place."""
        self.symmetry[0].project(flat[self.slices[0]])
        self.symmetry[1].project(flat[self.slices[1]])
        log_std = flat[self.slices[2]]
        log_std += log_std[self.mirror_action.order]
        log_std *= np.float32(0.5)


def log_density(z: Array, log_std: Array) -> Array:
    """Log density of a Gaussian at z standard deviations from its mean, (n,)."""
    return -0.5 * np.einsum("ij,ij->i", z, z) - np.float32(log_std.sum() + HALF_LOG_2PI * len(log_std))


class Learner:
    """Improves an ActorCritic from batches.

    Actor and critic each learn on a thread of their own, which adds nothing up across threads: one thread and two give
    the same bits (docs/decisions/0001-learning-framework.md).
    """

    def __init__(self, net: ActorCritic, config: PpoConfig, threads: int, rows: int) -> None:
        self.net, self.config = net, config
        self.adam = Adam(net.flat.size)
        self.rate = config.rate
        most = -(-rows // config.minibatches)
        self.actor, self.critic = Workspace(net.actor, most), Workspace(net.critic, most)
        self.pool = ThreadPoolExecutor(1) if threads > 1 else None

    def limit_std(self, iteration: int) -> None:
        """Keep the exploration below its ceiling at ``iteration``."""
        c = self.config
        ceiling = max(c.std_min, c.std * c.std_decay ** max(0, iteration - c.std_hold))
        np.minimum(self.net.log_std, np.float32(np.log(ceiling)), out=self.net.log_std)

    def update(
        self, batch: Batch, rng: np.random.Generator, guide: Array | None = None, critic_alone: bool = False
    ) -> dict[str, float]:
        """Several passes over the batch; returns means of the losses, the KL divergence and the rate.

        With ``guide``, actions (m, 12) for the batch, the policy learns to do these instead of what paid. With
        ``critic_alone`` it stays what it is.
        """
        c, m = self.config, len(batch.obs)
        stats = np.zeros(4)
        advantage = (batch.advantage - batch.advantage.mean()) / (batch.advantage.std() + 1e-8)
        batch = dataclasses.replace(batch, advantage=advantage)
        old_std = np.exp(self.net.log_std)
        for _ in range(c.epochs):
            order = rng.permutation(m)
            for ids in np.array_split(order, c.minibatches):
                stats += self._minibatch(batch, ids, old_std, guide, critic_alone)
        count = c.epochs * c.minibatches
        surrogate, value, kl, clipped = stats / count
        return {"surrogate": surrogate, "value_loss": value, "kl": kl, "clip_share": clipped, "rate": self.rate}

    def _minibatch(
        self, batch: Batch, ids: NDArray[np.intp], old_std: Array, guide: Array | None, critic_alone: bool = False
    ) -> NDArray[np.float64]:
        c, net = self.config, self.net
        if self.pool is None:
            value_loss = self._critic_gradient(batch, ids)
            surrogate, kl, clipped, grad_log_std = self._policy_gradient(batch, ids, old_std, guide)
        else:
            job = self.pool.submit(self._critic_gradient, batch, ids)
            surrogate, kl, clipped, grad_log_std = self._policy_gradient(batch, ids, old_std, guide)
            value_loss = job.result()
        grad = np.concatenate((self.actor.grad, self.critic.grad, grad_log_std - np.float32(c.entropy)))
        if critic_alone:
            grad[net.slices[0]] = grad[net.slices[2]] = 0.0
        self._adapt(kl)
        net.project(grad)
        norm = float(np.sqrt(np.dot(grad, grad)))
        if norm > c.grad_norm:
            grad *= np.float32(c.grad_norm / norm)
        self.adam.step(net.flat, grad, self.rate)
        np.maximum(net.log_std, np.float32(np.log(c.std_min)), out=net.log_std)
        return np.array([-surrogate, value_loss, kl, clipped])

    def _adapt(self, kl: float) -> None:
        """Smaller steps when the policy moves too far, larger ones when it hardly moves."""
        c = self.config
        if c.kl and kl > 2 * c.kl:
            self.rate = max(c.rate_min, self.rate / 1.5)
        elif c.kl and 0 < kl < 0.5 * c.kl:
            self.rate = min(c.rate_max, self.rate * 1.5)

    def _critic_gradient(self, batch: Batch, ids: NDArray[np.intp]) -> float:
        """Leave the gradient of the value loss in the critic's workspace; returns the loss."""
        error = self.critic.forward(batch.critic_obs[ids]) - batch.target[ids, None]
        self.critic.backward(error * np.float32(self.config.value / len(ids)))
        return 0.5 * float(np.einsum("ij,ij->", error, error)) / len(ids)

    def _policy_gradient(
        self, batch: Batch, ids: NDArray[np.intp], old_std: Array, guide: Array | None
    ) -> tuple[float, float, float, Array]:
        """As :meth:`_actor_gradient`, or towards the guide's actions by their squared distance."""
        if guide is None:
            return self._actor_gradient(batch, ids, old_std)
        error = self.actor.forward(batch.obs[ids]) - guide[ids]
        self.actor.backward(error * np.float32(1 / len(ids)))
        loss = 0.5 * float(np.einsum("ij,ij->", error, error)) / len(ids)
        return -loss, 0.0, 0.0, np.full_like(self.net.log_std, self.config.entropy)  # outweighs the bonus: none moves

    def _actor_gradient(self, batch: Batch, ids: NDArray[np.intp], old_std: Array) -> tuple[float, float, float, Array]:
        """Leave the gradient of the clipped surrogate in the actor's workspace.

        Returns:
            surrogate, KL divergence from the policy that collected the batch, share of clipped samples, gradient of
            log std (12,).
        """
        clip, log_std = self.config.clip, self.net.log_std
        std = np.exp(log_std)
        mean = self.actor.forward(batch.obs[ids])
        advantage = batch.advantage[ids]
        z = np.divide(batch.action[ids] - mean, std, dtype=np.float32)
        ratio = np.exp(log_density(z, log_std) - batch.log_prob[ids])
        kept = np.where(advantage > 0, ratio < 1 + clip, ratio > 1 - clip)
        pull = advantage * ratio * kept * np.float32(-1 / len(ids))  # derivative of the loss by the log density
        self.actor.backward(np.multiply(z / std, pull[:, None], dtype=np.float32))
        grad_log_std = np.asarray(pull @ (z * z - 1), np.float32)
        shift = (batch.mean[ids] - mean) / std
        kl = 0.5 * float(np.einsum("ij,ij->", shift, shift)) / len(ids)
        kl += float((np.log(std / old_std) + old_std**2 / (2 * std**2) - 0.5).sum())
        surrogate = float(np.minimum(ratio * advantage, np.clip(ratio, 1 - clip, 1 + clip) * advantage).mean())
        return surrogate, kl, 1 - float(kept.mean()), grad_log_std
