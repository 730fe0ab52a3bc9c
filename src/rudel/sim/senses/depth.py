"""A depth camera: distances that get worse with their square."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.readings import DepthImage, Intrinsics
from rudel.sim.senses.camera import optical_pose
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.rays import Hits, Rays
from rudel.sim.senses.sense import Array, Span, Taken, Ticks

Floats = NDArray[np.float32]

D435 = Intrinsics.of_view(640, 480, math.radians(87))
Depths = Callable[[Intrinsics, Array, Array, mujoco.MjData], Floats]  # Studio.depth, or CastDepth


@dataclass(frozen=True)
class DepthSpec:
    """What a depth camera can do: a stereo pair with a disparity error e has a depth error z^2 e / (f b).

    Default: the Intel RealSense D435's field of view (87 degrees), baseline (50 mm) and range (0.28 to 10 m), by its
    data sheet 337029; 0.08 pixels of subpixel error is what Intel's tuning guide expects of textured surfaces.

    Attributes:
        intrinsics: pixels and focal lengths.
        rate_hz: pictures per second.
        min_m, max_m: nothing is reported outside [m].
        baseline_m: between the two lenses.
        disparity_px: standard deviation of the disparity, at the focal length of ``intrinsics``.
        dropout: share of pixels without an answer.
    """

    intrinsics: Intrinsics = D435
    rate_hz: float = 15.0
    min_m: float = 0.28
    max_m: float = 10.0
    baseline_m: float = 0.05
    disparity_px: float = 0.08
    dropout: float = 0.01

    def __post_init__(self) -> None:
        if not (0 <= self.min_m < self.max_m and self.baseline_m > 0):
            raise BadInput("DepthSpec needs 0 <= min_m < max_m and baseline_m > 0")
        if not (self.disparity_px >= 0 and 0 <= self.dropout <= 1):
            raise BadInput("DepthSpec needs disparity_px >= 0 and dropout from 0 to 1")

    @classmethod
    def small(cls) -> DepthSpec:
        """A quarter as wide and high, with the depth error of the large one."""
        return cls(Intrinsics.of_view(160, 120, math.radians(87)), disparity_px=0.08 / 4)


class DepthCamera:
    """See ``Sense``. ``depths`` draws (Studio.depth, faster for large pictures) or casts rays (CastDepth)."""

    def __init__(
        self,
        spec: DepthSpec,
        mount: Mount,
        depths: Depths,
        rng: np.random.Generator,
        clock: ClockError | None = None,
    ) -> None:
        self.spec, self.mount, self.clock = spec, mount, clock or ClockError()
        self._depths, self._rng, self._ticks = depths, rng, Ticks(spec.rate_hz, self.clock)

    def advance(self, span: Span) -> list[Taken]:
        if not self._ticks.due(span):
            return []
        spec, pose = self.spec, optical_pose(self.mount)
        position = span.end.position + frames.rotate(span.end.quat, pose.position)
        true = self._depths(spec.intrinsics, position, frames.multiply(span.end.quat, pose.quat), span.data)
        depth = self._measure(true)
        image = DepthImage(self.clock.stamp_s(span.end_s), self.mount.frame, depth, spec.intrinsics, pose)
        return [Taken(span.end_s, image)]

    def _measure(self, true: Floats) -> Floats:
        spec, shape = self.spec, true.shape
        noise, lost = self._rng.standard_normal(shape, np.float32), self._rng.random(shape, np.float32)
        seen = np.isfinite(true)
        z = np.where(seen, true, np.float32(0))
        z += np.square(z) * np.float32(spec.disparity_px / (spec.intrinsics.fx * spec.baseline_m)) * noise
        z[~seen | (z < spec.min_m) | (z > spec.max_m) | (lost < spec.dropout)] = 0
        return z


class CastDepth:
    """Depth by rays: needs no graphics, and gives the same bytes wherever the ray engine does."""

    def __init__(self, rays: Rays) -> None:
        self._rays = rays

    def __call__(self, optics: Intrinsics, position: Array, quat: Array, data: mujoco.MjData) -> Floats:
        hits, length = through_pixels(self._rays, optics, position, quat, data)
        return (hits.distance_m / length).reshape(optics.height, optics.width)


def through_pixels(
    rays: Rays, optics: Intrinsics, position: Array, quat: Array, data: mujoco.MjData
) -> tuple[Hits, Floats]:
    """What rays through all pixels meet, row by row, and the length (height width,) of a step of 1 in depth on each."""
    local = optics.directions().reshape(-1, 3)
    length = np.linalg.norm(local, axis=1)
    world = frames.rotate(quat, local / length[:, None]).astype(np.float32)
    return rays.cast(position[None].astype(np.float32), world[None], data), length
