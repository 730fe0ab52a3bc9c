"""Gas: a level that lasts, against a limit and against clean air, and whether it comes from the target."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import numpy as np

from rudel.core.findings import XYZ, Capture, Evidence, Finding, Inspection, Measurement, Plain
from rudel.core.readings import GasReading, Reading
from rudel.inspection import plume, verdict
from rudel.inspection.detector import History
from rudel.inspection.plume import Air, Fit, Source, Trail

NAME = "gas"
KINDS = ("gas_bottle",)
LIMITS = (
    "Smells only the gases that there is a sensor for. Sources are told apart by how the level rose on the way here; "
    "walls, draughts and puffs, which bend that, are not known to it. Leaks of one gas within 3 m count as one. "
    "Rates are good to a factor of several."
)

# Tenth of the lower explosive limit (EN 60079-20-1), and German occupational limits (TRGS 900); from memory.
ALARM_PPM = {"CH4": 4400.0, "H2": 4000.0, "CO": 30.0, "H2S": 5.0, "CO2": 5000.0, "NH3": 20.0}
RAISED_PPM = 60.0  # above clean air: several times what noise and ordinary variation do
WINDOW_S, KEEP = 120.0, 600
DWELL_S = 4.0  # a level counts when so much of it lasts
_HERE_M, _ELSEWHERE_M = 0.8, 3.0  # a source that near to the target counts as being there
_HERE, _ELSEWHERE = 0.0, 6.0  # by so much must one explanation beat the other (plume.Fit.score): bottles do leak
_LEAST_READINGS, _LEAST_EXTENT_M = 8, 1.5
_LOCATED_M = 2.0  # standard deviation of a place that is worth sending somebody to


class Gas:
    """See ``rudel.inspection.detector.Detector``. Expected: species (gas by formula), limit_ppm.

    ``feed`` it all gas readings of the round with where they were taken; without, it can tell levels but not places.
    """

    name, kinds, limits = NAME, KINDS, LIMITS

    def __init__(self, air: Air | None = None) -> None:
        self.air = air or Air()
        self._kept: dict[str, deque[tuple[float, XYZ, float]]] = {}
        self._alarmed: dict[str, float] = {}
        self._known: dict[str, list[XYZ]] = {}  # leaks that were found at points, by gas

    def feed(self, position: XYZ, reading: GasReading) -> None:
        """One reading, and where its sensor was in the map [m]. What is not a number is left out."""
        if not (math.isfinite(reading.ppm) and reading.ppm >= 0 and np.isfinite(position).all()):
            return
        kept = self._kept.setdefault(reading.gas, deque(maxlen=KEEP))
        if kept and not reading.time_s > kept[-1][0]:
            return  # repeated, or a clock that jumped back
        kept.append((reading.time_s, position, reading.ppm))

    def trail(self, gas: str, until_s: float = math.inf) -> Trail:
        """What was smelt of one gas in the last WINDOW_S before ``until_s``."""
        kept = list(self._kept.get(gas, ()))  # at once: readings may come while a look is under way in another thread
        kept = [one for one in kept if one[0] <= until_s]
        kept = [one for one in kept if one[0] >= kept[-1][0] - WINDOW_S]
        return Trail(
            gas,
            np.array([one[0] for one in kept]),
            np.array([one[1] for one in kept], np.float64).reshape(-1, 3),
            np.array([one[2] for one in kept]),
        )

    def look(self, capture: Capture, history: History) -> Inspection:
        expected = capture.target.expected
        readings = smelt_in(capture.readings)
        species = str(expected.get("species", "")) or (next(iter(readings)) if len(readings) == 1 else "")
        reading = readings.get(species)
        if reading is None:
            there = ", ".join(sorted(readings)) or "none"
            return verdict.abstained(
                NAME, capture, f"no sensor for {species or 'this gas'}; there is: {there}", history
            )
        evidence = [Evidence("gas", reading.time_s)]
        if not (math.isfinite(reading.ppm) and reading.ppm >= 0):
            return verdict.abstained(NAME, capture, "the gas reading is not a number", history, evidence)
        limit = verdict.number(expected, "limit_ppm") or ALARM_PPM.get(species, RAISED_PPM)
        trail = self.trail(species, capture.time_s)
        level = _lasting(trail, reading)
        raised = level - plume.BACKGROUND_PPM.get(species, 0.0)
        measured = Measurement(level, "ppm", self.air.nose.noise_ppm + self.air.nose.noise_share * level)
        if raised < min(RAISED_PPM, max(limit, 2.5 * self.air.nose.limit_ppm)):
            return verdict.stated(NAME, capture, f"{species} {level:.0f} ppm: clean", 0.95, evidence, None, measured)
        severity = "critical" if level >= limit else "major"
        data: dict[str, Plain] = {"gas": species, "limit_ppm": limit, "raised_ppm": round(raised, 1)}
        if len(trail) < _LEAST_READINGS or trail.extent_m < _LEAST_EXTENT_M:
            data["source"] = "not located: too few readings along the way"
            wrong = verdict.finding(NAME, capture, "gas", severity, 0.6, evidence, measured, data)
            return verdict.stated(NAME, capture, f"{species} {level:.0f} ppm", 0.6, evidence, wrong, measured)
        here, elsewhere = self._explanations(capture, trail)
        own = here.sources[0].here_ppm if here.sources else 0.0
        better = elsewhere.score - here.score
        if better > _HERE and own > max(0.15 * raised, RAISED_PPM / 2):
            sure = min(0.99, 0.6 + 0.4 * min(1.0, better / 60.0))
            source = here.sources[0]
            data |= {"source": list(source.position), "source_std_m": round(source.std_m, 1)}
            data |= {"rate_gps_about": _rough(source.rate_gps)}
            self._known.setdefault(species, []).append(source.position)
            wrong = verdict.finding(NAME, capture, "gas", severity, sure, evidence, measured, data)
            return verdict.stated(
                NAME, capture, f"{species} {level:.0f} ppm from here", sure, evidence, wrong, measured
            )
        words = f"{species} {level:.0f} ppm"
        if better < -_ELSEWHERE or (elsewhere.sources and own < 0.3 * raised):
            words += f", from elsewhere: {_place(elsewhere)}"
            return verdict.stated(NAME, capture, words, 0.8, evidence, None, measured)
        return verdict.abstained(
            NAME, capture, f"{words}, but whether from here or from elsewhere cannot be told", history, evidence
        )

    def _explanations(self, capture: Capture, trail: Trail) -> tuple[Fit, Fit]:
        """The trail with a source at the target in any case, and with sources elsewhere only."""
        x, y, z = capture.target.look_at
        steps = (-_HERE_M / 2, 0.0, _HERE_M / 2)
        here = np.array([(x + dx, y + dy, z + dz) for dx in steps for dy in steps for dz in (0.0, 0.5)])
        around = plume.grid(trail, z + 0.3)
        apart = np.hypot(around[:, 0] - x, around[:, 1] - y) > _ELSEWHERE_M
        return plume.explain(trail, around[apart], self.air, here), plume.explain(trail, around[apart], self.air)

    def on_the_way(self, now_s: float, evidence_channel: str = "gas") -> list[Finding]:
        """What has to be said between points: a level above its alarm limit that lasts, once in 5 min for a gas.

        Only where its source can be located, and is not a leak that was found at a point already.
        """
        found: list[Finding] = []
        for gas in sorted(self._kept):
            trail = self.trail(gas, now_s)
            limit = ALARM_PPM.get(gas, RAISED_PPM)
            recent = trail.ppm[trail.time_s >= now_s - DWELL_S]
            if len(recent) < 3 or recent.min() < limit or now_s - self._alarmed.get(gas, -math.inf) < 300.0:
                continue
            source = self._new_source(trail)
            if source is None:
                continue
            self._alarmed[gas] = now_s
            level = float(np.median(recent))
            data: dict[str, Plain] = {"gas": gas, "limit_ppm": limit}
            data |= {"source_std_m": round(source.std_m, 1), "rate_gps_about": _rough(source.rate_gps)}
            found.append(
                Finding(
                    id=f"way/{NAME}/{gas}/{now_s:.3f}",
                    point="",
                    kind="gas",
                    severity="critical",
                    confidence=0.9,
                    time_s=now_s,
                    detector=NAME,
                    evidence=(Evidence(evidence_channel, float(trail.time_s[-1])),),
                    position=source.position,
                    measured=Measurement(level, "ppm", self.air.nose.noise_ppm + self.air.nose.noise_share * level),
                    data=data,
                )
            )
        return found

    def _new_source(self, trail: Trail) -> Source | None:
        """The source that adds most here, if its place is known well enough and new."""
        if len(trail) < _LEAST_READINGS or trail.extent_m < _LEAST_EXTENT_M:
            return None
        fit = plume.explain(trail, plume.grid(trail, 0.5), self.air)
        source = max(fit.sources, key=lambda one: one.here_ppm, default=None)
        if source is None or source.std_m > _LOCATED_M:
            return None
        x, y, _ = source.position
        near = (math.hypot(x - u, y - v) < _ELSEWHERE_M for u, v, _ in self._known.get(trail.gas, ()))
        return None if any(near) else source


def make() -> Gas:
    """The detector, in still air."""
    return Gas()


def smelt_in(readings: Mapping[str, Reading]) -> dict[str, GasReading]:
    """Gas readings of a capture by their gas: "gas", or "gas/CH4" and so on."""
    found = [
        one for name, one in sorted(readings.items()) if name.split("/")[0] == "gas" and isinstance(one, GasReading)
    ]
    return {one.gas: one for one in found}


def _lasting(trail: Trail, reading: GasReading) -> float:
    """The level of the last seconds; of the reading itself where there is no trail."""
    recent = trail.ppm[trail.time_s >= reading.time_s - DWELL_S] if len(trail) else trail.ppm
    return float(np.median(recent)) if len(recent) >= 3 else reading.ppm


def _rough(rate_gps: float) -> float:
    """One digit: more is not known."""
    return float(f"{rate_gps:.1g}")


def _place(fit: Fit) -> str:
    source = fit.sources[0] if fit.sources else None
    if source is None:
        return "nothing on the way explains it"
    x, y, _ = source.position
    return f"about ({x:.0f}, {y:.0f}) +- {source.std_m:.0f} m"
