"""Which measure belongs to a skill: how well it walks, unless the skill names another one."""

from __future__ import annotations

from typing import Any, Protocol

from rudel.core import discovery
from rudel.locomotion import evaluate as walking
from rudel.locomotion.ground import Ground

SKILLS = "rudel.locomotion.skills"


class Evaluator(Protocol):
    """A module that measures policies; its figures are a frozen dataclass of numbers of its own.

    Attributes:
        evaluate: figures of an acting function on a fresh batch, or None when ``most_falls`` ended it early.
        evaluate_policy: figures of a policy file.
        rough_grounds: where the skill is trained on rough ground, one for each shard.
        evaluation_ground: where a training on a world is measured.
        env_steps: control steps that an evaluation takes, over all robots.
        summary: the figures in one line.
    """

    evaluate: Any
    evaluate_policy: Any
    summary: Any

    def rough_grounds(self, seed: int) -> list[Ground]: ...
    def evaluation_ground(self, world: str, difficulty: float, seed: int) -> Ground: ...
    def env_steps(self, period_s: float) -> int: ...


def of(skill: str) -> Evaluator:
    """The measure of a skill; one that rudel does not know (a policy of somebody else's) is taken to walk."""
    if skill not in discovery.names(SKILLS):
        return walking
    return getattr(discovery.load(SKILLS, skill, kind="skill"), "EVALUATOR", walking)
