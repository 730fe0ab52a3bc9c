"""Legs of three joints: where a foot is for given joints, and which joints put it where it should be.

Frames: base frame (x forward, y left, z up); legs in the order FL, FR, HL, HR; joints per leg hip x, hip y, knee.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput

Array = NDArray[np.float32]


@dataclass(frozen=True)
class LegGeometry:
    """What inverse kinematics needs of a 12-joint quadruped, in plain numbers so that it fits into a policy file.

    Attributes:
        hips: hip x joint origins in the base frame [m], 4 x 3.
        lateral: signed y offset from the hip x axis to the leg plane [m], 4.
        thigh, shank: link lengths [m].
        signs: +1 or -1 per joint: turns the angles below into the robot's own, 12. The reference convention is: hip x
            positive turns about -x, hip y positive swings the leg forward, knee positive folds it.
    """

    hips: tuple[tuple[float, float, float], ...]
    lateral: tuple[float, ...]
    thigh: float
    shank: float
    signs: tuple[float, ...]

    def validate(self) -> None:
        """Raise BadInput naming the field that cannot be right."""
        lengths = (len(self.hips), len(self.lateral), len(self.signs), *map(len, self.hips))
        if lengths != (4, 4, 12, 3, 3, 3, 3):
            raise BadInput("leg geometry: needs 4 hips with 3 coordinates, 4 lateral offsets and 12 signs")
        if not all(map(math.isfinite, (*self.lateral, *(x for hip in self.hips for x in hip)))):
            raise BadInput("leg geometry: hips or lateral has a number that is not finite")
        if not (0 < self.thigh < math.inf and 0 < self.shank < math.inf):
            raise BadInput(f"leg geometry: thigh {self.thigh} and shank {self.shank} must be positive")
        if any(abs(sign) != 1 for sign in self.signs):
            raise BadInput("leg geometry: signs must be +1 or -1")
        if not (self.hips[0][0] > self.hips[2][0] and self.hips[1][0] > self.hips[3][0]):
            raise BadInput("leg geometry: hips must be in the order FL, FR, HL, HR")


def inverse_kinematics(geo: LegGeometry, foot: Array) -> Array:
    """Joint angles that put the feet at ``foot``.

    Args:
        geo: leg geometry.
        foot: foot centres relative to their hip x joint, base axes [m], (n, 4, 3). Points out of reach are pulled in.

    Returns:
        (n, 12) joint angles [rad].
    """
    lateral = np.asarray(geo.lateral, np.float32)
    x, y, z = foot[..., 0], foot[..., 1], foot[..., 2]
    down = np.sqrt(np.maximum(y * y + z * z - lateral * lateral, 1e-6))  # depth in the leg's own plane
    roll = np.arctan2(z, y) - np.arctan2(-down, lateral)
    a, b = np.float32(geo.thigh), np.float32(geo.shank)
    reach2 = x * x + down * down
    knee = np.arccos(np.clip((reach2 - a * a - b * b) / (2 * a * b), -0.999, 0.999))
    hip = np.arctan2(x, down) - np.arctan2(b * np.sin(knee), a + b * np.cos(knee))
    roll = np.arctan2(np.sin(roll), np.cos(roll))
    q = np.stack((-roll, hip, knee), axis=-1).reshape(len(foot), 12)
    return q * np.asarray(geo.signs, np.float32)


def forward_kinematics(geo: LegGeometry, q: Array) -> Array:
    """Foot centres relative to their hip x joint in base axes [m], (n, 4, 3), from joint angles (n, 12)."""
    angles = (q * np.asarray(geo.signs, np.float32)).reshape(len(q), 4, 3)
    roll, hip, knee = -angles[..., 0], angles[..., 1], angles[..., 2]
    lateral = np.asarray(geo.lateral, np.float32)
    a, b = np.float32(geo.thigh), np.float32(geo.shank)
    x = a * np.sin(hip) + b * np.sin(hip + knee)
    down = a * np.cos(hip) + b * np.cos(hip + knee)
    cos, sin = np.cos(roll), np.sin(roll)
    return np.stack((x, lateral * cos + down * sin, lateral * sin - down * cos), axis=-1)
