"""NaN guard: when the physics breaks, the last good states and the model are kept for replay, and the run says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np

from rudel.locomotion.training.rollout import Broken

MAX_DUMPS = 5


class NanGuard:
    """Writes a dump for each of the first few robots whose physics broke."""

    def __init__(self, out: Path) -> None:
        self.out, self.dumps = out, 0

    def look(self, broken: Sequence[Broken], iteration: int) -> list[Path]:
        """Dump what broke: nan_<iteration>_robot<i>.npz (state before, targets), .mjb (model)."""
        written: list[Path] = []
        for b in broken[: MAX_DUMPS - self.dumps]:
            self.dumps += 1
            stem = self.out / f"nan_{iteration:05d}_robot{b.robot}"
            stem.with_suffix(".mjb").write_bytes(b.model)
            spec = int(mujoco.mjtState.mjSTATE_INTEGRATION)
            np.savez(stem.with_suffix(".npz"), state=b.state, state_spec=spec, targets=b.targets, iteration=iteration)
            written += [stem.with_suffix(".mjb"), stem.with_suffix(".npz")]
        return written
