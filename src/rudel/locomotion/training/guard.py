"""NaN guard: when the physics breaks, the last good states and the model are kept for replay, and the run says so."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np

from rudel.locomotion.env import LocomotionEnv

MAX_DUMPS = 5


class NanGuard:
    """Watches an environment's ``broken`` robots and writes a dump for each of the first few."""

    def __init__(self, out: Path) -> None:
        self.out, self.dumps = out, 0

    def look(self, env: LocomotionEnv, iteration: int) -> list[Path]:
        """Dump what broke since the last call: nan_<iteration>_robot<i>.npz (state before, targets), .mjb (model)."""
        written: list[Path] = []
        for robot, state, targets in env.broken:
            if self.dumps >= MAX_DUMPS:
                break
            self.dumps += 1
            stem = self.out / f"nan_{iteration:05d}_robot{robot}"
            model = env.sim.batch.get_model(robot)
            mujoco.mj_saveModel(model, str(stem.with_suffix(".mjb")), None)
            spec = int(mujoco.mjtState.mjSTATE_INTEGRATION)
            np.savez(stem.with_suffix(".npz"), state=state, state_spec=spec, targets=targets, iteration=iteration)
            written += [stem.with_suffix(".mjb"), stem.with_suffix(".npz")]
        env.broken.clear()
        return written
