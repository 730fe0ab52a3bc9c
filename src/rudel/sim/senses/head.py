"""A steerable camera head: pan, tilt and zoom, with limits and limited speed; several cameras may sit on one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.readings import Intrinsics

Array = NDArray[np.floating]


@dataclass(frozen=True)
class HeadSpec:
    """What a head can do. Assumed, in the range of small inspection heads: +-170 degrees, 60 degrees/s, 10x in 2 s.

    Attributes:
        pan_rad, tilt_rad: lowest and highest angle [rad]; positive pan turns left, positive tilt looks down.
        zoom: shortest (1) to longest focal length, over the shortest.
        speed_radps: of either axis.
        zoom_per_s: factor by which the focal length changes in a second at most.
    """

    pan_rad: tuple[float, float] = (math.radians(-170), math.radians(170))
    tilt_rad: tuple[float, float] = (math.radians(-90), math.radians(45))
    zoom: tuple[float, float] = (1.0, 10.0)
    speed_radps: float = math.radians(60)
    zoom_per_s: float = math.sqrt(10)

    def __post_init__(self) -> None:
        for name in ("pan_rad", "tilt_rad", "zoom"):
            low, high = getattr(self, name)
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise BadInput(f"HeadSpec.{name} is {(low, high)}: lowest <= highest is needed")
        if not (self.zoom[0] >= 1 and self.speed_radps > 0 and self.zoom_per_s > 1):
            raise BadInput("HeadSpec needs zoom >= 1, speed_radps > 0 and zoom_per_s > 1")


class Head:
    """Where the head looks and where it is told to look. It starts ahead, at the shortest focal length."""

    def __init__(self, spec: HeadSpec | None = None) -> None:
        self.spec = spec or HeadSpec()
        self.pan_rad = self.tilt_rad = 0.0
        self.zoom = self.spec.zoom[0]
        self._wanted = (self.pan_rad, self.tilt_rad, self.zoom)
        self._moved_s = -math.inf

    @property
    def still(self) -> bool:
        """Has it arrived?"""
        return (self.pan_rad, self.tilt_rad, self.zoom) == self._wanted

    def aim(self, pan_rad: float, tilt_rad: float, zoom: float = 1.0) -> tuple[float, float, float]:
        """Ask for a direction and a zoom; returns what it will come to within the limits."""
        if not all(map(math.isfinite, (pan_rad, tilt_rad, zoom))):
            raise BadInput(f"a head cannot aim at {(pan_rad, tilt_rad, zoom)}: write numbers")
        spec, asked = self.spec, (pan_rad, tilt_rad, zoom)
        limits = (spec.pan_rad, spec.tilt_rad, spec.zoom)
        pan, tilt, zoom = (min(max(v, low), high) for v, (low, high) in zip(asked, limits, strict=True))
        self._wanted = (pan, tilt, zoom)
        return self._wanted

    def advance(self, duration_s: float) -> None:
        """Move for ``duration_s`` >= 0 [s]."""
        pan, tilt, zoom = self._wanted
        step = self.spec.speed_radps * duration_s
        self.pan_rad = _towards(self.pan_rad, pan, step)
        self.tilt_rad = _towards(self.tilt_rad, tilt, step)
        if self.zoom != zoom:  # evenly in its logarithm
            factor = self.spec.zoom_per_s**duration_s
            self.zoom = (
                zoom
                if max(zoom / self.zoom, self.zoom / zoom) <= factor
                else self.zoom * factor ** (1 if zoom > self.zoom else -1)
            )

    def keep_up(self, start_s: float, end_s: float) -> None:
        """Move through a span of time [s]; what another camera on the same head has moved it through is done."""
        if end_s > self._moved_s:
            self.advance(end_s - max(start_s, self._moved_s))
            self._moved_s = end_s

    def quat(self) -> Array:
        """mount_T_head (4,): pan about z, then tilt about the new y."""
        tilt = np.array([math.cos(self.tilt_rad / 2), 0.0, math.sin(self.tilt_rad / 2), 0.0])
        return frames.multiply(frames.quat_from_yaw(np.asarray(self.pan_rad)), tilt)

    def zoomed(self, wide: Intrinsics) -> Intrinsics:
        """Intrinsics at the present zoom, given those at the shortest focal length."""
        scale = self.zoom / self.spec.zoom[0]
        return Intrinsics(wide.width, wide.height, wide.fx * scale, wide.fy * scale, wide.cx, wide.cy)


def _towards(value: float, wanted: float, step: float) -> float:
    return wanted if abs(wanted - value) <= step else value + math.copysign(step, wanted - value)
