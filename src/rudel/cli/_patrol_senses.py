"""What a simulated robot on a round senses with; cameras look only when they are asked to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from rudel.core.readings import Reading
from rudel.inspection.rig import HeadLimits, Mounted, Rig
from rudel.robots.spec import RobotSpec
from rudel.sim.live import LiveSim
from rudel.sim.senses.aside import worthwhile
from rudel.sim.senses.camera import Camera, CameraSpec
from rudel.sim.senses.depth import DepthSpec
from rudel.sim.senses.fault import Fault
from rudel.sim.senses.head import Head, HeadSpec
from rudel.sim.senses.mount import rig
from rudel.sim.senses.outfit import OVERVIEW, standard
from rudel.sim.senses.suite import Arrival, SenseSuite
from rudel.sim.senses.switched import Switched
from rudel.sim.senses.thermal import ThermalSpec

# On the head is what an inspection payload has: zoom, overview and thermal camera. Depth and colour look ahead.
ON_HEAD = ("zoom", "overview", "thermal")
CAMERAS = ("camera", *ON_HEAD, "depth_cast")
GASES = ("CH4", "CO", "H2S", "CO2")  # of a usual multi-gas instrument
SENSES = ("lidar", "odometry", *CAMERAS, "gas")
_CALLED = {
    "camera": "front",
    "zoom": "zoom",
    "overview": "wide",
    "thermal": "thermal",
    "depth_cast": "depth",
    "lidar": "scan",
}


def suite_of(live: LiveSim, rng: np.random.Generator, faults: Mapping[str, tuple[Fault, ...]]) -> SenseSuite:
    """All senses of the round, cameras switched off."""
    return standard(live, rng, SENSES, faults=faults, gas=GASES, switched=CAMERAS, aside=worthwhile(), bispectral=True)


def rig_of(spec: RobotSpec) -> Rig:
    """The same senses as numbers, for whoever plans a look."""
    mounts, camera, head = rig(spec), CameraSpec(), HeadSpec()
    optics = {
        "wide": ("zoom", OVERVIEW.intrinsics),
        "zoom": ("zoom", camera.intrinsics),
        "thermal": ("zoom", ThermalSpec().intrinsics),
        "front": ("camera", camera.intrinsics),
        "depth": ("depth", DepthSpec.small().intrinsics),
        "scan": ("lidar", None),
    }
    sensors = {
        sense: Mounted(mounts[mount].position, mounts[mount].quat, intrinsics, mount == "zoom")
        for sense, (mount, intrinsics) in optics.items()
    }
    return Rig(sensors, HeadLimits(head.pan_rad, head.tilt_rad, head.zoom), GASES, camera.exposure_s)


def called(arrivals: Sequence[Arrival]) -> dict[str, Reading]:
    """The newest reading of each sense by its name in a Capture."""
    return {_CALLED.get(a.name, a.name): a.reading for a in arrivals if a.name in _CALLED or a.name.startswith("gas/")}


def watch(suite: SenseSuite, senses: Collection[str]) -> None:
    """Let cameras look that are among ``senses`` (their names in a Capture), and those on the head once it is still.

    Pictures are what costs most in a simulated look, and what a moving head sees does not count.
    """
    still = _head(suite).still
    for name in CAMERAS:
        sense = suite.sense(name)
        assert isinstance(sense, Switched)
        sense.on = _CALLED[name] in senses and (still or name not in ON_HEAD)


def aim(suite: SenseSuite, pan_rad: float, tilt_rad: float, zoom: float) -> None:
    """Turn the head."""
    _head(suite).aim(pan_rad, tilt_rad, zoom)


def _head(suite: SenseSuite) -> Head:
    sense = suite.sense("zoom")
    assert isinstance(sense, Switched)
    assert isinstance(sense.sense, Camera)
    assert sense.sense.head is not None
    return sense.sense.head
