"""A gas sensor: sources spread by wind and turbulence, read late and coarsely."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput, UnknownName
from rudel.core.readings import GasReading
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.sense import Span, Taken, Ticks
from rudel.worlds.place import Gas

Array = NDArray[np.floating]

GAS_CONSTANT = 8.314462618  # J / (mol K)
PRESSURE_PA = 101_325.0
MOLAR_MASS_GPMOL = {
    "CH4": 16.043,
    "CO": 28.010,
    "CO2": 44.009,
    "H2S": 34.081,
    "NH3": 17.031,
    "SF6": 146.055,
    "H2": 2.016,
}
BACKGROUND_PPM = {"CO2": 420.0, "CH4": 1.9}  # in clean air
NEAREST_M = 0.1  # closer to a source the law says infinity; the leak itself has a size


@dataclass(frozen=True)
class Spreading:
    """How gas spreads.

    A steady source of q [g/s] in a wind of speed U along x and a turbulence of diffusivity K has, at distance r,

        c = q / (4 pi K r) exp(-U (r - x) / (2 K))

    [g/m^3] (Roberts 1923; the solution of steady advection and isotropic diffusion in open space): 1 / r in still air,
    a plume of constant strength downwind, hardly anything upwind. Walls, buoyancy and puffs are left out.

    Attributes:
        diffusivity_m2ps: K [m^2/s]; 0.001 to 0.013 was measured in naturally ventilated rooms (Cheng et al. 2011,
            Environmental Science & Technology 45, 4016).
        wind_mps: (3,) velocity of the air.
        air_c: its temperature, for the volume of a gram.
    """

    diffusivity_m2ps: float = 0.01
    wind_mps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    air_c: float = 20.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.diffusivity_m2ps) and self.diffusivity_m2ps > 0):
            raise BadInput(f"diffusivity_m2ps is {self.diffusivity_m2ps}, must be a number > 0")

    def ppm(self, kind: str, point: Array, sources: tuple[Gas, ...]) -> float:
        """Concentration by volume of the gas ``kind`` at ``point`` (3,) [m]: the sum of its sources and background."""
        grams, wind_mps = 0.0, math.hypot(*self.wind_mps)
        x, y, z = np.asarray(point).tolist()
        u, v, w = self.wind_mps
        for source in sources:
            if source.kind != kind:
                continue
            dx, dy, dz = x - source.position[0], y - source.position[1], z - source.position[2]
            r = max(math.sqrt(dx * dx + dy * dy + dz * dz), NEAREST_M)
            lag = wind_mps * r - (u * dx + v * dy + w * dz)  # U (r - x)
            strength = source.rate_gps / (4 * math.pi * self.diffusivity_m2ps * r)
            grams += strength * math.exp(-max(lag, 0.0) / (2 * self.diffusivity_m2ps))
        litres_per_mol = GAS_CONSTANT * (self.air_c + 273.15) / PRESSURE_PA  # m^3/mol
        added = grams / molar_mass(kind) * litres_per_mol * 1e6
        return min(BACKGROUND_PPM.get(kind, 0.0) + added, 1e6)


def molar_mass(kind: str) -> float:
    """[g/mol] of a gas."""
    if kind not in MOLAR_MASS_GPMOL:
        raise UnknownName("gas", kind, MOLAR_MASS_GPMOL)
    return MOLAR_MASS_GPMOL[kind]


@dataclass(frozen=True)
class GasSpec:
    """What a gas sensor can do. Assumed, in the range of small infrared cells (T90 of 20 to 30 s).

    Attributes:
        kind: which gas.
        rate_hz: readings per second.
        lag_s: time constant of its first-order lag; T90 = 2.3 lag.
        noise_ppm, noise_share: white noise, and as a share of the reading.
        limit_ppm: less than this reads 0.
        max_ppm: it shows no more.
    """

    kind: str = "CH4"
    rate_hz: float = 1.0
    lag_s: float = 10.0
    noise_ppm: float = 5.0
    noise_share: float = 0.02
    limit_ppm: float = 20.0
    max_ppm: float = 50_000.0

    def __post_init__(self) -> None:
        molar_mass(self.kind)
        for name in ("lag_s", "noise_ppm", "noise_share", "limit_ppm"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise BadInput(f"GasSpec.{name} is {getattr(self, name)}, must be a number >= 0")
        if not self.limit_ppm < self.max_ppm:
            raise BadInput(f"GasSpec needs limit_ppm < max_ppm, got {self.limit_ppm} and {self.max_ppm}")


class GasSensor:
    """See ``Sense``. It begins at rest, with what its first span shows."""

    def __init__(
        self,
        spec: GasSpec,
        mount: Mount,
        sources: tuple[Gas, ...],
        spreading: Spreading,
        rng: np.random.Generator,
        clock: ClockError | None = None,
    ) -> None:
        self.spec, self.mount, self.clock = spec, mount, clock or ClockError()
        self._sources, self._spreading = sources, spreading
        self._rng, self._ticks = rng, Ticks(spec.rate_hz, self.clock)
        self._level: float | None = None

    def advance(self, span: Span) -> list[Taken]:
        spec = self.spec
        inlet, _ = self.mount.on(span.end.position, span.end.quat)
        outside = self._spreading.ppm(spec.kind, inlet, self._sources)
        if self._level is None or spec.lag_s == 0:
            self._level = outside
        else:  # exact for an inlet that stays where it is during the span
            self._level += (outside - self._level) * -math.expm1(-(span.end_s - span.start_s) / spec.lag_s)
        if not self._ticks.due(span):
            return []
        white, share = self._rng.normal(size=2)
        shown = self._level * (1 + spec.noise_share * share) + spec.noise_ppm * white
        ppm = 0.0 if shown < spec.limit_ppm else min(float(shown), spec.max_ppm)
        return [Taken(span.end_s, GasReading(self.clock.stamp_s(span.end_s), self.mount.frame, spec.kind, ppm))]
