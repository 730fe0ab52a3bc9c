"""How the surfaces of a simulated world reflect and radiate, geom by geom."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.worlds.place import Material, World

Floats = NDArray[np.float32]

ALBEDO_RANGE = (0.02, 0.95)  # soot to snow
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709
DEFAULT_EMISSIVITY, DEFAULT_AIR_C = 0.9, 20.0
_UNSET = np.array([0.5, 0.5, 0.5, 1.0], np.float32)  # a geom of this colour takes its material's, as when it is drawn
_PREFIX = "world/"


def albedo(model: mujoco.MjModel) -> Floats:
    """(ngeom,) diffuse reflectivity: the luminance of the colour, textures by their mean.

    What a surface reflects at the wavelength of a LiDAR (905 nm) is taken to be what it reflects of visible light.
    """
    rgb = model.geom_rgba[:, :3].astype(np.float64)
    with_material = model.geom_matid >= 0
    plain = with_material & (model.geom_rgba == _UNSET).all(axis=1)
    rgb[plain] = model.mat_rgba[model.geom_matid[plain], :3]
    rgb[with_material] *= _material_means(model)[model.geom_matid[with_material]]
    return np.clip(rgb @ LUMINANCE, *ALBEDO_RANGE).astype(np.float32)


def _material_means(model: mujoco.MjModel) -> NDArray[np.float64]:
    """(nmat, 3) mean colour of each material's texture, 1 without one."""
    means = np.ones((max(model.nmat, 1), 3))
    role = int(mujoco.mjtTextureRole.mjTEXROLE_RGB)
    for material in range(model.nmat):
        texture = int(model.mat_texid[material, role])
        if texture < 0 or model.tex_nchannel[texture] != 3:
            continue
        start = int(model.tex_adr[texture])
        size = int(model.tex_height[texture]) * int(model.tex_width[texture]) * 3
        means[material] = model.tex_data[start : start + size].reshape(-1, 3).mean(axis=0) / 255
    return means


def emissivity(model: mujoco.MjModel, materials: Mapping[str, Material]) -> Floats:
    """(ngeom,) of thermal radiation, from the materials of a World; 0.9 (paint, rock) where it says nothing."""
    by_material = np.full(model.nmat + 1, DEFAULT_EMISSIVITY, np.float32)  # the last one: no material
    for k in range(model.nmat):
        known = materials.get(model.mat(k).name.removeprefix(_PREFIX))
        if known is not None:
            by_material[k] = known.emissivity
    return by_material[model.geom_matid]


def temperature(model: mujoco.MjModel, world: World | None) -> Floats:
    """(ngeom,) of each geom by itself [degrees C]: what its shape says, otherwise that of the air."""
    celsius = np.full(model.ngeom, DEFAULT_AIR_C if world is None else world.air_c, np.float32)
    if world is None:
        return celsius
    named = {f"{_PREFIX}{shape.name or f'#{k}'}": shape for k, shape in enumerate(world.shapes)}
    for thing in world.things:
        named |= {f"thing/{thing.id}/{k}": part for k, part in enumerate(thing.parts)}
    for geom in range(model.ngeom):
        shape = named.get(model.geom(geom).name)
        if shape is not None and shape.temperature_c is not None:
            celsius[geom] = shape.temperature_c
    return celsius
