"""One try to deliver: an HTTP POST that ends in time, whatever the receiver does."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from rudel.core.errors import BadInput, RudelError
from rudel.recording.webhooks.address import Address

MOST_ANSWER = 65_536  # bytes of an answer that are read; only its status matters
LONGEST_WAIT_S = 3600.0  # that a receiver can ask for


@dataclass(frozen=True)
class Limits:
    """deadline_s: for one try as a whole, from the first packet to the last byte of the answer [s]."""

    deadline_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.deadline_s <= 120:
            raise BadInput(f"deadline_s {self.deadline_s} of a webhook is not between 0 and 120 s")


@dataclass(frozen=True)
class Answer:
    """What came of a try.

    Attributes:
        ok: the receiver has taken it (status 200 to 299).
        why: what else happened; never holds the URL's path, the body or a secret.
        wait_s: how long the receiver asks to be left alone [s].
    """

    ok: bool
    why: str = ""
    wait_s: float = 0.0


def post(
    address: Address, headers: Mapping[str, str], body: bytes, limits: Limits, tls: ssl.SSLContext | None
) -> Answer:
    """Try once. Redirects are not followed: the signature is for the receiver that was named."""
    try:
        where = address.resolve()[0]
        raw = socket.create_connection((where, address.port), timeout=limits.deadline_s)
    except (OSError, RudelError) as error:
        return Answer(False, _why(error))
    # Time-outs of sockets are for one packet; a receiver that sends a byte now and then would hold us for ever.
    overdue = threading.Event()
    alarm = threading.Timer(limits.deadline_s, lambda: (overdue.set(), _hang_up(raw)))
    alarm.daemon = True
    alarm.start()
    try:
        return _talk(raw, address, headers, body, limits, tls)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(False, f"no answer within {limits.deadline_s:g} s" if overdue.is_set() else _why(error))
    finally:
        alarm.cancel()
        raw.close()


def _talk(
    raw: socket.socket,
    address: Address,
    headers: Mapping[str, str],
    body: bytes,
    limits: Limits,
    tls: ssl.SSLContext | None,
) -> Answer:
    sock = raw
    if address.tls:
        context = tls or ssl.create_default_context()
        sock = context.wrap_socket(raw, server_hostname=address.host, do_handshake_on_connect=True)
    link = http.client.HTTPConnection(address.host, address.port, timeout=limits.deadline_s)
    link.sock = sock
    try:
        link.request("POST", address.path, body, {**headers, "Host": address.host_header, "Connection": "close"})
        answer = link.getresponse()
        answer.read(MOST_ANSWER)
    finally:
        link.close()
    if 200 <= answer.status < 300:
        return Answer(True)
    return Answer(False, f"status {answer.status}", _wait(answer.getheader("Retry-After")))


def _wait(text: str | None) -> float:
    """Retry-After in seconds; dates and nonsense count as nothing asked."""
    return min(float(text), LONGEST_WAIT_S) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0.0


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
