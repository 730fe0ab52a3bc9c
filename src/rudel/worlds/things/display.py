"""Digital display: seven-segment digits that glow in a dark window, with the limits printed below."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import DARK, GREY, Body, Draft, Site, Skin
from rudel.worlds.things._mesh import box, quad, rod

SITE = Site("D", "wall", (0.42, 0.66), 0.3, True)

# quantity, unit, decimals, low, high, reach of readings
_CHANNELS = (
    ("temperature", "\N{DEGREE SIGN}C", 1, 18.0, 65.0, (0.0, 99.9)),
    ("flow", "m3/h", 1, 20.0, 60.0, (0.0, 99.9)),
    ("level", "%", 1, 25.0, 80.0, (0.0, 99.9)),
    ("voltage", "V", 0, 380.0, 420.0, (300.0, 500.0)),
    ("current", "A", 1, 5.0, 45.0, (0.0, 75.0)),
)
#       a
#     f   b
#       g
#     e   c
#       d
_SEGMENTS = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc",
    "8": "abcdefg", "9": "abcdfg", "-": "g", " ": "",
}  # fmt: skip
_ENDS = {  # of each segment, in a cell of width 1 and height 2, y downwards
    "a": ((0, 0), (1, 0)), "b": ((1, 0), (1, 1)), "c": ((1, 1), (1, 2)), "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)), "f": ((0, 0), (0, 1)), "g": ((0, 1), (1, 1)),
}  # fmt: skip
_LIT, _UNLIT, _WINDOW = (255, 70, 40), (48, 16, 14), (22, 12, 12)
HALF_M = (0.13, 0.10)  # half width and height of the housing
PX_PER_M = 2000


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A display on a wall; faulty: its value is outside of the printed limits.

    Truth: value [unit] as shown, text, decimals, unit, quantity, low, high, label.
    """
    quantity, unit, decimals, low, high, reach = _CHANNELS[int(rng.integers(len(_CHANNELS)))]
    margin = 0.05 * (high - low)
    if faulty:
        spans = ((reach[0], low - margin), (high + margin, reach[1]))
        value = float(rng.uniform(*spans[int(rng.integers(2))]))
    else:
        value = float(rng.uniform(low + margin, high - margin))
    shown = f"{value:.{decimals}f}"
    draft = Draft()
    w, h = HALF_M
    depth = 0.08
    draft.add(GREY, box((depth / 2, 0, 0), (depth / 2, w, h)))
    face = Skin(image=front(shown, unit, f"{quantity.upper()}  {label}", f"MIN {low:g}   MAX {high:g}"), emission=0.35)
    inset = 0.006
    draft.add(
        face,
        quad((depth + 0.001, -w + inset, h - inset), (0, 2 * (w - inset), 0), (0, 0, -2 * (h - inset))),
    )
    draft.add(
        DARK,
        rod((0.04, -0.06, -h), (0.04, -0.06, -h - 0.04), 0.014),
        rod((0.04, 0.06, -h), (0.04, 0.06, -h - 0.04), 0.014),
    )
    truth = {
        "label": label,
        "quantity": quantity,
        "unit": unit,
        "text": shown,
        "decimals": decimals,
        "value": float(shown),
        "low": low,
        "high": high,
    }
    return Body("digital_display", draft.pieces(), truth, "out_of_range" if faulty else None, (depth, 0, 0))


def front(shown: str, unit: str, title: str, limits: str) -> canvas.Image:
    """The front plate with ``shown`` in its window."""
    width, height = (round(2 * v * PX_PER_M) for v in HALF_M)
    image = canvas.blank(width, height, (206, 208, 205))
    canvas.text(image, title, (width / 2, height * 0.10), 26, fit=width * 0.9)
    low, high = (round(width * 0.05), round(height * 0.19)), (round(width * 0.95), round(height * 0.78))
    canvas.plate(image, low, high, _WINDOW)
    canvas.plate(image, low, high, (90, 90, 92), 4)
    cell_h = (high[1] - low[1]) * 0.37
    cell_w, gap = cell_h * 0.62, cell_h * 0.42
    x = low[0] + 30.0
    y = low[1] + (high[1] - low[1]) / 2 - cell_h
    digits = f"{shown:>5}" if "." in shown else f"{shown:>4}"
    for k, digit in enumerate(digits):
        if digit == ".":
            continue
        _digit(image, digit, (x, y), (cell_w, cell_h))
        if digits[k + 1 : k + 2] == ".":
            canvas.dot(image, (x + cell_w + gap * 0.5, y + 2 * cell_h), cell_h * 0.11, _LIT)
        x += cell_w + gap
    canvas.text(image, unit, ((x + high[0] - gap * 0.3) / 2, y + 2 * cell_h - 18), 34, _LIT, fit=high[0] - x - 8)
    canvas.text(image, limits, (width / 2, height * 0.89), 26, fit=width * 0.9)
    return image


def _digit(image: canvas.Image, digit: str, corner: tuple[float, float], size: tuple[float, float]) -> None:
    thick = size[1] * 0.11
    for lit in (False, True):
        for name, ends in _ENDS.items():
            if (name in _SEGMENTS[digit]) != lit:
                continue
            a, b = (np.array(corner) + np.array(end) * size for end in ends)
            ahead = (b - a) / np.linalg.norm(b - a)
            a, b = a + ahead * thick * 0.35, b - ahead * thick * 0.35
            side = np.array([-ahead[1], ahead[0]])
            six = [
                a,
                a + (ahead + side) * thick,
                b - (ahead - side) * thick,
                b,
                b - (ahead + side) * thick,
                a + (ahead - side) * thick,
            ]
            canvas.polygon(image, np.array(six), _LIT if lit else _UNLIT)
