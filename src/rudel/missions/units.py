"""Units that mission files may use: what they measure, and how they turn into the SI unit of the stack.

Factors are exact by definition (BIPM, SI Brochure, 9th edition; psi from the international pound and inch, standard
gravity 9.80665 m/s^2).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rudel.missions.problem import unknown


@dataclass(frozen=True)
class Unit:
    """``si = value * factor + offset``, of the quantity ``measures``."""

    measures: str
    factor: float = 1.0
    offset: float = 0.0


_TABLE: dict[str, dict[str, Unit | float]] = {
    "length": {"m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0},
    "time": {"s": 1.0, "min": 60.0, "h": 3600.0},
    "speed": {"m/s": 1.0, "km/h": 1 / 3.6},
    "angle": {"rad": 1.0, "deg": math.pi / 180},
    "temperature": {
        "K": Unit("temperature", 1.0, -273.15),  # degrees Celsius are what the stack reckons temperatures in
        "degC": 1.0,
        "C": 1.0,
        "\N{DEGREE SIGN}C": 1.0,
        "degF": Unit("temperature", 5 / 9, -160 / 9),
        "\N{DEGREE SIGN}F": Unit("temperature", 5 / 9, -160 / 9),
    },
    "pressure": {
        "bar": 1e5, "mbar": 100.0, "Pa": 1.0, "hPa": 100.0, "kPa": 1e3, "MPa": 1e6, "psi": 6894.757293168361,
    },
    "concentration": {"ppm": 1.0, "ppb": 0.001, "%vol": 1e4},
    "flow": {"m3/h": 1.0, "m\N{SUPERSCRIPT THREE}/h": 1.0, "l/min": 0.06, "L/min": 0.06, "l/s": 3.6, "L/s": 3.6},
    "share": {"%": 0.01},
    "voltage": {"V": 1.0, "mV": 0.001, "kV": 1000.0},
    "current": {"A": 1.0, "mA": 0.001, "kA": 1000.0},
    "power": {"W": 1.0, "kW": 1000.0, "MW": 1e6},
    "frequency": {"Hz": 1.0, "kHz": 1000.0},
    "rotation": {"rpm": 1.0, "1/min": 1.0},
    "mass": {"kg": 1.0, "g": 0.001, "t": 1000.0},
}  # fmt: skip

UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        name: unit if isinstance(unit, Unit) else Unit(measures, unit)
        for measures, table in _TABLE.items()
        for name, unit in table.items()
    }
)
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S.*?)\s*")


def of(measures: str) -> tuple[str, ...]:
    """Names of the units of one quantity."""
    return tuple(name for name, unit in UNITS.items() if unit.measures == measures)


def convert(value: float, unit: str, to: str) -> float:
    """``value`` from one unit to another of the same quantity (KeyError: no such unit)."""
    a, b = UNITS[unit], UNITS[to]
    if a == b:
        return value
    return (value * a.factor + a.offset - b.offset) / b.factor


def quantity(text: str, to: str) -> float | str:
    """The number in "2 min" in the unit ``to``; a text says what is wrong with it."""
    match = _QUANTITY.fullmatch(text)
    measures = UNITS[to].measures
    if match is None:
        return f"{text[:80]!r} is not a number [{to}]; write for example 5, or 5 {to}"
    value, unit = float(match[1]), match[2]
    if unit not in UNITS or UNITS[unit].measures != measures:
        return unknown(f"unit of {measures}", unit, of(measures))
    return convert(value, unit, to)
