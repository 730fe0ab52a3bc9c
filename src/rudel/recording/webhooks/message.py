"""What a webhook says."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from rudel.core.errors import BadInput
from rudel.core.findings import Finding, Plain, to_plain

MOST_BYTES = 256_000
MOST_NAME = 200


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        id: unique, and the same whenever the same thing is said: a receiver that has seen it does nothing, and a second
            ``send`` of it is none. Printable ASCII without spaces.
        lane: messages of one lane arrive in the order in which they were sent (one lane for each finding).
        kind: what it is about, like finding.opened.
        data: for the receiver, as JSON can say it.
    """

    id: str
    lane: str
    kind: str
    data: Mapping[str, Plain] = field(default_factory=dict[str, Plain])

    def __post_init__(self) -> None:
        good = 0 < len(self.id) <= MOST_NAME and all("!" <= sign <= "~" for sign in self.id)
        if not good:
            raise BadInput(f"id {self.id!r} of a message is not 1 to {MOST_NAME} printable ASCII signs without spaces")

    def body(self, utc: float) -> bytes:
        """What is sent: JSON with type, timestamp (of the event) and data.

        Raises:
            BadInput: data that JSON cannot say, or too much of it.
        """
        when = datetime.datetime.fromtimestamp(utc, datetime.UTC).isoformat(timespec="milliseconds")
        try:
            text = json.dumps({"type": self.kind, "timestamp": when, "data": self.data}, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise BadInput(f"message {self.id!r} cannot be sent: {error}") from error
        if len(text) > MOST_BYTES:
            raise BadInput(f"message {self.id!r} has {len(text)} bytes, at most {MOST_BYTES} are sent")
        return text.encode()


def alarm_of(round_id: str, mission: str, robot: str, finding: Finding, *, simulated: bool) -> Message:
    """The alarm of a finding. Its lane is what was found where, so that later rounds follow earlier ones."""
    data = {
        "round": round_id,
        "mission": mission,
        "robot": robot,
        "simulated": simulated,
        "finding": to_plain(finding),
    }
    lane = f"{mission}/{finding.point}/{finding.kind}"
    return Message(_ascii(f"{round_id}/{finding.id}"), lane, "finding.opened", data)


def _ascii(name: str) -> str:
    """A name as printable ASCII; what is not becomes %XX, and what is long keeps its beginning and a digest."""
    text = quote(name, safe="/:.-_", errors="replace")
    if len(text) <= MOST_NAME:
        return text
    return text[: MOST_NAME - 33] + "-" + hashlib.sha256(name.encode(errors="replace")).hexdigest()[:32]
