"""A user's own MJCF or URDF, brought to the conventions of rudel.robots._quadruped; only the feet are renamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import mujoco
import numpy as np

from rudel.core.errors import BadInput, UnknownName
from rudel.robots._quadruped import BODY_BIT, COLLISION_GROUP, SITE_GROUP, VISUAL_GROUP, make_foot
from rudel.robots.spec import LEG_ORDER

_SPHERE, _MESH = mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_MESH
_Element = TypeVar("_Element")
_FREE, _HINGE = mujoco.mjtJoint.mjJNT_FREE, mujoco.mjtJoint.mjJNT_HINGE


@dataclass(frozen=True)
class Description:
    """What the spec file says about the model: its file, and which names play which role (legs in LEG_ORDER)."""

    file: Path
    base: str
    joints: tuple[tuple[str, str, str], ...]
    feet: tuple[str, ...]
    armature: tuple[float, ...] | None  # (12,), None: as in the model
    foot_radius_m: float | None  # None: the foot geoms are spheres


def build(description: Description) -> mujoco.MjSpec:
    """A fresh MjSpec. Raises BadInput with file, place and value for a model that cannot be used."""
    d = description
    spec = _parse(d.file)
    base = _find(spec.body, d.base, "body", [b.name for b in spec.bodies[1:]], d.file)
    if base.parent.name != "world":
        raise BadInput(f"{d.file}: base {d.base!r} hangs on body {base.parent.name!r}; name the topmost body as base")
    _strip_missing_meshes(spec, d.file)
    _strip_surroundings(spec, base, d.file)
    _to_radians(spec)
    _own_masses(spec, d.file)
    _free_base(base, d)
    _check_joints(spec, d)
    feet = [_foot(spec, d, leg, name) for leg, name in zip(LEG_ORDER, d.feet, strict=True)]
    _set_contacts(spec)
    for leg, (body, geom) in zip(LEG_ORDER, feet, strict=True):
        make_foot(body, geom, f"{leg}_foot", float(geom.size[0]))
    _fuse(spec, d.file)
    _check_masses(spec, d.file)
    _imu(spec, spec.body(d.base), d.file)
    return spec


def compiled(description: Description) -> mujoco.MjModel:
    """The compiled model; what MuJoCo refuses becomes BadInput."""
    spec = build(description)
    try:
        return spec.compile()
    except ValueError as error:
        raise BadInput(f"{description.file}: MuJoCo refuses the model: {error}") from error


def _parse(file: Path) -> mujoco.MjSpec:
    if not file.is_file():
        raise BadInput(f"{file}: no such model file (the path counts from the spec file's folder)")
    try:
        return mujoco.MjSpec.from_file(str(file))
    except ValueError as error:
        raise BadInput(f"{file}: MuJoCo cannot read the model: {error}") from error


def _find(getter: Callable[[str], _Element | None], name: str, kind: str, choices: list[str], file: Path) -> _Element:
    element = getter(name)
    if element is None:
        raise UnknownName(f"{kind} in {file}:", name, [c for c in choices if c])
    return element


def _strip_missing_meshes(spec: mujoco.MjSpec, file: Path) -> None:
    """Drop visual geoms whose mesh file is not there; a missing collision mesh is an error."""
    for mesh in list(spec.meshes):
        if not mesh.file:
            continue
        path = Path(mesh.file).name if spec.strippath else mesh.file
        full = Path(spec.modelfiledir) / spec.meshdir / path
        if full.is_file():
            continue
        for geom in [g for g in spec.geoms if g.meshname == mesh.name]:
            if geom.contype or geom.conaffinity:
                where = f"geom {geom.name!r} of body {geom.parent.name!r}"
                raise BadInput(
                    f"{file}: mesh file {full} is missing, and {where} collides with it; add it or use a primitive"
                )
            spec.delete(geom)
        spec.delete(mesh)


def _strip_surroundings(spec: mujoco.MjSpec, base: mujoco.MjsBody, file: Path) -> None:
    """Leave nothing but the robot: no floor, props, lights, actuators, sensors, keyframes, contact lists."""
    for what, elements in (("equality", spec.equalities), ("tendon", spec.tendons)):
        if elements:
            raise BadInput(f"{file}: {what} {elements[0].name!r} is not supported; a robot has 12 free hinges")
    world = spec.worldbody
    props = [b for b in world.bodies if b.name != base.name]
    doomed = [*spec.actuators, *spec.sensors, *spec.keys, *spec.pairs, *spec.excludes, *spec.lights]
    for element in [*doomed, *world.geoms, *world.sites, *world.cameras, *props]:
        spec.delete(element)


def _oriented(spec: mujoco.MjSpec) -> Iterator[mujoco.MjsBody | mujoco.MjsGeom | mujoco.MjsSite | mujoco.MjsFrame]:
    yield from spec.bodies[1:]
    yield from spec.geoms
    yield from spec.sites
    yield from spec.cameras
    yield from spec.frames


def _to_radians(spec: mujoco.MjSpec) -> None:
    """Rewrite angles, so that the spec can be extended without asking for its unit."""
    degree, sequence = spec.compiler.degree, spec.compiler.eulerseq
    quaternion = mujoco.mjtOrientation.mjORIENTATION_QUAT
    for element in _oriented(spec):
        if element.alt.type != quaternion:
            element.quat = spec.resolve_orientation(degree=degree, sequence=sequence, orientation=element.alt)
            element.alt.type = quaternion
    for body in spec.bodies[1:]:
        if body.ialt.type != quaternion:
            body.iquat = spec.resolve_orientation(degree=degree, sequence=sequence, orientation=body.ialt)
            body.ialt.type = quaternion
    if degree:
        for joint in spec.joints:
            if joint.type == _HINGE:
                joint.range = np.deg2rad(joint.range)
                joint.ref, joint.springref = np.deg2rad(joint.ref), np.deg2rad(joint.springref)
    spec.compiler.degree = False
    spec.compiler.autolimits = True


def _own_masses(spec: mujoco.MjSpec, file: Path) -> None:
    """Make inertials that MuJoCo would infer from geoms explicit: geoms may then change without changing the mass."""
    always = spec.compiler.inertiafromgeom == mujoco.mjtInertiaFromGeom.mjINERTIAFROMGEOM_TRUE
    spec.compiler.inertiafromgeom = mujoco.mjtInertiaFromGeom.mjINERTIAFROMGEOM_AUTO
    for body in spec.bodies[1:]:
        if always and body.geoms:
            # MuJoCo's own marks for "not given"
            body.explicitinertial, body.mass, body.ipos, body.fullinertia = False, 0.0, [np.nan] * 3, [np.nan] * 6
        if body.explicitinertial and not body.mass >= 0:
            raise BadInput(f"{file}: body {body.name!r} has mass {body.mass} kg")
        if body.geoms and not body.explicitinertial:
            try:
                spec.adopt_inertial(body)
            except ValueError as error:
                raise BadInput(f"{file}: the mass of body {body.name!r} cannot be inferred: {error}") from error


def _free_base(base: mujoco.MjsBody, d: Description) -> None:
    for joint in base.joints:
        if joint.type != _FREE:
            raise BadInput(f"{d.file}: base {d.base!r} has joint {joint.name!r}; it may only have a free joint or none")
        joint.name = "root"
    if not base.joints:
        base.add_freejoint(name="root")


def _check_joints(spec: mujoco.MjSpec, d: Description) -> None:
    inner = [j.name for j in spec.joints if j.type != _FREE]
    wanted = [name for leg in d.joints for name in leg]
    for leg, names in zip(LEG_ORDER, d.joints, strict=True):
        for name in names:
            joint = _find(spec.joint, name, "joint", inner, d.file)
            if joint.type != _HINGE:
                raise BadInput(f"{d.file}: joint {name!r} of leg {leg} is not a hinge")
            lower, upper = joint.range
            if not lower < upper:
                raise BadInput(f"{d.file}: joint {name!r} of leg {leg} has no limits (range {lower} .. {upper})")
            # The torque limit is the spec file's; a second one inside the model would hide it.
            joint.actfrclimited = mujoco.mjtLimited.mjLIMITED_FALSE
            if d.armature is not None:
                joint.armature = d.armature[wanted.index(name)]
    extra = sorted(set(inner) - set(wanted))
    if extra or len(set(wanted)) != len(wanted):
        said = f"{', '.join(map(repr, extra))} belong to no leg" if extra else "legs name a joint twice"
        raise BadInput(f"{d.file}: {len(inner)} joints, needs exactly 12; {said}")


def _foot(spec: mujoco.MjSpec, d: Description, leg: str, name: str) -> tuple[mujoco.MjsBody, mujoco.MjsGeom]:
    """The foot's body and its sphere: the named geom, the only sphere of the named body, or a new one."""
    geom, body = spec.geom(name), spec.body(name)
    if geom is None and body is None:
        choices = {element.name for element in [*spec.geoms, *spec.bodies[1:]] if element.name}
        raise UnknownName(f"foot of leg {leg} in {d.file}:", name, choices)
    if geom is None:
        spheres = [g for g in body.geoms if g.type == _SPHERE and (g.contype or g.conaffinity)]
        if len(spheres) > 1:
            raise BadInput(f"{d.file}: foot {name!r} of leg {leg} has {len(spheres)} spheres; name the geom instead")
        geom = spheres[0] if spheres else None
    else:
        body = geom.parent
    if geom is not None and geom.type == _SPHERE:
        if d.foot_radius_m is not None:
            geom.size[0] = d.foot_radius_m
        return body, geom
    if d.foot_radius_m is None:
        raise BadInput(f"{d.file}: foot {name!r} of leg {leg} is no sphere; give foot_radius_m in the spec file")
    centre = np.zeros(3) if geom is None else geom.pos
    if geom is not None:
        geom.contype = geom.conaffinity = 0  # the sphere stands in for it
    return body, body.add_geom(type=_SPHERE, size=[d.foot_radius_m, 0, 0], pos=centre, contype=1)


