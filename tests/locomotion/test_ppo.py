"""Laws of the learner: advantages, the gradient of its loss, what an update does, averaging."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rudel.locomotion.training.ppo import ActorCritic, Batch, Learner, PpoConfig, log_density
from rudel.locomotion.training.rollout import advantages
from tests.locomotion.networks import SMALL, difference_quotient, exact, made_batch, made_net


def test_advantages_are_those_of_a_naive_sum(rng: np.random.Generator) -> None:
    t, n, gamma, lam = 12, 5, 0.9, 0.8
    reward, value = (rng.normal(size=(t, n)).astype(np.float32) for _ in range(2))
    last, alive = rng.normal(size=n).astype(np.float32), (rng.random((t, n)) > 0.2).astype(np.float32)
    advantage, target = advantages(reward, value, last, alive, gamma, lam)
    values = np.concatenate((value, last[None]))
    for robot in range(n):
        for start in range(t):
            total, weight = 0.0, 1.0
            for k in range(start, t):
                going_on = alive[k, robot]
                following = gamma * values[k + 1, robot] if going_on else 0.0
                total += weight * (reward[k, robot] + following - values[k, robot])
                if not going_on:
                    break
                weight *= gamma * lam
            assert advantage[start, robot] == pytest.approx(total, abs=1e-5)
    np.testing.assert_allclose(target, advantage + value, atol=1e-6)


def ppo_loss(net: ActorCritic, config: PpoConfig, batch: Batch, flat: np.ndarray) -> float:
    """Clipped surrogate, value loss and entropy bonus as published, in float64."""
    actor, critic, log_std = (flat[s] for s in net.slices)
    z = (batch.action - exact(net.actor.sizes, actor, batch.obs)) / np.exp(log_std)
    log_prob = (-0.5 * z**2 - log_std - 0.5 * np.log(2 * np.pi)).sum(axis=1)
    ratio = np.exp(log_prob - batch.log_prob)
    clipped = np.clip(ratio, 1 - config.clip, 1 + config.clip)
    surrogate = np.minimum(ratio * batch.advantage, clipped * batch.advantage).mean()
    value = exact(net.critic.sizes, critic, batch.critic_obs)[:, 0]
    return -surrogate + config.value * 0.5 * ((value - batch.target) ** 2).mean() - config.entropy * log_std.sum()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_learners_gradient_is_that_of_the_loss(
    threads: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(SMALL, minibatches=1, entropy=0.01, grad_norm=1e9)
    net = made_net(rng, config)
    batch = made_batch(net, rng)
    learner = Learner(net, config, threads, len(batch.obs))
    stepped: list[np.ndarray] = []
    monkeypatch.setattr(net, "project", lambda grad: None)
    monkeypatch.setattr(learner.adam, "step", lambda flat, grad, rate: stepped.append(grad.copy()))
    stats = learner._minibatch(batch, np.arange(len(batch.obs)), np.exp(net.log_std), None)
    start = net.flat.astype(np.float64)
    wanted = difference_quotient(lambda flat: ppo_loss(net, config, batch, flat), start)
    np.testing.assert_allclose(stepped[0], wanted, atol=2e-5)
    assert 0 < stats[3] < 1  # some ratios were clipped, not all
    entropy = config.entropy * net.log_std.sum()
    assert stats[0] + config.value * stats[1] - entropy == pytest.approx(ppo_loss(net, config, batch, start), abs=0.05)


def test_threads_share_a_batch_without_changing_the_result(rng: np.random.Generator) -> None:
    results = []
    for threads in (1, 2):
        rng = np.random.default_rng(3)
        net = made_net(rng)
        batch = made_batch(net, rng, 64)
        learner = Learner(net, SMALL, threads, 64)
        learner.update(batch, np.random.default_rng(0))
        results.append(net.flat.copy())
    np.testing.assert_allclose(results[0], results[1], atol=1e-5)


def test_an_update_makes_good_actions_likelier(rng: np.random.Generator) -> None:
    net = made_net(rng)
    batch = made_batch(net, rng, 256)
    batch.mean = net.actor.forward(batch.obs)
    noise = rng.normal(size=batch.mean.shape).astype(np.float32)
    batch.action, batch.log_prob = batch.mean + np.exp(net.log_std) * noise, log_density(noise, net.log_std)
    config = dataclasses.replace(SMALL, entropy=0.0)
    learner = Learner(net, config, 1, 256)
    for _ in range(3):
        learner.update(dataclasses.replace(batch), np.random.default_rng(0))
    z = np.divide(batch.action - net.actor.forward(batch.obs), np.exp(net.log_std), dtype=np.float32)
    change = log_density(z, net.log_std) - batch.log_prob
    assert np.corrcoef(change, batch.advantage)[0, 1] > 0.1


def test_exploration_has_a_floor(rng: np.random.Generator) -> None:
    config = dataclasses.replace(SMALL, std=0.2, std_min=0.2, entropy=-10.0)
    net = made_net(rng, config)
    net.log_std[:] = np.log(0.2001)
    Learner(net, config, 1, 32).update(made_batch(net, rng), rng)
    np.testing.assert_allclose(np.exp(net.log_std).min(), 0.2, rtol=1e-5)


def test_the_averaged_actor_is_the_mean_at_first_and_forgets_later(rng: np.random.Generator) -> None:
    net = made_net(rng)
    seen = []
    for i in range(4):
        net.flat[:] = rng.normal(size=net.flat.size)
        seen.append(net.flat[net.slices[0]].copy())
        net.average(0.99, i)
    # weights of the i-th: 1 - i / (i + 2) of what the earlier ones leave
    wanted = np.zeros_like(seen[0])
    for i, flat in enumerate(seen):
        wanted += (flat - wanted) * 2 / (i + 2)
    np.testing.assert_allclose(net.mean_flat, wanted, atol=1e-5)
    net.average(0.25, 1000)
    np.testing.assert_allclose(net.mean_flat, 0.25 * wanted + 0.75 * seen[-1], atol=1e-5)
