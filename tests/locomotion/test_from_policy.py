"""A training that begins with what a policy file knows."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.locomotion import observation, policy
from rudel.locomotion.contract import PolicyContract
from rudel.locomotion.skills import walk
from rudel.locomotion.training import from_policy
from tests.locomotion import samples
from tests.locomotion.runs import SMALL, Notes, kept, request, run, same_policy, train

MORE = [*(list(term) for term in walk.config().observation), ["joint_error", 5.0]]
KNOWN = observation.size(walk.config().observation)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that has learnt a little."""
    return next(run(tmp_path_factory.mktemp("taught"), 4).out.glob("*.onnx"))


def answers(out: Path, obs: np.ndarray) -> np.ndarray:
    return policy.load(next(out.glob("*.onnx"))).act(obs)


@pytest.mark.parametrize("terms", [MORE[:-1], MORE], ids=["the same", "more"])
def test_it_answers_as_the_policy_whatever_it_is_told_besides(tmp_path: Path, taught: Path, terms: list[Any]) -> None:
    second = run(tmp_path / "second", 1, start_from=taught, overrides=SMALL | {"observation": terms}).out
    told = observation.size([(str(name), float(scale)) for name, scale in terms])
    obs = np.random.default_rng(0).normal(size=(50, told)).astype(np.float32)
    # the first horizon is measured, and moves the scaling of the input by its share of all that was seen
    np.testing.assert_allclose(answers(second, obs), policy.load(taught).act(obs[:, :KNOWN]), atol=2e-3)


def test_the_critic_learns_before_the_policy_does(
    tmp_path: Path, taught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_policy, "CRITIC_ALONE", 2)
    count = kept(run(tmp_path / "1", 1, start_from=taught).out)["mean_params"].size  # the actor comes first
    states: list[dict[str, Any]] = []
    for iterations in (1, 2, 3, 4):
        out = run(tmp_path / str(iterations), iterations, start_from=taught).out
        states.append(kept(out))
    actors, critics = ([s["params"][part] for s in states] for part in (slice(count), slice(count, -12)))
    std = [s["params"][-12:] for s in states]
    for i, moves in enumerate((False, False, True)):
        assert (actors[i] != actors[i + 1]).any() == moves
        assert (std[i] != std[i + 1]).any() == moves
        assert (critics[i] != critics[i + 1]).any()


def test_it_resumes_as_if_nothing_had_happened(tmp_path: Path, taught: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_policy, "CRITIC_ALONE", 3)
    whole = run(tmp_path / "whole", 5, start_from=taught).out
    run(tmp_path / "parts", 2, start_from=taught)
    for iterations in (4, 5):
        train(request(tmp_path / "parts", iterations, resume=True), Notes())
    assert same_policy(whole, tmp_path / "parts")
    made = json.loads((tmp_path / "parts" / "run.json").read_text())
    assert made["began_as"]["start_from"] == str(taught)  # what a policy came from must not be lost
    assert made["request"]["start_from"] is None


Change = Callable[[PolicyContract], PolicyContract]


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("robot x30 there, lite3 here", lambda c: dataclasses.replace(c, robot="x30")),
        ("skill getup there, walk here", lambda c: dataclasses.replace(c, skill="getup")),
        ("earlier observations 2 there", lambda c: dataclasses.replace(c, history=2)),
        ("terms projected_gravity", lambda c: dataclasses.replace(c, observation=c.observation[1:])),
        (
            "other terms or scales",
            lambda c: dataclasses.replace(c, observation=((c.observation[0][0], 0.3), *c.observation[1:])),
        ),
        ("scales its actions", lambda c: dataclasses.replace(c, action_scale=(0.2,) * 12)),
    ],
)
def test_a_policy_of_another_kind_is_no_start(tmp_path: Path, taught: Path, what: str, change: Change) -> None:
    other = samples.write(tmp_path / "other.onnx", change(policy.load(taught).contract))
    with pytest.raises(BadInput, match=f"other.onnx is no start for this training.*{what}"):
        run(tmp_path / "second", 1, start_from=other)


def test_networks_of_another_size_or_make_are_no_start(tmp_path: Path, taught: Path) -> None:
    with pytest.raises(BadInput, match=r"layers of \[16, 16, 12\], this training \[32, 16, 12\]"):
        run(tmp_path / "second", 1, start_from=taught, overrides=SMALL | {"ppo.hidden": [32, 16]})
    relu = samples.write(tmp_path / "relu.onnx", policy.load(taught).contract, activation="relu")
    with pytest.raises(BadInput, match="not written by a training here"):
        run(tmp_path / "second", 1, start_from=relu)
    with pytest.raises(BadInput, match="No policy file"):
        run(tmp_path / "second", 1, start_from=tmp_path / "none.onnx")
