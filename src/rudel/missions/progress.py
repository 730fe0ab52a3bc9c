"""How far a mission has come: worked out from the events that its executor says, so that nothing else has to be kept.

An executor that is given the progress of an earlier one goes on where that one was, also after a kill -9: a task whose
beginning was said and whose end was not is done again, and the new beginning says so (``again``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rudel.core.errors import BadInput
from rudel.core.findings import Inspection, inspection_of
from rudel.core.types import Event

SOURCE = "mission"
DONE, SKIPPED, FAILED = "done", "skipped", "failed"


@dataclass
class Ended:
    """How one task ended: ``outcome`` done, skipped or failed, ``why``, and when [s]."""

    outcome: str
    why: str
    time_s: float
    attempts: int


@dataclass
class Progress:
    """What has been said so far.

    Attributes:
        digest: of the mission file.
        ended: task id -> how it ended, in the order in which tasks ended.
        failures: task id -> attempts that failed.
        put_off: ids of tasks that are to be tried once more at the end, in order.
        branches: fork id -> which way was taken.
        under_way: id of the task that had begun and not ended, or "".
        ending: how ("return" or "stop") and why the mission is being ended early, or None.
        outcome: how it ended and why, or None.
        inspections: as JSON has them, in order.
        charges: how often it has charged on the way.
    """

    digest: str = ""
    ended: dict[str, Ended] = field(default_factory=dict[str, Ended])
    failures: dict[str, int] = field(default_factory=dict[str, int])
    put_off: list[str] = field(default_factory=list[str])
    branches: dict[str, bool] = field(default_factory=dict[str, bool])
    under_way: str = ""
    ending: tuple[str, str] | None = None
    outcome: tuple[str, str] | None = None
    inspections: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    charges: int = 0

    @classmethod
    def of(cls, events: Iterable[Event]) -> Progress:
        """What events add up to; those of others are left out."""
        progress = cls()
        for event in events:
            progress.note(event)
        return progress

    def note(self, event: Event) -> None:
        """One more event."""
        if event.source != SOURCE:
            return
        data, id = event.data, str(event.data.get("id", ""))
        match event.kind:
            case "mission_begins":
                self.digest = str(data["digest"])
            case "step_begins":
                self.under_way = id
            case "step_fails":
                self.failures[id] = int(data["attempt"])
                self.under_way = ""
            case "step_put_off":
                self.put_off.append(id)
            case "step_interrupted":
                self.under_way = ""
            case "step_ends":
                self.ended[id] = Ended(data["outcome"], data["why"], event.time_s, int(data["attempts"]))
                self.inspections += [dict(one) for one in data.get("inspections", ())]
                self.under_way = ""
            case "charged":
                self.charges += 1
            case "branch":
                self.branches[id] = bool(data["taken"])
            case "mission_ending":
                self.ending = (str(data["how"]), str(data["why"]))
            case "mission_ends":
                self.outcome = (str(data["outcome"]), str(data["why"]))
            case _:
                pass  # tells people something, changes nothing

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Of all inspections so far, as JSON has them."""
        return [finding for one in self.inspections for finding in one.get("findings", ())]

    def inspected(self) -> tuple[Inspection, ...]:
        """All inspections so far."""
        return tuple(inspection_of(one) for one in self.inspections)

    def to_plain(self) -> dict[str, Any]:
        """As JSON can say it."""
        return asdict(self)

    @classmethod
    def of_plain(cls, data: Mapping[str, Any]) -> Progress:
        """What :func:`to_plain` wrote; BadInput says what is wrong."""
        try:
            values = dict(data)
            values["ended"] = {id: Ended(**one) for id, one in values["ended"].items()}
            for key in ("ending", "outcome"):
                if values[key] is not None:
                    how, why = values[key]
                    values[key] = (str(how), str(why))
            return cls(**values)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BadInput(f"progress of a mission cannot be read: {error}") from error
