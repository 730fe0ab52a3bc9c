"""Values of options, parsed strictly: what is not understood is refused with examples, never guessed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from rudel.core.errors import BadInput, UnknownName

_UNIT_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration_s(text: str) -> float:
    """Seconds > 0 from "150s", "2m", "1.5h" or plain seconds; anything else is BadInput."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh]?)", text)
    seconds = float(match[1]) * _UNIT_S[match[2]] if match else math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise BadInput(f"{text!r} is not a duration: write for example 150s, 2m, 1.5h, or plain seconds such as 90")
    return seconds


def whole(least: int, what: str) -> Callable[[str], int]:
    """A parser of whole numbers from ``least`` on; ``what`` is the option's name in messages."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < least:
            raise BadInput(f"{what} {text!r} is not a whole number from {least} on")
        return int(text)

    return parse


def difficulty(text: str) -> float:
    """A number in [0, 1]."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise BadInput(f"--difficulty {text!r} is not a number from 0 (nearly flat) to 1 (hard)")
    return value


def choice(kind: str, choices: Iterable[str]) -> Callable[[str], str]:
    """A parser that takes one of ``choices`` and names the nearest ones otherwise."""
    known = tuple(choices)

    def parse(text: str) -> str:
        if text not in known:
            raise UnknownName(kind, text, known)
        return text

    return parse


def overrides(texts: Sequence[str]) -> dict[str, object]:
    """{"ppo.epochs": 3} from ["ppo.epochs=3"]; values are JSON (3, 1e-3, true, [1, 2]) or else plain text."""
    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise BadInput(f"--set {text!r} is not KEY=VALUE; write for example --set ppo.epochs=3")
        if key in found:
            raise BadInput(f"--set names {key!r} twice")
        found[key] = _value(value, text)
    return found


def _value(value: str, text: str) -> object:
    def refuse(_: str) -> NoReturn:  # JSON's NaN and Infinity
        raise BadInput(f"--set {text!r}: the value must be finite")

    try:
        return json.loads(value, parse_constant=refuse)
    except ValueError:
        return value
