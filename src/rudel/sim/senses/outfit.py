"""The usual senses of a robot, put together for a live simulation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rudel.core.errors import UnknownName
from rudel.core.readings import Intrinsics
from rudel.sim.live import LiveSim
from rudel.sim.senses import rays, surfaces
from rudel.sim.senses.aside import Aside
from rudel.sim.senses.camera import Camera, CameraSpec
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.depth import CastDepth, DepthCamera, DepthSpec
from rudel.sim.senses.fault import Fault
from rudel.sim.senses.gas import GasSensor, GasSpec, Spreading
from rudel.sim.senses.head import Head
from rudel.sim.senses.lidar import Lidar, LidarSpec
from rudel.sim.senses.mount import Mount, rig
from rudel.sim.senses.odometry import OdometrySense
from rudel.sim.senses.rays import Rays
from rudel.sim.senses.sense import Sense
from rudel.sim.senses.studio import Studio
from rudel.sim.senses.suite import Channel, SenseSuite
from rudel.sim.senses.sweep import SolidState
from rudel.sim.senses.switched import Switched
from rudel.sim.senses.thermal import LEPTON, ThermalCamera, ThermalSpec
from rudel.worlds.place import World

NAMES = ("lidar", "lidar_front", "camera", "zoom", "depth", "depth_cast", "thermal", "gas", "odometry", "overview")
LATENCY_S = {  # assumed: transfer and a driver's own buffering
    "lidar": 0.02,
    "lidar_front": 0.02,
    "camera": 0.06,
    "zoom": 0.12,
    "depth": 0.04,
    "depth_cast": 0.04,
    "thermal": 0.1,
    "gas": 0.0,
    "odometry": 0.005,
    "overview": 0.06,
}
# the view of the thermal camera that sits beside it: whatever the one shows, the other has felt the warmth of
OVERVIEW = CameraSpec(Intrinsics.of_view(640, 480, 2 * math.atan(LEPTON.width / 2 / LEPTON.fx)))
DRIFT_PPM, OFFSET_S = 20.0, 0.005  # standard deviations: ordinary quartz; hosts on one network with NTP
SMOKE_PER_M = 0.1  # LidarSpec.dust_per_m where World.dust is 1: one sees some ten metres
SLIP = 0.085  # makes 15 % of the 7 % that the Lite3 loses by rolling feet, walking forward at 0.5 to 0.8 m/s


def standard(
    live: LiveSim,
    rng: np.random.Generator,
    names: Sequence[str] = ("lidar", "odometry"),
    *,
    faults: Mapping[str, tuple[Fault, ...]] | None = None,
    gas: str | Sequence[str] = "CH4",
    mounts: Mapping[str, Mount] | None = None,
    switched: Sequence[str] = (),
    aside: bool = False,
    bispectral: bool = False,
) -> SenseSuite:
    """A suite of the senses ``names``, each with its defaults, its own clock and its own randomness.

    Args:
        live: the robot in its world. Heat, gas, dust and wind are those of a World; a Terrain has none.
        rng: of noise, biases and clocks. Leaving a sense out does not change what the others say.
        names: out of NAMES. ``depth`` draws its picture and ``depth_cast`` casts rays for a smaller one (160 x 120);
            ``camera``, ``zoom``, ``overview`` and ``depth`` need graphics, the others do not. ``zoom`` and ``overview``
            (as wide as the thermal camera, without zoom) sit on one steerable head.
        faults: by name of the sense.
        gas: what the gas sensor smells; of several, each has a sensor of its own, called "gas/CH4" and so on.
        mounts: in place of those of rudel.sim.senses.mount.rig.
        aside: True gives each LiDAR a process of its own, which pays with two cores (rudel.sim.senses.aside).
        switched: senses that are off until somebody switches them on (rudel.sim.senses.switched).
        bispectral: the thermal camera turns with the zoom camera, on one head, as payloads for inspection have it.

    Raises:
        UnknownName: no such sense, or faults for one that is not there.
    """
    for name in names:
        if name not in NAMES:
            raise UnknownName("sense", name, NAMES)
    gases = (gas,) if isinstance(gas, str) else tuple(gas)
    for name in (*(faults or {}), *switched):
        if name not in names:
            raise UnknownName("sense", name, names)
    shop = _Workshop(live, mounts or {}, aside, bispectral)
    channels: dict[str, Channel] = {}
    for name, own in zip(NAMES, rng.spawn(len(NAMES)), strict=True):
        if name not in names:
            continue
        kinds = gases if name == "gas" else ("",)
        for kind, its in zip(kinds, [own] if len(kinds) == 1 else own.spawn(len(kinds)), strict=True):
            drift, offset = its.normal(size=2)
            clock = ClockError(OFFSET_S * float(offset), DRIFT_PPM * float(drift))
            sense = shop.make(name, its, clock, kind)
            called = f"{name}/{kind}" if len(kinds) > 1 else name
            sense = Switched(sense) if name in switched else sense
            channels[called] = Channel(sense, LATENCY_S[name], (faults or {}).get(name, ()))
    return SenseSuite(live, channels, shop.studio)


@dataclass(frozen=True)
class _Air:
    """What the world says about the air."""

    dust: float
    wind_mps: tuple[float, float, float]
    celsius: float


class _Workshop:
    """Makes senses that share what is costly: one set of ray trees, one studio."""

    def __init__(self, live: LiveSim, mounts: Mapping[str, Mount], aside: bool, bispectral: bool) -> None:
        self._live, self._aside, self._bispectral, self._head = live, aside, bispectral, Head()
        self._world = live.terrain if isinstance(live.terrain, World) else None
        world = self._world
        self._air = _Air(0.0, (0.0, 0.0, 0.0), 20.0) if world is None else _Air(world.dust, world.wind, world.air_c)
        self._mounts = {**rig(live.spec), **mounts}
        self._rays: Rays | None = None
        self.studio: Studio | None = None

    def make(self, name: str, rng: np.random.Generator, clock: ClockError, gas: str = "") -> Sense:
        live, mounts = self._live, self._mounts
        if name in ("lidar", "lidar_front"):
            dust = SMOKE_PER_M * self._air.dust
            solid = name == "lidar_front"
            spec = LidarSpec(SolidState(), dust_per_m=dust) if solid else LidarSpec(dust_per_m=dust)
            mount = mounts["camera"] if solid else mounts["lidar"]
            mount = Mount(name, mount.position, mount.quat)
            albedo = surfaces.albedo(live.model)
            if self._aside:
                return Aside(
                    lambda data: Lidar(spec, mount, rays.make(live.model, data), albedo, rng, clock), live.model, clock
                )
            return Lidar(spec, mount, self._cast(), albedo, rng, clock)
        if name == "camera":
            return Camera(CameraSpec(), mounts["camera"], self._draw(), rng, clock)
        if name == "zoom":
            return Camera(CameraSpec(), mounts["zoom"], self._draw(), rng, clock, self._head)
        if name == "overview":
            return Camera(OVERVIEW, self._beside(name), self._draw(), rng, clock, self._head, zooms=False)
        if name == "depth":
            return DepthCamera(DepthSpec(), mounts["depth"], self._draw().depth, rng, clock)
        if name == "depth_cast":
            return DepthCamera(DepthSpec.small(), mounts["depth"], CastDepth(self._cast()), rng, clock)
        if name == "thermal":
            mount, head = (self._beside(name), self._head) if self._bispectral else (mounts[name], None)
            spec, cast = ThermalSpec(), self._cast()
            return ThermalCamera(spec, mount, cast, live.model, self._world, rng, clock, head)
        if name == "gas":
            sources = () if self._world is None else self._world.gas
            spreading = Spreading(wind_mps=self._air.wind_mps, air_c=self._air.celsius)
            return GasSensor(GasSpec(gas), mounts["gas"], sources, spreading, rng, clock)
        return OdometrySense(live.spec, SLIP, clock=clock)

    def _beside(self, name: str) -> Mount:
        """On the head; that its lenses are some centimetres apart is left out."""
        foot = self._mounts["zoom"]
        return Mount(name, foot.position, foot.quat)

    def _cast(self) -> Rays:
        if self._rays is None:
            self._rays = rays.make(self._live.model, self._live.data)
        return self._rays

    def _draw(self) -> Studio:
        if self.studio is None:
            self.studio = Studio(self._live.model)
        return self.studio
