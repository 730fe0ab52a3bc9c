"""HTML and SVG that cannot be broken by the text in it: every string is escaped unless it is Markup already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

# Control signs, direction overrides (text that reads otherwise than it is) and halves of UTF-16 pairs.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_VOID = {"br", "img", "meta", "link", "input"}
LONGEST = 600  # signs of one text from outside that a page shows


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


Child = str | None | Iterable[Any]  # Any: such children again


def clean(text: str, longest: int = LONGEST) -> str:
    """Text from outside as people should see it: nothing invisible in it, and not too long."""
    text = _UNWANTED.sub("\ufffd", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def el(tag: str, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """An element. In attribute names a final _ is dropped and others become -; None and False leave one out."""
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        text = "" if value is True else value if isinstance(value, Markup) else escape(clean(str(value)))
        parts.append(f' {name}="{text}"')
    inner = "".join(_flat(children))
    parts.append(">" if tag in _VOID else f">{inner}</{tag}>")
    return Markup("".join(parts))


def join(*children: Child) -> Markup:
    """Children one after the other."""
    return Markup("".join(_flat(children)))


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str):
            yield escape(clean(child))
        else:
            yield from _flat(child)
