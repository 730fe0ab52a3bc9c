"""The live view speaks Foxglove's protocol, and no viewer can harm the stream or another viewer."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from rudel.core.errors import BadInput
from rudel.recording import Live
from tests.recording.samples import message

PROTOCOL = [Subprotocol("foxglove.websocket.v1")]


@pytest.fixture
def live() -> Iterator[Live]:
    with Live(port=0, viewers=3) as view:
        yield view


def look(live: Live, **more: Any) -> ClientConnection:
    return connect(live.url, subprotocols=more.pop("subprotocols", PROTOCOL), compression=None, close_timeout=1, **more)


def told(viewer: ClientConnection) -> dict[str, Any]:
    text = viewer.recv(5)
    assert isinstance(text, str)
    return json.loads(text)


def data(viewer: ClientConnection) -> tuple[int, int, bytes]:
    """Subscription, time [ns], JSON."""
    raw = viewer.recv(5)
    assert isinstance(raw, bytes)
    opcode, subscription, time_ns = struct.unpack_from("<BIQ", raw)
    assert opcode == 1
    return subscription, time_ns, raw[13:]


def subscribe(viewer: ClientConnection, **channels: int) -> list[bytes]:
    """Subscribe c1=7: channel 1 as 7; what came in the meantime."""
    wishes = [{"id": number, "channelId": int(name[1:])} for name, number in channels.items()]
    viewer.send(json.dumps({"op": "subscribe", "subscriptions": wishes}))
    viewer.send(json.dumps({"op": "what?"}))
    before: list[bytes] = []
    while isinstance(raw := viewer.recv(5), bytes):
        before.append(raw[13:])
    assert json.loads(raw)["op"] == "status"  # whatever was sent before that has been heard
    return before


@pytest.mark.parametrize("protocol", ["foxglove.websocket.v1", "foxglove.sdk.v1"])
def test_a_viewer_is_told_what_there_is_and_gets_what_it_wants(live: Live, protocol: str) -> None:
    live.put(message(0, "state/x", kept=False))
    with look(live, subprotocols=[Subprotocol(protocol)]) as viewer:
        assert viewer.subprotocol == protocol
        hello = told(viewer)
        assert (hello["op"], hello["capabilities"]) == ("serverInfo", [])
        channels = told(viewer)
        assert channels["op"] == "advertise"
        (channel,) = channels["channels"]
        assert {key: channel[key] for key in ("topic", "encoding", "schemaEncoding")} == {
            "topic": "state/x",
            "encoding": "json",
            "schemaEncoding": "jsonschema",
        }
        assert json.loads(channel["schema"])["title"] == channel["schemaName"]
        live.put(message(1))
        (later,) = told(viewer)["channels"]
        assert later["topic"] == "event"
        newest = subscribe(viewer, c1=7, c2=8) or [data(viewer)[2]]
        assert newest == [message(0).data]  # at once, without a new one
        live.put(message(2))
        assert data(viewer) == (8, 200_000_000, message(2).data)
        viewer.send(json.dumps({"op": "unsubscribe", "subscriptionIds": [8]}))
        subscribe(viewer)
        live.put(message(3))
        live.put(message(4, "state/x", kept=False))
        assert data(viewer)[0] == 7


def test_a_stalled_viewer_costs_nobody_anything(live: Live) -> None:
    """Its socket is full; another gets every event in order and the publisher does not wait."""
    for n in (0, 1):
        live.put(message(n, ("event", "state/x")[n], kept=not n))
    with look(live) as stalled, look(live) as good:
        for viewer in (stalled, good):
            told(viewer), told(viewer)
            subscribe(viewer, c1=1, c2=2)
        slowest = 0.0
        got: list[bytes] = []
        for n in range(100):
            began = time.perf_counter()
            live.put(message(n, size=200_000))  # 20 MB that the stalled one never reads
            live.put(message(n, "state/x", kept=False, size=200_000))
            slowest = max(slowest, time.perf_counter() - began)
            while True:
                number, _, raw = data(good)
                if number == 1:
                    got.append(raw)
                    break
        assert slowest < 1.0
        assert [json.loads(raw)["data"]["n"] for raw in got] == list(range(100))
        stalled.socket.shutdown(socket.SHUT_RDWR)


def test_a_viewer_that_cannot_keep_up_is_sent_away_not_lied_to(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rudel.recording._viewer.EVENT_BYTES", 3_000_000)
    live.put(message(0))
    with look(live, max_queue=1) as viewer:
        told(viewer), told(viewer)
        subscribe(viewer, c1=1)
        for n in range(1, 60):
            live.put(message(n, size=500_000))
        seen: list[int] = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                seen.append(json.loads(data(viewer)[2])["data"]["n"])
        assert "too slow" in (viewer.close_reason or "")
        assert seen == list(range(1, len(seen) + 1))  # what came was complete up to there


def test_viewers_are_bounded_and_places_come_free(live: Live) -> None:
    with look(live) as one, look(live) as two:
        with look(live) as three:
            for viewer in (one, two, three):
                told(viewer)
            with pytest.raises(InvalidStatus) as refused, look(live):
                pass
            assert refused.value.response.status_code == 503
        end = time.monotonic() + 5
        while live.viewers > 2 and time.monotonic() < end:
            time.sleep(0.01)
        with look(live) as again:
            assert told(again)["op"] == "serverInfo"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"op": "subscribe"}',
        '{"op": "subscribe", "subscriptions": [3]}',
        '{"op": "subscribe", "subscriptions": [{"id": -1, "channelId": 1}]}',
        '{"op": "subscribe", "subscriptions": [{"id": 1, "channelId": 99}]}',
        '{"op": "advertise", "channels": []}',
        "[" * 5000,
        b"\x01\x02",
    ],
)
def test_rubbish_gets_an_answer(live: Live, text: str | bytes) -> None:
    with look(live) as viewer:
        told(viewer), told(viewer)
        viewer.send(text)
        assert told(viewer)["op"] == "status"


def test_too_long_a_message_ends_the_connection(live: Live) -> None:
    with look(live) as viewer:
        viewer.send("x" * 100_000)
        with contextlib.suppress(ConnectionClosed):
            while True:
                viewer.recv(5)
        assert viewer.close_code == 1009


def test_web_pages_may_not_read_along_unasked(live: Live) -> None:
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        with pytest.raises(InvalidStatus) as refused, look(live, origin=Origin(origin)):
            pass
        assert refused.value.response.status_code == 403
    for origin in ("https://app.foxglove.dev", "http://localhost:8080"):
        with look(live, origin=Origin(origin)) as viewer:
            assert told(viewer)["op"] == "serverInfo"


def test_a_token_opens_and_nothing_else_does() -> None:
    with Live(port=0, token="open sesame") as live:
        for url in (live.url, f"{live.url}/?token=wrong", f"{live.url}/?token="):
            with pytest.raises(InvalidStatus) as refused, connect(url, subprotocols=PROTOCOL):
                pass
            assert refused.value.response.status_code == 401
        with connect(
            f"{live.url}/?token=open%20sesame", subprotocols=PROTOCOL, origin=Origin("https://x.example")
        ) as v:
            assert told(v)["op"] == "serverInfo"
        with look(live, additional_headers={"Authorization": "Bearer open sesame"}) as v:
            assert told(v)["op"] == "serverInfo"


def test_other_addresses_need_a_token_or_a_word() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "", "robot.local"):
        with pytest.raises(BadInput, match="open to all"):
            Live(host, 0)
    with (
        Live("0.0.0.0", 0, open_to_all=True) as live,
        connect(live.url.replace("0.0.0.0", "127.0.0.1"), subprotocols=PROTOCOL) as viewer,
    ):
        assert told(viewer)["op"] == "serverInfo"
    with pytest.raises(BadInput, match="8 characters"):
        Live(port=0, token="short")
    with pytest.raises(BadInput, match="65535"):
        Live(port=70_000)


def test_a_port_that_is_taken_is_bad_input(live: Live) -> None:
    port = int(live.url.rpartition(":")[2])
    with pytest.raises(BadInput, match="another port"):
        Live(port=port)
