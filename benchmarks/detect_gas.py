"""Gas on a simulated round: what four gas sensors say along the inspection route, and what the detector makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import mujoco
import numpy as np
from detect_cases import HEIGHT_M, nominal
from detect_cases import rig as rig_of_round

from rudel import robots
from rudel.core import frames
from rudel.core.findings import Capture, Inspection, Target
from rudel.core.readings import GasReading, Reading
from rudel.core.types import Pose
from rudel.inspection.capture import facing, look_of
from rudel.inspection.detectors.gas import Gas
from rudel.sim.senses.gas import GasSensor, GasSpec, Spreading
from rudel.sim.senses.mount import rig
from rudel.sim.senses.sense import Span, doubles
from rudel.worlds.place import Thing, World

GASES = ("CH4", "CO", "H2S", "CO2")
SPEED_MPS, TICK_S, BELIEVED_M = 0.9, 0.2, 0.05
STAY_S, TURN_S = 1.0, 3.0  # at a stand; turning to what has to be faced and back


def walk(world: World, rng: np.random.Generator) -> Iterator[tuple[Thing, Inspection]]:
    """Walk the inspection route, smelling all the way; at every gas bottle the detector is asked."""
    mount = rig(robots.load("lite3"))["gas"]
    spreading = Spreading(wind_mps=world.wind, air_c=world.air_c)
    noses = [
        GasSensor(GasSpec(gas), mount, world.gas, spreading, own) for gas, own in zip(GASES, rng.spawn(4), strict=True)
    ]
    detector, newest = Gas(), dict[str, Reading]()
    empty = mujoco.MjData(mujoco.MjModel.from_xml_string("<mujoco/>"))  # gas spreads without a simulation
    bottles = {thing.id: thing for thing in world.things if thing.kind == "gas_bottle"}
    now, last = 0.0, _pose(world, world.start.xy, world.start.yaw_rad)
    for pose, stop in _way(world):
        end = now + TICK_S
        for nose in noses:
            span = Span(now, end, last, pose, empty, np.zeros(3))
            for taken in nose.advance(span):
                assert isinstance(taken.reading, GasReading)
                inlet, _ = mount.on(pose.position + rng.normal(0, BELIEVED_M, 3), pose.quat)
                x, y, z = inlet.tolist()
                detector.feed((x, y, z), taken.reading)
                newest[f"gas/{taken.reading.gas}"] = taken.reading
        now, last = end, pose
        if stop in bottles:
            thing = bottles[stop]
            assert thing.viewpoint is not None
            target = Target(thing.id, thing.kind, thing.viewpoint.look_at, nominal(thing))
            yield thing, detector.look(Capture(target, now, pose, BELIEVED_M, 0.02, dict(newest)), ())


def _way(world: World) -> Iterator[tuple[Pose, str]]:
    """Poses TICK_S apart; the name of a stop comes with the last pose of the stay there."""
    things = {thing.id: thing for thing in world.things if thing.viewpoint is not None}
    points = {point.name: point for point in world.points}
    here, eyes = np.array(world.start.xy), rig_of_round()
    for stop in world.routes["inspection"]:
        view = things[stop].viewpoint if stop in things else None
        to = np.array(points[stop].xy if view is None else view.xy)
        length = float(np.linalg.norm(to - here))
        yaw = float(np.arctan2(*(to - here)[::-1])) if length > 0 else 0.0
        for share in np.arange(TICK_S * SPEED_MPS, length, TICK_S * SPEED_MPS) / max(length, 1e-9):
            yield _pose(world, here + share * (to - here), yaw), ""
        if view is not None:
            target = Target(stop, things[stop].kind, view.look_at)
            faced = facing(target, eyes) < math.pi
            stay_s = STAY_S + look_of(target).dwell_s + (TURN_S if faced else 0.0)
            for k in range(count := round(stay_s / TICK_S)):
                yield _pose(world, to, view.yaw_rad if faced else yaw), stop if k == count - 1 else ""
        here = to


def _pose(world: World, xy: object, yaw: float) -> Pose:
    x, y = np.asarray(xy, np.float64).tolist()
    z = float(world.height(np.array([[x, y]]))[0])
    return Pose(
        np.array([x, y, (z if np.isfinite(z) else 0.0) + HEIGHT_M]), doubles(frames.quat_from_yaw(np.asarray(yaw)))
    )
