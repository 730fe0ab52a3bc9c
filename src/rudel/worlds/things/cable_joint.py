"""Cable joint: three cables along the wall with sleeves in the middle; a bad joint runs hot."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import BLACK, GREY, STEEL, Body, Draft, Hot, Site, Skin
from rudel.worlds.things._mesh import box, lathe, quad, rod

SITE = Site("J", "wall", (0.45, 0.60), 0.5, True)

LIMIT_C = 70.0  # IEC 60502: the highest lasting conductor temperature of PVC insulation
_PHASES = (Skin((0.45, 0.26, 0.12, 1.0)), BLACK, Skin((0.50, 0.50, 0.52, 1.0)))  # IEC 60445: brown, black, grey
_HALF_M, _PITCH_M, _OUT_M = 0.45, 0.11, 0.06


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """Three joints on a wall; faulty: one of them is hotter than it may be.

    Truth: temperature_c of the hottest, limit_c, phase (1 to 3 from above) of the hottest, label.
    """
    phase = int(rng.integers(3))
    hottest = round(float(rng.uniform(85.0, 140.0) if faulty else rng.uniform(32.0, 45.0)), 1)
    draft = Draft()
    hot: list[Hot] = []
    for k, skin in enumerate(_PHASES):
        z = _PITCH_M * (1 - k)
        warmth = hottest if k == phase else round(float(rng.uniform(28.0, 31.0)), 1)
        draft.add(skin, rod((_OUT_M, -_HALF_M, z), (_OUT_M, _HALF_M, z), 0.019, 12))
        profile = ((0, 0.02), (0.06, 0.036), (0.26, 0.036), (0.32, 0.02))
        draft.add(BLACK, lathe((_OUT_M, -0.16, z), (0, 1, 0), profile, 16), temperature_c=warmth)
        draft.add(
            STEEL,
            rod((_OUT_M, -0.10, z), (_OUT_M, -0.085, z), 0.039, 16),
            rod((_OUT_M, 0.085, z), (_OUT_M, 0.10, z), 0.039, 16),
        )
        hot.append(Hot((_OUT_M, 0.0, z), warmth, 0.12))
    for y in (-0.38, 0.38):
        draft.add(GREY, box((0.02, y, 0), (0.02, 0.02, 0.18)))
    draft.add(Skin(image=_warning(label), emission=0.2), quad((0.006, -0.11, -0.19), (0, 0.22, 0), (0, 0, -0.11)))
    draft.add(GREY, box((0.002, 0, -0.245), (0.002, 0.115, 0.06)))
    truth = {"temperature_c": hottest, "limit_c": LIMIT_C, "phase": phase + 1, "label": label}
    return Body("cable_joint", draft.pieces(), truth, "overheated" if faulty else None, (_OUT_M, 0, 0), hot=tuple(hot))


def _warning(label: str) -> canvas.Image:
    image = canvas.blank(400, 200, (250, 215, 40))
    canvas.plate(image, (5, 5), (394, 194), canvas.BLACK, 5)
    canvas.polygon(image, np.array([(95.0, 25.0), (20.0, 165.0), (170.0, 165.0)]), canvas.BLACK)
    canvas.polygon(image, np.array([(95.0, 48.0), (38.0, 154.0), (152.0, 154.0)]), (250, 215, 40))
    bolt = np.array([(104, 62), (74, 114), (95, 112), (84, 148), (116, 100), (96, 102)], np.float64)
    canvas.polygon(image, bolt, canvas.BLACK)
    canvas.text(image, "400 V", (280, 70), 44)
    canvas.text(image, label, (280, 140), 34, fit=190)
    return image
