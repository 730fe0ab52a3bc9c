"""The gauntlet's own terrain: exact boxes, one inclined box, one height field; never a tile that training uses.

All levels of a family are the same place with other heights. Every field is 16 m x 10 m, so that a robot that follows a
command for its 5 s does not reach the edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gauntlet.families import FOOT_X_M, SLOPE_TANGENTS, TREAD_M, Family, family
from rudel.worlds._boxes import box, stack
from rudel.worlds._heightfield import HeightField
from rudel.worlds._terrain import Terrain

Array = NDArray[np.float64]

SIZE_M = (16.0, 10.0)
HALF_X, HALF_Y = SIZE_M[0] / 2, SIZE_M[1] / 2
RAMP_TOP_X_M = 6.0  # then level
RAMP_THICKNESS_M = 2.0
STEPS = 38
WAVELENGTH_M = 2.5
WAVE_GRID_M = 0.1  # the surface between samples is at most A (2 pi / 2.5 m)^2 (0.1 m)^2 / 8 = 0.8 % of A too low
# Blocks as in legged_gym's discrete obstacles: 20 rectangles of 1 to 2 m edge on 100 m^2, as high as the level says or
# half of it. Pits are left out (an edge of a pit is a block's edge seen from the other side).
BLOCK_EDGE_M = (1.0, 2.0)
BLOCKS = 28
BLOCKS_ON_THE_WAY = 3
CLEAR_M = 0.9  # free radius around start, goal and the place where commands are followed
LAYOUT_SEED = 260200678  # one layout for all levels, runs and policies


@dataclass(frozen=True, eq=False)
class GauntletTerrain(Terrain):
    """A terrain that may have a ramp: from ``FOOT_X_M`` up along x to a level platform, ``tangent`` steep."""

    tangent: float = 0.0

    def height(self, xy: NDArray[np.floating]) -> Array:
        """Height of the surface [m] at xy (..., 2) -> (...), the ramp included."""
        z = super().height(xy)
        if self.tangent:
            xy = np.asarray(xy, dtype=np.float64)
            ramp = self.tangent * (np.clip(xy[..., 0], FOOT_X_M, RAMP_TOP_X_M) - FOOT_X_M)
            on_it = (np.abs(xy[..., 1]) <= HALF_Y) & (xy[..., 0] <= RAMP_TOP_X_M)
            z = np.where(on_it, np.maximum(z, ramp), z)
        return z

    def add_to(self, spec: mujoco.MjSpec, contype: int = 3, conaffinity: int = 0) -> None:
        """Add the terrain's geoms to the world body of ``spec``; their names begin with ``terrain/``."""
        super().add_to(spec, contype, conaffinity)
        if not self.tangent:
            return
        angle, length = math.atan(self.tangent), (RAMP_TOP_X_M - FOOT_X_M) * math.hypot(1.0, self.tangent)
        middle_x = (RAMP_TOP_X_M + FOOT_X_M) / 2
        half = RAMP_THICKNESS_M / 2
        surface = np.array([middle_x, 0.0, self.tangent * (middle_x - FOOT_X_M)])
        centre = surface - half * np.array([-math.sin(angle), 0.0, math.cos(angle)])
        spec.worldbody.add_geom(
            name="terrain/ramp",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=centre.tolist(),
            size=[length / 2, HALF_Y, half],
            quat=[math.cos(angle / 2), 0.0, -math.sin(angle / 2), 0.0],
            rgba=[0.55, 0.50, 0.43, 1.0],
            contype=contype,
            conaffinity=conaffinity,
            friction=[self.friction, 0.0, 0.0],
        )


def build(name: str, level: int) -> GauntletTerrain:
    """The terrain of a family at a level.

    Raises:
        UnknownName: no such family.
        BadInput: no such level.
    """
    kind = family(name)
    kind.value(level)
    return {"slope": _slope, "stairs": _stairs, "wave": _wave, "obstacles": _obstacles}[name](kind, level)


def _slope(kind: Family, level: int) -> GauntletTerrain:
    tangent = SLOPE_TANGENTS[level - 1]
    top = tangent * (RAMP_TOP_X_M - FOOT_X_M)
    platform = box((RAMP_TOP_X_M, HALF_X), (-HALF_Y, HALF_Y), (0.0, top))
    return GauntletTerrain(kind.name, SIZE_M, stack([platform]), spawn=kind.start, tangent=tangent)


def _stairs(kind: Family, level: int) -> GauntletTerrain:
    height = kind.value(level)
    edges = [FOOT_X_M + TREAD_M * i for i in range(STEPS)] + [HALF_X]  # the last tread is the platform
    treads = [box((edges[i], edges[i + 1]), (-HALF_Y, HALF_Y), (0.0, height * (i + 1))) for i in range(STEPS)]
    return GauntletTerrain(kind.name, SIZE_M, stack(treads), spawn=kind.start)


def _wave(kind: Family, level: int) -> GauntletTerrain:
    """z = A (2 - cos k (x - x0) - cos k (y - y0)): 0 in the hollow at the start, 4 A on the crests.

    The published amplitudes with the published 4 A from hollow to crest; the published wavelength is not written down
    anywhere (a picture holds it), 2.5 m is what its start and goal points fit.
    """
    x, y = HeightField.sample((HALF_X, HALF_Y), WAVE_GRID_M)
    k = 2 * math.pi / WAVELENGTH_M
    z = kind.value(level) * (2 - np.cos(k * (x - kind.start[0])) - np.cos(k * (y - kind.start[1])))
    field = HeightField(z.astype(np.float32), WAVE_GRID_M, (-HALF_X, -HALF_Y))
    return GauntletTerrain(kind.name, SIZE_M, heightfield=field, spawn=kind.start)


def _obstacles(kind: Family, level: int) -> GauntletTerrain:
    height = kind.value(level)
    blocks = [box((x0, x1), (y0, y1), (0.0, share * height)) for (x0, x1), (y0, y1), share in layout(kind)]
    return GauntletTerrain(kind.name, SIZE_M, stack(blocks), spawn=kind.start)


def layout(kind: Family) -> list[tuple[tuple[float, float], tuple[float, float], float]]:
    """Blocks as (x from, to), (y from, to) [m], share of the full height; always the same.

    The first ones are full height and stand across the straight way from start to goal; nobody gets by for free.
    """
    rng = np.random.default_rng(LAYOUT_SEED)
    start, goal = np.array(kind.start), np.array(kind.goal)
    clear = np.array([kind.start, kind.goal, kind.drill])
    blocks: list[tuple[tuple[float, float], tuple[float, float], float]] = []
    for i in range(BLOCKS_ON_THE_WAY):
        x, y = start + (goal - start) * (i + 1) / (BLOCKS_ON_THE_WAY + 1)
        blocks.append(((x - 0.5, x + 0.5), (y - 1.0, y + 1.0), 1.0))
    while len(blocks) < BLOCKS:
        edge = rng.uniform(*BLOCK_EDGE_M, 2)
        low = rng.uniform((-HALF_X, -HALF_Y), (HALF_X, HALF_Y) - edge)
        nearest = np.clip(clear, low, low + edge)
        if np.linalg.norm(nearest - clear, axis=1).min() < CLEAR_M:
            continue
        x0, y0, x1, y1 = np.round(np.concatenate((low, low + edge)), 2).tolist()
        if any(x0 < right and left < x1 and y0 < top and bottom < y1 for (left, right), (bottom, top), _ in blocks):
            continue  # a foot on two boxes at once would meet twice the stiffness
        blocks.append(((x0, x1), (y0, y1), 0.5 if len(blocks) % 2 else 1.0))
    return blocks
