"""From the robot's clock to the time of day where the plant is."""

from __future__ import annotations

import datetime
import math
import zoneinfo
from dataclasses import dataclass

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Round

UTC_NAME = "UTC"


def zone_of(name: object) -> datetime.tzinfo:
    """The time zone of that IANA name.

    Raises:
        UnknownName: there is none; the nearest names follow.
    """
    if not isinstance(name, str):
        raise BadInput(f"time zone is {name!r}; a name such as Europe/Berlin is needed")
    if name == UTC_NAME:
        return datetime.UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, the others come of names that are paths
        pass
    except zoneinfo.ZoneInfoNotFoundError:
        pass
    raise UnknownName("time zone", name, zoneinfo.available_timezones())


@dataclass(frozen=True)
class SiteTime:
    """Times of one round.

    Attributes:
        zone: where the plant is.
        start_s: the robot's clock at the start [s].
        start_utc: wall clock at the start [s since 1970].
    """

    zone: datetime.tzinfo
    start_s: float
    start_utc: float

    @classmethod
    def of(cls, one: Round, zone: datetime.tzinfo) -> SiteTime:
        """The robot's clock at the start is ``data["started_s"]``, else that of the first place on its way, else 0."""
        told = one.data.get("started_s")
        if isinstance(told, int | float) and not isinstance(told, bool) and math.isfinite(told):
            start_s = float(told)
        else:
            start_s = one.path[0][0] if one.path and math.isfinite(one.path[0][0]) else 0.0
        return cls(zone, start_s, one.started_utc)

    def into_s(self, time_s: float) -> float:
        """Seconds since the start of the round."""
        return time_s - self.start_s

    def at(self, time_s: float) -> datetime.datetime | None:
        """Time of day when the robot's clock said ``time_s``; None where that is no time."""
        return self.utc(self.start_utc + self.into_s(time_s))

    def utc(self, seconds: float) -> datetime.datetime | None:
        """Time of day at ``seconds`` since 1970."""
        try:
            return datetime.datetime.fromtimestamp(seconds, self.zone)
        except (ValueError, OverflowError, OSError):
            return None
