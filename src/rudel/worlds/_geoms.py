"""A terrain as MuJoCo geoms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mujoco
import numpy as np

from rudel.worlds._boxes import box
from rudel.worlds._heightfield import HeightField

if TYPE_CHECKING:
    from rudel.worlds._terrain import Terrain

AROUND_M = 100.0  # how far the ground reaches where it cannot be an infinite plane
BASE_M = 1.0  # thickness of ground slabs and of a height field's base below its lowest point
MIN_RELIEF_M = 1e-6  # MuJoCo wants a positive height range even of a level height field
_CHECKER = "terrain/checker"
_SHADES = ([0.55, 0.50, 0.43, 1.0], [0.48, 0.45, 0.40, 1.0], [0.60, 0.55, 0.46, 1.0])
_FIELD_RGBA = [0.52, 0.50, 0.42, 1.0]


def add(terrain: Terrain, spec: mujoco.MjSpec, contype: int, conaffinity: int) -> None:
    """Add ``terrain`` to the world body of ``spec``.

    Priority stays 0 and torsional and rolling friction 0, so that the touching geom's values decide.
    """
    common: dict[str, Any] = {
        "contype": contype,
        "conaffinity": conaffinity,
        "friction": [terrain.friction, 0.0, 0.0],
        "priority": 0,
    }
    body, kind = spec.worldbody, mujoco.mjtGeom
    if terrain.ground:
        _add_checker(spec)
        _add_ground(terrain, spec, common)
    for k, (cx, cy, cz, hx, hy, hz) in enumerate(terrain.boxes.tolist()):
        body.add_geom(
            name=f"terrain/box_{k}",
            type=kind.mjGEOM_BOX,
            pos=[cx, cy, cz],
            size=[hx, hy, hz],
            rgba=_SHADES[k % len(_SHADES)],
            **common,
        )
    if terrain.heightfield is not None:
        _add_heightfield(terrain.heightfield, spec, common)


def _add_ground(terrain: Terrain, spec: mujoco.MjSpec, common: dict[str, Any]) -> None:
    """An infinite plane; where the terrain itself is the floor or lies lower, slabs around it instead."""
    kind = mujoco.mjtGeom
    if terrain.heightfield is None:
        spec.worldbody.add_geom(
            name="terrain/floor",
            type=kind.mjGEOM_PLANE,
            pos=[0, 0, terrain.floor_m],
            size=[0, 0, 0.1],
            material=_CHECKER,
            **common,
        )
        if terrain.floor_m == 0.0:
            return
    x, y = (s / 2 for s in terrain.size_m)
    z = (terrain.floor_m - BASE_M, 0.0)
    slabs = [
        box((-AROUND_M, AROUND_M), (y, AROUND_M), z),
        box((-AROUND_M, AROUND_M), (-AROUND_M, -y), z),
        box((x, AROUND_M), (-y, y), z),
        box((-AROUND_M, -x), (-y, y), z),
    ]
    for k, slab in enumerate(slabs):
        spec.worldbody.add_geom(
            name=f"terrain/ground_{k}",
            type=kind.mjGEOM_BOX,
            pos=slab[:3].tolist(),
            size=slab[3:].tolist(),
            material=_CHECKER,
            **common,
        )


def _add_heightfield(heightfield: HeightField, spec: mujoco.MjSpec, common: dict[str, Any]) -> None:
    heights = heightfield.heights.astype(np.float64)
    low = float(heights.min())
    relief = max(float(heights.max()) - low, MIN_RELIEF_M)
    x0, x1, y0, y1 = heightfield.extent_m
    ny, nx = heights.shape
    asset = spec.add_hfield(
        name="terrain/heights",
        nrow=ny,
        ncol=nx,
        size=[(x1 - x0) / 2, (y1 - y0) / 2, relief, BASE_M],
        userdata=((heights - low) / relief).ravel(),  # the compiler wants [0, 1]; the first row is the lowest y
    )
    spec.worldbody.add_geom(
        name="terrain/heightfield",
        type=mujoco.mjtGeom.mjGEOM_HFIELD,
        hfieldname=asset.name,
        pos=[(x0 + x1) / 2, (y0 + y1) / 2, low],
        rgba=_FIELD_RGBA,
        **common,
    )


def _add_checker(spec: mujoco.MjSpec) -> None:
    texture = spec.add_texture(
        name=_CHECKER,
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        width=256,
        height=256,
        rgb1=[0.32, 0.36, 0.40],
        rgb2=[0.38, 0.42, 0.46],
    )
    material = spec.add_material(name=_CHECKER, texrepeat=[2, 2], texuniform=True, reflectance=0.05)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = texture.name
