"""Running mean and variance of observations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.training.nets import SignedPermutation

Array = NDArray[np.float32]


Moments = tuple[int, NDArray[np.float64], NDArray[np.float64]]


def moments(x: Array) -> Moments:
    """Number, mean (k,) and sum of squared deviations (k,) of samples (n, k)."""
    mean = x.mean(axis=0, dtype=np.float64)
    return len(x), mean, ((x - mean.astype(np.float32)) ** 2).sum(axis=0, dtype=np.float64)


SMALLEST_VARIANCE = 1e-4  # added to each: an input that never moves is not blown up


class Normaliser:
    """Standardises inputs by statistics that are kept mirror-symmetric (Chan 1979 for the parallel update).

    Attributes:
        mean, std: (k,) float32, what ``__call__`` applies.
    """

    def __init__(self, mirror: SignedPermutation) -> None:
        k = len(mirror.order)
        self.mirror = mirror
        self.count = 0.0
        self._mean, self._m2 = np.zeros(k), np.zeros(k)
        self.mean, self.std = np.zeros(k, np.float32), np.ones(k, np.float32)
        self._inverse = np.ones(k, np.float32)

    def update(self, moments: Moments) -> None:
        """Take in samples by their moments."""
        n, mean, m2 = moments
        # a sample and its mirror image count alike
        mirrored = mean[self.mirror.order] * self.mirror.signs
        m2 = 0.5 * (m2 + m2[self.mirror.order]) + n * (0.5 * (mean - mirrored)) ** 2
        mean = 0.5 * (mean + mirrored)
        total = self.count + n
        delta = mean - self._mean
        self._m2 += m2 + delta**2 * self.count * n / total
        self._mean += delta * n / total
        self.count = total
        self._publish()

    def _publish(self) -> None:
        self.mean = self._mean.astype(np.float32)
        if self.count:  # nothing seen yet: inputs pass as they are
            self.std = np.sqrt(self._m2 / self.count + SMALLEST_VARIANCE).astype(np.float32)
        self._inverse = 1 / self.std

    def __call__(self, x: Array) -> Array:
        return (x - self.mean) * self._inverse

    def state(self) -> dict[str, NDArray[np.float64]]:
        """For a checkpoint."""
        return {"count": np.array(self.count), "mean": self._mean.copy(), "m2": self._m2.copy()}

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """From a checkpoint."""
        self.count = float(state["count"])
        self._mean, self._m2 = np.array(state["mean"]), np.array(state["m2"])
        self._publish()
