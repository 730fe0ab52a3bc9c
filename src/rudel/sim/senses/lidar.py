"""A LiDAR: rays at their own times from a moving base, with noise, dropouts and dust."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.core.readings import Scan
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.rays import Hits, Rays
from rudel.sim.senses.sense import Span, Taken
from rudel.sim.senses.sweep import Spinning, Sweep

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LidarSpec:
    """What a LiDAR can do; the numbers are a Velodyne VLP-16's where it states them (user manual 63-9243).

    A surface of reflectivity rho that is hit at an angle with cosine c returns a signal of

        s = (rho c / 0.1) (dark_range_m / r)^2 exp(-2 dust_per_m r)

    times what can just be seen: the radar equation of a diffuse surface that fills the beam, with extinction on both
    ways. It is detected with probability 1 - 2^-s: one half at ``dark_range_m`` for a reflectivity of 10 %.

    Attributes:
        sweep: directions.
        rate_hz: sweeps per second.
        min_m, max_m: nothing is reported outside [m].
        noise_m: standard deviation of a range [m] (stated: accuracy up to +-3 cm, taken as two sigma).
        dark_range_m: see above [m]; assumed: half of the largest range.
        dropout: share of rays that get lost for no reason.
        dust_per_m: chance per metre of meeting a speck of dust that returns the ray [1/m]: 0 clean air, 0.01 dusty.
    """

    sweep: Sweep = field(default_factory=Spinning)
    rate_hz: float = 10.0
    min_m: float = 0.3
    max_m: float = 100.0
    noise_m: float = 0.015
    dark_range_m: float = 50.0
    dropout: float = 0.002
    dust_per_m: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rate_hz", "max_m", "dark_range_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise BadInput(f"LidarSpec.{name} is {getattr(self, name)}, must be a number > 0")
        for name in ("min_m", "noise_m", "dropout", "dust_per_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise BadInput(f"LidarSpec.{name} is {getattr(self, name)}, must be a number >= 0")
        if not (self.min_m < self.max_m and self.dropout <= 1):
            raise BadInput(
                f"LidarSpec needs min_m < max_m and dropout <= 1, got {self.min_m}, {self.max_m}, {self.dropout}"
            )

    def ideal(self) -> LidarSpec:
        """The same without noise, dropouts and dust; the ranges stay."""
        return dataclasses.replace(self, noise_m=0.0, dark_range_m=1e9, dropout=0.0, dust_per_m=0.0)


class Lidar:
    """See ``Sense``. A scan is complete with its last column; a sweep that was not watched from its start is left out.

    Args:
        spec: what it can do.
        mount: where it sits.
        rays: the world that it looks at.
        albedo: (ngeom,) diffuse reflectivity of each geom, see rudel.sim.senses.surfaces.
        rng: where noise comes from.
        clock: its own; it sets the pace as well as the stamps.
    """

    def __init__(
        self,
        spec: LidarSpec,
        mount: Mount,
        rays: Rays,
        albedo: Floats,
        rng: np.random.Generator,
        clock: ClockError | None = None,
    ) -> None:
        self.spec, self.mount, self.clock = spec, mount, clock or ClockError()
        self._rays, self._albedo, self._rng = rays, albedo, rng
        self._column_s = 1 / (spec.rate_hz * self.clock.rate * spec.sweep.columns)  # true time
        self._next: int | None = None  # column since true time 0
        self._parts: list[tuple[Floats, Floats, NDArray[np.uint16], Floats]] = []
        self._whole = False  # was the present sweep watched from its start?

    def advance(self, span: Span) -> list[Taken]:
        columns, taken = self.spec.sweep.columns, []
        first = math.ceil(span.start_s / self._column_s - 1e-6)
        if self._next is None or first > self._next:  # time has passed that nobody showed
            self._next, self._whole = first, False
            self._parts.clear()
        stop = math.ceil(span.end_s / self._column_s - 1e-6)
        while self._next < stop:
            sweep, column = divmod(self._next, columns)
            if column == 0:
                self._whole = True
            n = min(stop - self._next, columns - column)
            if self._whole:
                self._parts.append(self._shoot(span, self._next, n, column))
            self._next += n
            if column + n == columns and self._whole:
                end_s = (sweep + 1) * columns * self._column_s
                taken.append(Taken(end_s, self._scan(sweep * columns * self._column_s)))
        return taken

    def _scan(self, start_s: float) -> Scan:
        points, offsets, ring, intensity = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        self._parts.clear()
        return Scan(self.clock.stamp_s(start_s), self.mount.frame, points, offsets, ring, intensity)

    def _shoot(self, span: Span, first: int, n: int, column: int) -> tuple[Floats, Floats, NDArray[np.uint16], Floats]:
        """Points (k, 3), time offsets, rings and intensities of n columns."""
        lines = self.spec.sweep.lines
        local = self.spec.sweep.directions(first, n)
        position, quat = self.mount.on(*span.poses_at((first + np.arange(n)) * self._column_s))
        hits = self._rays.cast(position.astype(np.float32), _turned(local, quat), span.data)
        measured, intensity = self._measure(hits)
        kept = np.flatnonzero(np.isfinite(measured))
        points = local.reshape(-1, 3).take(kept, axis=0)
        points *= measured.take(kept)[:, None]
        period_s = 1 / (self.spec.rate_hz * self.spec.sweep.columns)  # on its own clock
        behind = kept // lines
        offsets = ((column + behind) * period_s).astype(np.float32)
        return points, offsets, (kept - behind * lines).astype(np.uint16), intensity.take(kept)

    def _measure(self, hits: Hits) -> tuple[Floats, Floats]:
        """Range [m] of each ray, infinite where none is reported, and intensity."""
        spec, rng, n = self.spec, self._rng, len(hits.geom)
        # every ray draws the same numbers, whatever it meets: what is off does not shift the noise of what is on
        chance, lost = rng.random((2, n), np.float32)
        noise = rng.standard_normal(n, np.float32)
        distance, met = hits.distance_m, hits.geom >= 0
        intensity = np.where(met, self._albedo.take(hits.geom, mode="wrap") * hits.cosine, np.float32(0))
        near = np.where(met, distance, np.float32(spec.max_m))
        signal = intensity * np.float32(10 * spec.dark_range_m**2) / np.square(np.maximum(near, np.float32(1e-3)))
        if spec.dust_per_m > 0:
            signal *= np.exp(np.float32(-2 * spec.dust_per_m) * near)
        measured = np.where(met & (chance < -np.expm1(np.float32(-math.log(2)) * signal)), distance, np.float32(np.inf))
        if spec.dust_per_m > 0:
            speck = rng.standard_exponential(n, np.float32) * np.float32(1 / spec.dust_per_m)
            dusty = speck < distance  # also where a surface behind would have been lost
            measured, intensity = np.where(dusty, speck, measured), np.where(dusty, np.float32(0.01), intensity)
        measured = measured + np.float32(spec.noise_m) * noise
        reported = (measured >= spec.min_m) & (measured <= spec.max_m) & (lost >= spec.dropout)
        return np.where(reported, measured, np.float32(np.inf)), intensity


def _turned(local: Floats, quats: NDArray[np.floating]) -> Floats:
    """Rays (n, m, 3) turned by unit quaternions (n, 4); written out: many small products of matrices take longer."""
    w, x, y, z = (np.asarray(quats[:, k], np.float64) for k in range(4))
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    rays = [np.ascontiguousarray(local[..., k]) for k in range(3)]
    turned = np.empty_like(local)
    for axis, row in enumerate(rows):
        a, b, c = (factor.astype(np.float32)[:, None] for factor in row)
        part = rays[0] * a
        part += rays[1] * b
        part += rays[2] * c
        turned[..., axis] = part
    return turned
