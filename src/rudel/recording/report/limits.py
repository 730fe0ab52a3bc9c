"""Which limits hold for a reading, and by how much it misses them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rudel.core.findings import Finding, Round


@dataclass(frozen=True)
class Limits:
    """low and high [unit of the reading]; infinite where there is none."""

    low: float = -math.inf
    high: float = math.inf

    def __bool__(self) -> bool:
        return math.isfinite(self.low) or math.isfinite(self.high)

    def excess(self, value: float) -> float:
        """How far outside: > 0 above, < 0 below, 0 within."""
        return max(value - self.high, 0.0) or min(value - self.low, 0.0)


NONE = Limits()
LOWER = ("low", "critical_low")
UPPER = ("high", "critical_high", "limit", "limit_c", "limit_ppm")


def of(facts: Mapping[str, Any]) -> Limits:
    """The narrowest of what missions and detectors call low, high, critical_low, critical_high, limit..."""
    return Limits(
        max(_number(facts.get(key), -math.inf) for key in LOWER),
        min(_number(facts.get(key), math.inf) for key in UPPER),
    )


def of_finding(finding: Finding, targets: Mapping[str, Mapping[str, Any]]) -> Limits:
    """What the finding says, else what the mission says of its point."""
    return of(finding.data) or at_point(finding.point, targets)


def at_point(point: str, targets: Mapping[str, Mapping[str, Any]]) -> Limits:
    """What the mission says of a point."""
    expected = targets.get(point, {}).get("expected")
    return of(expected) if isinstance(expected, Mapping) else NONE


def targets_of(one: Round) -> dict[str, Mapping[str, Any]]:
    """What the round says of its targets (``data["targets"]``), by point; what is malformed is left out."""
    told = one.data.get("targets")
    rows = told if isinstance(told, list | tuple) else []
    return {row["point"]: row for row in rows if isinstance(row, Mapping) and isinstance(row.get("point"), str)}


def place_of(target: Mapping[str, Any]) -> tuple[float, float] | None:
    """x, y [m] of a target in the map."""
    told = target.get("look_at")
    if not isinstance(told, list | tuple) or len(told) < 2:
        return None
    x, y = _number(told[0], math.nan), _number(told[1], math.nan)
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _number(value: Any, default: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else default