def _set_contacts(spec: mujoco.MjSpec) -> None:
    """Contact bits and groups for everything but the feet."""
    bare = all(g.contype or g.conaffinity for g in spec.geoms)  # nothing to look at but the collision shapes
    for geom in spec.geoms:
        collides = bool(geom.contype or geom.conaffinity)
        geom.contype, geom.conaffinity = 0, BODY_BIT if collides else 0
        geom.group = COLLISION_GROUP if collides and not bare else VISUAL_GROUP


def _fuse(spec: mujoco.MjSpec, file: Path) -> None:
    """Merge rigidly attached bodies into their parents: same physics, fewer bodies."""
    try:
        spec.fuse_static()
    except ValueError as error:
        raise BadInput(f"{file}: MuJoCo refuses the model: {error}") from error


def _check_masses(spec: mujoco.MjSpec, file: Path) -> None:
    for body in spec.bodies[1:]:
        if not (body.explicitinertial and body.mass > 0):
            mass = body.mass if body.explicitinertial else 0.0
            raise BadInput(f"{file}: body {body.name!r} (with all that is fixed to it) has mass {mass} kg, needs > 0")


def _imu(spec: mujoco.MjSpec, base: mujoco.MjsBody, file: Path) -> None:
    site = spec.site("imu")
    if site is None:
        base.add_site(name="imu", size=[0.01, 0.01, 0.01], group=SITE_GROUP)
    elif site.parent.name != base.name:
        raise BadInput(f"{file}: site 'imu' sits on body {site.parent.name!r}, must sit on the base {base.name!r}")
