"""What MuJoCo itself says about a terrain."""

import mujoco
import numpy as np

from rudel.worlds import Terrain

ABOVE_M = 10.0


def compiled(terrain: Terrain, spec: mujoco.MjSpec | None = None) -> tuple[mujoco.MjModel, mujoco.MjData]:
    spec = spec or mujoco.MjSpec()
    terrain.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def cast_down(terrain: Terrain, xy: np.ndarray) -> np.ndarray:
    """Height that a ray from above meets at each xy (n, 2); -inf where it meets nothing."""
    model, data = compiled(terrain)
    down, geom = np.array([0.0, 0.0, -1.0]), np.zeros(1, np.int32)
    hits = [mujoco.mj_ray(model, data, np.array([x, y, ABOVE_M]), down, None, 1, -1, geom) for x, y in xy]
    return np.array([ABOVE_M - hit if hit >= 0 else -np.inf for hit in hits])


def near_edges(terrain: Terrain, rng: np.random.Generator, n: int) -> np.ndarray:
    """Points (n, 2) a tenth of a millimetre from a vertical face, on either side of it."""
    k = rng.integers(len(terrain.boxes), size=n)
    offset = rng.uniform(-1, 1, size=(n, 2)) * terrain.boxes[k, 3:5]
    axis = rng.integers(2, size=n)
    row = np.arange(n)
    offset[row, axis] = np.sign(offset[row, axis]) * terrain.boxes[k, 3 + axis] + rng.choice((-1e-4, 1e-4), size=n)
    return terrain.boxes[k, :2] + offset
