"""Delivery: signed, in order, retried, bounded in time, and nothing lost, not even by kill -9."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.core.findings import Evidence, Finding
from rudel.core.types import Event
from rudel.recording.webhooks import Limits, Message, Retries, Secret, Webhook, alarm_of, verify
from tests.recording.webhooks.receiver import SECRET, receiver

QUICK = Retries(first_s=0.02, longest_s=0.1, most=50)


def hook(url: str, file: Path, **more: Any) -> Webhook:
    settings = {"rng": np.random.default_rng(3), "plain_http": True, "loopback": True, "retries": QUICK}
    return Webhook(url, SECRET, file, **{**settings, **more})


def message(name: str, lane: str = "a") -> Message:
    return Message(name, lane, "finding.opened", {"n": name})


def test_what_arrives_is_signed_and_says_what_was_sent(tmp_path: Path) -> None:
    with receiver() as there, hook(there.url, tmp_path / "q.db") as webhook:
        webhook.send(message("m1"))
        assert there.wait_for(1) == ["m1"]
    name, headers, body = there.got[0]
    assert verify(Secret(SECRET), headers, body, time.time()) == name == headers["Idempotency-Key"] == "m1"
    told = json.loads(body)
    assert told["type"] == "finding.opened"
    assert told["data"] == {"n": "m1"}


def test_order_within_a_lane_survives_failures_and_other_lanes_go_on(tmp_path: Path) -> None:
    left = {"a1": 3, "a2": 2, "b1": 0, "b2": 1}

    def answer(name: str) -> int:
        left[name] = left.get(name, 0) - 1
        return 500 if left[name] >= 0 else 204

    with receiver(answer) as there, hook(there.url, tmp_path / "q.db") as webhook:
        for name in ("a1", "a2", "b1", "b2", "a3"):
            webhook.send(message(name, name[0]))
        accepted = there.wait_for(5)
    assert [n for n in accepted if n[0] == "a"] == ["a1", "a2", "a3"]
    assert [n for n in accepted if n[0] == "b"] == ["b1", "b2"]
    assert accepted.index("b1") < accepted.index("a1")


def test_the_same_message_is_sent_once(tmp_path: Path) -> None:
    with receiver() as there:
        for _ in range(2):  # the second time after a restart
            with hook(there.url, tmp_path / "q.db") as webhook:
                webhook.send(message("m1"))
                webhook.send(message("m1"))
                there.wait_for(1)
                assert webhook.flush()
                time.sleep(0.05)
    assert [name for name, _, _ in there.got] == ["m1"]


@pytest.mark.parametrize("how", [0, -1], ids=["silent", "dripping"])
def test_a_receiver_that_hangs_costs_bounded_time(tmp_path: Path, how: int) -> None:
    hanging = threading.Event()

    def answer(name: str) -> int:
        if not hanging.is_set():
            hanging.set()
            return how
        return 200

    with receiver(answer) as there, hook(there.url, tmp_path / "q.db", limits=Limits(0.3)) as webhook:
        began = time.monotonic()
        webhook.send(message("m1"))
        assert there.wait_for(1, 10.0) == ["m1"]
        assert time.monotonic() - began < 5.0
    assert len(there.got) == 2


def test_sending_never_waits_for_the_receiver(tmp_path: Path) -> None:
    with receiver(lambda _: 0) as there:
        webhook = hook(there.url, tmp_path / "q.db", limits=Limits(2.0))
        with webhook:
            webhook.send(message("first"))
            while not there.got:
                time.sleep(0.005)
            longest = 0.0
            for i in range(300):
                began = time.monotonic()
                webhook.send(message(f"m{i}"))
                longest = max(longest, time.monotonic() - began)
            assert longest < 1.0  # a try takes 2 s: send waits for none
            assert webhook.flush(30.0)
            assert webhook.queue.waiting() == 301
            there.over.set()


def test_poison_is_set_aside_reported_and_can_be_put_back(tmp_path: Path) -> None:
    told: list[Event] = []
    poison = True

    def answer(name: str) -> int:
        return 400 if name == "bad" and poison else 200

    with receiver(answer) as there:
        retries = Retries(0.01, 0.02, most=3)
        with hook(there.url, tmp_path / "q.db", retries=retries, report=told.append) as webhook:
            webhook.send(message("bad"))
            webhook.send(message("good"))
            assert there.wait_for(1) == ["good"]
            (aside,) = webhook.queue.set_aside()
            assert (aside.id, aside.tries, aside.why) == ("bad", 3, "status 400")
            assert [(e.kind, e.data["id"], e.data["tries"]) for e in told] == [("webhook_set_aside", "bad", 3)]
            poison = False
            webhook.queue.again("bad", time.time())
            webhook.send(message("later"))
            assert sorted(there.wait_for(3)) == ["bad", "good", "later"]
            with pytest.raises(BadInput, match="were: none"):
                webhook.queue.again("bad", time.time())
    assert [name for name, _, _ in there.got].count("bad") == 4


def test_a_listener_that_fails_does_not_stop_the_alarms(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def listen(event: Event) -> None:
        raise ValueError("no ear")

    once = {"retries": Retries(0.01, 0.01, most=1), "report": listen}
    with receiver(lambda n: 500 if n == "bad" else 200) as there, hook(there.url, tmp_path / "q.db", **once) as webhook:
        webhook.send(message("bad"))
        webhook.send(message("good"))
        assert there.wait_for(1) == ["good"]
    assert "no ear" in capfd.readouterr().err


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    once = Retries(0.01, 0.01, most=1)
    with receiver(lambda _: 307) as there, hook(there.url, tmp_path / "q.db", retries=once) as webhook:
        webhook.send(message("m1"))
        while not webhook.queue.set_aside():
            time.sleep(0.005)
        assert webhook.queue.set_aside()[0].why == "status 307"


CRASH = """
import sys, os, signal, numpy
from rudel.recording.webhooks import Webhook, Message
hook = Webhook(sys.argv[1], sys.argv[2], sys.argv[3], rng=numpy.random.default_rng(1), plain_http=True, loopback=True)
with hook:
    for i in range(20):
        hook.send(Message(f"m{i:02}", "a", "finding.opened", {"n": i}))
    assert hook.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_lost_by_kill_9(tmp_path: Path) -> None:
    file = tmp_path / "q.db"
    with receiver() as there:
        there.answer = lambda _: 503
        ran = subprocess.run([sys.executable, "-c", CRASH, there.url, SECRET, str(file)], timeout=120)
        assert ran.returncode == -signal.SIGKILL
        there.answer = lambda _: 200
        with hook(there.url, file):
            assert there.wait_for(20) == [f"m{i:02}" for i in range(20)]


