"""Dial gauge: a needle before a round scale with numbers, a green range and a red zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import BRASS, DARK, STEEL, Body, Draft, Site, Skin
from rudel.worlds.things._mesh import disc, lathe, ring, rod

SITE = Site("G", "wall", (0.42, 0.66), 0.3, True)

DIAL_PX = 512
RADIUS_M = 0.10  # EN 837-1 lists nominal diameters of 40 to 250 mm; 200 can be read by passing by
SWEEP_DEG = 270.0  # EN 837-1: the scale of a dial gauge spans 270 degrees
_START_DEG = 225.0  # of the scale's lowest value, anticlockwise from the right
_RIM = 0.94  # of the half picture: outer edge of the scale's band


@dataclass(frozen=True)
class Scale:
    """A dial: unit, ends, distance between numbers, and the green range; red begins at ``red``."""

    quantity: str
    unit: str
    low: float
    high: float
    step: float
    green: tuple[float, float]
    red: float


SCALES = (
    Scale("pressure", "bar", 0, 10, 1, (3, 7), 8.5),
    Scale("pressure", "bar", 0, 16, 2, (6, 11), 13),
    Scale("pressure", "bar", 0, 4, 0.5, (1, 2.5), 3.25),
    Scale("temperature", "\N{DEGREE SIGN}C", 0, 120, 20, (30, 75), 95),
    Scale("pressure", "kPa", 0, 600, 100, (200, 400), 500),
)


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A gauge on a wall; faulty: its value is outside of the green range.

    Truth: value [unit], unit, quantity, scale_low, scale_high, low and high of the green range, label.
    """
    scale = SCALES[int(rng.integers(len(SCALES)))]
    value = round(_value(rng, scale, faulty), 3)
    draft = Draft()
    depth = 0.07
    face = Skin(image=dial(scale, value, label), emission=0.25)
    draft.add(face, disc((depth - 0.012, 0, 0), (1, 0, 0), RADIUS_M * 0.97))
    draft.add(
        STEEL,
        lathe((0, 0, 0), (1, 0, 0), ((0.02, 0), (0.02, RADIUS_M), (depth, RADIUS_M)), 40),
        ring((depth, 0, 0), (1, 0, 0), RADIUS_M, 0.009, 40),
    )
    draft.add(BRASS, rod((0.04, 0, -RADIUS_M), (0.04, 0, -RADIUS_M - 0.05), 0.012, 6))
    draft.add(
        DARK,
        rod((0.04, 0, -RADIUS_M - 0.05), (0.04, 0, -RADIUS_M - 0.09), 0.022, 6),
        rod((0, 0, 0), (0.03, 0, 0), 0.03),
    )
    truth = {
        "label": label,
        "quantity": scale.quantity,
        "unit": scale.unit,
        "value": value,
        "scale_low": scale.low,
        "scale_high": scale.high,
        "low": scale.green[0],
        "high": scale.green[1],
    }
    return Body("dial_gauge", draft.pieces(), truth, "out_of_range" if faulty else None, (depth, 0, 0))


def dial(scale: Scale, value: float, label: str) -> canvas.Image:
    """The face (DIAL_PX, DIAL_PX, 3) with the needle at ``value``."""
    over = 2  # drawn at twice the size and halved: smoother than anti-aliased strokes
    half = DIAL_PX * over / 2
    image = canvas.blank(int(2 * half), int(2 * half))

    def at(v: float, r: float) -> tuple[float, float]:
        a = np.deg2rad(_START_DEG - SWEEP_DEG * (v - scale.low) / (scale.high - scale.low))
        return half * (1 + r * float(np.cos(a))), half * (1 - r * float(np.sin(a)))

    for start, end, colour in ((*scale.green, canvas.GREEN), (scale.red, scale.high, canvas.RED)):
        along = np.linspace(start, end, 60)
        outer, inner = ([at(float(v), r) for v in along] for r in (_RIM, _RIM - 0.075))
        canvas.polygon(image, np.array(outer + inner[::-1]), colour)
    minor = scale.step / 5
    for k in range(round((scale.high - scale.low) / minor) + 1):
        v = scale.low + k * minor
        major = k % 5 == 0
        canvas.line(image, at(v, _RIM), at(v, _RIM - (0.15 if major else 0.09)), over * (6 if major else 3))
        if major:
            canvas.text(image, f"{v:g}", at(v, 0.64), 0.085 * 2 * half * 0.72)
    canvas.text(image, scale.unit, (half, half * 1.42), 0.075 * 2 * half)
    canvas.text(image, label, (half, half * 1.72), 0.05 * 2 * half, (70, 70, 75), fit=0.5 * half)
    tip, tail = np.array(at(value, _RIM - 0.08)), np.array(at(value, -0.22))
    side = np.array([[0, -1], [1, 0]]) @ (tip - tail) / np.linalg.norm(tip - tail)
    thick = half * np.array([0.016, 0.045])
    canvas.polygon(
        image,
        np.array([tip + side * thick[0], tip - side * thick[0], tail - side * thick[1], tail + side * thick[1]]),
        canvas.BLACK,
    )
    canvas.dot(image, (half, half), half * 0.085, canvas.BLACK)
    canvas.dot(image, (half, half), half * 0.03, (150, 150, 155))
    return canvas.shrink(image, over)


def _value(rng: np.random.Generator, scale: Scale, faulty: bool) -> float:
    """Well inside the green range, or well outside of it, by a twentieth of the scale."""
    low, high = scale.green
    margin = (scale.high - scale.low) / 20
    if not faulty:
        return float(rng.uniform(low + margin, high - margin))
    below, above = (scale.low, low - margin), (scale.red, scale.high)
    return float(rng.uniform(*(above if rng.random() < 0.6 else below)))
