"""What a training had learnt, for a policy that is told more: new inputs begin without any weight.

The wider networks answer exactly as the old ones did, whatever the new inputs say, and learn from there on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rudel.core.errors import BadInput
from rudel.locomotion import observation
from rudel.locomotion.config import SkillConfig

Terms = Sequence[tuple[str, float]]


def widen(
    state: Mapping[str, Any], was: Mapping[str, Any], config: SkillConfig, hidden: Sequence[int]
) -> Mapping[str, Any]:
    """A training's state with the observation terms that ``config`` has after those there were.

    Args:
        state: what :meth:`Trainer.state` returned.
        was: configuration of that training, as its checkpoint holds it.
        config: configuration of the one to come. With earlier observations, or no more terms, the state stays.
        hidden: sizes of the hidden layers.

    Raises:
        BadInput: the observation does not begin with what it was.
    """
    before, now = (
        [(str(name), float(scale)) for name, scale in terms] for terms in (was["observation"], config.observation)
    )
    if len(now) <= len(before) or config.history or was.get("history", 0):
        return state
    if now[: len(before)] != before:
        raise BadInput(
            "a training can be told more than the one it starts from, not something else: observation "
            f"{_names(now)} does not begin with {_names(before)}"
        )
    old, more, first = observation.size(before), observation.size(now) - observation.size(before), hidden[0]
    actor = old * first  # behind the weights of the old inputs
    critic = len(state["mean_params"]) + actor  # what the averaged actor has, lies before the critic
    wider = dict(state)
    for name in ("params", "adam.m", "adam.v"):
        wider[name] = np.insert(state[name], [actor] * (more * first) + [critic] * (more * first), 0.0)
    wider["mean_params"] = np.insert(state["mean_params"], [actor] * (more * first), 0.0)
    for name in ("obs_norm", "critic_norm"):  # terms are scaled to a size of 1 already
        wider[f"{name}.mean"] = np.insert(state[f"{name}.mean"], [old] * more, 0.0)
        wider[f"{name}.m2"] = np.insert(state[f"{name}.m2"], [old] * more, float(state[f"{name}.count"]))
    for name in state:
        if name.endswith((".obs", ".critic_obs")):
            del wider[name]  # robots look again
    return wider


def _names(terms: Terms) -> str:
    return ", ".join(name for name, _ in terms)
