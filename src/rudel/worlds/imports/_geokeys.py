"""Units from the coordinate system of a survey: GeoTIFF keys (also used by LAS) and well-known text."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

FOOT_M, US_FOOT_M = 0.3048, 1200 / 3937
# EPSG codes of linear units
_LINEAR = {9001: ("metres", 1.0), 9002: ("feet", FOOT_M), 9003: ("US survey feet", US_FOOT_M), 9036: ("km", 1000.0)}
_MODEL_TYPE, _LINEAR_UNIT, _LINEAR_SIZE, _VERTICAL_UNIT = 1024, 3076, 3077, 4099
_GEOGRAPHIC = 2  # model type: longitude and latitude in degrees
_DEGREE = "degree"


@dataclass(frozen=True)
class Keys:
    """Short values of a GeoTIFF key directory, and the doubles that it may point at."""

    short: dict[int, int] = field(default_factory=dict)
    pointers: dict[int, tuple[int, int]] = field(default_factory=dict)  # key -> (tag, index)
    doubles: tuple[float, ...] = ()


def parse(directory: bytes, doubles: tuple[float, ...] = ()) -> Keys:
    """A key directory: a head of four shorts, then (key, tag, count, value or index) for each key."""
    if len(directory) < 8:
        return Keys()
    count = min(struct.unpack_from("<H", directory, 6)[0], len(directory) // 8 - 1)
    short, pointers = {}, {}
    for k in range(count):
        key, tag, _, value = struct.unpack_from("<4H", directory, 8 + 8 * k)
        if tag == 0:
            short[key] = value
        else:
            pointers[key] = (tag, value)
    return Keys(short, pointers, doubles)


def units(keys: Keys, text: str = "") -> tuple[float | None, float | None, str]:
    """Metres in a horizontal and in a vertical unit (None: not said), and where that stands.

    Degrees come as the unit "degree": (None, ..., "degree").
    """
    flat, why = None, ""
    if keys.short.get(_MODEL_TYPE) == _GEOGRAPHIC or (text.startswith(("GEOGCS", "GEOGCRS")) and "PROJ" not in text):
        return None, None, _DEGREE
    if _LINEAR_UNIT in keys.short and keys.short[_LINEAR_UNIT] in _LINEAR:
        name, flat = _LINEAR[keys.short[_LINEAR_UNIT]]
        why = f"its coordinate system is in {name}"
    elif text:
        name, flat = _of_text(text)
        why = f"the unit of its coordinate system is the {name}" if flat else ""
    if flat is None and keys.short.get(3072, 0) not in (0, 32767):  # a code of a projected system, without its units
        code = keys.short[3072]
        # nearly all of EPSG's metric systems; those in feet state the unit in practice
        why, flat = f"EPSG:{code} is taken to be in metres", 1.0
    upright = _LINEAR.get(keys.short.get(_VERTICAL_UNIT, 0), ("", None))[1]
    return flat, upright, why


def _of_text(text: str) -> tuple[str, float | None]:
    """The unit of lengths in a well-known text: the last one that is no angle, of the projected part."""
    head = text.partition("VERT_CS")[0].partition("VERTCRS")[0]
    found = re.findall(r'(?:LENGTHUNIT|UNIT)\["([^"]{1,60})",\s*([0-9.eE+-]+)', head)
    lengths = [(name, size) for name, size in found if not re.search("degree|radian|grad|unity", name, re.I)]
    try:
        name, size = lengths[-1][0], float(lengths[-1][1])
    except (IndexError, ValueError):
        return "", None
    return (name.lower().replace("_", " "), size) if 1e-4 < size < 1e4 else ("", None)
