"""What only the critic is told while training: the true state that a robot cannot measure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion import surroundings
from rudel.locomotion.snapshot import Snapshot

Array = NDArray[np.float32]

# mirror signs of the privileged part below, and the swap of its per-leg entries
_SIGNS = (1, -1, 1, 1, -1, -1, 1) + (1,) * 8 + (1,)
_ORDER = (0, 1, 2, 3, 4, 5, 6, 8, 7, 10, 9, 12, 11, 14, 13, 15)
SIZE = len(_SIGNS)

AROUND_SCALE, AROUND_MOST = 5.0, 3.0  # heights of 0.2 m are of size 1


def privileged(s: Snapshot) -> Array:
    """Velocity (3), averaged velocity error (3), height (1), foot loads (4), clearance (4), friction (1): (n, 16).

    On rough ground also the heights around (p), its incline (2) and the payload (1).
    """
    error = s.tracking_error
    height = (s.height - np.float32(s.nominal_height))[:, None] * 10
    load = np.minimum(s.foot_force * np.float32(1 / s.weight_n), 2.0)
    parts = [s.velocity, error * 2, height, load, s.foot_clearance * 10, s.friction[:, None]]
    if s.around is not None:
        around = np.clip(s.around * AROUND_SCALE, -AROUND_MOST, AROUND_MOST)
        parts += [around, s.incline * 2, s.payload_kg[:, None]]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def mirror_map(around: bool = False) -> tuple[NDArray[np.intp], Array]:
    """Permutation and signs that mirror :func:`privileged`, with or without what it says about rough ground."""
    order, signs = list(_ORDER), [float(sign) for sign in _SIGNS]
    if around:
        order += [SIZE + i for i in surroundings.mirror_order()]
        signs += [1.0] * surroundings.COUNT
        order += range(len(order), len(order) + 3)
        signs += [1.0, -1.0, 1.0]
    return np.array(order, np.intp), np.array(signs, np.float32)
