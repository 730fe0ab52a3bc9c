"""Fixtures that several modules share."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from rudel.locomotion import evaluate as evaluation
from rudel.locomotion.training import curves
from rudel.sim.options import training_options


@pytest.fixture
def quick_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Evaluations of two seconds, and no pictures."""
    quick = functools.partial(evaluation.evaluate, robots=2, duration_s=2.0, options=training_options())
    monkeypatch.setattr(evaluation, "evaluate", quick)
    monkeypatch.setattr(curves, "draw", lambda path, rows, title: path.write_bytes(b""))
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its log where it stands
