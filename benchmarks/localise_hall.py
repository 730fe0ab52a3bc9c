"""LiDAR odometry without legs on a log of a real hall that comes with poses."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.core.readings import Scan
from rudel.core.types import RobotState
from rudel.navigation.localise import Localiser, Rig, _rotation

Array = NDArray[np.floating]

UNIT_M = 0.002  # of a coordinate in the log
PERIOD_S = 0.02  # of the states that stand in for a gyro


def hall(folder: Path) -> dict[str, Any]:
    """Errors against the log's own poses, which are no independent truth.

    The log has frames at 2 Hz and no gyro, and the sensor was carried by hand: half of its turns from frame to frame
    are above 8 degrees, a tenth above 20. ``with_gyro`` makes the gyro and the tilt that a robot has out of the poses'
    orientations, so that it says how well the way is measured; ``lidar_alone`` has nothing.
    """
    file = folder / "log_0p15m.npz"
    if not file.is_file():
        raise BadInput(f"there is no {file}")
    with np.load(file) as data:
        log = {key: data[key] for key in ("points_2mm", "offsets", "poses", "stamps")}
    return {"with_gyro": run(log, True), "lidar_alone": run(log, False)}


def run(log: dict[str, Array], gyro: bool, first: int = 0, last: int | None = None) -> dict[str, Any]:
    """One pass over frames ``first`` to ``last``."""
    poses, stamps, offsets = log["poses"][first:last], log["stamps"][first:last], log["offsets"][first:]
    localiser = Localiser(Rig(np.zeros(3), np.array([1.0, 0, 0, 0]), 1.0, lidar_period_s=0.5, lidar_delay_s=0.01))
    stated = [np.linalg.inv(poses[0]) @ pose for pose in poses]
    found, known, began = list[Array](), 0, time.process_time()
    for k in range(len(poses)):
        at_s = float(stamps[k] - stamps[0])
        if gyro:
            for state in turning(stated, k, float(stamps[k - 1] - stamps[0]) if k else at_s, at_s):
                localiser.state(state)
        seen = log["points_2mm"][offsets[k] : offsets[k + 1]].astype(np.float32) * np.float32(UNIT_M)
        n, zeros = len(seen), np.zeros(len(seen), np.float32)
        localiser.scan(Scan(at_s, "lidar", seen, zeros, np.zeros(n, np.uint16), zeros))
        estimate, matrix = localiser.estimate(), np.eye(4)
        matrix[:3, :3] = frames.rotate(estimate.pose.quat[None], np.eye(3)).T
        matrix[:3, 3] = estimate.pose.position
        found.append(matrix)
        known += estimate.known
    cpu_s = time.process_time() - began
    way = float(sum(np.linalg.norm(b[:3, 3] - a[:3, 3]) for a, b in itertools.pairwise(stated)))
    away = np.array([np.linalg.norm(a[:3, 3] - b[:3, 3]) for a, b in zip(found, stated, strict=True)])
    steps = []
    for k in range(len(stated) - 1):
        ours, theirs = (np.linalg.inv(t[k]) @ t[k + 1] for t in (found, stated))
        steps.append(float(np.linalg.norm((np.linalg.inv(theirs) @ ours)[:3, 3])))
    return {
        "frames": len(stated),
        "way_m": round(way, 2),
        "end_m": round(float(away[-1]), 3),
        "end_share_of_way": round(float(away[-1]) / way, 4),
        "rms_m": round(float(np.sqrt(np.mean(np.square(away)))), 3),
        "step_rms_m": round(float(np.sqrt(np.mean(np.square(steps)))), 4),
        "step_max_m": round(max(steps), 3),
        "known": round(known / len(stated), 3),
        "frame_ms_mean": round(1e3 * cpu_s / len(stated), 1),
    }


def turning(stated: list[Array], k: int, from_s: float, to_s: float) -> list[RobotState]:
    """States from the frame before to frame k, turning evenly."""
    zero, rest = np.zeros(12), np.array([0.0, 0.0, 9.81])
    end = np.asarray(_rotation.quat_of(stated[k][:3, :3]), np.float64)
    if not k:
        return [RobotState(to_s, zero, zero, zero, end, np.zeros(3), rest, np.zeros(0))]
    start = _rotation.quat_of(stated[k - 1][:3, :3])
    turn = frames.multiply(start * np.array([1.0, -1, -1, -1]), end)
    turn = turn if turn[0] >= 0 else -turn
    sine = float(np.linalg.norm(turn[1:]))
    angle = 2 * np.arctan2(sine, turn[0])
    axis = turn[1:] / sine if sine > 1e-12 else np.zeros(3)
    steps = max(1, round((to_s - from_s) / PERIOD_S))
    states = []
    for n in range(1, steps + 1):
        part = angle * n / steps
        quat = frames.multiply(start, np.concatenate(([np.cos(part / 2)], np.sin(part / 2) * axis)))
        at_s = from_s + (to_s - from_s) * n / steps
        gyro = np.asarray(axis * angle / (to_s - from_s), np.float64)
        states.append(RobotState(at_s, zero, zero, zero, np.asarray(quat, np.float64), gyro, rest, np.zeros(0)))
    return states
