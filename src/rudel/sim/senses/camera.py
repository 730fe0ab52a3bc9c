"""A colour camera: a pinhole with exposure, noise and motion blur; fixed or on a steerable head."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.readings import CameraPose, Image, Intrinsics
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.head import Head
from rudel.sim.senses.mount import OPTICAL, Mount
from rudel.sim.senses.sense import Array, Span, Taken, Ticks, doubles
from rudel.sim.senses.studio import Studio

Pixels = NDArray[np.uint8]

LEVELS = np.arange(256, dtype=np.float32)
_TILE_MARGIN = 61  # noise is drawn once, a little larger than the picture, and shifted for every frame
_MAX_BLUR = 25  # pixels
WIDE = Intrinsics.of_view(640, 480, math.radians(90))


@dataclass(frozen=True)
class CameraSpec:
    """What a camera can do. Assumed, in the range of machine-vision parts.

    A pixel of level v (0 to 255) becomes v + sqrt(read_noise^2 + shot_noise^2 v) n with n normal and v that of
    green for all three colours. Shot noise grows with the root of the light, read noise is there in the dark.

    Attributes:
        intrinsics: pixels and focal lengths; wide: 640 x 480 with 90 degrees from left to right.
        rate_hz: pictures per second.
        exposure_s: a picture smears by what the camera turns in this time.
        gain: brightness of a level over what is drawn; a lamp's light is what the world says.
        read_noise, shot_noise: in levels, and in levels per root level.
    """

    intrinsics: Intrinsics = WIDE
    rate_hz: float = 10.0
    exposure_s: float = 0.008
    gain: float = 1.0
    read_noise: float = 1.0
    shot_noise: float = 0.15

    def __post_init__(self) -> None:
        for name in ("exposure_s", "gain", "read_noise", "shot_noise"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise BadInput(f"CameraSpec.{name} is {getattr(self, name)}, must be a number >= 0")


class Camera:
    """See ``Sense``. With a ``head`` the mount is its foot; ``zooms``: the head's zoom is that of this camera."""

    def __init__(
        self,
        spec: CameraSpec,
        mount: Mount,
        studio: Studio,
        rng: np.random.Generator,
        clock: ClockError | None = None,
        head: Head | None = None,
        *,
        zooms: bool = True,
    ) -> None:
        self.spec, self.mount, self.head, self.clock = spec, mount, head, clock or ClockError()
        self._zooms = zooms
        self._studio, self._rng, self._ticks = studio, rng, Ticks(spec.rate_hz, self.clock)
        size = (spec.intrinsics.height + _TILE_MARGIN, spec.intrinsics.width + _TILE_MARGIN)
        self._noise = rng.standard_normal(size, np.float32)
        spread = np.sqrt(spec.read_noise**2 + spec.shot_noise**2 * LEVELS)
        self._spread = spread.astype(np.float32)
        self._gain = np.clip(np.rint(spec.gain * LEVELS), 0, 255).astype(np.uint8)

    def advance(self, span: Span) -> list[Taken]:
        if self.head is not None:
            self.head.keep_up(span.start_s, span.end_s)
        if not self._ticks.due(span):
            return []
        pose, optics = optical_pose(self.mount, self.head, zooms=self._zooms), self.spec.intrinsics
        if self.head is not None and self._zooms:
            optics = self.head.zoomed(optics)
        position = span.end.position + frames.rotate(span.end.quat, pose.position)
        drawn = self._studio.colour(optics, position, frames.multiply(span.end.quat, pose.quat), span.data)
        turning = frames.rotate_inverse(pose.quat, span.gyro)  # in the optical frame
        pixels = self._develop(smeared(drawn, optics, turning, self.spec.exposure_s))
        image = Image(self.clock.stamp_s(span.end_s), self.mount.frame, pixels, optics, pose)
        return [Taken(span.end_s, image)]

    def _develop(self, drawn: Pixels) -> Pixels:
        """Gain and noise."""
        if self.spec.gain != 1:
            drawn = cv2.LUT(drawn, self._gain).astype(np.uint8)
        top, left = self._rng.integers(_TILE_MARGIN + 1, size=2)
        if not (self.spec.read_noise or self.spec.shot_noise):
            return drawn
        height, width = drawn.shape[:2]
        green = drawn[..., 1]  # as a measure of the light that falls on a pixel
        noise = self._noise[top : top + height, left : left + width] * cv2.LUT(green, self._spread)
        return np.clip(np.rint(drawn + noise[..., None]), 0, 255).astype(np.uint8)


def optical_pose(mount: Mount, head: Head | None = None, *, zooms: bool = True) -> CameraPose:
    """base_T_optical of a camera on a mount, and on a head if there is one; ``zooms``: with the head's zoom."""
    if head is None:
        return CameraPose(doubles(mount.position), doubles(frames.multiply(mount.quat, OPTICAL)))
    quat = doubles(frames.multiply(frames.multiply(mount.quat, head.quat()), OPTICAL))
    return CameraPose(doubles(mount.position), quat, head.pan_rad, head.tilt_rad, head.zoom if zooms else 1.0)


def smeared(pixels: Pixels, optics: Intrinsics, turning: Array, exposure_s: float) -> Pixels:
    """``pixels`` averaged along the way that they move in the middle of the picture during the exposure.

    A camera that turns at (wx, wy, wz) [rad/s] in its optical frame sees the middle move by (-fx wy, fy wx) pixels/s.
    """
    across, down = -optics.fx * turning[1] * exposure_s, optics.fy * turning[0] * exposure_s
    length = math.hypot(across, down)
    if length < 1:
        return pixels
    scale = min(length, _MAX_BLUR) / length / 2
    size = 2 * math.ceil(scale * length) + 1
    kernel, middle = np.zeros((size, size), np.float32), size // 2
    for share in np.linspace(-1, 1, 2 * size + 1):
        kernel[middle + round(share * scale * down), middle + round(share * scale * across)] += 1
    blurred = cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.uint8)
