"""Machines of a plant: what they look like, and the box that a robot bumps into."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rudel.worlds.things._body import BLUE, BRASS, DARK, GREEN, GREY, STEEL, Draft, Skin
from rudel.worlds.things._mesh import box, capsule, lathe, pipe, ring, rod

BAY_M = (2.0, 1.5)  # length along the row and depth of what a machine stands on
PLINTH_M = 0.18  # clearly too high for a dog of the Lite3's size; at its limit of 0.14 m a millimetre would decide
_PLINTH = Skin((0.56, 0.55, 0.52, 1.0))
_TANK = Skin((0.70, 0.72, 0.74, 1.0))
_CREAM = Skin((0.78, 0.76, 0.66, 1.0))
_ORANGE = Skin((0.80, 0.42, 0.12, 1.0))


def plinth(draft: Draft) -> None:
    """The concrete block below a machine."""
    draft.add(_PLINTH, box((0, 0, PLINTH_M / 2), (BAY_M[0] / 2, BAY_M[1] / 2, PLINTH_M / 2)))


def pump(draft: Draft, rng: np.random.Generator) -> float:
    """A motor with cooling fins, a coupling and a volute with its pipes; returns its height [m]."""
    plinth(draft)
    skin = BLUE if rng.random() < 0.5 else GREEN
    z, r = 0.62, 0.30
    draft.add(DARK, box((0, 0, 0.20), (0.92, 0.36, 0.06)))
    draft.add(skin, rod((-0.85, 0, z), (-0.05, 0, z), r, 28))
    for x in np.arange(-0.78, -0.08, 0.075):
        draft.add(skin, ring((float(x), 0, z), (1, 0, 0), r + 0.01, 0.016, 28, 6))
    draft.add(GREY, box((-0.45, 0, z + r + 0.06), (0.16, 0.12, 0.07)), box((-0.45, 0, 0.32), (0.34, 0.24, 0.08)))
    draft.add(_ORANGE, lathe((-0.05, 0, z), (1, 0, 0), ((0, 0), (0, 0.16), (0.32, 0.16), (0.32, 0)), 20))
    draft.add(skin, rod((0.36, 0, z), (0.62, 0, z), 0.38, 30), box((0.49, 0, 0.34), (0.14, 0.22, 0.12)))
    draft.add(STEEL, pipe([(0.49, 0.24, z), (0.49, 0.24, 2.6)], 0.11, 16), pipe([(0.60, 0, z), (1.0, 0, z)], 0.13, 16))
    draft.add(DARK, rod((0.49, 0.24, 1.2), (0.49, 0.24, 1.26), 0.19, 18), rod((0.66, 0, z), (0.72, 0, z), 0.21, 18))
    return 1.1


def tank(draft: Draft, rng: np.random.Generator) -> float:
    """A standing vessel with a domed top, bands, a ladder and a sight glass."""
    plinth(draft)
    r, top = 0.66, float(rng.uniform(2.0, 2.8))
    dome = [(top + 0.25 * float(np.sin(t)), r * float(np.cos(t))) for t in np.linspace(0, np.pi / 2, 7)]
    draft.add(_TANK, lathe((0, 0, 0), (0, 0, 1), [(PLINTH_M, r), (top, r), *dome], 36))
    for z in np.linspace(0.5, top - 0.15, 3):
        draft.add(STEEL, ring((0, 0, float(z)), (0, 0, 1), r + 0.005, 0.018, 36, 6))
    for x in (-0.16, 0.16):
        draft.add(DARK, rod((x, -r - 0.09, 0.2), (x, -r - 0.09, top + 0.1), 0.016, 6))
    rungs = [rod((-0.16, -r - 0.09, float(z)), (0.16, -r - 0.09, float(z)), 0.012, 6) for z in np.arange(0.4, top, 0.3)]
    draft.add(DARK, *rungs)
    draft.add(BRASS, rod((r + 0.05, 0, 0.5), (r + 0.05, 0, 1.5), 0.02, 8))
    draft.add(STEEL, pipe([(0, 0, top + 0.1), (0, 0, top + 0.6), (0, 0.9, top + 0.6)], 0.07, 12))
    return top


def motor(draft: Draft, rng: np.random.Generator) -> float:
    """A compressor set: a block with a belt guard on a lying air receiver."""
    plinth(draft)
    draft.add(_ORANGE if rng.random() < 0.5 else BLUE, capsule((-0.6, 0, 0.52), (0.6, 0, 0.52), 0.34, 26))
    for x in (-0.5, 0.5):
        draft.add(DARK, box((x, 0, 0.22), (0.07, 0.28, 0.10)))
    draft.add(DARK, rod((-0.55, 0, 1.06), (-0.05, 0, 1.06), 0.18, 20), box((-0.3, 0, 0.9), (0.3, 0.2, 0.04)))
    draft.add(GREY, box((0.45, 0, 1.08), (0.2, 0.22, 0.22)))
    draft.add(STEEL, *(ring((0.45, 0, 0.94 + 0.07 * k), (0, 0, 1), 0.24, 0.016, 20, 6) for k in range(5)))
    draft.add(DARK, box((0.2, 0.27, 1.05), (0.5, 0.05, 0.24)))
    draft.add(BRASS, pipe([(0.45, -0.1, 1.3), (0.45, -0.5, 1.3), (0.45, -0.5, 2.6)], 0.035, 10))
    return 1.3


def cabinets(draft: Draft, rng: np.random.Generator) -> float:
    """A row of switch cabinets with doors, vents and handles on both sides."""
    plinth(draft)
    top = 1.95
    draft.add(_CREAM, box((0, 0, (PLINTH_M + top) / 2), (0.95, 0.5, (top - PLINTH_M) / 2)))
    for side in (-1, 1):
        y = side * 0.503
        for k in range(4):
            x = -0.72 + 0.48 * k
            draft.add(DARK, box((x + 0.235, y, (top + 0.2) / 2), (0.004, 0.003, (top - 0.22) / 2)))
            draft.add(DARK, box((x - 0.15, y, 1.1), (0.012, 0.012, 0.07)))
            draft.add(GREY, *(box((x, y, 0.35 + 0.035 * j), (0.12, 0.003, 0.008)) for j in range(5)))
        lamp = (Skin((0.1, 0.8, 0.2, 1.0), emission=0.8), Skin((0.9, 0.1, 0.1, 1.0), emission=0.8))
        draft.add(lamp[int(rng.integers(2))], rod((-0.72, y, 1.6), (-0.72, y + side * 0.02, 1.6), 0.022, 12))
    return top


KINDS: tuple[Callable[[Draft, np.random.Generator], float], ...] = (pump, tank, motor, cabinets)
