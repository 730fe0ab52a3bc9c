"""Scans as captures keep them: in the base frame, so that whoever looks at them later needs no mounts."""

from __future__ import annotations

import dataclasses

import numpy as np

from rudel.core import frames
from rudel.core.readings import Scan
from rudel.inspection._views import BASE
from rudel.inspection.rig import Mounted


def in_base(scan: Scan, sensor: Mounted) -> Scan:
    """A scan of a sensor on a robot that stands, in the base frame; its ``frame`` says where the sensor sits.

    Args:
        scan: points in the sensor's frame.
        sensor: base_T_sensor.
    """
    points = frames.rotate(sensor.quat, scan.points.astype(np.float64)) + sensor.position
    x, y, z = sensor.position.tolist()
    return dataclasses.replace(scan, frame=f"{BASE} from {x:.3f} {y:.3f} {z:.3f}", points=points.astype(np.float32))
