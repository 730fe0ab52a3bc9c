"""A live view: the stream as a Foxglove WebSocket server, for the viewers that the field uses.

Protocol: https://github.com/foxglove/ws-protocol/blob/main/docs/spec.md; its newer name foxglove.sdk.v1 is the same.
"""

from __future__ import annotations

import asyncio
import hmac
import http
import ipaddress
import threading
import urllib.parse
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from rudel.core.errors import BadInput
from rudel.recording._viewer import Advertised, Viewer
from rudel.recording.messages import Message

PORT = 8765
SUBPROTOCOLS = (Subprotocol("foxglove.websocket.v1"), Subprotocol("foxglove.sdk.v1"))
ORIGINS = ("https://app.foxglove.dev",)  # web pages that may connect without a token, besides local ones
LARGEST = 2**16  # bytes of what a viewer may say


class Live:
    """A sink that shows. A viewer that is slow, hangs or sends rubbish costs nobody but itself.

    State is last-wins for each viewer. Events wait for it in order; one that lets too many wait is disconnected (and
    can come again) rather than shown an incomplete story.

    Args:
        host: address to listen on. Anything but this machine needs a token, or ``open_to_all``.
        port: 0: any free one.
        token: what viewers must give, as ?token=... in the address or as "Authorization: Bearer ...".
        open_to_all: let everybody who reaches the address see everything.
        viewers: at most so many at once.
        origins: further web pages that may connect without a token.

    Raises:
        BadInput: the address is not this machine's, is taken, or would be open to all.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = PORT,
        *,
        token: str | None = None,
        open_to_all: bool = False,
        viewers: int = 8,
        origins: Sequence[str] = (),
    ) -> None:
        if token is not None and len(token) < 8:
            raise BadInput("a token needs at least 8 characters: make one with python -c 'import secrets; ...'")
        if not _is_local(host) and token is None and not open_to_all:
            raise BadInput(f"live view on {host!r} would be open to all: give a token, or say open_to_all")
        if not 0 <= port < 2**16:
            raise BadInput(f"port is {port}, must be from 0 (any free one) to 65535")
        if viewers < 1:
            raise BadInput(f"viewers is {viewers}, must be >= 1")
        self._host, self._port, self._token, self._open = host, port, token, open_to_all
        self._limit, self._origins = viewers, (*ORIGINS, *origins)
        self._lock = threading.Lock()
        self._viewers: set[Viewer] = set()
        self._advertised = Advertised()
        self._latest: dict[str, Message] = {}  # state that a viewer sees at once when it subscribes
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="rudel-live", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            why = self._failure.strerror or self._failure
            raise BadInput(f"live view cannot listen on {host}:{port}: {why}; choose another port") from self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """What to type into the viewer (without the token)."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"ws://{host}:{self._port}"

    @property
    def viewers(self) -> int:
        """How many look on now."""
        with self._lock:
            return len(self._viewers)

    def put(self, message: Message) -> None:
        """Show ``message`` to whoever subscribed; never waits for a viewer."""
        with self._lock:
            new = self._advertised.add(message)
            if not message.kept:
                self._latest[message.channel] = message
            for viewer in self._viewers:
                if new is not None:
                    viewer.advertise([new])
                viewer.offer(message)

    def flush(self, timeout_s: float = 0.0) -> None:
        """Nothing to wait for: viewers get what they can take."""

    def close(self) -> None:
        """Say good-bye to all viewers."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    # -- the server's thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._started.set()
            self._loop.close()

    async def _serve(self) -> None:
        async with serve(
            self._welcome,
            self._host,
            self._port,
            subprotocols=SUBPROTOCOLS,
            process_request=self._admit,
            compression=None,
            max_size=LARGEST,
            max_queue=4,
            ping_interval=10,
            ping_timeout=20,
            open_timeout=5,
            close_timeout=1,
        ) as server:
            self._port = _port_of(server)
            self._started.set()
            await self._stopping.wait()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """None: welcome. Otherwise what it is told."""
        if self._token is not None:
            if not hmac.compare_digest(_given(request).encode(), self._token.encode()):
                return connection.respond(http.HTTPStatus.UNAUTHORIZED, "give the token: ws://.../?token=...\n")
        elif not (self._open or self._may(request.headers.get("Origin"))):
            # any page in this machine's browser could connect: it may not read along without being asked
            return connection.respond(http.HTTPStatus.FORBIDDEN, "this web page may not look on without a token\n")
        with self._lock:
            if len(self._viewers) >= self._limit:
                return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "too many viewers\n")
        return None

    def _may(self, origin: Origin | str | None) -> bool:
        if origin is None or origin in self._origins:
            return True  # no browser, or a page that we know
        host = urllib.parse.urlsplit(origin).hostname
        return host is not None and _is_local(host)

    async def _welcome(self, connection: ServerConnection) -> None:
        viewer = Viewer(connection, self._loop, self._lock, self._latest.get)
        with self._lock:
            full = len(self._viewers) >= self._limit  # several may have been admitted at the same moment
            if not full:
                viewer.greet(self._advertised.all())
                self._viewers.add(viewer)
        if full:
            await connection.close(1013, "too many viewers")
            return
        try:
            await viewer.run()
        except ConnectionClosed:
            pass  # the usual end
        finally:
            with self._lock:
                self._viewers.discard(viewer)


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _given(request: Request) -> str:
    """The token in the address or in the headers."""
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith("Bearer "):
        return authorization.removeprefix("Bearer ")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
    return query.get("token", [""])[0]


def _port_of(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])
