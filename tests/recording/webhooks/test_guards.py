"""Signatures and addresses: what is refused, and that refusing repeats no secret."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.recording.webhooks import Message, Secret, sign, verify
from rudel.recording.webhooks.address import address_of
from rudel.recording.webhooks.signing import TOLERANCE_S
from tests.recording.webhooks.receiver import SECRET


def headers(message_id: str, stamp: int, signature: str) -> dict[str, str]:
    return {"Webhook-Id": message_id, "Webhook-Timestamp": str(stamp), "Webhook-Signature": signature}


def test_example_of_the_specification() -> None:
    """id, time, body and signature of the example in the Standard Webhooks specification."""
    body = b'{"test": 2432232314}'
    signature = sign(Secret(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0, 2**31), st.integers(0, 2**31))
def test_a_signature_is_of_one_body_and_time(body: bytes, other: bytes, stamp: int, then: int) -> None:
    secret = Secret(SECRET)
    signature = sign(secret, "m", stamp, body)
    assert verify(secret, headers("m", stamp, f"v1,AAAA {signature}"), body, stamp) == "m"
    for wrong in (headers("n", stamp, signature), headers("m", stamp + 1, signature)):
        with pytest.raises(BadInput, match="not that of its body"):
            verify(secret, wrong, body, stamp)
    if other != body:
        with pytest.raises(BadInput, match="not that of its body"):
            verify(secret, headers("m", stamp, signature), other, stamp)
    if abs(then - stamp) > TOLERANCE_S:
        with pytest.raises(BadInput, match="too far apart"):
            verify(secret, headers("m", stamp, signature), body, then)


def test_unsigned_messages_are_refused() -> None:
    with pytest.raises(BadInput, match="no signed webhook"):
        verify(Secret(SECRET), {}, b"", 0.0)


@pytest.mark.parametrize("text", ["", "hunter2-hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_" + "A" * 200, "whsec_ü"])
def test_poor_secrets_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        Secret(text)
    rest = text.removeprefix("whsec_")
    assert not rest or rest not in str(caught.value)


def test_secrets_are_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(SECRET))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://plant.example/", "https"),
        ("plant.example", "https"),
        ("https://", "https"),
        ("https://[::1", "cannot be read"),
        ("https://plant.example:99999/", "cannot be read"),
        ("http://plant.example/", "not encrypted"),
        ("https://user:pass@plant.example/", "user"),
        ("https://plant.example/a b", "ASCII"),
        ("https://plant.example/\r\nX: y", "ASCII"),
        ("https://localhost/", "this machine"),
        ("https://127.0.0.1/", "this machine"),
        ("https://127.8.9.1/", "this machine"),
        ("https://[::1]/", "this machine"),
        ("https://[::ffff:127.0.0.1]/", "this machine"),
        ("https://0.0.0.0/", "no address"),
        ("https://169.254.169.254/latest", "no address"),
        ("https://224.0.0.1/", "no address"),
    ],
)
def test_addresses_that_are_refused(url: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        address_of(url, plain_http=False, loopback=False)
    assert "pass" not in str(caught.value)


def test_addresses_of_plants_are_taken() -> None:
    one = address_of("https://10.1.2.3:8443/hooks?token=x", plain_http=False, loopback=False)
    assert (one.host, one.port, one.path, one.host_header) == ("10.1.2.3", 8443, "/hooks?token=x", "10.1.2.3:8443")
    assert "token" not in f"{one} {one!r}"


def test_a_name_that_leads_to_this_machine_is_refused_when_used(monkeypatch: pytest.MonkeyPatch) -> None:
    one = address_of("https://plant.example/", plain_http=False, loopback=False)
    answer = [(2, 1, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: answer)
    with pytest.raises(BadInput, match="this machine"):
        one.resolve()
    answer.append((2, 1, 6, "", ("10.0.0.7", 443)))
    assert one.resolve() == ("10.0.0.7",)


@pytest.mark.parametrize("name", ["", "a b", "ü", "x\n", "x" * 201])
def test_ids_that_no_header_can_hold_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="id"):
        Message(name, "a", "k")


def test_data_that_cannot_be_sent_is_refused_at_once() -> None:
    for data in ({"x": float("nan")}, {"x": object()}, {"x": "y" * 300_000}):
        with pytest.raises(BadInput, match="message 'm'"):
            Message("m", "a", "k", data).body(0.0)
