"""When to try again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rudel.core.errors import BadInput


@dataclass(frozen=True)
class Retries:
    """Waits that double, each by chance between half and all of itself, so that many senders do not come at once.

    Attributes:
        first_s: the wait after the first try that failed [s].
        longest_s: no wait is longer [s].
        most: tries of one message; after them it is set aside. The default of 20 spans about 12 hours.
    """

    first_s: float = 2.0
    longest_s: float = 3600.0
    most: int = 20

    def __post_init__(self) -> None:
        if not (0 < self.first_s <= self.longest_s and self.most >= 1):
            raise BadInput(f"{self}: needs 0 < first_s <= longest_s and most >= 1")

    def wait_s(self, tries: int, rng: np.random.Generator) -> float:
        """How long to wait after so many tries that failed, >= 1 [s]."""
        full = min(self.first_s * 2.0 ** min(tries - 1, 60), self.longest_s)
        return full * float(rng.uniform(0.5, 1.0))
