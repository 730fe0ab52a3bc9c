"""A webhook: takes messages at once, keeps them on disk, and delivers them from a thread of its own."""

from __future__ import annotations

import fcntl
import os
import queue
import sqlite3
import ssl
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rudel import __version__
from rudel.core.errors import BadInput
from rudel.core.types import Event
from rudel.recording.webhooks import signing
from rudel.recording.webhooks.address import address_of
from rudel.recording.webhooks.message import Message
from rudel.recording.webhooks.post import Limits, post
from rudel.recording.webhooks.queue import Queue, Waiting
from rudel.recording.webhooks.retry import Retries
from rudel.recording.webhooks.signing import Secret

_LONGEST_SLEEP_S = 30.0  # also looks then for what other processes have put into the file
_DISK_WAIT_S = 1.0  # before writing again after the disk refused


class Webhook:
    """One receiver. Use it as a context manager.

    Two threads: one writes what was sent to disk, the other delivers; a receiver that hangs delays neither ``send`` nor
    the writing. What is not delivered when it closes stays in the file for the next time.

    Args:
        url: https address of the receiver.
        secret: that both sides know, see :class:`Secret`.
        file: where messages wait (SQLite). One running webhook per file.
        rng: for the waits between tries.
        plain_http: allow http.
        loopback: allow this machine.
        report: told of messages that were set aside ("webhook_set_aside") and of a disk that refuses to take one
            ("webhook_not_written"), from a thread of the webhook; must not block.
        retries, limits: see there.
        utc: wall clock [s since 1970].
        tls: another context than the default one, for receivers with a certificate of the plant's own.

    Raises:
        BadInput: a URL or secret that is not allowed, a file that is no queue or is in use.
    """

    def __init__(
        self,
        url: str,
        secret: Secret | str,
        file: Path | str,
        *,
        rng: np.random.Generator,
        plain_http: bool = False,
        loopback: bool = False,
        report: Callable[[Event], None] | None = None,
        retries: Retries | None = None,
        limits: Limits | None = None,
        utc: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = address_of(url, plain_http=plain_http, loopback=loopback)
        self._secret = secret if isinstance(secret, Secret) else Secret(secret)
        self._rng, self._report, self._utc, self._tls = rng, report, utc, tls
        self._retries, self._limits = retries or Retries(), limits or Limits()
        self.queue = Queue(file)
        self._held = _hold(self.queue)
        self._inbox: queue.SimpleQueue[tuple[Message, bytes, float] | threading.Event | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._threads = [
            threading.Thread(target=task, name=f"webhook {name}", daemon=True)
            for name, task in (("writer", self._write), ("sender", self._deliver))
        ]

    def __enter__(self) -> Webhook:
        self.queue.soonest(self._utc() + self._retries.longest_s)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Webhook({self._address})"

    def send(self, message: Message) -> None:
        """Hand over a message. Returns at once: no disk and no network is touched here.

        Raises:
            BadInput: the message cannot be written as JSON or is too large, or the webhook is closed.
        """
        if self._closing.is_set():
            raise BadInput("this webhook is closed")
        now_utc = self._utc()
        self._inbox.put((message, message.body(now_utc), now_utc))

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was sent before is on disk (not: delivered); False when that takes too long."""
        done = threading.Event()
        self._inbox.put(done)
        return done.wait(timeout_s)

    def close(self) -> None:
        """Write what was sent, stop delivering (a try that is under way ends by its deadline), close the file."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        self._inbox.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._limits.deadline_s + 5.0)
        if not any(thread.is_alive() for thread in self._threads):
            self.queue.close()
            os.close(self._held)

    def _write(self) -> None:
        while (item := self._inbox.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
                continue
            message, body, sent_utc = item
            while not self._put(message, body, sent_utc):
                if self._closing.wait(_DISK_WAIT_S):
                    break
            self._wake.set()

    def _put(self, message: Message, body: bytes, sent_utc: float) -> bool:
        try:
            self.queue.put(message.id, message.lane, body, sent_utc)
        except sqlite3.Error as error:  # a full disk: it stays in memory and is tried again
            self._tell("webhook_not_written", id=message.id, why=str(error))
            return False
        return True

    def _deliver(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                message = self.queue.due(self._utc())
                if message is not None:
                    self._try(message)
                    continue
                until = self.queue.next_utc()
            except sqlite3.Error as error:  # the disk again: nothing is lost, the try may be repeated
                self._tell("webhook_not_written", id="", why=str(error))
                self._closing.wait(_DISK_WAIT_S)
                continue
            wait_s = _LONGEST_SLEEP_S if until is None else until - self._utc()
            self._wake.wait(min(max(wait_s, 0.01), _LONGEST_SLEEP_S))

    def _try(self, message: Waiting) -> None:
        stamp = int(self._utc())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"rudel/{__version__}",
            "Idempotency-Key": message.id,
            signing.ID: message.id,
            signing.TIMESTAMP: str(stamp),
            signing.SIGNATURE: signing.sign(self._secret, message.id, stamp, message.body),
        }
        answer = post(self._address, headers, message.body, self._limits, self._tls)
        now_utc = self._utc()
        if answer.ok:
            self.queue.delivered(message.id, now_utc)
            return
        tries = message.tries + 1
        if tries >= self._retries.most:
            self.queue.failed(message.id, answer.why, now_utc, None)
            self._tell("webhook_set_aside", id=message.id, tries=tries, why=answer.why)
            return
        wait_s = max(self._retries.wait_s(tries, self._rng), answer.wait_s)
        self.queue.failed(message.id, answer.why, now_utc, now_utc + wait_s)

    def _tell(self, kind: str, **data: object) -> None:
        if self._report is None:
            return
        try:
            self._report(Event(kind, self._utc(), {"receiver": str(self._address), **data}, "webhook"))
        except Exception:  # whoever listens must not stop the alarms; what went wrong there is said and not hidden
            traceback.print_exc()


def _hold(own: Queue) -> int:
    """Hold the file for this process: two that deliver from it would mix up the order. Its end lets go."""
    lock = os.open(f"{own.path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        own.close()
        raise BadInput(f"{str(own.path)!r} is in use by another webhook: give each its own file") from None
    return lock
