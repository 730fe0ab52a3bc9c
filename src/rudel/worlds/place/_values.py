"""Checked values of a world's parts: finite tuples, unit quaternions, names, read-only arrays."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rudel.core.errors import BadInput

Vec2 = tuple[float, float]
Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]  # (w, x, y, z), unit length
Rgba = tuple[float, float, float, float]  # each in [0, 1]
Plain = str | int | float | bool | None  # what a truth or a note may hold

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")  # safe as a file name and inside a MuJoCo name
_MAX_TEXT = 10_000
_UNIT_TOLERANCE = 1e-6


def number(value: Any, what: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite float in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise BadInput(f"{what} is {repr(value)[:80]}, needs a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not (math.isfinite(found) and low <= found <= high):
        raise BadInput(f"{what} is {str(value)[:40]}, needs a finite number in [{low:g}, {high:g}]")
    return found


def positive(value: Any, what: str) -> float:
    """A finite float > 0."""
    found = number(value, what)
    if not found > 0:
        raise BadInput(f"{what} is {value}, needs to be greater than 0")
    return found


def numbers(value: Any, count: int, what: str, low: float = -math.inf, high: float = math.inf) -> tuple[float, ...]:
    """``count`` finite floats in [low, high]."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray) or len(value) != count:
        raise BadInput(f"{what} is {repr(value)[:80]}, needs {count} numbers")
    return tuple(number(v, what, low, high) for v in value)


def vec2(value: Any, what: str) -> Vec2:
    """(x, y)."""
    x, y = numbers(value, 2, what)
    return x, y


def vec3(value: Any, what: str) -> Vec3:
    """(x, y, z)."""
    x, y, z = numbers(value, 3, what)
    return x, y, z


def quat(value: Any, what: str) -> Quat:
    """(w, x, y, z) as given; refused when its length is not 1."""
    w, x, y, z = numbers(value, 4, what)
    if abs(math.hypot(w, x, y, z) - 1.0) > _UNIT_TOLERANCE:
        raise BadInput(f"{what} is {value!r}: a quaternion (w, x, y, z) of length 1 is needed")
    return w, x, y, z


def rgba(value: Any, what: str) -> Rgba:
    """(r, g, b, a), each in [0, 1]."""
    r, g, b, a = numbers(value, 4, what, 0.0, 1.0)
    return r, g, b, a


def name(value: Any, what: str) -> str:
    """A name that is safe in files: letters, digits, ``_ . -``, at most 64 of them."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise BadInput(
            f"{what} {repr(value)[:80]} is no name: use letters, digits, '_', '.' and '-', at most 64, no blanks"
        )
    return value


def text(value: Any, what: str) -> str:
    """Free text."""
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise BadInput(f"{what} is {str(value)[:40]!r}, needs text of at most {_MAX_TEXT} characters")
    return value


def flag(value: Any, what: str) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise BadInput(f"{what} is {repr(value)[:80]}, needs true or false")
    return bool(value)


def one_of(value: Any, choices: Sequence[str], what: str) -> str:
    """One of the given words."""
    if value not in choices:
        raise BadInput(f"{what} is {repr(value)[:80]}, needs one of: {', '.join(choices)}")
    return value


def plain_mapping(value: Any, what: str) -> Mapping[str, Plain]:
    """A read-only mapping of names to text, numbers, flags and null, sorted by name."""
    if not isinstance(value, Mapping):
        raise BadInput(f"{what} is {repr(value)[:80]}, needs a mapping of names to values")
    found: dict[str, Plain] = {}
    for key in sorted(value, key=str):
        item = value[key]
        where = f"{what}.{name(key, what)}"
        if isinstance(item, bool | np.bool_):
            found[key] = bool(item)
        elif isinstance(item, int | np.integer):
            found[key] = int(item)
        elif isinstance(item, float | np.floating):
            found[key] = number(item, where)
        elif item is None or isinstance(item, str):
            found[key] = item if item is None else text(item, where)
        else:
            raise BadInput(f"{where} is {repr(item)[:80]}, needs text, a number, true, false or null")
    return MappingProxyType(found)


def array(value: ArrayLike, dtype: type[np.generic], shape: tuple[int | None, ...], what: str) -> NDArray[Any]:
    """A read-only copy with the given type and shape; None in ``shape`` is any length."""
    try:
        found = np.array(value, dtype=dtype, order="C")
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"{what} cannot be made an array of {np.dtype(dtype).name}: {error}") from error
    if found.ndim != len(shape) or any(s is not None and s != n for s, n in zip(shape, found.shape, strict=True)):
        wanted = tuple("n" if s is None else s for s in shape)
        raise BadInput(f"{what} has shape {found.shape}, needs {wanted}")
    found.flags.writeable = False
    return found


def finite(value: NDArray[Any], what: str) -> NDArray[Any]:
    """The same array, refused when it holds NaN or infinity."""
    if not np.isfinite(value).all():
        raise BadInput(f"{what} holds {int((~np.isfinite(value)).sum())} values that are not finite")
    return value
