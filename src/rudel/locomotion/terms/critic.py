"""What only the critic is told while training: the true state that a robot cannot measure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.snapshot import Snapshot

Array = NDArray[np.float32]

# mirror signs of the privileged part below, and the swap of its per-leg entries
_SIGNS = (1, -1, 1, 1, -1, -1, 1) + (1,) * 8 + (1,)
_ORDER = (0, 1, 2, 3, 4, 5, 6, 8, 7, 10, 9, 12, 11, 14, 13, 15)
SIZE = len(_SIGNS)


def privileged(s: Snapshot) -> Array:
    """Velocity (3), averaged velocity error (3), height (1), foot loads (4), clearance (4), friction (1): (n, 16)."""
    error = s.tracking_error
    height = (s.height - np.float32(s.nominal_height))[:, None] * 10
    load = np.minimum(s.foot_force * np.float32(1 / s.weight_n), 2.0)
    return np.concatenate(
        (s.velocity, error * 2, height, load, s.foot_clearance * 10, s.friction[:, None]), axis=1, dtype=np.float32
    )


def mirror_map() -> tuple[NDArray[np.intp], Array]:
    """Permutation and signs that mirror :func:`privileged`."""
    return np.array(_ORDER, np.intp), np.array(_SIGNS, np.float32)
