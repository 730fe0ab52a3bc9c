"""Events of a pilot, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rudel.core.types import Event

SOURCE = "pilot"


class Journal:
    """Keeps every event and passes it on.

    Args:
        listen: called with every event as it happens.
    """

    def __init__(self, listen: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self._listen = listen
        self._state: dict[str, Any] = {}
        self.time_s = 0.0

    def say(self, kind: str, **data: Any) -> None:
        """Something happened now."""
        event = Event(kind, self.time_s, data, SOURCE)
        self.events.append(event)
        if self._listen is not None:
            self._listen(event)

    def change(self, kind: str, value: Any, **data: Any) -> None:
        """Say it only where ``value`` differs from the last one of this kind."""
        if self._state.get(kind) != value:
            self._state[kind] = value
            self.say(kind, value=value, **data)
