"""QR codes and AprilTags: what is written in them, against what should be there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Capture, Inspection, Plain
from rudel.inspection import verdict
from rudel.inspection._sighting import aimed_at
from rudel.inspection.detector import Detector, History

Floats = NDArray[np.floating]

KINDS = ("qr", "apriltag")
NAME = "code"
LIMITS = (
    "Reads QR codes and AprilTags (families 16h5, 25h9, 36h10, 36h11) whose modules are at least about 3 pixels wide,"
    " seen less than 60 degrees aslant. Bar codes, Data Matrix and Micro QR are not read. A tag says which one it is,"
    " nothing else; the smaller its family the likelier is a false one: 16h5 is read only where the mission expects it."
)
FAMILIES = {
    "16h5": cv2.aruco.DICT_APRILTAG_16h5,
    "25h9": cv2.aruco.DICT_APRILTAG_25h9,
    "36h10": cv2.aruco.DICT_APRILTAG_36h10,
    "36h11": cv2.aruco.DICT_APRILTAG_36h11,
}
_USUAL = "36h11"
_SCALES = (1.0, 2.0, 3.0)  # small codes are read in a larger picture
_MOST_PX = 1600
_LEAST_EDGE_PX = 12.0
_SURE, _LESS_SURE = 0.99, 0.9  # both have check sums; a tag of few bits less so


@dataclass(frozen=True, eq=False)
class Code:
    """A code in a picture: its text (of a tag: its number), and its corners (4, 2) [pixels]."""

    text: str
    corners: Floats


class _Code:
    """See LIMITS."""

    name, kinds, limits = NAME, KINDS, LIMITS

    def look(self, capture: Capture, history: History) -> Inspection:
        wanted = _wanted(capture)
        seen = verdict.pictures(capture)
        if not seen:
            return verdict.abstained(NAME, capture, verdict.blind(capture), history)
        is_tag = capture.target.kind == "apriltag"
        family = _family(capture) if is_tag else ""
        for picture in seen:
            grey = np.asarray(cv2.cvtColor(picture.image.pixels, cv2.COLOR_RGB2GRAY), np.uint8)
            found = tags(grey, family) if is_tag else qr_codes(grey)
            if not found:
                continue
            code = _chosen(found, wanted, picture, capture)
            evidence = [picture.evidence(verdict.box_of(code.corners, picture.image, 0.1))]
            sure = _LESS_SURE if family == "16h5" else _SURE
            wrong = None
            if wanted and code.text != wanted:
                data: dict[str, Plain] = {"expected": wanted, "read": code.text}
                wrong = verdict.finding(NAME, capture, "wrong_code", "major", sure, evidence, data=data)
            return verdict.stated(NAME, capture, code.text, sure, evidence, wrong)
        why = "no tag of the family was found" if is_tag else "no QR code could be read"
        return verdict.abstained(NAME, capture, why, history, [seen[0].evidence()])


def make() -> Detector:
    """A new one."""
    return _Code()


def qr_codes(grey: NDArray[np.uint8]) -> list[Code]:
    """QR codes in a grey picture (h, w) whose check sums are right."""
    reader = cv2.QRCodeDetector()
    for picture, scale in _enlarged(grey):
        good, texts, corners, _ = reader.detectAndDecodeMulti(picture)
        if good and corners is not None:
            quads = np.asarray(corners, np.float64).reshape(-1, 4, 2) / scale
            found = [Code(text, quad) for text, quad in zip(texts, quads, strict=True) if text and _solid(quad)]
            if found:
                return found
        text, corners, _ = reader.detectAndDecode(picture)
        if text and corners is not None and _solid(quad := np.asarray(corners, np.float64).reshape(4, 2) / scale):
            return [Code(text, quad)]
    return []


def tags(grey: NDArray[np.uint8], family: str = _USUAL) -> list[Code]:
    """AprilTags of a family in a grey picture (h, w); their text is their number."""
    options = cv2.aruco.DetectorParameters()
    options.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    reader = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(FAMILIES[family]), options)
    for picture, scale in _enlarged(grey):
        corners, numbers, _ = reader.detectMarkers(picture)
        if numbers is not None and len(numbers):
            quads = [np.asarray(one, np.float64).reshape(4, 2) / scale for one in corners]
            found = [Code(str(int(n)), q) for n, q in zip(np.ravel(numbers), quads, strict=True) if _solid(q)]
            if found:
                return found
    return []


def _enlarged(grey: NDArray[np.uint8]) -> list[tuple[NDArray[np.uint8], float]]:
    found: list[tuple[NDArray[np.uint8], float]] = []
    for scale in _SCALES:
        if scale == 1 or scale * max(grey.shape) <= 1.25 * _MOST_PX:
            larger = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) if scale > 1 else grey
            found.append((np.asarray(larger, np.uint8), scale))
    return found


def _solid(corners: Floats) -> bool:
    """A quadrilateral that a square can look like, not a sliver."""
    if not np.isfinite(corners).all():
        return False
    edges = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return bool(edges.min() >= _LEAST_EDGE_PX and edges.min() > 0.25 * edges.max())


def _chosen(found: list[Code], wanted: str, picture: verdict.Picture, capture: Capture) -> Code:
    """The expected one if it is there, else the one nearest to where the target should be, large ones first."""
    middle = aimed_at(picture.image, capture)

    def cost(code: Code) -> tuple[bool, float]:
        size = float(np.linalg.norm(code.corners.max(axis=0) - code.corners.min(axis=0)))
        return code.text != wanted, float(np.linalg.norm(code.corners.mean(axis=0) - middle)) / size

    return min(found, key=cost)


def _wanted(capture: Capture) -> str:
    """What should be read, "" where the mission does not say."""
    key = "id" if capture.target.kind == "apriltag" else "text"
    value = capture.target.expected.get(key)
    if value is None:
        return ""
    if key == "id" and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise BadInput(f"expected id is {value!r}: the number of a tag is needed")
    return str(value)


def _family(capture: Capture) -> str:
    name = str(capture.target.expected.get("family", _USUAL)).removeprefix("apriltag").strip().removeprefix("tag")
    if name not in FAMILIES:
        raise UnknownName("family of tags", name, FAMILIES)
    return name
