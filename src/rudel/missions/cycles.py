"""Things that name one another must not do so in a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rudel.missions.problem import Mark, unknown
from rudel.missions.values import Log

Uses = Mapping[str, Sequence[tuple[str, Mark]]]


def check(kind: str, uses: Uses, log: Log, *, others: Sequence[str] = ()) -> None:
    """Complain about names that are not there, and about every circle once, where it closes.

    Args:
        kind: what the names name, for messages.
        uses: name -> the names that it uses and where it does.
        log: takes the problems.
        others: further names that may be used and use nothing.
    """
    done: set[str] = set()
    for first in uses:
        path: list[str] = []
        stack: list[tuple[str, int]] = [(first, 0)] if first not in done else []
        while stack:  # depth first, without recursion: a file may be made to be deep
            name, at = stack.pop()
            if at == 0:
                path.append(name)
            if at == len(uses[name]):
                path.pop()
                done.add(name)
                continue
            stack.append((name, at + 1))
            used, mark = uses[name][at]
            if used in path:
                log.say(mark, f"a cycle: {kind} {' -> '.join([*path[path.index(used) :], used])} never ends")
            elif used in uses:
                if used not in done:
                    stack.append((used, 0))
            elif used not in others:
                log.say(mark, unknown(kind, used, [*uses, *others]))
