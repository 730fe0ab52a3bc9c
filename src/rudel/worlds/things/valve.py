"""Valve in a short pipe: a hand wheel with a position indicator, or a lever that lies along the pipe when open."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import BLUE, DARK, GREEN, GREY, RED, STEEL, YELLOW, Body, Draft, Site, Skin, pick
from rudel.worlds.things._mesh import Mesh, box, capsule, lathe, merge, quad, ring, rod

SITE = Site("V", "wall", (0.45, 0.60), 0.4, True)

PIPE_M = 0.045  # radius of the pipe
OUT_M = 0.16  # of its axis from the wall
RISE_M = 0.10  # how much further the stem stands out when the valve is open
LENGTH_M = 0.32  # half length of the pipe
# The indicator of a hand wheel: a plate beside the wheel, with a slot along which the stem moves a pointer.
INDICATOR_Y_M, INDICATOR_HALF_M = 0.27, (0.038, 0.10)  # its middle; half width and height
INDICATOR_OUT_M = 0.17  # from the pipe's axis: the wheel, which may stand further out, hides it from nowhere
POINTER_M = 0.055  # above the middle when open, below it when closed
_POINTER = Skin((0.92, 0.33, 0.04, 1.0), emission=0.25)


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A valve with a plate that says how it should be; faulty: it is not.

    Truth: form ("wheel" or "lever"), state ("open" or "closed"), expected, label.
    """
    form = pick(rng, ("wheel", "lever"))
    expected = pick(rng, ("open", "closed"))
    state = expected if not faulty else ("closed" if expected == "open" else "open")
    draft = Draft()
    draft.add(BLUE if form == "wheel" else GREY, _pipe())
    draft.add(DARK, _flanges())
    if form == "wheel":
        _wheel(draft, state == "open")
        _indicator(draft, state == "open")
    else:
        _lever(draft, state == "open")
    w, h = 0.15, 0.05
    face = Skin(image=plate(label, expected), emission=0.2)
    draft.add(face, quad((0.008, -w, -0.19 + h), (0, 2 * w, 0), (0, 0, -2 * h)))
    draft.add(GREY, box((0.003, 0, -0.19), (0.003, w + 0.008, h + 0.008)))
    truth = {"form": form, "state": state, "expected": expected, "label": label}
    return Body("valve", draft.pieces(), truth, "wrong_state" if faulty else None, (OUT_M + 0.1, 0, 0))


def plate(label: str, expected: str) -> canvas.Image:
    """What the plate below the valve says."""
    image = canvas.blank(600, 200, (250, 215, 70))
    canvas.plate(image, (8, 8), (591, 191), canvas.BLACK, 6)
    canvas.text(image, label, (300, 58), 56, fit=540)
    canvas.text(image, f"NORMALLY {expected.upper()}", (300, 140), 48, fit=540)
    return image


def _pipe() -> Mesh:
    x, r = OUT_M, PIPE_M
    run = rod((x, -LENGTH_M, 0), (x, LENGTH_M, 0), r, 18)
    clamps = [rod((0, y, 0), (x, y, 0), 0.014) for y in (-LENGTH_M * 0.85, LENGTH_M * 0.85)]
    return merge((run, *clamps))


def _flanges() -> Mesh:
    x, r = OUT_M, PIPE_M
    plates = [rod((x, y - 0.012, 0), (x, y + 0.012, 0), 1.8 * r, 20) for y in (-0.13, -0.105, 0.105, 0.13)]
    body = lathe((x, -0.1, 0), (0, 1, 0), ((0, r), (0.05, 1.5 * r), (0.15, 1.5 * r), (0.2, r)), 20)
    return merge((*plates, body))


def _wheel(draft: Draft, is_open: bool) -> None:
    """Stem and wheel point at the viewer; the part of the stem that has come out is bright."""
    base = OUT_M + 1.4 * PIPE_M
    wheel = base + 0.09 + (RISE_M if is_open else 0.0)
    draft.add(DARK, lathe((base - 0.03, 0, 0), (1, 0, 0), ((0, 0.04), (0.06, 0.04), (0.09, 0.022), (0.09, 0)), 18))
    draft.add(YELLOW, rod((base + 0.05, 0, 0), (wheel + 0.05, 0, 0), 0.012))
    draft.add(
        RED, ring((wheel, 0, 0), (1, 0, 0), 0.115, 0.014), rod((wheel - 0.015, 0, 0), (wheel + 0.015, 0, 0), 0.028)
    )
    for angle in np.deg2rad((90, 210, 330)):
        spoke = (wheel, 0.11 * float(np.cos(angle)), 0.11 * float(np.sin(angle)))
        draft.add(RED, rod((wheel, 0, 0), spoke, 0.009, 8))


def indicator() -> canvas.Image:
    """The indicator's plate: OPEN above, SHUT below, a slot between them."""
    image = canvas.blank(152, 400, (238, 238, 234))
    canvas.plate(image, (5, 5), (146, 394), canvas.BLACK, 8)
    canvas.text(image, "OPEN", (76, 38), 34, fit=120)
    canvas.text(image, "SHUT", (76, 362), 34, fit=120)
    canvas.plate(image, (68, 66), (84, 334), canvas.BLACK)
    return image


def _indicator(draft: Draft, is_open: bool) -> None:
    """On a bracket of the pipe, away from the wheel."""
    y, (w, h) = INDICATOR_Y_M, INDICATOR_HALF_M
    x, at = OUT_M + INDICATOR_OUT_M, POINTER_M if is_open else -POINTER_M
    draft.add(GREY, rod((OUT_M, y, 0), (x, y, 0), 0.012), box((x, y, 0), (0.003, w + 0.004, h + 0.004)))
    draft.add(Skin(image=indicator(), emission=0.25), quad((x + 0.004, y - w, h), (0, 2 * w, 0), (0, 0, -2 * h)))
    draft.add(_POINTER, box((x + 0.010, y, at), (0.006, 0.030, 0.010)))


def _lever(draft: Draft, is_open: bool) -> None:
    """A ball valve's handle: along the pipe is open, across is closed."""
    x = OUT_M + 1.4 * PIPE_M
    draft.add(STEEL, rod((x - 0.03, 0, 0), (x + 0.04, 0, 0), 0.02))
    end = (x + 0.03, 0.24, 0.0) if is_open else (x + 0.03, 0.0, 0.24)
    draft.add(GREEN if is_open else RED, capsule((x + 0.03, 0, 0), end, 0.016))
    draft.add(STEEL, rod((x + 0.03, 0, 0), (x + 0.055, 0, 0), 0.026, 6))
