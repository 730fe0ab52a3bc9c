"""Gas bottle: a steel cylinder chained to the wall, with a valve that may leak."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import BRASS, DARK, STEEL, Body, Draft, Leaking, Site, Skin
from rudel.worlds.things._mesh import box, lathe, quad, ring, rod

SITE = Site("B", "floor_at_wall", (0.0, 0.0), 0.3, True)

RADIUS_M, HEIGHT_M, OUT_M = 0.115, 1.05, 0.16
# EN 1089-3 colours the shoulder by the hazard: red burns, yellow poisons, grey is inert
_GASES = {
    "CH4": ((0.75, 0.10, 0.08, 1.0), "METHANE"),
    "CO": ((0.92, 0.75, 0.10, 1.0), "CARBON MONOXIDE"),
    "H2S": ((0.92, 0.75, 0.10, 1.0), "HYDROGEN SULFIDE"),
    "CO2": ((0.45, 0.46, 0.48, 1.0), "CARBON DIOXIDE"),
}


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A bottle at a wall, its origin on the floor at the wall. Faulty: gas comes out at the valve.

    Truth: species, leaking, rate_gps [g/s], label.
    """
    species = tuple(_GASES)[int(rng.integers(len(_GASES)))]
    colour, words = _GASES[species]
    rate = round(float(np.exp(rng.uniform(np.log(0.05), np.log(2.0)))), 3) if faulty else 0.0
    r, top = RADIUS_M, HEIGHT_M
    x = OUT_M
    draft = Draft()
    body = Skin((0.36, 0.40, 0.44, 1.0))
    draft.add(body, lathe((x, 0, 0), (0, 0, 1), ((0, 0), (0, r), (top - 0.2, r)), 28))
    shoulder = [
        (top - 0.2 + 0.14 * float(np.sin(t)), 0.03 + (r - 0.03) * float(np.cos(t)))
        for t in np.linspace(0, np.pi / 2, 7)
    ]
    draft.add(Skin(colour), lathe((x, 0, 0), (0, 0, 1), shoulder, 28))
    neck = top - 0.06
    draft.add(
        BRASS,
        rod((x, 0, neck), (x, 0, neck + 0.07), 0.022),
        rod((x, 0, neck + 0.045), (x + 0.08, 0, neck + 0.045), 0.013),
    )
    draft.add(
        DARK,
        ring((x, 0, neck + 0.085), (0, 0, 1), 0.035, 0.009, 18),
        rod((x, 0, neck + 0.06), (x, 0, neck + 0.09), 0.012),
    )
    for z in (0.35, 0.72):
        draft.add(STEEL, ring((x, 0, z), (0, 0, 1), r + 0.006, 0.008), box((x / 4, 0, z), (x / 4, 0.03, 0.02)))
    w = 0.085
    draft.add(
        Skin(image=_sign(species, words, label), emission=0.2),
        quad((x + r + 0.012, -w, 0.62), (0, 2 * w, 0), (0, 0, -2 * w)),
    )
    draft.add(STEEL, box((x + r + 0.004, 0, 0.62 - w), (0.005, w + 0.005, w + 0.005)))
    truth = {"species": species, "leaking": faulty, "rate_gps": rate, "label": label}
    solids = (((x, 0.0, top / 2), (r, r, top / 2)),)
    gas = Leaking((x + 0.08, 0.0, neck + 0.045), species, rate) if faulty else None
    return Body(
        "gas_bottle",
        draft.pieces(),
        truth,
        "leaking" if faulty else None,
        (x + r, 0, 0.6),
        solids,
        gas=gas,
        standoff_m=1.4,
    )


def _sign(species: str, words: str, label: str) -> canvas.Image:
    """A diamond with the formula, and the name below."""
    image = canvas.blank(320, 320)
    diamond = np.array([(160.0, 12.0), (262.0, 114.0), (160.0, 216.0), (58.0, 114.0)])
    canvas.polygon(image, diamond, canvas.RED)
    canvas.polygon(image, 160 + (diamond - 160) * 0.86 + np.array([0, -6.4]), canvas.WHITE)
    canvas.text(image, species, (160, 114), 46)
    canvas.text(image, words, (160, 248), 30, fit=300)
    canvas.text(image, label, (160, 292), 26, (70, 70, 75))
    return image
