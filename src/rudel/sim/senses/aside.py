"""A sense in a process of its own: what it has to compute, it computes while the robot's loop goes on.

It answers one span later than it would here. A sense whose readings take longer than that to arrive (``latency_s`` of
its channel) therefore says the same things at the same times, byte by byte, wherever it runs.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

import mujoco
import numpy as np

from rudel.core.forked import Forked
from rudel.core.types import Pose
from rudel.sim.batch import available_cores
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.sense import Sense, Span, Taken

Make = Callable[[mujoco.MjData], Sense]


def worthwhile() -> bool:
    """Is there a core to spare, and may this process have others?"""
    return available_cores() > 1 and not multiprocessing.current_process().daemon


class Aside:
    """See ``Sense``. Ends with this object, with ``close``, or when this process dies.

    Args:
        make: makes the sense, in the new process, for a simulation of ``model`` that follows the one here.
        model: the simulation's.
        clock: the sense's own.
    """

    def __init__(self, make: Make, model: mujoco.MjModel, clock: ClockError) -> None:
        self.clock = clock
        self._process = Forked(lambda: _There(make, model), "a sense")
        self._asked = False

    def advance(self, span: Span) -> list[Taken]:
        """Show it ``span``; returns what became complete within the one before."""
        taken: list[Taken] = self._process.receive() if self._asked else []
        poses = [(p.position.tobytes(), p.quat.tobytes()) for p in (span.start, span.end)]
        self._process.send((span.start_s, span.end_s, poses, span.data.qpos.copy(), span.gyro))
        self._asked = True
        return taken

    def close(self) -> None:
        """End the process; any number of times."""
        self._process.close()


class _There:
    """The sense, and a simulation that follows the one that it is shown."""

    def __init__(self, make: Make, model: mujoco.MjModel) -> None:
        self._make, self._model, self._data = make, model, mujoco.MjData(model)
        self._sense: Sense | None = None

    def __call__(self, shown: tuple[float, float, list[tuple[bytes, bytes]], np.ndarray, np.ndarray]) -> list[Taken]:
        start_s, end_s, poses, qpos, gyro = shown
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        self._sense = self._sense or self._make(self._data)
        start, end = (Pose(np.frombuffer(p), np.frombuffer(q)) for p, q in poses)
        return self._sense.advance(Span(start_s, end_s, start, end, self._data, gyro))
