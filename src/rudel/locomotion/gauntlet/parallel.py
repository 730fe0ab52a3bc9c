"""Jobs side by side in threads. The physics and the network release Python's lock, so that cores have work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

Tell = Callable[[str, float], None]  # what is being done, share of it that is done
WAIT_S = 0.2


class Stopped(Exception):  # noqa: N818  # no error: another job failed, or the user has had enough
    """Raised inside a job that is to end."""


@dataclass(frozen=True)
class Job:
    """A piece of work.

    Attributes:
        weight: how long it takes, relative to the others; for progress only.
        run: is given a function to tell its progress with; that function raises Stopped when the job is to end.
    """

    weight: float
    run: Callable[[Tell], Any]


class _Progress:
    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._weights = {name: job.weight for name, job in jobs.items()}
        self._shares = dict.fromkeys(jobs, 0.0)
        self._lock, self.what = threading.Lock(), ""
        self.stop = threading.Event()

    def tell(self, job: str) -> Tell:
        def told(what: str, share: float) -> None:
            if self.stop.is_set():
                raise Stopped
            with self._lock:
                self._shares[job] = max(self._shares[job], min(1.0, share))
                self.what = what

        return told

    def share(self) -> float:
        with self._lock:
            done = sum(self._weights[name] * share for name, share in self._shares.items())
        return done / sum(self._weights.values())


def side_by_side(jobs: Mapping[str, Job], workers: int, watch: Callable[[str, float], None]) -> dict[str, Any]:
    """What each job returns, by name. ``watch`` is called in this thread; what it or a job raises ends all of them."""
    progress = _Progress(jobs)
    with ThreadPoolExecutor(workers, thread_name_prefix="gauntlet") as pool:
        futures = {name: pool.submit(job.run, progress.tell(name)) for name, job in jobs.items()}
        try:
            while True:
                done, waiting = wait(futures.values(), timeout=WAIT_S, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                watch(progress.what, progress.share())
                if not waiting:
                    return {name: future.result() for name, future in futures.items()}
        finally:
            progress.stop.set()
            for future in futures.values():
                future.cancel()
