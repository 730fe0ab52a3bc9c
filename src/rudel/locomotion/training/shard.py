"""Robots in a process of their own, which collect while the others do.

Why processes: what NumPy does between two physics steps holds Python's interpreter lock, so that threads which walk
their own robots stand in each other's way (docs/decisions/0006-collecting-in-processes.md).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import traceback
import weakref
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from rudel.core.errors import GiveUp
from rudel.locomotion.training.ppo import ActorCritic
from rudel.locomotion.training.rollout import Collector, Rollout

Statistics = tuple[Mapping[str, Any], Mapping[str, Any]]


class Shard:
    """A collector in a forked process. It ends with this object, or when this process dies.

    Calls come in two halves, so that several shards work at once: ``begin`` one thing, then ``end`` it.

    Args:
        make: builds the collector, called in the new process; its batch must be in shared memory.
        net: whose parameters are in shared memory; input statistics are sent along.
    """

    def __init__(self, make: Callable[[], Collector], net: ActorCritic) -> None:
        context = multiprocessing.get_context(
            "fork"
        )  # the only way that hands over ``make`` and shared memory as they are
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, self._here, make, net), daemon=True)
        self._process.start()
        there.close()
        self._finalizer = weakref.finalize(self, self._here.close)

    def begin(self, what: str, *args: Any) -> None:
        """Start "collect" (statistics), "state" () or "restore" (state)."""
        try:
            self._here.send((what, args))
        except OSError as error:
            raise self._died() from error

    def end(self) -> Any:
        """What the call that was begun returned; raises GiveUp when it failed there."""
        try:
            good, answer = self._here.recv()
        except (EOFError, OSError) as error:
            raise self._died() from error
        if not good:
            raise GiveUp(f"a process that walks robots failed:\n{answer}")
        return answer

    def close(self) -> None:
        """End the process; a call that has begun is finished first."""
        # said aloud, because processes that were forked later hold this end of the pipe, too
        with contextlib.suppress(OSError):
            self._here.send(None)
        self._finalizer()
        self._process.join()

    def _died(self) -> GiveUp:
        self._process.join(1.0)
        return GiveUp(
            f"a process that walks robots is gone (exit code {self._process.exitcode}); -9 means that the system "
            "killed it, usually for want of memory: train with fewer robots"
        )


def statistics(net: ActorCritic) -> Statistics:
    """The input statistics of a network, as a shard's collecting needs them."""
    return net.obs_normaliser.state(), net.critic_normaliser.state()


def _serve(conn: Connection, other: Connection, make: Callable[[], Collector], net: ActorCritic) -> None:
    """Answer calls until the other end closes."""
    other.close()  # or its end of the pipe would outlive it here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to every process of a terminal; the trainer answers it
    collector: Collector | None = None
    while True:
        try:
            call = conn.recv()
        except (EOFError, OSError):
            return
        if call is None:
            return
        what, args = call
        try:
            collector = collector or make()
            conn.send((True, _answer(collector, net, what, *args)))
        except OSError:
            return
        except Exception:  # whatever it is, the trainer must hear of it
            conn.send((False, traceback.format_exc()))


def _answer(collector: Collector, net: ActorCritic, what: str, *args: Any) -> Any:
    if what == "collect":
        return _collect(collector, net, *args)
    if what == "state":
        return collector.state()
    assert what == "restore"
    collector.restore(*args)
    return None


def _collect(collector: Collector, net: ActorCritic, given: Statistics) -> Rollout:
    net.obs_normaliser.restore(dict(given[0]))
    net.critic_normaliser.restore(dict(given[1]))
    return collector.collect(net)
