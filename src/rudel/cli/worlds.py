"""`rudel worlds`: the places to walk."""

from __future__ import annotations

import argparse
import importlib
import re
from typing import Any

from rudel.cli import _output

HELP = "list the worlds and what difficulty means in each"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    """List name, summary and the meaning of difficulty of each world."""
    from rudel import worlds

    listed = [describe(name) for name in worlds.names()]
    if args.json:
        _output.print_json(listed)
        return 0
    rows = [[w["name"], w["summary"], w["difficulty"]] for w in listed]
    _output.print_table("worlds", ["name", "what it is", "difficulty 0 to 1"], rows)
    print("Places to work in, and worlds of one's own: rudel world list")
    return 0


def describe(name: str) -> dict[str, Any]:
    """One world as a mapping.

    A world's summary gives the range that difficulty spans ("0.01 to 0.20 m"); where it gives none, two samples of the
    ground tell whether difficulty changes anything.
    """
    from rudel import worlds

    summary = worlds.summary(name)
    spanned = re.search(r"\d[\d.]* to \d[\d.]* \w+", summary)
    meaning = spanned[0] if spanned else "changes the ground" if _changes(name) else "no effect"
    build = importlib.import_module(f"{worlds.__name__}.{name}").build
    details = " ".join((build.__doc__ or "").split())
    return {"name": name, "summary": summary, "difficulty": meaning, "details": details}


def _changes(name: str) -> bool:
    import numpy as np

    from rudel import worlds

    easy, hard = (worlds.build(name, difficulty, np.random.default_rng(0)) for difficulty in (0.0, 1.0))
    x, y = (np.linspace(-edge / 2, edge / 2, 201) for edge in easy.size_m)
    points = np.stack(np.meshgrid(x, y), axis=-1)
    return not np.array_equal(easy.height(points), hard.height(points))
