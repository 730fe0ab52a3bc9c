"""Signatures as the Standard Webhooks specification has them, so that receivers find a library that checks them.

The signature is the HMAC-SHA256 of "<id>.<timestamp>.<body>" under a shared secret, in base64, behind "v1,". The
timestamp [s since 1970] is that of the try, so that what was overheard cannot be sent again later.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from rudel.core.errors import BadInput

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_S = 300.0
_PREFIX, _LEAST, _MOST = "whsec_", 24, 64  # bytes of a secret, as the specification asks


class Secret:
    """A shared secret: 24 to 64 random bytes, in text as whsec_ and base64. It never shows itself."""

    __slots__ = ("_key",)

    def __init__(self, text: str) -> None:
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not text.startswith(_PREFIX) or not _LEAST <= len(key) <= _MOST:  # the message must not repeat it
            make = f"print({_PREFIX!r} + base64.b64encode(secrets.token_bytes(32)).decode())"
            raise BadInput(
                f"a webhook secret is {_PREFIX} and {_LEAST} to {_MOST} random bytes in base64; "
                f'one is made by: python -c "import base64, secrets; {make}"'
            )
        self._key = key

    def digest(self, content: bytes) -> bytes:
        """HMAC-SHA256."""
        return hmac.new(self._key, content, hashlib.sha256).digest()

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not written anywhere")


def sign(secret: Secret, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header."""
    digest = secret.digest(b".".join((message_id.encode(), str(timestamp).encode(), body)))
    return "v1," + base64.b64encode(digest).decode()


def verify(secret: Secret, headers: Mapping[str, str], body: bytes, now_utc: float) -> str:
    """What a receiver does: check the signature and the age, give the id (to drop what it has seen already).

    Raises:
        BadInput: a header is missing, too old or from the future, or the signature is of something else.
    """
    low = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp, signatures = low[ID], int(low[TIMESTAMP]), low[SIGNATURE].split()
    except (KeyError, ValueError) as error:
        raise BadInput(f"no signed webhook: {error}") from error
    if abs(now_utc - stamp) > TOLERANCE_S:
        raise BadInput(f"webhook of {stamp}, but it is {now_utc:.0f}: too far apart")
    right = sign(secret, message_id, stamp, body).encode()
    matches = [hmac.compare_digest(right, one.encode()) for one in signatures]  # each of them: no early way out
    if not any(matches):
        raise BadInput("the signature of the webhook is not that of its body")
    return message_id
