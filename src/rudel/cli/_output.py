"""What verbs print: JSON for programs, tables for people."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from contextvars import ContextVar
from pathlib import PurePath
from typing import Any, NoReturn


def plain(value: Any) -> Any:
    """``value`` as JSON has it: dataclasses and mappings as objects, paths as text, NaN and infinity as null."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, PurePath):
        return str(value)
    if not isinstance(value, type) and dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy's arrays and scalars, without importing NumPy
        return plain(value.tolist())
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


_collected: ContextVar[list[Any] | None] = ContextVar("collected", default=None)


@contextlib.contextmanager
def collected() -> Iterator[list[Any]]:
    """Within it, JSON values are kept in this list and not printed."""
    values: list[Any] = []
    token = _collected.set(values)
    try:
        yield values
    finally:
        _collected.reset(token)


def print_json(value: Any) -> None:
    """Print one JSON value on one line, floats at full precision; or keep it for whoever collects."""
    values = _collected.get()
    if values is not None:
        values.append(plain(value))
    else:
        print(json.dumps(plain(value), allow_nan=False))


def number(value: Any) -> str:
    """A figure for people: four significant digits, a dash for what is missing or no number."""
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else "-"
    return "-" if value is None else str(value)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int = 99) -> None:
    """Print a table; columns from ``numbers_from`` on are aligned to the right, the first one is never cut."""
    from rich.console import Console  # a verb that prints JSON does without it
    from rich.table import Table
    from rich.text import Text

    class Output(Console):
        """Lets main deal with a reader that has gone away; rich would exit on its own."""

        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError

    table = Table(title=Text(title), title_justify="left")
    for i, column in enumerate(columns):
        right = i >= numbers_from
        table.add_column(Text(column), justify="right" if right else "left", no_wrap=i == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # Text: a name such as "[red]" is no markup
    Output().print(table)
