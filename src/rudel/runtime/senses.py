"""Is what a sense sends worth anything? A camera that sends grey is as lost as one that sends nothing."""

from __future__ import annotations

import numpy as np

from rudel.core.readings import DepthImage, GasReading, Image, Odometry, Reading, Scan, ThermalImage

LEAST_POINTS = 50  # of a scan
COARSE = 16  # every so many pixels are looked at
FROZEN_MPS = 0.1  # a robot that walks faster than this sees something else every time


class SenseWatch:
    """Judges readings by their content.

    What cannot be told apart is let pass: a picture that stays the same while the robot stands is a picture.
    """

    def __init__(self) -> None:
        self._last: dict[str, bytes] = {}

    def usable(self, name: str, reading: Reading, speed_mps: float = 0.0) -> bool:
        """Does ``reading`` of the sense ``name`` say anything?

        Args:
            name: of the sense.
            reading: what it sent.
            speed_mps: commanded now [m/s]: content that does not change while walking is frozen.
        """
        if isinstance(reading, Image):
            coarse = reading.pixels[::COARSE, ::COARSE]
            return bool(coarse.max() > coarse.min()) and self._fresh(name, coarse, speed_mps)
        if isinstance(reading, DepthImage):
            coarse = reading.depth_m[::COARSE, ::COARSE]
            return bool((coarse > 0).any()) and self._fresh(name, coarse, speed_mps)
        if isinstance(reading, ThermalImage):
            coarse = reading.celsius[::COARSE, ::COARSE]
            return bool(np.isfinite(coarse).all()) and self._fresh(name, coarse, speed_mps)
        if isinstance(reading, Scan):
            finite = np.isfinite(reading.points)
            fine = len(finite) if finite.all() else int(finite.all(axis=1).sum())
            return fine >= LEAST_POINTS and self._fresh(name, reading.points[::COARSE], speed_mps)
        if isinstance(reading, Odometry):
            return bool(np.isfinite(reading.position).all() and np.isfinite(reading.quat).all())
        assert isinstance(reading, GasReading)
        return bool(np.isfinite(reading.ppm))  # clean air is 0 ppm again and again

    def _fresh(self, name: str, content: np.ndarray, speed_mps: float) -> bool:
        now = content.tobytes()
        same, self._last[name] = self._last.get(name) == now, now
        return not (same and speed_mps > FROZEN_MPS)
