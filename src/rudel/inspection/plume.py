"""Where gas comes from, by readings along a way: sources whose spreading explains them, fitted by least squares.

In still air a steady source of q [g/s] adds q / (4 pi K r) at distance r, and in a wind of speed U along x that times
exp(-U (r - x) / 2K) (Roberts 1923). K, the diffusivity by turbulence, is hardly ever known: places come out well, rates
only within a factor of several.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BACKGROUND_PPM = {"CO2": 420.0, "CH4": 1.9}  # clean air
MOLAR_MASS_GPMOL = {"CH4": 16.043, "CO": 28.010, "CO2": 44.009, "H2S": 34.081, "NH3": 17.031, "H2": 2.016}
LITRES_PER_MOL = 24.05  # at 20 degrees C
DIFFUSIVITY_M2PS = 0.01  # 0.001 to 0.013 in naturally ventilated rooms (Cheng et al. 2011, from memory)
NEAREST_M = 0.2
AROUND_M, GRID_M = 12.0, 1.0
MOST_SOURCES, _SWEEPS = 3, 6
_PRICE = 9.0  # drop of the misfit that one more source must be worth: three sigmas


@dataclass(frozen=True)
class Nose:
    """What a gas sensor does: time constant [s]; noise [ppm] and as a share; least reading [ppm]."""

    lag_s: float = 10.0
    noise_ppm: float = 8.0
    noise_share: float = 0.04
    limit_ppm: float = 20.0


@dataclass(frozen=True, eq=False)
class Trail:
    """Readings of one gas: times (n,) [s] ascending, places of the sensor (n, 3) [m], readings (n,) [ppm]."""

    gas: str
    time_s: Floats
    position: Floats
    ppm: Floats

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def extent_m(self) -> float:
        """Largest distance of a reading's place from that of the last."""
        return float(np.linalg.norm(self.position - self.position[-1], axis=1).max()) if len(self) else 0.0


@dataclass(frozen=True)
class Source:
    """A leak: place [m] and its standard deviation [m], rate [g/s] if K is as assumed, ppm that it adds at the end."""

    position: tuple[float, float, float]
    std_m: float
    rate_gps: float
    here_ppm: float


@dataclass(frozen=True, eq=False)
class Fit:
    """An explanation of a trail: sources, the sum of squared residuals over their variances, and what is left over."""

    sources: tuple[Source, ...]
    misfit: float
    count: int

    @property
    def score(self) -> float:
        """The misfit and the price of its sources: less is better."""
        return self.misfit + _PRICE * len(self.sources)


@dataclass(frozen=True, eq=False)
class Air:
    """What is known of the air: velocity (3,) [m/s] (None: still) and diffusivity [m^2/s]."""

    wind_mps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    diffusivity_m2ps: float = DIFFUSIVITY_M2PS
    nose: Nose = field(default_factory=Nose)


def smelt(places: Floats, trail: Trail, air: Air) -> Floats:
    """(n, m) what a sensor shows along ``trail`` of 1 g/s at each of ``places`` (m, 3) [ppm]: spread, then lagged."""
    away = trail.position[:, None, :] - places[None]
    r = np.maximum(np.linalg.norm(away, axis=2), NEAREST_M)
    wind = np.array(air.wind_mps)
    lag = np.linalg.norm(wind) * r - away @ wind
    grams = np.exp(-np.maximum(lag, 0.0) / (2 * air.diffusivity_m2ps)) / (4 * math.pi * air.diffusivity_m2ps * r)
    ppm = grams / MOLAR_MASS_GPMOL.get(trail.gas, 29.0) * LITRES_PER_MOL * 1e3
    return lagged(ppm, trail.time_s, air.nose.lag_s)


def lagged(outside: Floats, time_s: Floats, lag_s: float) -> Floats:
    """A first-order lag of (n, m), at rest in the beginning."""
    out = np.array(outside, np.float64)
    for k in range(1, len(out)):
        share = -math.expm1(-max(float(time_s[k] - time_s[k - 1]), 0.0) / lag_s) if lag_s > 0 else 1.0
        out[k] = out[k - 1] + (outside[k] - out[k - 1]) * share
    return out


