"""A thermal camera: temperatures by a law of heat sources and emissivity, without a lamp in sight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.readings import Intrinsics, ThermalImage
from rudel.sim.senses import surfaces
from rudel.sim.senses.camera import optical_pose
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.depth import through_pixels
from rudel.sim.senses.head import Head
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.rays import Rays
from rudel.sim.senses.sense import Array, Span, Taken, Ticks
from rudel.worlds.place import Heat, World

Floats = NDArray[np.float32]

KELVIN = 273.15
LEPTON = Intrinsics.of_view(160, 120, math.radians(57))


@dataclass(frozen=True)
class ThermalSpec:
    """What a thermal camera can do; the defaults are a FLIR Lepton 3.5's by its data sheet.

    Attributes:
        intrinsics: 160 x 120 pixels, 57 degrees from left to right.
        rate_hz: pictures per second (stated: 8.7).
        netd_c: noise-equivalent temperature difference: white noise of a pixel [degrees C] (stated: < 0.05).
        fixed_c: what each pixel is off in all pictures [degrees C] (assumed, after flat-field correction).
        offset_c: standard deviation of what a whole camera is off [degrees C] (stated accuracy: +-5, taken as 2 sigma
            at the default of 2.5; a corrected camera has less).
        low_c, high_c: what it can show [degrees C] (stated for high gain: -10 to 140).
    """

    intrinsics: Intrinsics = LEPTON
    rate_hz: float = 8.7
    netd_c: float = 0.05
    fixed_c: float = 0.1
    offset_c: float = 2.5
    low_c: float = -10.0
    high_c: float = 140.0

    def __post_init__(self) -> None:
        for name in ("netd_c", "fixed_c", "offset_c"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise BadInput(f"ThermalSpec.{name} is {getattr(self, name)}, must be a number >= 0")
        if not -KELVIN <= self.low_c < self.high_c:
            raise BadInput("ThermalSpec needs low_c < high_c")


class ThermalCamera:
    """See ``Sense``.

    Args:
        spec: what it can do.
        mount: where it sits; with a ``head`` the head's foot.
        rays: the world that it looks at.
        model: of that world.
        world: temperatures, heat sources, emissivities; None: nothing is warmer than the air at 20 degrees C.
        rng: where noise, and the errors of this one camera, come from.
        clock: its own.
        head: that it turns with; it does not zoom.
    """

    def __init__(
        self,
        spec: ThermalSpec,
        mount: Mount,
        rays: Rays,
        model: mujoco.MjModel,
        world: World | None,
        rng: np.random.Generator,
        clock: ClockError | None = None,
        head: Head | None = None,
    ) -> None:
        self.spec, self.mount, self.head, self.clock = spec, mount, head, clock or ClockError()
        self._rays, self._rng, self._ticks = rays, rng, Ticks(spec.rate_hz, self.clock)
        self._heat = () if world is None else world.heat
        self._air_c = surfaces.DEFAULT_AIR_C if world is None else world.air_c
        self._own_c = surfaces.temperature(model, world)
        self._emissivity = surfaces.emissivity(model, {} if world is None else world.materials)
        shape = (spec.intrinsics.height, spec.intrinsics.width)
        self._error_c = np.float32(spec.fixed_c) * rng.standard_normal(shape, np.float32)
        self._error_c += np.float32(spec.offset_c * float(rng.normal()))

    def advance(self, span: Span) -> list[Taken]:
        if self.head is not None:
            self.head.keep_up(span.start_s, span.end_s)
        if not self._ticks.due(span):
            return []
        spec, pose = self.spec, optical_pose(self.mount, self.head, zooms=False)
        position = span.end.position + frames.rotate(span.end.quat, pose.position)
        true = self.look(position, frames.multiply(span.end.quat, pose.quat), span.data)
        white = self._rng.standard_normal(true.shape, np.float32)
        shown = true + self._error_c + np.float32(spec.netd_c) * white
        shown = np.clip(shown, spec.low_c, spec.high_c).astype(np.float32)
        stamp = self.clock.stamp_s(span.end_s)
        return [Taken(span.end_s, ThermalImage(stamp, self.mount.frame, shown, spec.intrinsics, pose))]

    def look(self, position: Array, quat: Array, data: mujoco.MjData) -> Floats:
        """Apparent temperatures (height, width) from world_T_optical, without the camera's own errors."""
        optics = self.spec.intrinsics
        hits, length = through_pixels(self._rays, optics, position, quat, data)
        met = np.flatnonzero(hits.geom >= 0)
        local = optics.directions().reshape(-1, 3)[met] * (hits.distance_m / length)[met, None]
        points = position + frames.rotate(quat, local.astype(np.float64))
        geoms, seen = hits.geom[met], np.full(len(hits.geom), self._air_c, np.float32)
        surface = surface_celsius(points, self._own_c[geoms], self._heat)
        seen[met] = apparent_celsius(surface, self._emissivity[geoms], self._air_c)
        return seen.reshape(optics.height, optics.width)


def surface_celsius(points: Array, own_c: Array, heat: tuple[Heat, ...]) -> Array:
    """Temperature (n,) of surfaces at ``points`` (n, 3) that have ``own_c`` (n,) by themselves [degrees C].

    A source of temperature T and radius R pulls a surface at distance d < R from its middle towards T by the share
    (1 - d^2 / R^2)^2: wholly in the middle, smoothly nothing at R. Of several sources the one that changes most counts.
    """
    change = np.zeros(len(points))
    for source in heat:
        squared = ((points - np.array(source.position)) ** 2).sum(axis=1) / source.radius_m**2
        pull = (source.temperature_c - own_c) * np.square(np.maximum(1 - squared, 0.0))
        change = np.where(np.abs(pull) > np.abs(change), pull, change)
    return own_c + change


def apparent_celsius(surface_c: Array, emissivity: Array, surroundings_c: float) -> Array:
    """What a camera set to emissivity 1 shows: T_a^4 = e T^4 + (1 - e) T_surroundings^4, in kelvin (grey body)."""
    own = emissivity * (surface_c + KELVIN) ** 4
    return (own + (1 - emissivity) * (surroundings_c + KELVIN) ** 4) ** 0.25 - KELVIN
