"""Cases for detectors: every thing of seeded simulated places, looked at as a robot that stands about there would.

Truth stays beside the capture; a capture carries what a mission file would say (``nominal``) and what sensors measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from rudel import robots
from rudel.cli import _patrol_senses
from rudel.core import frames
from rudel.core.findings import Capture, Target
from rudel.core.readings import Reading, Scan
from rudel.core.types import Pose
from rudel.inspection.capture import Rig, Where, aim, facing, in_base, look_of
from rudel.sim import scenery
from rudel.sim.senses import rays, surfaces
from rudel.sim.senses.camera import Camera, CameraSpec
from rudel.sim.senses.depth import CastDepth, DepthCamera, DepthSpec
from rudel.sim.senses.head import Head
from rudel.sim.senses.lidar import Lidar, LidarSpec
from rudel.sim.senses.mount import rig as mounts_of
from rudel.sim.senses.outfit import OVERVIEW
from rudel.sim.senses.sense import Sense, Span, doubles
from rudel.sim.senses.studio import Studio
from rudel.sim.senses.thermal import ThermalCamera, ThermalSpec
from rudel.worlds.place import Thing, World

HEIGHT_M = 0.32  # of a Lite3's base when it stands
# How far the robot is from where it was sent, and from where it believes to be (localisation: <= 0.10 m RMS).
SENT_M, SENT_RAD, BELIEVED_M, BELIEVED_RAD, SWAY_RAD = 0.06, 0.04, 0.03, 0.012, 0.01
PICTURES = ("wide", "zoom", "thermal", "depth", "scan")
HEADINGS_RAD = math.radians(140)  # to either side of the target, where the head turns and the body need not
_LONG_S = 1.0


@dataclass(frozen=True, eq=False)
class Case:
    """A capture, and what is true of the thing in it."""

    capture: Capture
    thing: Thing
    seed: int

    @property
    def faulty(self) -> bool:
        """Was a fault planted?"""
        return self.thing.fault is not None


def rig() -> Rig:
    """Numbers of the simulated Lite3's usual senses."""
    return _patrol_senses.rig_of(robots.load("lite3"))


def nominal(thing: Thing) -> dict[str, Any]:
    """What the list of a plant says about a thing: limits and names, never how it is now."""
    truth = thing.truth
    if thing.kind == "dial_gauge":
        return {key: truth[key] for key in ("scale_low", "scale_high", "low", "high", "unit")}
    if thing.kind == "digital_display":
        return {key: truth[key] for key in ("low", "high", "unit", "decimals")}
    if thing.kind == "nameplate":
        return {"text": truth["expected"]}
    if thing.kind == "qr":
        return {"text": truth["text"]}
    if thing.kind == "apriltag":
        return {"id": truth["tag_id"]}
    if thing.kind == "valve":
        return {"state": truth["expected"], "form": truth["form"]}
    if thing.kind == "cable_joint":
        return {"limit_c": truth["limit_c"]}
    if thing.kind == "gas_bottle":
        return {"species": truth["species"]}
    if thing.kind == "cover":
        return {"edge_m": truth["edge_m"]}
    return {}


