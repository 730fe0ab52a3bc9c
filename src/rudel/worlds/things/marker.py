"""Marker: an AprilTag (36h11) or a QR code on a white plate."""

from __future__ import annotations

import cv2
import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import GREY, Body, Draft, Site, Skin
from rudel.worlds.things._mesh import box, quad

SITE = Site("M", "wall", (0.35, 0.60), 0.3, False)

FAMILY = "36h11"
FAMILY_SIZE = 587  # tags of the family
EDGE_M = {"apriltag": 0.16, "qr": 0.20}  # of the black square; of the code with its modules only
_MODULE_PX = 24
_QUIET = 2  # white modules around a tag; a QR code brings its own
CODE = {"apriltag": 8, "qr": 0}  # modules along an edge; a QR code's follow from its text


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A marker on a wall: a tag or a code, as rng chooses. Never faulty.

    Truth: family ("apriltag 36h11" or "qr"), tag_id or text, edge_m of the black square or of the code.
    """
    form = "apriltag" if rng.random() < 0.5 else "qr"
    tag_id = int(rng.integers(FAMILY_SIZE))
    words = f"RUDEL/{label}"
    code, modules = tag(tag_id) if form == "apriltag" else qr(words)
    edge = EDGE_M[form]
    plate = edge * (modules + 2 * _QUIET) / modules
    half = plate / 2
    image = _plate(code, modules)
    draft = Draft()
    draft.add(GREY, box((0.003, 0, 0), (0.003, half + 0.012, half + 0.012)))
    draft.add(Skin(image=image, emission=0.25), quad((0.008, -half, half), (0, plate, 0), (0, 0, -plate)))
    known = (
        {"family": f"apriltag {FAMILY}", "tag_id": tag_id} if form == "apriltag" else {"family": "qr", "text": words}
    )
    return Body(form, draft.pieces(), {**known, "edge_m": edge, "label": label}, None, (0.01, 0, 0))


def tag(tag_id: int) -> tuple[canvas.Image, int]:
    """Modules of a tag (8, 8), black border included, and how many along an edge."""
    family = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    return np.asarray(cv2.aruco.generateImageMarker(family, tag_id, 8), np.uint8), 8


def qr(words: str) -> tuple[canvas.Image, int]:
    """Modules of a QR code (n, n) without its quiet zone, and n."""
    code = np.asarray(cv2.QRCodeEncoder.create().encode(words), np.uint8)
    dark = np.argwhere(code < 128)
    (y0, x0), (y1, x1) = dark.min(axis=0), dark.max(axis=0)
    code = code[y0 : y1 + 1, x0 : x1 + 1]
    return code, code.shape[0]


def _plate(code: canvas.Image, modules: int) -> canvas.Image:
    framed = np.pad(np.where(code > 127, 255, 0).astype(np.uint8), _QUIET, constant_values=255)
    image = np.kron(framed, np.ones((_MODULE_PX, _MODULE_PX), np.uint8))
    return np.repeat(image[:, :, None], 3, axis=2)
