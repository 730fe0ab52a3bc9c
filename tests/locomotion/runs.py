"""Small training runs for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rudel.locomotion.training import curves
from rudel.locomotion.training.run import TrainRequest, TrainResult, train
from rudel.locomotion.training.trainer import Progress

DRAW = curves.draw
SMALL = {"ppo.hidden": [16, 16], "ppo.horizon": 8}


class Notes:
    """A reporter that remembers what it was told."""

    def __init__(self, each: Callable[[Progress], None] | None = None) -> None:
        self.notes: list[str] = []
        self.iterations: list[int] = []
        self.each, self.stopped = each, False

    def start(self, title: str) -> None:
        pass

    def update(
        self, progress: Progress, elapsed_s: float, steps_per_s: float, share: float, left_s: float | None
    ) -> None:
        self.iterations.append(progress.iteration)
        if self.each is not None:
            self.each(progress)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def stop(self) -> None:
        self.stopped = True


def request(out: Path, iterations: int = 2, **changes: Any) -> TrainRequest:
    made: dict[str, Any] = {
        "iterations": iterations,
        "envs": 8,
        "until_met": False,
        "overrides": SMALL,
        "command": "test",
    }
    return TrainRequest(out=out, **made | changes)


def run(out: Path, iterations: int = 2, **changes: Any) -> TrainResult:
    return train(request(out, iterations, **changes), Notes())


def kept(out: Path) -> dict[str, Any]:
    """All that a checkpoint holds."""
    with np.load(out / "checkpoint.npz") as file:
        return dict(file)


def leftovers(out: Path) -> list[Path]:
    return list(out.rglob("*.part"))


def same_policy(one: Path, two: Path) -> bool:
    return next(one.glob("*.onnx")).read_bytes() == next(two.glob("*.onnx")).read_bytes()
