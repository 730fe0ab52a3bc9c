"""Per-joint arrays: one number for all joints, three for each leg, or all twelve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from rudel.core.errors import BadInput
from rudel.robots.spec import Array

JOINTS = 12


def per_joint(value: ArrayLike, what: str) -> Array:
    """Read-only (12,) float64 from a scalar, 3 values (hip x, hip y, knee of every leg) or 12 values.

    Raises:
        BadInput: not numbers, not finite, or another length; the message names ``what``.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{what} = {value!r} is not a list of numbers") from error
    if array.shape == ():
        array = np.full(JOINTS, array)
    elif array.shape == (3,):
        array = np.tile(array, 4)
    elif array.shape != (JOINTS,):
        raise BadInput(f"{what} = {value!r} has shape {array.shape}; give 1, 3 (one leg) or {JOINTS} numbers")
    if not np.isfinite(array).all():
        raise BadInput(f"{what} = {value!r} holds a value that is not finite")
    return frozen(array)


def per_joint_range(legs: Sequence[Sequence[tuple[float, float]]]) -> Array:
    """Read-only (12, 2) from four legs of three (lower, upper) pairs."""
    return frozen(np.array(legs, dtype=np.float64).reshape(JOINTS, 2))


def frozen(array: Array) -> Array:
    """A read-only copy."""
    copy = np.array(array, dtype=np.float64)
    copy.flags.writeable = False
    return copy
