"""Gully in the floor: a shaft under a grating; where the grating is missing the hole is open."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import Body, Draft, Site, Skin
from rudel.worlds.things._mesh import box, merge, quad, rod

SITE = Site("C", "floor", (0.0, 0.0), 0.35, True)

HALF_M = 0.20  # of the square shaft; the floor has a hole of this size
DEPTH_M = 0.30
_BAR_M, _BARS = 0.016, 9
_WALL = Skin((0.30, 0.29, 0.28, 1.0))
_BARS_SKIN = Skin((0.36, 0.37, 0.39, 1.0))
_BOTTOM = Skin((0.10, 0.10, 0.10, 1.0))


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A gully whose floor hole is the builder's to leave free (square of half width HALF_M). Faulty: no grating.

    Truth: present (of the grating), depth_m, edge_m, label.
    """
    h, d = HALF_M, DEPTH_M
    draft = Draft()
    shaft = [
        quad((s * h, t * h, 0), (-2 * s * h * a, -2 * t * h * b, 0), (0, 0, -d))
        for s, t, a, b in ((1, 1, 0, 1), (-1, -1, 0, 1), (-1, 1, 1, 0), (1, -1, 1, 0))
    ]
    draft.add(_WALL, *shaft)
    draft.add(_BOTTOM, quad((-h, h, -d + 0.004), (2 * h, 0, 0), (0, -2 * h, 0)))
    rim = 0.045
    frame = [
        quad((x0, y1, 0.006), (x1 - x0, 0, 0), (0, y0 - y1, 0))
        for x0, x1, y0, y1 in (
            (-h - rim, h + rim, h, h + rim),
            (-h - rim, h + rim, -h - rim, -h),
            (-h - rim, -h, -h, h),
            (h, h + rim, -h, h),
        )
    ]
    draft.add(Skin(image=_stripes()), *frame)
    solids: tuple[tuple[tuple[float, float, float], tuple[float, float, float]], ...] = ()
    if not faulty:
        across = np.linspace(-h + 0.02, h - 0.02, _BARS)
        bars = [box((float(v), 0, -0.012), (_BAR_M / 2, h, 0.012)) for v in across]
        ties = [rod((-h, float(v), -0.016), (h, float(v), -0.016), 0.006, 6) for v in np.linspace(-h * 0.7, h * 0.7, 4)]
        draft.add(_BARS_SKIN, merge(bars + ties))
        solids = (((0.0, 0.0, -0.025), (h, h, 0.025)),)
    truth = {"present": not faulty, "depth_m": DEPTH_M, "edge_m": 2 * HALF_M, "label": label}
    return Body("cover", draft.pieces(), truth, "missing" if faulty else None, (0, 0, 0), solids, standoff_m=1.2)


def _stripes() -> canvas.Image:
    """Yellow and black, as around anything one may fall into."""
    image = canvas.blank(128, 128, (235, 190, 30))
    for x in range(-128, 256, 64):
        canvas.polygon(
            image, np.array([(x, 128.0), (x + 32.0, 128.0), (x + 160.0, 0.0), (x + 128.0, 0.0)]), canvas.BLACK
        )
    return image
