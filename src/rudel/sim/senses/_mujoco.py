"""Rays through MuJoCo's own ray caster."""

from __future__ import annotations

import mujoco
import numpy as np

from rudel.sim.senses.rays import SEEN_GROUPS, Floats, Hits

_SPREAD_M = 1e-3  # rays whose origins are this close are cast from their middle: MuJoCo wants one origin per batch
_FAR_M = 1e3


class MujocoRays:
    """See ``Rays``. Batches share an origin, so that a moving sensor's are cast from up to 1 mm beside it."""

    def cast(self, origins: Floats, directions: Floats, data: mujoco.MjData) -> Hits:
        per_origin = directions.shape[1]
        flat = np.asarray(directions, np.float64).reshape(-1, 3)
        n = len(flat)
        distance, geom, normal = np.empty(n), np.empty(n, np.int32), np.empty((n, 3))
        groups = np.isin(np.arange(mujoco.mjNGROUP), SEEN_GROUPS).astype(np.uint8)
        for first, last in _batches(origins):
            start, stop = first * per_origin, last * per_origin
            mujoco.mj_multiRay(
                data.model,
                data,
                origins[first:last].mean(axis=0, dtype=np.float64),
                flat[start:stop].ravel(),
                groups,
                True,
                -1,
                geom[start:stop],
                distance[start:stop],
                normal[start:stop].reshape(-1),
                stop - start,
                _FAR_M,
            )
        met = geom >= 0
        cosine = np.abs(np.einsum("ni,ni->n", normal, flat))
        return Hits(
            distance_m=np.where(met, distance, np.inf).astype(np.float32),
            geom=geom,
            cosine=np.where(met, cosine, 0).astype(np.float32),
        )


def _batches(origins: Floats) -> list[tuple[int, int]]:
    """Cut k origins into runs [first, last) that lie within _SPREAD_M of their first one."""
    runs, first = [], 0
    while first < len(origins):
        away = np.linalg.norm(origins[first:] - origins[first], axis=1) > _SPREAD_M
        last = first + int(np.argmax(away)) if away.any() else len(origins)
        runs.append((first, last))
        first = last
    return runs