def test_one_webhook_for_one_file(tmp_path: Path) -> None:
    with hook("http://127.0.0.1:9/", tmp_path / "q.db"), pytest.raises(BadInput, match="in use"):
        hook("http://127.0.0.1:9/", tmp_path / "q.db")
    hook("http://127.0.0.1:9/", tmp_path / "q.db").close()


def test_a_closed_webhook_takes_nothing(tmp_path: Path) -> None:
    with hook("http://127.0.0.1:9/", tmp_path / "q.db") as webhook:
        pass
    with pytest.raises(BadInput, match="closed"):
        webhook.send(message("m1"))


def test_secret_and_path_show_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told: list[Event] = []
    twice = {"retries": Retries(0.01, 0.01, most=2), "report": told.append}
    with receiver(lambda _: 500) as there, hook(there.url, tmp_path / "q.db", **twice) as webhook:
        webhook.send(message("m1"))
        while not webhook.queue.set_aside():
            time.sleep(0.005)
        shown = repr(webhook) + repr(told) + repr(webhook.queue.set_aside()) + repr(Secret(SECRET))
    captured = capfd.readouterr()
    stored = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    for text in (shown, captured.out, captured.err, stored.decode(errors="replace")):
        assert SECRET.removeprefix("whsec_") not in text
        assert "t0ken" not in text


def test_alarm_of_a_finding_says_the_same_again_under_the_same_id() -> None:
    seen = Evidence("camera/zoom", 3.0, "p.png")
    finding = Finding("ventil ü/ 1" * 40, "V-1", "leak", "major", 0.9, 3.0, "leak", (seen,))
    first, second = (alarm_of("r1", "m", "dog", finding, simulated=True) for _ in range(2))
    assert first == second
    assert first.data["simulated"] is True
    assert alarm_of("r2", "m", "dog", finding, simulated=True).lane == first.lane
    assert alarm_of("r2", "m", "dog", finding, simulated=True).id != first.id
