"""Pictures of things to inspect, with their truth: what detectors are tried on. Everything here is simulated.

Things of rudel.worlds.things hang on concrete walls under lamps of varied strength. A camera head with the optics of
the simulated robots looks at each from 0.6 to 2.5 m, up to 33 degrees aside, not quite at its middle and not always
zoomed in as one would wish; then come turning during the exposure, defocus, haze, specks of dirt and noise. The same
seed gives the same pictures on the same machine.
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.findings import Capture, Target
from rudel.core.readings import Image
from rudel.core.types import Pose
from rudel.sim import scenery
from rudel.sim.senses.camera import WIDE, optical_pose, smeared
from rudel.sim.senses.head import Head
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.studio import Studio
from rudel.worlds import things
from rudel.worlds.place import Light, Waypoint, World
from rudel.worlds.places import _surfaces as surfaces
from rudel.worlds.places._site import Site
from rudel.worlds.things import Body
from rudel.worlds.things._body import Skin
from rudel.worlds.things._mesh import quad

Pixels = NDArray[np.uint8]

KINDS = ("dial_gauge", "digital_display", "nameplate", "code", "valve")
_MODULES = {"dial_gauge": "gauge", "digital_display": "display", "code": "marker"}
_PITCH_M, _WALL_M = 1.1, 2.2  # between neighbours; height of the wall
_HALF_M = {"valve": 0.30, "digital_display": 0.14, "nameplate": 0.15}  # what should be in the picture
_MOUNT = Mount("zoom", np.array([-0.05, 0.0, 0.25]))
_FAULTY, _RESTYLED, _SHAKEN, _DIRTY = 0.35, 0.25, 0.3, 0.3  # shares of cases


@dataclass(frozen=True, eq=False)
class Case:
    """One look at one thing: what the detector gets, and what it should find.

    Attributes:
        name: kind, seed and number.
        capture: as a mission would take it; its target says what the mission expects.
        truth: of the thing, as in ``Thing.truth``.
        fault: what is wrong with it, or None.
        view: how it was taken: distance_m, aside_rad, zoom, style, ... for whoever looks for what makes a miss.
    """

    name: str
    capture: Capture
    truth: Mapping[str, Any]
    fault: str | None
    view: Mapping[str, Any]


def cases(kind: str, seed: int, count: int) -> Iterator[Case]:
    """``count`` looks at things of one of KINDS, all in one simulated room."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    bodies = [_body(kind, k, rng.spawn(1)[0]) for k in range(count)]
    world = _room([body for body, _ in bodies], rng.spawn(1)[0])
    spec = mujoco.MjSpec()
    scenery.add_to(spec)
    world.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    with Studio(model) as studio:
        for k, (body, style) in enumerate(bodies):
            yield _look(f"{kind}-{seed}-{k}", body, style, world.things[k].position, studio, data, rng.spawn(1)[0])


def _body(kind: str, k: int, rng: np.random.Generator) -> tuple[Body, str]:
    name = _MODULES.get(kind, kind)
    prefix = things.site(name).prefix
    body = things.make(name, rng, bool(rng.random() < _FAULTY), f"{prefix}-{rng.integers(100, 1000)}")
    if kind != "dial_gauge" or rng.random() > _RESTYLED:
        return body, "plain"
    style = ("dark", "tinted", "red_needle")[int(rng.integers(3))]
    pieces = [
        dataclasses.replace(piece, skin=dataclasses.replace(piece.skin, image=_restyled(piece.skin.image, style)))
        if piece.skin.image is not None
        else piece
        for piece in body.pieces
    ]
    return dataclasses.replace(body, pieces=tuple(pieces)), style


def _restyled(face: Pixels, style: str) -> Pixels:
    if style == "dark":
        return np.asarray(255 - face, np.uint8)
    if style == "tinted":
        return np.clip(face * np.array([0.95, 0.85, 0.6]), 0, 255).astype(np.uint8)
    h, w = face.shape[:2]
    y, x = np.mgrid[:h, :w]
    inside = np.hypot(x - w / 2, y - h / 2) < 0.55 * w / 2  # the needle and the unit: numbers stay black
    dark = (face.max(axis=2) < 90) & inside
    return np.where(dark[..., None], np.array([190, 40, 30], np.uint8), face)


def _room(bodies: list[Body], rng: np.random.Generator) -> World:
    """The bodies in a row on a wall that faces +x."""
    site, length = Site(), _PITCH_M * (len(bodies) + 1)
    wall = Skin(image=surfaces.wall(rng, min(length, 24.0), _WALL_M))
    site.look(wall, quad((0, -0.5 * _PITCH_M, _WALL_M), (0, length, 0), (0, 0, -_WALL_M)))
    lights: list[Light] = []
    for k, body in enumerate(bodies):
        y = _PITCH_M * (k + 0.5)
        site.put(body, f"t{k}", (0.0, y, float(rng.uniform(0.42, 0.62))), (1.0, 0.0), None)
    for _ in range(3):
        at = float(rng.uniform(0.6, 2.5)), float(rng.uniform(0, length)), float(rng.uniform(1.6, 2.4))
        lights.append(Light(at, rgb=(b := float(rng.uniform(0.1, 0.5)), b, 0.9 * b)))
    ambient = float(rng.uniform(0.2, 0.5))
    bounds = (-1.0, 4.0, -_PITCH_M, length)
    start = Waypoint("start", (2.0, 0.0))
    return site.world(
        "cases", start, bounds, (), floor_m=0.0, lights=tuple(lights), ambient=(ambient, ambient, ambient)
    )


