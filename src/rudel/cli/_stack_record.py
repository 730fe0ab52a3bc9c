"""A recording of a ride: what the stack believed, ordered and said, one line of JSON for each."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from rudel.cli import _output
from rudel.cli._stack import Moment

EVERY = 5  # control periods between two lines on estimate and twist: 10 a second


class Recorder:
    """Writes ride.jsonl: a header, then lines of kind "pose" and "event", in order. A context manager."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path, self._header = path, header
        self._file: TextIO | None = None
        self._count = 0

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", encoding="utf-8")
        self._write({"kind": "ride", **self._header})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __call__(self, moment: Moment) -> None:
        for event in moment.events:
            self._write({"kind": "event", "t": moment.time_s, "event": event.kind, **event.data})
        self._count += 1
        estimate = moment.estimate
        if estimate is not None and self._count % EVERY == 1:
            twist = moment.order.twist
            self._write(
                {
                    "kind": "pose",
                    "t": moment.time_s,
                    "xyz": estimate.pose.position,
                    "yaw": estimate.yaw,
                    "status": estimate.status,
                    "posture": moment.order.posture,
                    "twist": (twist.vx, twist.vy, twist.wz),
                    "phase": moment.pilot.phase,
                }
            )

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(_output.plain(line), allow_nan=False) + "\n")
