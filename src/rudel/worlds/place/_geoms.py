"""A World as MuJoCo geoms, materials and lights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mujoco
import numpy as np

from rudel.worlds.place import transform
from rudel.worlds.place.shapes import Box, Convex, Cylinder, Mesh, Quad, Shape, Sphere
from rudel.worlds.place.things import Light, Material

if TYPE_CHECKING:
    from rudel.worlds.place.world import World

SEEN_GROUP, UNSEEN_GROUP = 0, 3  # MuJoCo draws the first, not the second; robots keep their contact shapes in it, too
BASE_M = 1.0  # thickness of the ground below its lowest point
MIN_RELIEF_M = 1e-6  # MuJoCo wants a positive height range even of a level height field
_KIND, _RGB = mujoco.mjtGeom, mujoco.mjtTextureRole.mjTEXROLE_RGB
_LIGHTS = {
    "point": mujoco.mjtLightType.mjLIGHT_POINT,
    "spot": mujoco.mjtLightType.mjLIGHT_SPOT,
    "directional": mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
}
_SCENERY = ("scenery/sun", "scenery/lamp")  # daylight that the simulator adds
_DRAW_DISTANCE = 1.5  # of the diagonal


def add(world: World, spec: mujoco.MjSpec, contype: int, conaffinity: int) -> None:
    """Add ``world`` to the world body of ``spec``: geoms ``world/...`` and ``thing/<id>/<k>``.

    Priority stays 0 and torsional and rolling friction 0, so that the touching geom's values decide.
    """
    bits: dict[str, Any] = {"contype": contype, "conaffinity": conaffinity}
    for name, pixels in world.textures.items():
        _add_texture(spec, name, pixels)
    for name, material in world.materials.items():
        _add_material(spec, _material(name), material)
    if world.floor_m is not None:
        _add_geom(
            world,
            spec,
            "world/floor",
            world.ground_material,
            type=_KIND.mjGEOM_PLANE,
            pos=[0.0, 0.0, world.floor_m],
            size=[0.0, 0.0, 0.1],
            **bits,
        )
    if world.ground is not None:
        _add_ground(world, spec, bits)
    for k, shape in enumerate(world.shapes):
        _add_shape(world, spec, f"world/{shape.name or f'#{k}'}", shape, bits)
    for thing in world.things:
        for k, part in enumerate(transform.world_parts(thing)):
            _add_shape(world, spec, f"thing/{thing.id}/{k}", part, bits)
    for k, light in enumerate(world.lights):
        _add_light(spec, f"world/light_{k}", light)
    _set_scene(world, spec)


def _material(name: str) -> str:
    return f"world/{name}"


def _add_geom(world: World, spec: mujoco.MjSpec, name: str, material: str, own_uv: bool = False, **values: Any) -> None:
    friction = [world.materials[material].friction, 0.0, 0.0]
    used = _material(material) + ("/uv" if own_uv and world.materials[material].texture else "")
    spec.worldbody.add_geom(name=name, material=used, friction=friction, priority=0, **values)


def _add_ground(world: World, spec: mujoco.MjSpec, bits: dict[str, Any]) -> None:
    assert world.ground is not None
    heights = world.ground.heights.astype(np.float64)
    low = float(heights.min())
    relief = max(float(heights.max()) - low, MIN_RELIEF_M)
    x0, x1, y0, y1 = world.ground.extent_m
    ny, nx = heights.shape
    asset = spec.add_hfield(
        name="world/heights",
        nrow=ny,
        ncol=nx,
        size=[(x1 - x0) / 2, (y1 - y0) / 2, relief, BASE_M],
        userdata=((heights - low) / relief).ravel(),  # the compiler wants [0, 1]; the first row is the lowest y
    )
    _add_geom(
        world,
        spec,
        "world/ground",
        world.ground_material,
        type=_KIND.mjGEOM_HFIELD,
        hfieldname=asset.name,
        pos=[(x0 + x1) / 2, (y0 + y1) / 2, low],
        group=SEEN_GROUP if world.ground_seen else UNSEEN_GROUP,
        **bits,
    )


def _add_shape(world: World, spec: mujoco.MjSpec, name: str, shape: Shape, bits: dict[str, Any]) -> None:
    if not (shape.solid or shape.seen):
        return
    values: dict[str, Any] = dict(bits) if shape.solid else {"contype": 0, "conaffinity": 0}
    values["group"] = SEEN_GROUP if shape.seen else UNSEEN_GROUP
    if shape.rgba is not None:
        values["rgba"] = list(shape.rgba)
    material = shape.material
    if isinstance(shape, Box):
        values |= {"type": _KIND.mjGEOM_BOX, "pos": shape.centre, "quat": shape.quat, "size": shape.half}
    elif isinstance(shape, Sphere):
        values |= {"type": _KIND.mjGEOM_SPHERE, "pos": shape.centre, "size": [shape.radius_m, 0.0, 0.0]}
    elif isinstance(shape, Cylinder):
        start, end = np.array(shape.start), np.array(shape.end)
        length = float(np.linalg.norm(end - start))
        kind = _KIND.mjGEOM_CAPSULE if shape.round_ends else _KIND.mjGEOM_CYLINDER
        values |= {"type": kind, "pos": (start + end) / 2, "size": [shape.radius_m, length / 2, 0.0]}
        values["quat"] = transform.quat_along_z((end - start) / length)
    elif isinstance(shape, Quad):
        values |= {"type": _KIND.mjGEOM_PLANE, "pos": shape.centre, "quat": shape.quat, "size": [*shape.half, 1.0]}
        if shape.texture:
            picture = _add_picture(world, spec, name, shape)
            friction = [world.materials[material].friction, 0.0, 0.0]
            spec.worldbody.add_geom(name=name, material=picture, friction=friction, priority=0, **values)
            return
    else:
        _add_mesh(spec, name, shape)
        values |= {"type": _KIND.mjGEOM_MESH, "meshname": name}
    _add_geom(world, spec, name, material, isinstance(shape, Mesh) and shape.uv is not None, **values)


def _add_mesh(spec: mujoco.MjSpec, name: str, shape: Convex | Mesh) -> None:
    mesh = spec.add_mesh(name=name, uservert=shape.vertices.ravel())
    if isinstance(shape, Mesh):
        mesh.userface = shape.faces.ravel()
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL  # a scan has no inside
        if shape.uv is not None:
            mesh.usertexcoord = shape.uv.ravel()


def _add_picture(world: World, spec: mujoco.MjSpec, owner: str, quad: Quad) -> str:
    """Name of a material that spreads the quad's texture over it once, with the glow of the quad's own material."""
    glow, name = world.materials[quad.material].glow, f"{owner}/picture"
    material = spec.add_material(name=name, texrepeat=[1.0, 1.0], texuniform=False, emission=glow, specular=0.0)
    material.textures[_RGB] = _texture(quad.texture)
    return name


def _texture(name: str) -> str:
    return f"world/{name}"


def _add_texture(spec: mujoco.MjSpec, name: str, pixels: np.ndarray) -> None:
    height, width, _ = pixels.shape
    texture = spec.add_texture(
        name=_texture(name), type=mujoco.mjtTexture.mjTEXTURE_2D, width=width, height=height, nchannel=3
    )
    texture.data = pixels.tobytes()


def _add_material(spec: mujoco.MjSpec, name: str, material: Material) -> None:
    common: dict[str, Any] = {
        "rgba": list(material.rgba),
        "emission": material.glow,
        "reflectance": material.reflectance,
        "specular": material.specular,
    }
    # MuJoCo counts repetitions over two metres (measured on planes, boxes and height fields)
    added = spec.add_material(name=name, texrepeat=[2.0 / material.texture_m] * 2, texuniform=True, **common)
    if material.texture:
        added.textures[_RGB] = _texture(material.texture)
        # the same for meshes with texture coordinates of their own, which texuniform would stretch
        added = spec.add_material(name=f"{name}/uv", texrepeat=[1.0, 1.0], texuniform=False, **common)
        added.textures[_RGB] = _texture(material.texture)


def _add_light(spec: mujoco.MjSpec, name: str, light: Light) -> None:
    spec.worldbody.add_light(
        name=name,
        type=_LIGHTS[light.kind],
        pos=list(light.position),
        dir=list(np.array(light.direction) / np.linalg.norm(light.direction)),
        diffuse=list(light.rgb),
        specular=[0.1 * c for c in light.rgb],
        cutoff=min(float(np.degrees(light.cutoff_rad)), 180.0),
        range=light.range_m,
        # half as bright at a third of the range: without it every lamp lights every wall of a tunnel
        attenuation=[1.0, 0.0, 0.0] if light.kind == "directional" else [1.0, 0.0, 9.0 / light.range_m**2],
        castshadow=light.casts_shadow,
    )


def _set_scene(world: World, spec: mujoco.MjSpec) -> None:
    """A place with lamps of its own has no daylight; and all of it is to be drawn."""
    spec.visual.headlight.ambient = list(world.ambient)
    if world.lights:
        for light in spec.worldbody.lights:
            if light.name in _SCENERY:
                light.active = False
    x0, x1, y0, y1 = world.bounds
    far = _DRAW_DISTANCE * float(np.hypot(x1 - x0, y1 - y0))
    spec.visual.map.zfar = max(float(spec.visual.map.zfar), far)
