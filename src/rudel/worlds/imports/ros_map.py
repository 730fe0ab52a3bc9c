"""Floor plans as ROS map_server keeps them: a YAML file and the picture that it names; or the picture, YAML beside it.

Format: ROS map_server and nav2_map_server; modes trinary, scale and raw.
"""

from __future__ import annotations

import math
import re
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from rudel.core.errors import BadInput
from rudel.worlds.imports import _text
from rudel.worlds.imports._source import FREE, OCCUPIED, UNKNOWN, FloorPlan

WHAT = "ROS map (YAML with PGM or PNG)"
SUFFIXES = (".yaml", ".yml", ".pgm", ".png")

_MOST_PIXELS = 64_000_000
_MOST_RATIO = 1100  # of Deflate
_PNG = b"\x89PNG\r\n\x1a\n"
_GAP = rb"(?:\s|#[^\n]*\n)+"
_PGM = re.compile(rb"(P[25])" + _GAP + rb"(\d{1,7})" + _GAP + rb"(\d{1,7})" + _GAP + rb"(\d{1,5})\s")
_MOST_TEXT = 1 << 20
_RAW_OCCUPIED = 65  # per cent, mode raw: nav2's default threshold


def read(path: Path) -> FloorPlan:
    """The plan, lowest row first."""
    if path.suffix.lower() in (".pgm", ".png"):
        beside = [path.with_suffix(end) for end in (".yaml", ".yml")]
        found = next((other for other in beside if other.is_file()), None)
        if found is None:
            raise BadInput(
                f"{path} is a picture without {beside[0].name} beside it, so its scale is unknown: write that file, "
                f"for example 'image: {path.name}', 'resolution: 0.05', 'origin: [0, 0, 0]', 'negate: 0', "
                "'occupied_thresh: 0.65', 'free_thresh: 0.196'"
            )
        path = found
    facts = _facts(path)
    image = facts.get("image")
    if not isinstance(image, str) or "\0" in image:
        raise BadInput(f"{path} is no map: it names no image")
    folder = path.resolve().parent
    picture = (folder / image).resolve()
    if not picture.is_relative_to(folder) or not picture.is_file():
        raise BadInput(f"{path} names the image {image!r}, which is no file in its folder")
    cell = _number(path, facts, "resolution", 1e-4, 100.0)
    origin = facts.get("origin", [0.0, 0.0, 0.0])
    if not isinstance(origin, list) or len(origin) not in (2, 3):
        raise BadInput(f"{path}: origin is {origin!r}, needs [x, y, yaw]")
    x, y, yaw = (_number(path, {"origin": v}, "origin", -1e9, 1e9) for v in [*origin, 0.0][:3])
    return FloorPlan(_cells(path, facts, _pixels(picture)), cell, (x, y), yaw)


def _facts(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_TEXT:
        raise BadInput(f"{path} has {path.stat().st_size} bytes: no description of a map is that long")
    text = path.read_bytes()
    if b"&" in text or b"*" in text:
        raise BadInput(f"{path} is no map: descriptions of maps have no anchors")
    try:
        facts = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} is damaged YAML ({str(error).splitlines()[0][:80]})") from None
    if not isinstance(facts, dict):
        raise BadInput(f"{path} is no map: it has no keys such as 'image' and 'resolution'")
    return facts


def _number(path: Path, facts: dict[str, Any], key: str, low: float, high: float, default: float = math.nan) -> float:
    value = facts.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadInput(f"{path}: {key} is {value!r:.40}, needs a number from {low:g} to {high:g}")
    return float(value)


def _pixels(path: Path) -> np.ndarray:
    """(ny, nx) brightness 0 to 255 of a picture whose size is believable before it is unpacked."""
    data = path.read_bytes()
    if data[:2] in (b"P5", b"P2"):
        return _pgm(path, data)
    if data[:8] != _PNG or data[12:16] != b"IHDR" or len(data) < 33:
        raise BadInput(f"{path} is no PGM or PNG picture, or is damaged")
    if zlib.crc32(data[12:29]) != int.from_bytes(data[29:33], "big") or b"acTL" in data:
        raise BadInput(f"{path} is a damaged PNG picture or a film. Fetch it again")
    width, height, bits = (int.from_bytes(data[a:b], "big") for a, b in ((16, 20), (20, 24), (24, 25)))
    _fits(path, width, height, _MOST_RATIO * len(data) * 8 // max(1, bits))
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise BadInput(f"{path} is damaged ({error.err})") from None
    if picture is None or picture.shape != (height, width):
        raise BadInput(f"{path} is a damaged PNG picture. Fetch it again")
    return picture


def _fits(path: Path, width: int, height: int, most: int) -> None:
    if not (0 < width * height <= most):
        raise BadInput(f"{path} promises {width} x {height} pixels and cannot hold them. Fetch it again")
    if width * height > _MOST_PIXELS:
        raise BadInput(f"{path} has {width} x {height} pixels, at most {_MOST_PIXELS} can be imported")


def _pgm(path: Path, data: bytes) -> np.ndarray:
    match = _PGM.match(data)
    if match is None:
        raise BadInput(f"{path} is a damaged PGM picture: its head does not say width, height and maximum")
    width, height, most = (int(match[k]) for k in (2, 3, 4))
    body = data[match.end() :]
    kind = np.dtype("u1" if most < 256 else ">u2")
    plain = data[:2] == b"P5"
    _fits(path, width, height, len(body) // kind.itemsize if plain else len(body) // 2 + 1)
    numbers = np.frombuffer(body, kind, width * height) if plain else _text.numbers(body)
    if numbers is None or numbers.size != width * height or not 0 < most < 65536:
        raise BadInput(f"{path} is a damaged PGM picture: it should have {width * height} pixels up to {most}")
    share = np.clip(numbers.astype(np.float64) / most, 0.0, 1.0)
    return np.rint(share * 255).astype(np.uint8).reshape(height, width)


def _cells(path: Path, facts: dict[str, Any], picture: np.ndarray) -> np.ndarray:
    negate = facts.get("negate", 0)
    mode = facts.get("mode", "trinary")
    if negate not in (0, 1) or mode not in ("trinary", "scale", "raw"):
        raise BadInput(
            f"{path}: negate is {negate!r:.40}, needs 0 or 1; mode is {mode!r:.40}, needs trinary, scale or raw"
        )
    cells = np.full(picture.shape, UNKNOWN, np.int8)
    if mode == "raw":
        cells[picture < _RAW_OCCUPIED] = FREE
        cells[(picture >= _RAW_OCCUPIED) & (picture <= 100)] = OCCUPIED
    else:
        occupied = _number(path, facts, "occupied_thresh", 0.0, 1.0, 0.65)
        free = _number(path, facts, "free_thresh", 0.0, 1.0, 0.196)
        if free > occupied:
            raise BadInput(f"{path}: free_thresh {free} is above occupied_thresh {occupied}")
        share = (picture if negate else 255.0 - picture) / 255.0  # how sure it is that something is there
        cells[share < free] = FREE
        cells[share > occupied] = OCCUPIED
    return np.ascontiguousarray(cells[::-1])
