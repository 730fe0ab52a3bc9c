"""Earlier observations of a batch of robots, which their policy gets besides the present one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class History:
    """The last ``depth`` observations of n robots; who has just started has seen only the present one.

    Attributes:
        past: earlier observations, the latest first, (n, depth, k).
        present: the observation that the policy was given last, (n, k).
        fresh: who has no past yet, (n,).
    """

    def __init__(self, n: int, depth: int, k: int) -> None:
        self.past = np.zeros((n, depth, k), np.float32)
        self.present = np.zeros((n, k), np.float32)
        self.fresh = np.ones(n, bool)

    def step(self) -> None:
        """A control period begins: the observation of the last one is past."""
        self.past[:, 1:] = self.past[:, :-1].copy()
        self.past[:, 0] = self.present

    def look(self, present: Array) -> Array:
        """The policy's input (n, k + depth k) for an observation (n, k)."""
        if self.fresh.any():
            self.past[self.fresh] = present[self.fresh, None]
            self.fresh[:] = False
        self.present[:] = present
        return np.concatenate((present, self.past.reshape(len(present), -1)), axis=1)

    def state(self) -> dict[str, Any]:
        """Everything that changes."""
        return {"past": self.past.copy(), "present": self.present.copy(), "fresh": self.fresh.copy()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        for name in ("past", "present", "fresh"):
            getattr(self, name)[...] = state[name]
