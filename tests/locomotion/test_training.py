"""Laws of the learner: gradients, mirror symmetry, statistics, advantages, and the environment's part in them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import BadInput
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.training.nets import Adam, Mlp, SignedPermutation, Symmetry, Workspace
from rudel.locomotion.training.normaliser import Normaliser, moments
from rudel.locomotion.training.ppo import ActorCritic, Batch, Learner, PpoConfig, log_density
from rudel.locomotion.training.rollout import Collector, advantages
from rudel.locomotion.training.trainer import Trainer, mirrors
from tests.locomotion import envs

SMALL = PpoConfig(hidden=(8, 6), horizon=4, epochs=2, minibatches=2)
SIZES = (5, 8, 6, 3)


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


def difference_quotient(loss, flat: np.ndarray, step: float = 1e-6) -> np.ndarray:
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


# --- networks -------------------------------------------------------------------------------------------------------


def test_forward_is_the_formula(rng: np.random.Generator) -> None:
    net = Mlp(SIZES)
    net.flat[:] = rng.normal(size=net.flat.size)
    x = rng.normal(size=(10, 5)).astype(np.float32)
    before = x.copy()
    wanted = exact(SIZES, net.flat.astype(np.float64), x.astype(np.float64))
    np.testing.assert_allclose(net.forward(x), wanted, atol=1e-5)
    np.testing.assert_allclose(Workspace(net, 12).forward(x), wanted, atol=1e-5)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("sizes", [SIZES, (5, 8, 1), (3, 2)])
def test_backward_is_the_difference_quotient(sizes: tuple[int, ...], rng: np.random.Generator) -> None:
    net, n = Mlp(sizes), 6
    net.flat[:] = rng.normal(size=net.flat.size) * 0.5
    x, delta = (rng.normal(size=(n, k)).astype(np.float32) for k in (sizes[0], sizes[-1]))
    work = Workspace(net, n + 3)
    for _ in range(2):  # the second pass finds used buffers
        work.forward(x)
        work.backward(delta.copy())
    wanted = difference_quotient(lambda flat: (exact(sizes, flat, x) * delta).sum(), net.flat.astype(np.float64))
    np.testing.assert_allclose(work.grad, wanted, atol=1e-4)


def test_orthogonal_start(rng: np.random.Generator) -> None:
    net = Mlp((6, 16, 4))
    net.initialise(rng, 0.01)
    w, last = (w.astype(np.float64) for w in net.weights)
    np.testing.assert_allclose(w @ w.T, 2 * np.eye(6), atol=1e-5)
    np.testing.assert_allclose(last.T @ last, 1e-4 * np.eye(4), atol=1e-8)


def test_projection_is_idempotent_and_makes_symmetric(rng: np.random.Generator) -> None:
    net, m_in, m_out = Mlp(SIZES), mirror(rng, 5), mirror(rng, 3)
    net.flat[:] = rng.normal(size=net.flat.size)
    x = rng.normal(size=(10, 5)).astype(np.float32)
    assert np.abs(net.forward(m_in(x)) - m_out(net.forward(x))).max() > 0.1
    symmetry = Symmetry(net, m_in, m_out)
    symmetry.project(net.flat)
    once = net.flat.copy()
    symmetry.project(net.flat)
    np.testing.assert_array_equal(net.flat, once)
    np.testing.assert_allclose(net.forward(m_in(x)), m_out(net.forward(x)), atol=1e-5)
    assert np.abs(once).max() > 0.1


def test_adam_is_the_published_rule(rng: np.random.Generator) -> None:
    flat = rng.normal(size=20).astype(np.float32)
    x, m, v = flat.astype(np.float64), np.zeros(20), np.zeros(20)
    adam = Adam(20)
    for t in range(1, 30):
        grad = rng.normal(size=20).astype(np.float32)
        adam.step(flat, grad, 1e-2)
        m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad.astype(np.float64) ** 2
        x -= 1e-2 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(flat, x, atol=1e-4)


# --- statistics -----------------------------------------------------------------------------------------------------


def test_the_normaliser_knows_mean_and_spread_of_data_and_mirror_image(rng: np.random.Generator) -> None:
    m = mirror(rng, 7)
    normaliser = Normaliser(m)
    parts = [rng.normal(rng.normal(size=7), 1 + rng.random(7), (n, 7)).astype(np.float32) for n in (3, 100, 1, 400)]
    for part in parts:
        normaliser.update(moments(part))
    data = np.concatenate(parts).astype(np.float64)
    both = np.concatenate((data, data[:, m.order] * m.signs))
    np.testing.assert_allclose(normaliser.mean, both.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(normaliser.std, np.sqrt(both.var(axis=0) + 1e-4), rtol=1e-5)
    x = parts[1]
    np.testing.assert_allclose(normaliser(x), (x - normaliser.mean) / normaliser.std, atol=1e-5)
    np.testing.assert_allclose(normaliser(m(x)), m(normaliser(x)), atol=1e-5)


def test_a_restored_normaliser_goes_on(rng: np.random.Generator) -> None:
    one, two = Normaliser(SignedPermutation.identity(3)), Normaliser(SignedPermutation.identity(3))
    one.update(moments(rng.normal(2, 3, (50, 3)).astype(np.float32)))
    two.restore(one.state())
    more = rng.normal(size=(20, 3)).astype(np.float32)
    one.update(moments(more))
    two.update(moments(more))
    np.testing.assert_array_equal(one.mean, two.mean)
    np.testing.assert_array_equal(one.std, two.std)


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


# --- the learner ----------------------------------------------------------------------------------------------------


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


# --- with the robot -------------------------------------------------------------------------------------------------


@pytest.fixture
def trainer() -> Trainer:
    config = dataclasses.replace(walk.learner(), hidden=(16, 16), horizon=8)
    return Trainer(robots.load("lite3"), walk.config(), config, [Ground()], envs=16, seed=0)


def test_a_fresh_and_a_trained_policy_are_mirror_symmetric(trainer: Trainer, rng: np.random.Generator) -> None:
    mirror_obs, mirror_critic, mirror_action = mirrors(trainer.spec, trainer.config)
    net = trainer.net
    obs, critic_obs = (rng.normal(size=(50, len(m.order))).astype(np.float32) for m in (mirror_obs, mirror_critic))

    def check() -> None:
        for act in (trainer.act, lambda x: net.actor.forward(net.obs_normaliser(x))):
            np.testing.assert_allclose(act(mirror_obs(obs)), mirror_action(act(obs)), atol=1e-5)
        value, mirrored = (
            net.critic.forward(net.critic_normaliser(x)) for x in (critic_obs, mirror_critic(critic_obs))
        )
        np.testing.assert_allclose(value, mirrored, atol=1e-4)
        np.testing.assert_allclose(net.log_std, net.log_std[mirror_action.order], atol=1e-6)

    check()
    fresh = trainer.act(obs)
    for _ in range(3):  # the first only measures the inputs
        trainer.iterate()
    check()
    assert np.abs(trainer.act(obs) - fresh).max() > 1e-3


def test_mirrors_are_their_own_inverse(rng: np.random.Generator) -> None:
    for robot in robots.names():
        for m in mirrors(robots.load(robot), walk.config()):
            x = rng.normal(size=(3, len(m.order))).astype(np.float32)
            np.testing.assert_array_equal(m(m(x)), x)
            assert np.abs(m(x) - x).max() > 0.1


def test_a_rollout_tells_what_happened() -> None:
    config = dataclasses.replace(walk.learner(), hidden=(8, 8), horizon=6)
    env = envs.make(n=8)
    rng = np.random.default_rng(0)
    net = ActorCritic(config, *mirrors(env.robot, env.config), rng)
    maps = mirrors(env.robot, env.config)
    batch = Batch.zeros(48, len(maps[0].order), len(maps[1].order))
    collector = Collector(env, config, rng, batch)
    env.steps[0] = env.episode_steps - 3  # this one's time is over in the third step
    rollout = collector.collect(net)
    assert all(len(getattr(batch, f.name)) == 48 for f in dataclasses.fields(batch))
    assert all(np.isfinite(getattr(batch, f.name)).all() for f in dataclasses.fields(batch))
    np.testing.assert_allclose(batch.mean, net.actor.forward(batch.obs), atol=1e-6)
    z = np.divide(batch.action - batch.mean, np.exp(net.log_std), dtype=np.float32)
    np.testing.assert_allclose(log_density(z, net.log_std), batch.log_prob, atol=1e-3)
    assert collector.alive[:, 0].tolist() == [1, 1, 0, 1, 1, 1]
    # time-outs are not failures: their reward holds the value of what would have come
    assert collector.reward[2, 0] != pytest.approx(collector.reward[1, 0], abs=1e-4) or rollout.falls
    assert rollout.falls == 0
    assert sum(rollout.rewards.values()) == pytest.approx(
        (collector.reward.sum() - (collector.reward[2, 0] - 0)) / 48 / env.config.period_s, rel=0.1
    )


@pytest.mark.parametrize("noise_s", [0.0, 0.06])
def test_what_is_explored_lasts_as_long_as_it_is_told_to(noise_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The robots do what is stored and what lingers of the noise before; the stored densities are those of a step."""
    config = dataclasses.replace(walk.learner(), hidden=(8, 8), horizon=40, noise_s=noise_s)
    env = envs.make(n=8)
    net = ActorCritic(config, *mirrors(env.robot, env.config), np.random.default_rng(0))
    batch = Batch.zeros(320, net.actor.sizes[0], net.critic.sizes[0])
    collector = Collector(env, config, np.random.default_rng(0), batch)
    env.steps[0] = env.episode_steps - 3  # this one's time is over in the third step
    done: list[np.ndarray] = []
    step = env.step

    def watched(actions: np.ndarray) -> object:
        done.append(actions.copy())
        return step(actions)

    monkeypatch.setattr(env, "step", watched)
    collector.collect(net)
    added = batch.action.reshape(40, 8, 12) - batch.mean.reshape(40, 8, 12)
    noise = np.array(done) - batch.mean.reshape(40, 8, 12)
    keep = math.exp(-env.config.period_s / noise_s) if noise_s else 0.0
    assert collector.alive[2, 0] == 0
    lingers = keep * collector.alive[:-1, :, None]  # a new episode knows nothing of the one before
    np.testing.assert_allclose(noise[1:] - lingers * noise[:-1], added[1:], atol=1e-5)
    np.testing.assert_allclose(noise[0], added[0], atol=1e-6)
    z = np.divide(batch.action - batch.mean, np.exp(net.log_std), dtype=np.float32)
    np.testing.assert_allclose(log_density(z, net.log_std), batch.log_prob, atol=1e-3)


def test_a_noise_that_never_ends_is_refused(trainer: Trainer) -> None:
    for noise_s in (-0.1, math.nan, math.inf):
        ppo = dataclasses.replace(trainer.ppo, noise_s=noise_s)
        with pytest.raises(BadInput, match=r"ppo\.noise_s"):
            Trainer(trainer.spec, trainer.config, ppo, [Ground()], 16, 0)


def test_a_restored_trainer_goes_on_as_if_nothing_had_happened(trainer: Trainer) -> None:
    ppo = dataclasses.replace(trainer.ppo, noise_s=0.05)
    trainer = Trainer(trainer.spec, trainer.config, ppo, [Ground()], 16, 0)
    for _ in range(2):
        trainer.iterate()
    state = trainer.state()
    trainer.iterate()
    other = Trainer(trainer.spec, trainer.config, ppo, [Ground()], 16, 0)
    other.restore(state)
    other.iterate()
    expected, found = trainer.state(), other.state()
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_equal(found[name], value, err_msg=name)
