"""How sensors break: they stop, repeat themselves, send NaN or send the past."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from rudel.core.errors import BadInput, UnknownName
from rudel.core.readings import Reading

KINDS = ("stop", "freeze", "nan", "past")


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong between two true times.

    Attributes:
        kind: "stop": nothing arrives. "freeze": the last good content again and again, with stamps of now. "nan":
            floats are NaN, whole numbers (colours) 0; stamps stay. "past": what was measured ``age_s`` before, with its
            old stamp, so that time jumps back where the fault begins.
        start_s, end_s: true times of measuring [s]; start <= t < end.
        age_s: of "past" [s].
    """

    kind: str
    start_s: float = 0.0
    end_s: float = math.inf
    age_s: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("fault", self.kind, KINDS)
        if not self.start_s < self.end_s:
            raise BadInput(f"a fault from {self.start_s} to {self.end_s} s: start_s < end_s is needed")
        if not (math.isfinite(self.age_s) and self.age_s > 0):
            raise BadInput(f"age_s of a fault is {self.age_s}, must be a number > 0")

    def active(self, true_s: float) -> bool:
        """Does it act at ``true_s``?"""
        return self.start_s <= true_s < self.end_s


class Faults:
    """Passes readings on, or what is left of them. Faults can be added at any time."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._faults = list(faults)
        self._good: Reading | None = None
        self._past: deque[tuple[float, Reading]] = deque()

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        """Repair the sensor."""
        self._faults.clear()

    def __call__(self, true_s: float, reading: Reading) -> Reading | None:
        """``reading``, complete at ``true_s``, as it leaves the sensor; None: it does not. The first fault decides."""
        self._remember(true_s, reading)
        fault = next((fault for fault in self._faults if fault.active(true_s)), None)
        if fault is None:
            self._good = reading
            return reading
        if fault.kind == "nan":
            return broken(reading)
        if fault.kind == "freeze":
            return None if self._good is None else dataclasses.replace(self._good, time_s=reading.time_s)
        if fault.kind == "past":
            old = [one for at_s, one in self._past if at_s <= true_s - fault.age_s + 1e-9]
            return old[-1] if old else None
        return None

    def _remember(self, true_s: float, reading: Reading) -> None:
        """Keep as much of the past as a fault may ask for: images are large."""
        ages = [fault.age_s for fault in self._faults if fault.kind == "past" and true_s < fault.end_s]
        if not ages:
            self._past.clear()
            return
        self._past.append((true_s, reading))
        while len(self._past) > 1 and self._past[1][0] <= true_s - max(ages):
            self._past.popleft()


def broken(reading: Reading) -> Reading:
    """``reading`` with NaN in place of every float that it measured; time, names and optics stay."""
    changed: dict[str, object] = {}
    for field in dataclasses.fields(reading):
        value = getattr(reading, field.name)
        if field.name in ("time_s", "offsets_s", "ring"):
            continue
        if isinstance(value, float):
            changed[field.name] = math.nan
        elif isinstance(value, np.ndarray):
            changed[field.name] = np.full_like(value, np.nan if value.dtype.kind == "f" else 0)
    return dataclasses.replace(reading, **changed)
