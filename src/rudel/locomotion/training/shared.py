"""Arrays that this process and the processes that it forks later both see."""

from __future__ import annotations

import math
import mmap

import numpy as np
from numpy.typing import NDArray


def zeros(shape: int | tuple[int, ...]) -> NDArray[np.float32]:
    """A float32 array of zeros in anonymous shared memory, freed with the last view of it."""
    shape = (shape,) if isinstance(shape, int) else shape
    memory = mmap.mmap(-1, max(1, 4 * math.prod(shape)))
    return np.frombuffer(memory, np.float32, math.prod(shape)).reshape(shape)