class Stage:
    """One world with the senses of a robot that can be put anywhere; close it, it holds graphics memory.

    The robot itself is left out: from where its senses are, they look over it.
    """

    def __init__(self, world: World, rng: np.random.Generator, astray_m: float = SENT_M) -> None:
        spec = mujoco.MjSpec()
        scenery.add_to(spec)  # as in every simulation: what the picture is like, and how near one sees
        world.add_to(spec)
        self.world, self.model, self.rng, self.astray_m = world, spec.compile(), rng, astray_m
        self.data = mujoco.MjData(self.model)
        mujoco.mj_forward(self.model, self.data)
        self.mounts, self.rig = mounts_of(robots.load("lite3")), rig()
        self.studio, self.rays = Studio(self.model), rays.make(self.model, self.data)

    def close(self) -> None:
        """Give graphics memory back."""
        self.studio.close()

    def look(self, thing: Thing, senses: tuple[str, ...] = PICTURES, expected: Mapping[str, Any] | None = None) -> Case:
        """A capture of a thing from about its viewpoint, with any heading where no fixed sense is needed."""
        assert thing.viewpoint is not None
        view, rng = thing.viewpoint, self.rng
        xy = np.array(view.xy) + rng.normal(0, self.astray_m, 2) / math.sqrt(2)
        ahead = np.array(view.look_at[:2]) - xy  # wherever it stands, it turns to the target
        yaw = float(np.arctan2(ahead[1], ahead[0])) + rng.normal(0, SENT_RAD)
        if facing(Target(thing.id, thing.kind, view.look_at), self.rig) == math.pi:
            yaw += rng.uniform(-HEADINGS_RAD, HEADINGS_RAD)
        elif "front" in look_of(Target(thing.id, thing.kind, view.look_at)).needs:
            senses = (*senses, "front")
        return self.look_from(thing, xy, yaw, senses, expected)

    def look_from(
        self, thing: Thing, xy: Any, yaw: float, senses: tuple[str, ...] = PICTURES, expected: Any = None
    ) -> Case:
        """A capture of a thing from a place [m] and a heading [rad]."""
        assert thing.viewpoint is not None
        rng = self.rng
        z = float(self.world.height(np.asarray(xy)[None])[0]) + HEIGHT_M
        roll, pitch = rng.normal(0, SWAY_RAD, 2)
        tilt = np.array([1.0, roll / 2, pitch / 2, 0.0])
        quat = doubles(frames.multiply(frames.quat_from_yaw(np.asarray(yaw)), tilt / np.linalg.norm(tilt)))
        true = Pose(np.array([*xy, z]), quat)
        off = rng.normal(0, BELIEVED_M, 3) / math.sqrt(3)
        turned = frames.quat_from_yaw(np.asarray(rng.normal(0, BELIEVED_RAD)))
        believed = Pose(true.position + off, doubles(frames.multiply(turned, quat)))
        target = Target(thing.id, thing.kind, thing.viewpoint.look_at, nominal(thing) if expected is None else expected)
        where = Where(believed, BELIEVED_M, BELIEVED_RAD)
        found = self._readings(true, senses, target, where)
        return Case(Capture(target, 100.0, believed, BELIEVED_M, BELIEVED_RAD, found), thing, 0)

    def _readings(self, true: Pose, senses: tuple[str, ...], target: Target, where: Where) -> dict[str, Reading]:
        found: dict[str, Reading] = {}
        for name in senses:
            sense = self._sense(name, target, where)
            length = 0.25 if name == "scan" else 0.01
            taken = sense.advance(Span(0.0, length, true, true, self.data, np.zeros(3)))
            reading = taken[0].reading
            found[name] = in_base(reading, self.rig.sensors["scan"]) if isinstance(reading, Scan) else reading
        return found

    def _sense(self, name: str, target: Target, where: Where) -> Sense:
        rng = self.rng.spawn(1)[0]
        head, wanted, foot = Head(), aim(target, where, self.rig), self.mounts["zoom"]
        assert wanted is not None
        head.aim(wanted.pan_rad, wanted.tilt_rad, wanted.zoom)
        head.advance(_LONG_S * 10)
        if name == "front":
            return Camera(CameraSpec(), self.mounts["camera"], self.studio, rng)
        if name == "wide":
            return Camera(OVERVIEW, foot, self.studio, rng, head=head, zooms=False)
        if name == "zoom":
            return Camera(CameraSpec(), foot, self.studio, rng, head=head)
        if name == "thermal":
            return ThermalCamera(ThermalSpec(), foot, self.rays, self.model, self.world, rng, head=head)
        if name == "depth":
            return DepthCamera(DepthSpec.small(), self.mounts["depth"], CastDepth(self.rays), rng)
        return Lidar(LidarSpec(), self.mounts["lidar"], self.rays, surfaces.albedo(self.model), rng)


def of_world(world: World, seed: int, kinds: tuple[str, ...] | None = None, astray_m: float = SENT_M) -> Iterator[Case]:
    """Captures of all things of these kinds (None: all) in one world."""
    stage = Stage(world, np.random.default_rng((seed, 7)), astray_m)
    try:
        for thing in world.things:
            if thing.viewpoint is not None and (kinds is None or thing.kind in kinds):
                case = stage.look(thing)
                yield Case(case.capture, thing, seed)
    finally:
        stage.close()
