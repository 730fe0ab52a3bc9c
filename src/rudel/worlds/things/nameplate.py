"""Nameplate: a metal plate with what the machine behind it is."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import DARK, Body, Draft, Site, Skin, pick
from rudel.worlds.things._mesh import box, quad

SITE = Site("P", "wall", (0.35, 0.60), 0.3, True)

_MACHINES = ("PUMP", "MOTOR", "FAN", "VALVE STATION", "COMPRESSOR", "TRANSFORMER")
HALF_M = (0.15, 0.10)
PX_PER_M = 2400


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A plate on a wall; faulty: the plate carries another tag than the list says.

    Truth: text (the tag on the plate), expected (the tag on the list), machine, serial, year.
    """
    machine = pick(rng, _MACHINES)
    shown = f"{label[:2]}{(int(label[2:]) + int(rng.integers(1, 8))) % 1000:03d}" if faulty else label
    serial = f"{int(rng.integers(10**5, 10**6))}"
    year = int(rng.integers(2005, 2025))
    rows = (
        ("TYPE", machine),
        ("SERIAL", serial),
        ("YEAR", str(year)),
        ("POWER", f"{rng.choice((1.5, 4.0, 7.5, 11.0, 22.0)):g} kW"),
    )
    w, h = HALF_M
    draft = Draft()
    draft.add(DARK, box((0.004, 0, 0), (0.004, w, h)))
    face = Skin(image=front(shown, rows), emission=0.2)
    draft.add(face, quad((0.009, -w, h), (0, 2 * w, 0), (0, 0, -2 * h)))
    truth = {"text": shown, "expected": label, "machine": machine, "serial": serial, "year": year}
    return Body("nameplate", draft.pieces(), truth, "wrong_plate" if faulty else None, (0.01, 0, 0))


def front(tag: str, rows: tuple[tuple[str, str], ...]) -> canvas.Image:
    """The engraved plate."""
    width, height = (round(2 * v * PX_PER_M) for v in HALF_M)
    image = canvas.blank(width, height, (205, 207, 208))
    canvas.plate(image, (14, 14), (width - 15, height - 15), (40, 40, 44), 5)
    for x in (42, width - 42):
        for y in (42, height - 42):
            canvas.dot(image, (x, y), 15, (120, 122, 125))
            canvas.line(image, (x - 9, y - 6), (x + 9, y + 6), 4, (60, 60, 62))
    canvas.text(image, tag, (width / 2, height * 0.17), 78)
    canvas.line(image, (30, height * 0.30), (width - 30, height * 0.30), 4, (40, 40, 44))
    for k, (what, value) in enumerate(rows):
        y = height * (0.40 + 0.16 * k)
        canvas.text(image, what, (width * 0.22, y), 34, (70, 70, 76), fit=width * 0.26)
        canvas.text(image, value, (width * 0.65, y), 38, fit=width * 0.5)
    return image
