from typing import Any

import numpy as np
from embreex.rtcore import EmbreeDevice
from numpy.typing import NDArray

class EmbreeScene:
    def __init__(self, device: EmbreeDevice | None = ...) -> None: ...
    def run(
        self,
        vec_origins: NDArray[np.float32],
        vec_directions: NDArray[np.float32],
        dists: NDArray[np.float32] | None = ...,
        query: str = ...,
        output: int | None = ...,
    ) -> dict[str, NDArray[Any]]: ...
