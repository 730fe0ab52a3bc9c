"""Things to inspect: one module here is one kind, built from (rng, faulty, label) with its truth."""

from __future__ import annotations

import functools
from types import ModuleType

import numpy as np

from rudel.core import discovery
from rudel.worlds.things._body import Body, Site

PACKAGE = "rudel.worlds.things"

__all__ = ["Body", "Site", "make", "names", "site"]


def names() -> tuple[str, ...]:
    """Sorted names of the kinds of things."""
    return discovery.names(PACKAGE)


def site(name: str) -> Site:
    """Where things of this kind belong."""
    return _kind(name).SITE


def make(name: str, rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """One thing in its own frame.

    Args:
        name: one of ``names()``.
        rng: where its randomness comes from; the same state gives the same bytes.
        faulty: something is wrong with it (kinds that cannot fail ignore this).
        label: a letter, a hyphen and a number, for example "G-101".

    Raises:
        UnknownName: no such kind.
    """
    return _kind(name).make(rng, faulty, label)


@functools.cache
def _kind(name: str) -> ModuleType:
    """The module of a kind; a place asks thousands of times, and looking into the folder takes 0.2 ms."""
    return discovery.load(PACKAGE, name, kind="kind of thing")
