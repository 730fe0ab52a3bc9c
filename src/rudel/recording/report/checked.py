"""Is a round what its types say? Files come from outside, and round_of trusts what is inside a field."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from rudel.core.errors import BadInput
from rudel.core.findings import Round


def checked(one: Round) -> Round:
    """The same round with null as NaN where a number belongs (JSON knows no NaN).

    Raises:
        BadInput: a field is of another type; names it.
    """
    return cast(Round, _made(one, Round, "round"))


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in dataclasses.fields(kind))


def _made(value: Any, hint: Any, where: str) -> Any:
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, cast(type, hint)):
            raise BadInput(f"{where} is {_short(value)}, not a {cast(type, hint).__name__}")
        parts = {name: _made(getattr(value, name), sub, f"{where}.{name}") for name, sub in _fields(cast(type, hint))}
        changed = {name: part for name, part in parts.items() if part is not getattr(value, name)}
        return dataclasses.replace(value, **changed) if changed else value
    if origin in (Union, types.UnionType):
        rest = [choice for choice in get_args(hint) if choice is not type(None)]
        return None if value is None else _made(value, rest[0], where)
    if origin is tuple:
        return _row(value, get_args(hint), where)
    if origin is Mapping:
        return _table(value, get_args(hint)[1], where)
    if hint is float:
        return _number(value, where)
    if hint in (str, bool, int) and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise BadInput(f"{where} is {_short(value)}, not {hint.__name__}")
    return value


def _row(value: Any, hints: tuple[Any, ...], where: str) -> Any:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadInput(f"{where} is {_short(value)}, not a list")
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = hints[:1] * len(value)
    if len(hints) != len(value):
        raise BadInput(f"{where} has {len(value)} entries, needs {len(hints)}")
    made = tuple(_made(part, hint, f"{where}[{i}]") for i, (part, hint) in enumerate(zip(value, hints, strict=True)))
    same = isinstance(value, tuple) and all(a is b for a, b in zip(made, value, strict=True))
    return value if same else made


def _table(value: Any, hint: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise BadInput(f"{where} is {_short(value)}, not a mapping")
    if hint is Any:
        return value
    made = {str(key): _made(part, hint, f"{where}[{_short(key)}]") for key, part in value.items()}
    return value if all(made.get(key) is part for key, part in value.items()) else made


def _number(value: Any, where: str) -> Any:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{where} is {_short(value)}, not a number")
    if isinstance(value, int) and abs(value) > 1e300:
        raise BadInput(f"{where} is {_short(value)}: too large")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
