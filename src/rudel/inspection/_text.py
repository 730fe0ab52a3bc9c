"""Words and numbers in pictures: finds lines of text and reads them, with the models that the package rapidocr carries.

Two networks of PaddleOCR (PP-OCRv6, small; Apache-2.0): one marks where text is, one reads a line. They run in our own
onnxruntime session on one thread; the package's own code is not imported, and nothing is fetched.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from rudel.core.errors import GiveUp

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating]

_LINE_PX = 48  # height of a line that the reading network takes
_LEAST_WIDTH, _MOST_WIDTH = 320, 1600
_TEXT, _BOX = 0.3, 0.5  # PaddleOCR's own: of a pixel, and of a line on average
_GROW = 1.6  # how much larger than its marked core a line is (area over circumference)
_SMALLEST_PX = 4.0
_BLANK = 0  # of the reading network's classes; then come the characters, then the space


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text: what it says, how sure (0 to 1), and its corners (4, 2) from the top left, clockwise [pixels]."""

    text: str
    confidence: float
    corners: Floats

    @property
    def height(self) -> float:
        """[pixels]"""
        left, right = self.corners[3] - self.corners[0], self.corners[2] - self.corners[1]
        return float(np.linalg.norm(left) + np.linalg.norm(right)) / 2

    @property
    def middle(self) -> Floats:
        """(2,) [pixels]"""
        return self.corners.mean(axis=0)


def lines(pixels: Pixels, allowed: str = "") -> list[Line]:
    """Lines of text in an RGB picture (h, w, 3), the tallest first.

    Args:
        pixels: the picture.
        allowed: the only characters that may be read; "": any. What is unlike all of them lowers the confidence.
    """
    found = [Line(*read(cut(pixels, corners), allowed), corners) for corners in boxes(pixels)]
    return sorted((line for line in found if line.text), key=lambda line: -line.height)


def boxes(pixels: Pixels) -> list[Floats]:
    """Corners (4, 2) of the lines of text in an RGB picture, each from the top left, clockwise [pixels]."""
    height, width = pixels.shape[:2]
    h, w = (max(32, round(v / 32) * 32) for v in (height, width))
    resized = cv2.resize(pixels, (w, h), interpolation=cv2.INTER_LINEAR)
    (marked,) = _session("det").run(None, {"x": _normal(np.asarray(resized, np.uint8))})
    chance = np.asarray(marked, np.float32)[0, 0]
    mask = cv2.dilate(np.asarray(chance > _TEXT, np.uint8), np.ones((2, 2), np.uint8))
    found: list[Floats] = []
    for outline in cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]:
        (cx, cy), (a, b), degrees = cv2.minAreaRect(outline)
        if min(a, b) < _SMALLEST_PX:
            continue
        inside = np.zeros_like(mask)
        cv2.drawContours(inside, [outline], -1, 1, -1)
        if float(chance[inside > 0].mean()) < _BOX:
            continue
        grow = _GROW * a * b / (2 * (a + b))
        corners = cv2.boxPoints(((cx, cy), (a + 2 * grow, b + 2 * grow), degrees))
        found.append(_ordered(corners * np.array([width / w, height / h])))
    return found


def cut(pixels: Pixels, corners: Floats) -> Pixels:
    """The part of a picture within corners (4, 2), upright, as high as the reading network wants it."""
    across = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
    down = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]), 1.0)
    width = int(np.clip(round(_LINE_PX * float(across / down)), _LINE_PX // 4, _MOST_WIDTH))
    flat = np.array([[0, 0], [width, 0], [width, _LINE_PX], [0, _LINE_PX]], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), flat)
    cut_out = cv2.warpPerspective(
        pixels, turn, (width, _LINE_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cut_out, np.uint8)


def read(line: Pixels, allowed: str = "") -> tuple[str, float]:
    """Text and confidence of one line (48, w, 3) RGB."""
    values = _normal(line)
    if values.shape[3] < _LEAST_WIDTH:
        values = np.pad(values, ((0, 0), (0, 0), (0, 0), (0, _LEAST_WIDTH - values.shape[3])))
    (answer,) = _session("rec").run(None, {"x": values})
    chances = np.asarray(answer, np.float32)[0]  # (steps, classes)
    letters = _letters()
    if allowed:
        classes = np.array([_BLANK, *(k for k, one in enumerate(letters) if one and one in allowed)])
    else:
        classes = np.arange(len(letters))
    best = classes[np.argmax(chances[:, classes], axis=1)]
    sure = chances[np.arange(len(best)), best]
    new = (best != _BLANK) & (best != np.concatenate(([_BLANK], best[:-1])))
    if not new.any():
        return "", 0.0
    return "".join(letters[k] for k in best[new]), float(sure[new].mean())


def stretched(pixels: Pixels) -> Pixels:
    """The picture with its darkest at black and its brightest at white."""
    low, high = np.percentile(pixels, (1, 99.5))
    scaled = (pixels.astype(np.float32) - low) * (255 / max(high - low, 1.0))
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _ordered(corners: Floats) -> Floats:
    """From the top left, clockwise, for lines that run more across than down."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    (top_left, low_left), (top_right, low_right) = (
        side[np.argsort(side[:, 1], kind="stable")] for side in (left, right)
    )
    return np.array([top_left, top_right, low_right, low_left], np.float64)


def _normal(pixels: Pixels) -> Floats:
    """(1, 3, h, w) float32, -1 to 1, blue first: what the networks were trained with."""
    return np.ascontiguousarray((pixels[None, :, :, ::-1].astype(np.float32) / 127.5 - 1).transpose(0, 3, 1, 2))


@cache
def _session(task: str) -> onnxruntime.InferenceSession:
    """The network for "det" (where is text) or "rec" (what does it say)."""
    found = importlib.util.find_spec("rapidocr")
    folder = Path(next(iter(found.submodule_search_locations or ()), "")) / "models" if found else Path()
    models = sorted(folder.glob(f"*_{task}_*.onnx")) if found else []
    if not models:
        raise GiveUp(f"no text model ({task}) in {folder}: reinstall the package rapidocr (3.10 or newer)")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(models[0]), options, providers=["CPUExecutionProvider"])


@cache
def _letters() -> tuple[str, ...]:
    """Of the reading network's classes: nothing, the characters that its file lists, the space."""
    session = _session("rec")
    listed = session.get_modelmeta().custom_metadata_map["character"].split("\n")
    classes = session.get_outputs()[0].shape[2]
    padded = ["", *listed, " "]
    return tuple(padded[:classes] + [""] * max(0, classes - len(padded)))
