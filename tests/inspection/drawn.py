"""Things drawn flat with OpenCV, in other styles than the simulated ones, and captures that show them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.findings import Capture, Target
from rudel.core.readings import CameraPose, Image, Intrinsics
from rudel.core.types import Pose

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

SIZE = (480, 640)
OPTICAL = np.array([0.5, -0.5, 0.5, -0.5])  # base_T_optical of a camera that looks ahead


def image(pixels: Pixels) -> Image:
    """A picture of a level camera in the origin that looks along x."""
    height, width = pixels.shape[:2]
    optics = Intrinsics.of_view(width, height, math.radians(30))
    return Image(1.0, "zoom", pixels, optics, CameraPose(np.zeros(3), OPTICAL))


def capture(pixels: Pixels, kind: str, expected: Mapping[str, Any], name: str = "zoom") -> Capture:
    """A look at a target one metre ahead, in the middle of the picture."""
    pose = Pose(np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))
    target = Target("P1", kind, (1.0, 0.0, 0.0), expected)
    return Capture(target, 1.0, pose, 0.03, 0.01, {name: image(pixels)})


def wall(rng: np.random.Generator, grey: int = 90) -> Pixels:
    """A rough wall."""
    coarse = cv2.resize(rng.normal(0, 8, (15, 20)).astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(grey + coarse[..., None] + rng.normal(0, 2, (*SIZE, 3)), 0, 255).astype(np.uint8)


def hung(face: Pixels, back: Pixels, width: float, aside_deg: float = 0.0, round_: bool = False) -> Pixels:
    """``face`` on a wall, ``width`` pixels wide, seen from ``aside_deg`` to the right, six widths away."""
    h, w = face.shape[:2]
    a, focal = math.radians(aside_deg), 6.0
    corners = []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        y *= h / w
        depth = focal + x * math.sin(a)
        corners.append((320 + width * focal * x * math.cos(a) / depth, 240 + width * focal * y / depth))
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    turn = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    mask = np.zeros((h, w), np.uint8)
    if round_:
        cv2.circle(mask, (w // 2, h // 2), w // 2 - 1, 255, -1, cv2.LINE_AA)
    else:
        mask[:] = 255
    shape = SIZE[::-1]
    small = width / w
    soft = cv2.GaussianBlur(face, (0, 0), max(0.4 / small - 0.4, 0.3))  # so that shrinking does not alias
    over = cv2.warpPerspective(soft, turn, shape, flags=cv2.INTER_LINEAR).astype(np.float32)
    share = cv2.warpPerspective(mask, turn, shape, flags=cv2.INTER_LINEAR)[..., None] / 255.0
    return np.asarray(back * (1 - share) + over * share, np.uint8)


def gauge(
    share: float | None,
    face: Colour = (240, 240, 235),
    ink: Colour = (15, 15, 15),
    needle: Colour = (15, 15, 15),
    rim: Colour = (40, 45, 60),
    marks: int = 50,
    sweep_deg: float = 270.0,
    second: float | None = None,
) -> Pixels:
    """A dial (700, 700, 3) whose needle is at ``share`` of the scale, None: without; ``second``: another needle."""
    size, r = 700, 350.0
    picture = np.full((size, size, 3), rim, np.uint8)
    cv2.circle(picture, (350, 350), round(0.9 * r), face, -1, cv2.LINE_AA)
    start = math.radians(90 + sweep_deg / 2)

    def at(s: float, radius: float) -> tuple[int, int]:
        angle = start - math.radians(sweep_deg) * s
        return round(r + r * radius * math.cos(angle)), round(r - r * radius * math.sin(angle))

    for k in range(marks + 1):
        major = k % 5 == 0
        cv2.line(
            picture, at(k / marks, 0.84), at(k / marks, 0.70 if major else 0.76), ink, 7 if major else 4, cv2.LINE_AA
        )
        if k % 10 == 0:
            x, y = at(k / marks, 0.56)
            cv2.putText(picture, str(k), (x - 18, y + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.9, ink, 3, cv2.LINE_AA)
    cv2.putText(picture, "MPa", (305, 500), cv2.FONT_HERSHEY_SIMPLEX, 1.2, ink, 3, cv2.LINE_AA)
    for one in (share, second):
        if one is not None:
            cv2.line(picture, (350, 350), at(one, 0.74), needle, 11, cv2.LINE_AA)
            cv2.line(picture, (350, 350), at(one, -0.15), needle, 15, cv2.LINE_AA)
    cv2.circle(picture, (350, 350), 26, (120, 100, 60), -1, cv2.LINE_AA)
    return picture


_ENDS = {"a": (0, 0, 1, 0), "b": (1, 0, 1, 1), "c": (1, 1, 1, 2), "d": (0, 2, 1, 2), "e": (0, 1, 0, 2),
         "f": (0, 0, 0, 1), "g": (0, 1, 1, 1)}  # fmt: skip
SEGMENTS = {"0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc",
            "8": "abcdefg", "9": "abcdfg", "-": "g"}  # fmt: skip


def display(text: str, lit: Colour = (40, 235, 90), ground: Colour = (8, 14, 10)) -> Pixels:
    """Seven-segment digits with plain strokes in a window."""
    cell_w, cell_h, gap = 60, 62, 40
    picture = np.full((220, 80 + (cell_w + gap) * sum(c != "." for c in text), 3), ground, np.uint8)
    x, y = 50, 45
    for letter in text:
        if letter == ".":
            cv2.circle(picture, (x - gap // 2, y + 2 * cell_h), 9, lit, -1, cv2.LINE_AA)
            continue
        for segment in SEGMENTS[letter]:
            x0, y0, x1, y1 = _ENDS[segment]
            a, b = np.array([x + x0 * cell_w, y + y0 * cell_h]), np.array([x + x1 * cell_w, y + y1 * cell_h])
            inset = (b - a) * 10 / np.linalg.norm(b - a)
            start, end = np.round(a + inset).astype(int).tolist(), np.round(b - inset).astype(int).tolist()
            cv2.line(picture, start, end, lit, 13, cv2.LINE_AA)
        x += cell_w + gap
    return np.pad(picture, ((14, 14), (14, 14), (0, 0)), constant_values=150)


def plate(tag: str) -> Pixels:
    """An engraved plate with a tag and two more lines."""
    picture = np.full((300, 520, 3), (200, 200, 190), np.uint8)
    for text, y, scale, weight in ((tag, 110, 2.6, 6), ("MOTOR 7.5 kW", 190, 1.3, 3), ("No 482913", 260, 1.3, 3)):
        cv2.putText(picture, text, (40, y), cv2.FONT_HERSHEY_SIMPLEX, scale, (25, 25, 30), weight, cv2.LINE_AA)
    return picture


def lever(turn_deg: float, colour: Colour = (190, 40, 35), back: Pixels | None = None) -> Pixels:
    """A pipe with a lever that is turned so far, anticlockwise, from the pipe."""
    picture = np.full((*SIZE, 3), 95, np.uint8) if back is None else back.copy()
    cv2.rectangle(picture, (120, 222), (520, 258), (140, 143, 146), -1)
    cv2.rectangle(picture, (275, 200), (365, 280), (40, 42, 46), -1)
    a = math.radians(turn_deg)
    end = round(320 + 130 * math.cos(a)), round(240 - 130 * math.sin(a))
    cv2.line(picture, (320, 240), end, colour, 17, cv2.LINE_AA)
    cv2.circle(picture, (320, 240), 14, (160, 160, 165), -1, cv2.LINE_AA)
    return picture
