"""A sense in a process of its own: what it has to compute, it computes while the robot's loop goes on.

It answers one span later than it would here. A sense whose readings take longer than that to arrive (``latency_s`` of
its channel) therefore says the same things at the same times, byte by byte, wherever it runs.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import traceback
import weakref
from collections.abc import Callable
from multiprocessing.connection import Connection

import mujoco

from rudel.core.errors import GiveUp
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
        context = multiprocessing.get_context("fork")  # the model and ``make`` go over as they are
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, self._here, make, model), daemon=True)
        self._process.start()
        there.close()
        self._finalizer = weakref.finalize(self, self._here.close)
        self._asked = False

    def advance(self, span: Span) -> list[Taken]:
        """Show it ``span``; returns what became complete within the one before."""
        taken: list[Taken] = []
        try:
            if self._asked:
                good, answer = self._here.recv()
                if not good:
                    raise GiveUp(f"a sense in a process of its own failed:\n{answer}")
                taken = answer
            poses = [(p.position.tobytes(), p.quat.tobytes()) for p in (span.start, span.end)]
            self._here.send((span.start_s, span.end_s, poses, span.data.qpos.copy(), span.gyro))
        except (EOFError, OSError) as error:
            self._process.join(1.0)
            raise GiveUp(f"a sense in a process of its own is gone (exit code {self._process.exitcode})") from error
        self._asked = True
        return taken

    def close(self) -> None:
        """End the process; any number of times."""
        self._finalizer()
        self._process.join(5.0)


def _serve(conn: Connection, other: Connection, make: Make, model: mujoco.MjModel) -> None:
    """Answer until the other end closes."""
    import numpy as np

    other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to every process of a terminal; the loop answers it
    data = mujoco.MjData(model)
    sense: Sense | None = None
    with contextlib.suppress(EOFError, OSError):
        while True:
            start_s, end_s, poses, qpos, gyro = conn.recv()
            try:
                data.qpos[:] = qpos
                mujoco.mj_kinematics(model, data)
                sense = sense or make(data)
                start, end = (Pose(np.frombuffer(p), np.frombuffer(q)) for p, q in poses)
                conn.send((True, sense.advance(Span(start_s, end_s, start, end, data, gyro))))
            except OSError:
                return
            except Exception:  # whatever it is, the loop must hear of it
                conn.send((False, traceback.format_exc()))
                return
