"""Crate: a wooden box that belongs against the wall and may stand in the way."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import Body, Draft, Site, Skin
from rudel.worlds.things._mesh import box

SITE = Site("K", "floor", (0.0, 0.0), 0.45, True)

HALF_M = (0.28, 0.36, 0.26)


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A crate on the floor, its origin in the middle of its bottom. Faulty: it has been put where it blocks the way.

    Where it stands is the builder's affair; truth: blocking, label.
    """
    x, y, z = HALF_M
    draft = Draft()
    draft.add(Skin(image=side(rng, label)), box((0, 0, z), (x, y, z)))
    solids = (((0.0, 0.0, z), (x, y, z)),)
    truth = {"blocking": faulty, "label": label}
    return Body("obstacle", draft.pieces(), truth, "blocking" if faulty else None, (x, 0, z), solids, standoff_m=1.5)


def side(rng: np.random.Generator, label: str) -> canvas.Image:
    """Boards, a frame with a diagonal, nails and a stencilled mark."""
    n = 384
    image = canvas.blank(n, n, (168, 128, 82))
    for k in range(6):
        low = k * n // 6
        shade = int(rng.integers(-14, 14))
        canvas.plate(image, (0, low + 2), (n, low + n // 6 - 2), (170 + shade, 130 + shade, 84 + shade))
        canvas.line(image, (0, low), (n, low), 3, (82, 58, 34))
        for _ in range(5):
            y = float(rng.uniform(low + 6, low + n // 6 - 6))
            canvas.line(image, (0, y), (n, y + float(rng.uniform(-4, 4))), 1, (140, 104, 64))
    board, dark = (190, 150, 100), (92, 66, 40)
    canvas.polygon(image, np.array([(40.0, 345.0), (72.0, 345.0), (344.0, 40.0), (312.0, 40.0)]), board)
    canvas.line(image, (40, 345), (312, 40), 2, dark)
    canvas.line(image, (72, 345), (344, 40), 2, dark)
    for low, high in (((0, 0), (n, 42)), ((0, n - 42), (n, n)), ((0, 0), (42, n)), ((n - 42, 0), (n, n))):
        canvas.plate(image, low, high, board)
        canvas.plate(image, low, high, dark, 2)
    for x in (20, n - 20):
        for y in (20, n - 20):
            canvas.dot(image, (x, y), 5, (60, 60, 62))
    canvas.plate(image, (92, 150), (292, 232), (176, 136, 90))
    canvas.text(image, label, (n / 2, n / 2), 42, (60, 36, 20), fit=190)
    return image
