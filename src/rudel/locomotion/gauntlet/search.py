"""Bisection for the highest level passed, in lockstep for many groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Group = TypeVar("Group")


def highest_passed(
    groups: Sequence[Group], levels: int, passes: Callable[[Mapping[Group, int]], Mapping[Group, bool]]
) -> dict[Group, int]:
    """The highest level that each group passes, 0 where it passes none.

    Where passing is monotone (who passes a level passes all below), this is what trying every level would find, in at
    most ceil(log2(levels + 1)) rounds.

    Args:
        groups: names of what is searched for.
        levels: levels are 1 .. levels.
        passes: one round: {group: level that it is asked about} -> {group: whether it passes}.
    """
    low = dict.fromkeys(groups, 0)
    high = dict.fromkeys(groups, levels)
    while asked := {g: (low[g] + high[g] + 1) // 2 for g in groups if low[g] < high[g]}:
        passed = passes(asked)
        for g, level in asked.items():
            if passed[g]:
                low[g] = level
            else:
                high[g] = level - 1
    return low
