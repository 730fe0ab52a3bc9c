"""Learner and robots together: symmetric policies, what a rollout tells, exploration, going on from a checkpoint."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import BadInput
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.training.ppo import ActorCritic, Batch, log_density
from rudel.locomotion.training.rollout import Collector
from rudel.locomotion.training.trainer import Trainer, mirrors
from tests.locomotion import envs


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
