"""What the terrains have in common: a level platform in the middle, a level rim, and how deep boxes are buried."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

PLATFORM_HALF_M = 0.75  # level square where a robot starts: 1.5 m wide, more than two Lite3 lengths
RIM_M = 0.4  # level at z = 0 along the edge, so that neighbouring tiles meet without a step
# boxes go this far below the lowest floor, so that a foot is never nearer to a bottom face than to the top
BURIED_M = 0.2


def lerp(low: float, high: float, difficulty: float) -> float:
    """The value of a quantity that grows linearly from ``low`` at difficulty 0 to ``high`` at difficulty 1."""
    return low + (high - low) * difficulty


def square_distance(x: Array, y: Array) -> Array:
    """max(|x|, |y|): level sets are squares around the centre."""
    return np.maximum(np.abs(x), np.abs(y))
