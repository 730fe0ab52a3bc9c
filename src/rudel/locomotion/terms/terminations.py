"""Termination terms: (Snapshot) -> (n,) bool; True ends the episode as a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import UnknownName
from rudel.locomotion.snapshot import Snapshot

Flags = NDArray[np.bool_]
Termination = Callable[[Snapshot], Flags]


def tilted(s: Snapshot) -> Flags:
    """Base tilted by more than 60 degrees."""
    return s.gravity[:, 2] > -0.5


def collapsed(s: Snapshot) -> Flags:
    """Base lower than half its nominal height over what its feet stand on: the body is on the ground.

    The ground right below says nothing: a robot that climbs on a block has its edge below its belly.
    """
    return s.stance_height < 0.5 * s.nominal_height


TERMINATIONS: dict[str, Termination] = {f.__name__: f for f in (tilted, collapsed)}


def select(names: Sequence[str]) -> tuple[tuple[str, Termination], ...]:
    """(name, term) for every name; an unknown name fails with the nearest ones."""
    for name in names:
        if name not in TERMINATIONS:
            raise UnknownName("termination term", name, TERMINATIONS)
    return tuple((name, TERMINATIONS[name]) for name in names)
