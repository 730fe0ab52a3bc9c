"""Bisection against trying every level."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from rudel.locomotion.gauntlet.search import highest_passed


@given(st.integers(1, 40), st.dictionaries(st.integers(0, 9), st.integers(0, 40), min_size=1))
def test_bisection_finds_what_trying_every_level_finds(levels: int, ability: dict[int, int]) -> None:
    rounds = 0

    def passes(asked: Mapping[int, int]) -> Mapping[int, bool]:
        nonlocal rounds
        rounds += 1
        assert all(1 <= level <= levels for level in asked.values())
        return {g: level <= ability[g] for g, level in asked.items()}

    found = highest_passed(list(ability), levels, passes)
    exhaustive = {g: max((x for x in range(1, levels + 1) if x <= most), default=0) for g, most in ability.items()}
    assert found == exhaustive
    assert rounds <= math.ceil(math.log2(levels + 1))


def test_groups_that_have_finished_are_left_alone() -> None:
    ability = {"a": 0, "b": 10}
    asked_for: list[set[str]] = []

    def passes(asked: Mapping[str, int]) -> Mapping[str, bool]:
        asked_for.append(set(asked))
        return {g: level <= ability[g] for g, level in asked.items()}

    assert highest_passed(["a", "b"], 10, passes) == ability
    assert asked_for[-1] < {"a", "b"}  # one of the two is through a round earlier