def explain(trail: Trail, places: Floats, air: Air, first: Floats | None = None) -> Fit:
    """The sources out of ``places`` (m, 3) that explain a trail, one after another as long as it helps.

    Args:
        trail: readings.
        places: where sources may be.
        air: how gas spreads.
        first: (k, 3) places of which one is among the sources in any case; None: no such wish.
    """
    y, std = _weighed(trail, air.nose)
    pool = places if first is None else np.concatenate((first, places))
    shape = smelt(pool, trail, air) / std[:, None]
    must = 0 if first is None else len(first)
    chosen: list[int] = []
    rates, left = np.zeros(0), y
    for _ in range(MOST_SOURCES):
        forced = must > 0 and not chosen
        k = _fittest(shape[:, :must] if forced else shape, left)
        if k is None or k in chosen:
            break
        tried = _settled([*chosen, k], shape, y, must)
        got = _positive(shape[:, tried], y)
        rest = y - shape[:, tried] @ got
        if not forced and float(left @ left) - float(rest @ rest) < _PRICE:
            break
        chosen, rates, left = tried, got, rest
    sources: list[Source] = []
    for k, rate in zip(chosen, rates.tolist(), strict=True):
        x, y_, z = pool[k].tolist()
        here = float(shape[-1, k] * std[-1] * rate)
        sources.append(Source((x, y_, z), _spread(shape, left, k, rate, pool), rate, here))
    return Fit(tuple(sources), float(left @ left), len(trail))


def _weighed(trail: Trail, nose: Nose) -> tuple[Floats, Floats]:
    """Readings above clean air over their standard deviations (n,), and those [ppm]; a 0 only says: below the limit."""
    heard = trail.ppm > 0
    std = nose.noise_ppm + nose.noise_share * np.abs(trail.ppm) + np.where(heard, 0.0, nose.limit_ppm / 2)
    return (trail.ppm - np.where(heard, BACKGROUND_PPM.get(trail.gas, 0.0), 0.0)) / std, std


def _fittest(shape: Floats, left: Floats) -> int | None:
    """The column that explains most of what is left by itself, None: none explains anything."""
    fitness = (left @ shape) / (np.linalg.norm(shape, axis=0) + 1e-12)
    k = int(np.argmax(fitness))
    return k if fitness[k] > 0 else None


def _settled(chosen: list[int], shape: Floats, y: Floats, must: int) -> list[int]:
    """The same number of columns, each chosen anew while the others stay, until that changes nothing.

    The first stays among the first ``must`` columns.
    """
    for _ in range(_SWEEPS):
        before = list(chosen)
        for i in range(len(chosen)):
            others = [k for j, k in enumerate(chosen) if j != i]
            rest, allowed = y, shape[:, :must] if must and i == 0 else shape
            if others:  # what the others can do as well does not count
                basis, _ = np.linalg.qr(shape[:, others])
                allowed, rest = allowed - basis @ (basis.T @ allowed), y - basis @ (basis.T @ y)
            k = _fittest(allowed, rest)
            if k is not None and k not in others:
                chosen[i] = k
        if chosen == before:
            break
    return chosen


def grid(trail: Trail, height_m: float) -> Floats:
    """Places (m, 3) around a trail, GRID_M apart, at one height."""
    low, high = trail.position[:, :2].min(axis=0) - AROUND_M, trail.position[:, :2].max(axis=0) + AROUND_M
    x, y = (np.arange(a, b + GRID_M, GRID_M) for a, b in zip(low, high, strict=True))
    gx, gy = np.meshgrid(x, y)
    return np.stack((gx.ravel(), gy.ravel(), np.full(gx.size, height_m)), axis=1)


def _positive(shape: Floats, y: Floats) -> Floats:
    """Least squares with no negative rate, for few columns: what comes out negative is left out."""
    active = list(range(shape.shape[1]))
    out = np.zeros(shape.shape[1])
    while active:
        got = np.linalg.lstsq(shape[:, active], y, rcond=None)[0]
        if (got >= 0).all():
            out[active] = got
            break
        active.pop(int(np.argmin(got)))
    return out


def _spread(shape: Floats, left: Floats, k: int, rate: float, pool: Floats) -> float:
    """Standard deviation [m] of a source's place: of all places that would do nearly as well in its stead."""
    wanted = left + shape[:, k] * rate
    norm = (shape**2).sum(axis=0) + 1e-12
    gain = np.maximum(wanted @ shape, 0.0) ** 2 / norm
    misfit = float(wanted @ wanted) - gain
    scale = max(1.0, float(left @ left) / max(len(left) - 3, 1))  # a model that does not fit is not trusted that far
    weight = np.exp(-(misfit - misfit.min()) / (2 * scale))
    away = ((pool[:, :2] - pool[k, :2]) ** 2).sum(axis=1)
    return float(math.sqrt((weight @ away) / weight.sum()) + GRID_M / math.sqrt(6))
