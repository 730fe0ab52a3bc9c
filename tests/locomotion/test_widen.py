"""A training that is told more than the one it starts from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.locomotion import observation, policy
from rudel.locomotion.skills import walk
from rudel.locomotion.training.widen import widen
from tests.locomotion.runs import SMALL, Notes, kept, request, run, train

BEFORE = [list(term) for term in walk.config().observation]
MORE = [*BEFORE, ["joint_error", 5.0], ["leg_velocity", 2.0]]
OLD, NEW = (observation.size([(str(n), float(s)) for n, s in terms]) for terms in (BEFORE, MORE))


def wider(out: Path, first: Path, iterations: int, terms: list[list[Any]] = MORE) -> Path:
    run(out, iterations, start_from=first, overrides=SMALL | {"observation": terms})
    return out


def network(out: Path) -> policy.Policy:
    return policy.load(next(out.glob("*.onnx")))


def test_it_answers_as_before_whatever_it_is_told_besides(tmp_path: Path) -> None:
    first = run(tmp_path / "first").out
    second = wider(tmp_path / "second", first, 2)  # nothing is left to do
    obs = np.random.default_rng(0).normal(size=(50, NEW)).astype(np.float32)
    np.testing.assert_allclose(network(second).act(obs), network(first).act(obs[:, :OLD]), atol=1e-6)


def test_it_learns_from_what_it_is_told(tmp_path: Path) -> None:
    first = run(tmp_path / "first").out
    second = network(wider(tmp_path / "second", first, 4))
    obs = np.random.default_rng(0).normal(size=(50, NEW)).astype(np.float32)
    other = np.concatenate((obs[:, :OLD], 1 + obs[:, OLD:]), axis=1)
    assert (second.act(obs) != second.act(other)).any()


def test_its_robots_are_where_they_were(tmp_path: Path) -> None:
    first = run(tmp_path / "first").out
    notes = Notes()
    train(request(tmp_path / "second", 2, start_from=first, overrides=SMALL | {"observation": MORE}), notes)
    assert not any("begin anew" in text for text in notes.notes)
    before, after = kept(first), kept(tmp_path / "second")
    np.testing.assert_array_equal(before["0.physics"], after["0.physics"])
    np.testing.assert_array_equal(before["0.env.command"], after["0.env.command"])
    assert after["0.obs"].shape[1] == NEW
    noise = 0.16  # of the joints' speed, the largest that a scaled reading has: drawn anew
    np.testing.assert_allclose(after["0.obs"][:, :OLD], before["0.obs"], atol=noise)


def test_every_moment_of_the_learner_stays_with_its_parameter(tmp_path: Path) -> None:
    state = kept(run(tmp_path / "first", 3).out)
    told = dataclasses.replace(walk.config(), observation=tuple((str(n), float(s)) for n, s in MORE))
    wide = widen(state, {"observation": BEFORE}, told, SMALL["ppo.hidden"])
    for name in ("params", "adam.m", "adam.v", "mean_params"):
        assert np.count_nonzero(wide[name]) == np.count_nonzero(state[name])
        np.testing.assert_array_equal(wide[name][wide[name] != 0], state[name][state[name] != 0])
    inputs = NEW - OLD
    assert len(wide["params"]) - len(state["params"]) == 2 * 16 * inputs
    np.testing.assert_array_equal(wide["obs_norm.mean"][:OLD], state["obs_norm.mean"])
    assert (wide["critic_norm.m2"][OLD:NEW] == state["critic_norm.count"]).all()
    np.testing.assert_array_equal(wide["critic_norm.m2"][NEW:], state["critic_norm.m2"][OLD:])


@pytest.mark.parametrize(
    "terms", [[*BEFORE[1:], ["joint_error", 5.0], ["leg_velocity", 1.0]], [*BEFORE[::-1], MORE[-1]]]
)
def test_another_observation_is_no_longer_one(tmp_path: Path, terms: list[list[Any]]) -> None:
    first = run(tmp_path / "first", 1).out
    with pytest.raises(BadInput, match="does not begin with base_ang_vel"):
        wider(tmp_path / "second", first, 2, terms)
