"""Feet that rise over what they run into: a swinging foot that hangs back is being held by something.

A blind robot learns of a step when its toe meets the riser. The foot then stands still beside a body that goes on, and
stays behind where it is sent, further than its joints lag behind in the air. The apex of the swing rises with that at
once, within the same swing, and comes down slowly: where one step is there often is another. On level ground nothing
is felt, and feet stay as low as they are. There, where the body was not tilted of late either, they may swing lower
still (``calm_swing_m``), which takes less energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.caution import rough, rough_single
from rudel.locomotion.gait import TROT_OFFSET
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.gait_single import foot_from_hip
from rudel.locomotion.legs import LegGeometry, forward_kinematics

Array = NDArray[np.float32]

FELT = (0.4, 0.95)  # of the swing: before, a foot is still getting up speed, and at the end it lands
HELD = 0.3  # of the stroke's speed: in the air a foot is never slower then, relative to the body
LEAST_MPS = 0.1  # of the stroke, below which it has no direction to speak of


def stumble(
    geo: LegGeometry,
    params: GaitParams,
    stance: Array,
    apex: Array,
    phase: Array,
    command: Array,
    targets: Array,
    measured: Array,
    speed: Array,
    period_s: float,
    unrest: Array,
) -> Array:
    """The apex of the swing one period later [m], (n, 1).

    Args:
        geo, params: leg geometry and gait shape.
        stance: feet at the default pose relative to their hips [m], (4, 3).
        apex: of now [m], (n, 1).
        phase: at which ``targets`` were sent, (n,).
        command: vx, vy [m/s], wz [rad/s], (n, 3).
        targets: joint targets that were sent last [rad], (n, 12).
        measured: where the joints are [rad], (n, 12).
        speed: of the joints [rad/s], (n, 12).
        period_s: control period.
        unrest: largest tilt of late as a tangent, see rudel.locomotion.caution, (n,).
    """
    swing = ((phase[:, None] + TROT_OFFSET) % 1.0 - np.float32(params.duty)) / np.float32(1 - params.duty)
    feet = (np.asarray(geo.hips, np.float32) + stance)[:, :2]
    vx, vy, wz = (command[:, i, None] for i in range(3))
    stroke = np.stack((vx - wz * feet[:, 1], vy + wz * feet[:, 0]), axis=-1)  # (n, 4, 2)
    pace = np.sqrt((stroke * stroke).sum(axis=-1))
    way = stroke / np.maximum(pace, np.float32(LEAST_MPS))[..., None]
    here, period = forward_kinematics(geo, measured)[..., :2], np.float32(period_s)
    lag = ((forward_kinematics(geo, targets)[..., :2] - here) * way).sum(axis=-1)
    soon = np.asarray(measured + period * speed, np.float32)
    gained = ((forward_kinematics(geo, soon)[..., :2] - here) * way).sum(axis=-1)
    felt = (swing > FELT[0]) & (swing < FELT[1]) & (gained < np.float32(HELD) * period * pace)
    beyond = lag - (np.float32(params.stumble_lag_m) + np.float32(params.stumble_lag_s) * pace)
    beyond = np.where(felt, beyond, 0.0).max(axis=1, keepdims=True)
    calm, usual = np.float32(params.calm_apex_m), np.float32(params.swing_height_m)
    lowest = calm + (usual - calm) * rough(params, unrest)
    risen = np.minimum(usual + np.float32(params.stumble) * beyond, np.float32(params.swing_range_m[1]))
    sinking = apex + np.float32(period_s / (params.stumble_s + period_s)) * (lowest - apex)
    return np.asarray(np.maximum(sinking, np.where(beyond > 0, risen, lowest)), np.float32)


class Stumble:
    """:func:`stumble` for one robot, in plain numbers.

    Args:
        geo, params, stance: see there.
    """

    def __init__(self, geo: LegGeometry, params: GaitParams, stance: Array) -> None:
        self._params, self._thigh, self._shank = params, float(geo.thigh), float(geo.shank)
        feet = np.asarray(geo.hips, np.float32) + stance
        self._legs = [
            (
                i,
                float(TROT_OFFSET[i]),
                float(feet[i, 0]),
                float(feet[i, 1]),
                geo.lateral[i],
                geo.signs[3 * i : 3 * i + 3],
            )
            for i in range(4)
        ]

    def __call__(
        self,
        apex_m: float,
        phase: float,
        command: tuple[float, float, float],
        targets: Sequence[float],
        measured: Sequence[float],
        speed: Sequence[float],
        period_s: float,
        unrest: float,
    ) -> float:
        """The apex one period later [m]."""
        p = self._params
        vx, vy, wz = command
        most = 0.0
        for i, offset, foot_x, foot_y, lateral, signs in self._legs:
            swing = ((phase + offset) % 1.0 - p.duty) / (1.0 - p.duty)
            if not FELT[0] < swing < FELT[1]:
                continue
            along_x, along_y = vx - wz * foot_y, vy + wz * foot_x
            pace = hypot(along_x, along_y)
            way_x, way_y = along_x / max(pace, LEAST_MPS), along_y / max(pace, LEAST_MPS)
            joints = slice(3 * i, 3 * i + 3)
            links = (self._thigh, self._shank, lateral, signs)
            x, y, _ = foot_from_hip(*links, measured[joints])
            soon = [q + period_s * dq for q, dq in zip(measured[joints], speed[joints], strict=True)]
            then_x, then_y, _ = foot_from_hip(*links, soon)
            if (then_x - x) * way_x + (then_y - y) * way_y >= HELD * period_s * pace:
                continue
            wanted_x, wanted_y, _ = foot_from_hip(*links, targets[joints])
            lag = (wanted_x - x) * way_x + (wanted_y - y) * way_y
            most = max(most, lag - (p.stumble_lag_m + p.stumble_lag_s * pace))
        lowest = p.calm_apex_m + (p.swing_height_m - p.calm_apex_m) * rough_single(p, unrest)
        risen = min(p.swing_height_m + p.stumble * most, p.swing_range_m[1]) if most > 0 else lowest
        return max(apex_m + period_s / (p.stumble_s + period_s) * (lowest - apex_m), risen)
