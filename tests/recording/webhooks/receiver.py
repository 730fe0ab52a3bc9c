"""A receiver of webhooks on this machine that does as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Receiver:
    """``answer`` gives the status for a message id; 0 hangs, -1 drips a byte now and then."""

    answer: Callable[[str], int] = lambda _: 200
    port: int = 0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=t0ken"

    def wait_for(self, count: int, timeout_s: float = 20.0) -> list[str]:
        """Ids that were accepted, once there are so many."""
        until = time.monotonic() + timeout_s
        while len(self.accepted) < count and time.monotonic() < until:
            time.sleep(0.005)
        return list(self.accepted)


@contextmanager
def receiver(answer: Callable[[str], int] = lambda _: 200) -> Iterator[Receiver]:
    """Runs as long as the block."""
    state = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            name = self.headers["webhook-id"]
            state.got.append((name, dict(self.headers), body))
            status = state.answer(name)
            while status == -1 and not state.over.wait(0.05):
                self.wfile.write(b"H")
            if status == 0:
                state.over.wait()
            if status <= 0:
                return
            if 200 <= status < 300:
                state.accepted.append(name)
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the sender hung up, as it should

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
