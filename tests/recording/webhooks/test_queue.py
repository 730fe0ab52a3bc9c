"""The queue: nothing is lost or overtaken, whatever fails when; files that are none are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.recording.webhooks import Queue, Retries


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.integers(0, 4), min_size=12, max_size=12), st.data())
def test_each_lane_keeps_its_order_and_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, lanes: list[str], failures: list[int], data: st.DataObject
) -> None:
    """Tries that fail at random, on a clock of our own; more than two failures set a message aside."""
    queue = Queue(tmp_path_factory.mktemp("queue") / "q.db")
    left = {f"{lane}{i:02}": failures[i] for i, lane in enumerate(lanes)}
    rng = np.random.default_rng(1)
    retries, now = Retries(1.0, 8.0, most=3), 0.0
    for name in left:
        assert queue.put(name, name[0], name.encode(), now)
        assert not queue.put(name, name[0], b"again", now)
    done: list[str] = []
    while (when := queue.next_utc()) is not None:
        now = max(now, when)
        one = queue.due(now)
        assert one is not None
        assert one.body == one.id.encode()
        if left[one.id]:
            left[one.id] -= 1
            tries = one.tries + 1
            queue.failed(one.id, "no", now, None if tries >= retries.most else now + retries.wait_s(tries, rng))
        else:
            done.append(one.id)
            queue.delivered(one.id, now)
    aside = [one.id for one in queue.set_aside()]
    assert sorted(done + aside) == sorted(left)
    assert all([n for n in done if n[0] == lane] == sorted(n for n in done if n[0] == lane) for lane in "abc")
    assert set(aside) == {f"{lane}{i:02}" for i, lane in enumerate(lanes) if failures[i] >= 3}
    queue.close()


def test_waits_double_up_to_a_limit_and_vary() -> None:
    retries = Retries(2.0, 60.0, 20)
    rng = np.random.default_rng(5)
    for tries in range(1, 200):
        full = min(2.0 * 2.0 ** (tries - 1), 60.0)
        assert full / 2 <= retries.wait_s(tries, rng) <= full
    assert len({retries.wait_s(1, rng) for _ in range(10)}) == 10
    with pytest.raises(BadInput):
        Retries(0.0)


def test_waits_written_by_a_clock_that_was_ahead_are_cut(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "q.db")
    queue.put("m", "a", b"", 1e12)
    assert queue.due(1e9) is None
    queue.soonest(1e9)
    assert queue.due(1e9) is not None
    queue.close()


def test_what_is_in_the_file_is_there_again(tmp_path: Path) -> None:
    first = Queue(tmp_path / "q.db")
    first.put("m", "a", b"body", 5.0)
    second = Queue(tmp_path / "q.db")  # while the other one is still open, as after a crash
    one = second.due(5.0)
    assert one is not None
    assert one.body == b"body"
    first.close()
    second.close()


def test_delivered_bodies_go_and_ids_stay_for_a_month(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "q.db")
    queue.put("m", "a", b"secret body", 0.0)
    queue.delivered("m", 0.0)
    assert queue._one("SELECT body FROM messages WHERE id = ?", ("m",)) == (b"",)
    assert not queue.put("m", "a", b"x", 10.0)
    queue.put("n", "a", b"x", 40 * 86_400.0)
    queue.delivered("n", 40 * 86_400.0)
    assert queue.put("m", "a", b"x", 40 * 86_400.0)
    queue.close()


def test_a_file_that_is_no_queue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(BadInput, match="no queue"):
        Queue(tmp_path / "q.db")
    newer = Queue(tmp_path / "new.db")
    newer._link.execute("PRAGMA user_version = 9")
    newer.close()
    with pytest.raises(BadInput, match="version 9"):
        Queue(tmp_path / "new.db")
