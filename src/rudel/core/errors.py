"""Errors, split by what the caller can do about them: try again, or give up and tell the user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RudelError(Exception):
    """Base of every error that rudel raises on purpose."""


class Retry(RudelError):  # noqa: N818  # named by what the caller does about it
    """The same call may succeed later (a packet was late, a port was busy)."""


class GiveUp(RudelError):  # noqa: N818  # likewise
    """The same call will fail again; the message says what to change."""


class BadInput(GiveUp):
    """A value from outside (file, packet, option, request) that cannot be used.

    The command line prints the message and exits with status 2.
    """


class UnknownName(BadInput):
    """A name that is not among the choices; the message names the nearest ones."""

    def __init__(self, kind: str, value: object, choices: Iterable[str]) -> None:
        self.kind, self.value, self.choices = kind, value, sorted(choices)
        near = difflib.get_close_matches(str(value), self.choices, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        known = ", ".join(self.choices) or "none"
        super().__init__(f"Unknown {kind} {str(value)!r}.{hint} Choices: {known}.")
