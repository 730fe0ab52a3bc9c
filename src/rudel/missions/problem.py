"""What is wrong with a mission file, and where: line and column as editors count them, from 1."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rudel.core.errors import BadInput

MOST_SHOWN = 20  # problems in one message
MOST_CHOICES = 12  # of a longer list only the nearest are named


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a mission file; line and column count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        mark: where the value stands.
        message: the value, what is allowed, and what to do.
    """

    mark: Mark
    message: str

    def __str__(self) -> str:
        return f"{self.mark}: {self.message}"


class BadMission(BadInput):
    """A mission that cannot be used: every problem that was found, in the order of the file."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source, self.problems = source, tuple(sorted(set(problems)))
        lines = [f"{source}:{problem}" for problem in self.problems[:MOST_SHOWN]]
        more = len(self.problems) - MOST_SHOWN
        super().__init__("\n".join([*lines, *([f"and {more} more problems"] if more > 0 else [])]))


def unknown(kind: str, value: object, choices: Iterable[str]) -> str:
    """What to say about a name that is not among the choices: the nearest ones, and all if they are few."""
    known = sorted(choices)
    near = difflib.get_close_matches(str(value), known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    listed = ", ".join(known[:MOST_CHOICES]) + (f", ... ({len(known)} in all)" if len(known) > MOST_CHOICES else "")
    return f"Unknown {kind} {str(value)[:80]!r}.{hint} Choices: {listed or 'none'}."
