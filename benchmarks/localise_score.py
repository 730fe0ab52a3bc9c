"""A localiser against the truth: errors, honesty, cost."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from localise_walk import Message
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.readings import Odometry, Scan
from rudel.core.types import RobotState
from rudel.navigation.localise import Localiser

Array = NDArray[np.floating]

CHI2_95 = 12.59  # of six degrees of freedom
SETTLED_S = 1.0  # left out at the start


class Score:
    """Feeds a localiser and keeps, at every state, what it believes beside what is true."""

    def __init__(self, localiser: Localiser) -> None:
        self.localiser = localiser
        self.rows: list[tuple[float, bool, Array, Array, float, float]] = []  # s, known, error, truth, squared, way
        self._cpu: dict[str, list[float]] = {"state": [], "odometry": [], "lidar": []}
        self._way, self._last = 0.0, None
        self._statuses: list[str] = []

    _last: Array | None

    def take(self, message: Message) -> None:
        """One message."""
        reading, began = message.reading, time.process_time()
        if isinstance(reading, RobotState):
            self.localiser.state(reading)
        elif isinstance(reading, Odometry):
            self.localiser.odometry(reading)
        elif isinstance(reading, Scan):
            self.localiser.scan(reading)
        self._cpu[message.name].append(time.process_time() - began)
        if isinstance(reading, RobotState):
            self._judge(message)

    def _judge(self, message: Message) -> None:
        estimate, true = self.localiser.estimate(), message.truth
        turn = frames.multiply(estimate.pose.quat, true.quat * np.array([1.0, -1.0, -1.0, -1.0]))
        turn = turn if turn[0] >= 0 else -turn
        error = np.concatenate((estimate.pose.position - true.position, 2 * turn[1:]))
        squared = float(error @ np.linalg.solve(estimate.covariance, error))
        if self._last is not None:
            self._way += float(np.linalg.norm(true.position[:2] - self._last[:2]))
        self._last = true.position
        self._statuses.append(estimate.status)
        self.rows.append((message.true_s, estimate.known, error, true.position, squared, self._way))

    def report(self) -> dict[str, Any]:
        """Figures of the whole way."""
        start_s = self.rows[0][0]
        rows = [r for r in self.rows if r[0] - start_s >= SETTLED_S]
        known = [r for r in rows if r[1]]
        if not known:
            return {"known": 0.0, "rms_m": math.inf, "drift": math.inf, "worst_m": math.inf} | self.costs()
        errors = np.array([r[2] for r in known])
        plane = np.linalg.norm(errors[:, :2], axis=1)
        way = max(self._way, 1e-3)
        return {
            "way_m": round(way, 1),
            "known": round(len(known) / len(rows), 3),
            "degenerate": round(self._statuses.count("degenerate") / len(self._statuses), 3),
            "rms_m": round(float(np.sqrt(np.mean(np.square(plane)))), 4),
            "rms_z_m": round(float(np.sqrt(np.mean(np.square(errors[:, 2])))), 4),
            "rms_yaw_rad": round(float(np.sqrt(np.mean(np.square(errors[:, 5])))), 4),
            "worst_m": round(float(plane.max()), 4),
            "end_m": round(float(plane[-1]), 4),
            "drift": round(float(plane[-1]) / way, 5),
            "covered_95": round(float(np.mean([r[4] < CHI2_95 for r in known])), 3),
            "nees_median": round(float(np.median([r[4] for r in known])), 2),
            "scale": self.localiser.scale.round(3).tolist(),
        } | self.costs()

    def costs(self) -> dict[str, float]:
        """CPU time [ms]."""
        scans = self._cpu["lidar"] or [0.0]
        seconds = max(self.rows[-1][0] - self.rows[0][0], 1e-3)
        total = sum(sum(times) for times in self._cpu.values())
        return {
            "scan_ms_mean": round(1e3 * float(np.mean(scans)), 2),
            "scan_ms_p95": round(1e3 * float(np.percentile(scans, 95)), 2),
            "scan_ms_max": round(1e3 * max(scans), 1),
            "share_of_a_core": round(total / seconds, 3),
        }

    def error_when(self, there: Callable[[Array], bool]) -> float | None:
        """Distance between believed and true position when the truth first is ``there`` [m]."""
        return next((round(float(np.linalg.norm(r[2][:2])), 4) for r in self.rows if there(r[3])), None)