def _look(
    name: str, body: Body, style: str, at: Any, studio: Studio, data: mujoco.MjData, rng: np.random.Generator
) -> Case:
    distance, aside = float(rng.uniform(0.6, 2.5)), float(rng.uniform(-1, 1)) * math.radians(33)
    centre = np.asarray(at) + np.asarray(body.centre)
    up = float(np.clip(rng.uniform(0.38, 0.75) - centre[2], -0.35 * distance, 0.35 * distance))
    eye = centre + distance * np.array([math.cos(aside), math.sin(aside), 0.0]) + np.array([0, 0, up])
    half, fill = _HALF_M.get(body.kind, 0.12), float(rng.uniform(0.3, 0.75))
    head = Head()
    head.zoom = float(np.clip(fill * (WIDE.height / 2 / WIDE.fy) * distance / half, *head.spec.zoom))
    yaw, lean = aside + math.pi + float(rng.normal(0, 0.2)), rng.normal(0, math.radians(1.2), 2)
    quat = _base_quat(yaw, float(lean[0]), float(lean[1]))
    base = eye - frames.rotate(quat, _MOUNT.position)
    spare = (1 - fill) * 0.6 * WIDE.height / 2 / (WIDE.fy * head.zoom)  # rad by which it may miss the middle
    ahead = frames.rotate_inverse(quat, centre - eye)
    head.pan_rad = math.atan2(ahead[1], ahead[0]) + float(rng.uniform(-1, 1)) * spare
    head.tilt_rad = math.atan2(-ahead[2], math.hypot(ahead[0], ahead[1])) + float(rng.uniform(-1, 1)) * spare
    believed = Pose(base, _base_quat(yaw, *(lean + rng.normal(0, math.radians(0.4), 2))))
    gyro = np.array([rng.normal(), rng.normal(), 0.3 * rng.normal()]) * (0.2 if rng.random() < _SHAKEN else 0.02)
    readings = {}
    for sense, optics in (("zoom", head.zoomed(WIDE)), ("wide", WIDE)):
        pose = optical_pose(_MOUNT, head)
        drawn = studio.colour(optics, eye, frames.multiply(quat, pose.quat), data)
        pixels = _spoilt(smeared(drawn, optics, gyro, 0.008), rng.spawn(1)[0])
        readings[sense] = Image(1.0, sense, pixels, optics, pose)
    x, y, z = centre.tolist()
    target = Target(str(body.truth.get("label", name)), body.kind, (x, y, z), _expected(body, rng))
    view = {"distance_m": distance, "aside_rad": aside, "zoom": head.zoom, "fill": fill, "style": style}
    capture = Capture(target, 1.0, believed, 0.05, 0.02, readings)
    return Case(name, capture, body.truth, body.fault, {**view, "shake_radps": float(np.linalg.norm(gyro))})


def _base_quat(yaw: float, roll: float, pitch: float) -> NDArray[np.float64]:
    about_x = np.array([math.cos(roll / 2), math.sin(roll / 2), 0.0, 0.0])
    about_y = np.array([math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0])
    return frames.multiply(frames.multiply(frames.quat_from_yaw(np.asarray(yaw)), about_y), about_x)


def _expected(body: Body, rng: np.random.Generator) -> dict[str, Any]:
    """What a mission says about it: codes are never faulty themselves, so that for some the mission is wrong."""
    truth, wrong = body.truth, bool(rng.random() < _FAULTY)
    if body.kind in ("dial_gauge", "digital_display"):
        keys = ("low", "high", "unit", "decimals", "scale_low", "scale_high")
        return {key: truth[key] for key in keys if key in truth}
    if body.kind == "nameplate":
        return {"text": truth["expected"]}
    if body.kind == "valve":
        return {"state": truth["expected"], "form": truth["form"]}
    if body.kind == "qr":
        return {"text": f"{truth['text']}9" if wrong else truth["text"]}
    return {"id": (int(truth["tag_id"]) + int(wrong)) % 587, "family": "36h11"}


def _spoilt(drawn: Pixels, rng: np.random.Generator) -> Pixels:
    """Defocus, haze, specks on the glass, exposure and noise."""
    pixels = drawn.astype(np.float32)
    if (defocus := float(rng.uniform(-0.6, 1.2))) > 0.2:
        pixels = cv2.GaussianBlur(pixels, (0, 0), defocus)
    haze = max(0.0, float(rng.uniform(-0.3, 0.35)))
    pixels = pixels * (1 - haze) + 150 * haze
    if rng.random() < _DIRTY:
        height, width = pixels.shape[:2]
        for _ in range(int(rng.integers(3, 25))):
            centre = int(rng.integers(width)), int(rng.integers(height))
            shade = np.zeros((height, width), np.float32)
            cv2.circle(shade, centre, int(rng.integers(1, 5)), float(rng.uniform(0.2, 0.7)), -1)
            pixels *= 1 - cv2.GaussianBlur(shade, (0, 0), 1.5)[..., None]
    pixels = pixels * float(rng.uniform(0.65, 1.1))
    spread = np.sqrt(float(rng.uniform(0.5, 2.5)) ** 2 + float(rng.uniform(0.1, 0.25)) ** 2 * np.maximum(pixels, 0))
    return np.clip(np.rint(pixels + spread * rng.standard_normal(pixels.shape, np.float32)), 0, 255).astype(np.uint8)
