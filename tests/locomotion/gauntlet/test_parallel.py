"""Jobs side by side: all answers, or one error and an end to all of them."""

from __future__ import annotations

import threading
import time

import pytest

from rudel.locomotion.gauntlet.parallel import Job, Stopped, Tell, side_by_side


def test_every_job_answers_under_its_name() -> None:
    told: list[float] = []
    jobs = {str(i): Job(1.0 + i, lambda tell, i=i: (tell("x", 1.0), i)[1]) for i in range(5)}
    assert side_by_side(jobs, 2, lambda _what, share: told.append(share)) == {str(i): i for i in range(5)}
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("from_watch", [False, True])
def test_an_error_ends_all_jobs(from_watch: bool) -> None:
    stopped = threading.Event()

    def endless(tell: Tell) -> None:
        try:
            while True:
                tell("waiting", 0.1)
                time.sleep(0.005)
        except Stopped:
            stopped.set()
            raise

    def fails(_: Tell) -> None:
        time.sleep(0.02)
        raise ValueError("no")

    def watch(what: str, share: float) -> None:
        if from_watch:
            raise KeyboardInterrupt

    jobs = {"endless": Job(1.0, endless), "fails": Job(1.0, endless if from_watch else fails)}
    with pytest.raises(KeyboardInterrupt if from_watch else ValueError):
        side_by_side(jobs, 2, watch)
    assert stopped.is_set()
