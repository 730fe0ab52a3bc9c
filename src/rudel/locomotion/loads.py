"""What the feet on the ground carry: how their loads are shared, and the joint targets that bear them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.legs import LegGeometry

Array = NDArray[np.float32]

LEAST_WIDTH_M = 0.05  # between feet that carry, below which there is no side to lean on
LEAST_SHARE, MOST_SHARE = 0.1, 2.5  # of what a foot carries on level ground


def load_offset(geo: LegGeometry, q: Array, force_z: Array, kp: float, aslant: Array | None = None) -> Array:
    """Position offset (n, 12) [rad] by which a joint of stiffness kp carries ``force_z`` (n, 4) [N] at its foot.

    ``aslant`` (n, 2): x and y of that force over its z; None: it is along z.
    """
    angles = (q * np.asarray(geo.signs, np.float32)).reshape(len(q), 4, 3)
    roll, hip, knee = -angles[..., 0], angles[..., 1], angles[..., 2]
    lateral = np.asarray(geo.lateral, np.float32)
    a, b = np.float32(geo.thigh), np.float32(geo.shank)
    both = hip + knee
    down = a * np.cos(hip) + b * np.cos(both)
    cos = np.cos(roll)
    # dz/dq of the foot for each joint; the motor balances the ground's push: torque = -dz/dq * force
    dz_roll = -(lateral * cos + down * np.sin(roll))
    dz_hip = cos * (a * np.sin(hip) + b * np.sin(both))
    dz_knee = cos * b * np.sin(both)
    along = np.stack((dz_roll, dz_hip, dz_knee), axis=-1)
    if aslant is not None:
        sin, fx, fy = np.sin(roll), aslant[:, None, 0], aslant[:, None, 1]
        along = along + np.stack(
            (
                fy * (lateral * sin - down * cos),
                fx * down - fy * sin * (a * np.sin(hip) + b * np.sin(both)),
                fx * b * np.cos(both) - fy * sin * b * np.sin(both),
            ),
            axis=-1,
        )
    torque = -along * force_z[..., None]
    return (torque / np.float32(kp)).reshape(len(q), 12) * np.asarray(geo.signs, np.float32)


def lean_on(share: float, loads: Array, feet: Array, tilt: Array) -> Array:
    """Loads of the feet, (n, 4), moved to the side where gravity meets the ground; their sum stays.

    Feet on the ground that share a tilted body's weight alike are no match for its moment: the lower side gives way.

    Args:
        share: of the way from the middle of the load to below the base, that the middle is moved by.
        loads: shares of the weight, none of whose sums is 0, (n, 4).
        feet: where they are, from the base origin in the base frame [m], (n, 4, 3).
        tilt: gravity's y over -z in the base frame: above 0, the left side is the lower one, (n,).
    """
    total = loads.sum(axis=1, keepdims=True)
    y, z = feet[..., 1], (loads * feet[..., 2]).sum(axis=1, keepdims=True) / total
    side = y - (loads * y).sum(axis=1, keepdims=True) / total
    width = np.maximum((loads * side * side).sum(axis=1, keepdims=True) / total, np.float32(LEAST_WIDTH_M**2))
    beyond = (side - y)[:, :1] - z * tilt[:, None]  # from the middle of the load to below the base, along gravity
    more = loads * np.clip(1 + np.float32(share) * beyond * side / width, LEAST_SHARE, MOST_SHARE)
    return np.asarray(more * (total / more.sum(axis=1, keepdims=True)), np.float32)


def steady(params: GaitParams, loads: Array, feet: Array, gyro: Array) -> Array:
    """Loads of the feet, (n, 4), that brake how fast the body rolls and pitches.

    Their sum stays, as long as no foot would carry less than LEAST_SHARE or more than MOST_SHARE of what it did.

    The feet that carry share a moment of -``steady`` times the rate, up to ``steady_most``, as far as they stand apart:
    the two feet of a trot hardly turn the body about the line between them.

    Args:
        params: ``steady``, ``steady_most`` and the weight, which is not 0.
        loads: shares of the weight, none of whose sums is 0, (n, 4).
        feet: where they are, from the base origin in the base frame [m], (n, 4, 3).
        gyro: measured angular velocity of the base [rad/s], (n, 3).
    """
    xy_feet = feet[..., :2]
    carried = loads / loads.sum(axis=1, keepdims=True)
    middle = np.einsum("ni,nij->nj", carried, xy_feet)[:, None]
    x, y = np.moveaxis(xy_feet - middle, -1, 0)  # from the middle of the load
    turning = gyro[:, :2]
    size = np.sqrt(np.einsum("ni,ni->n", turning, turning))[:, None]
    bounded = np.minimum(np.float32(params.steady_most) / np.maximum(size, np.float32(1e-6)), 1)
    # moments to brake, as shares of the weight [m]
    roll, pitch = (turning * np.float32(params.steady / params.weight_n) * bounded).T
    # more load at x, y is a moment (y, -x): solved for how steeply loads grow along x and along y [1/m]
    xx, yy, xy = ((carried * product).sum(axis=1) for product in (x * x, y * y, x * y))
    xx, yy = xx + np.float32(LEAST_WIDTH_M**2), yy + np.float32(LEAST_WIDTH_M**2)
    along_x = (yy * pitch + xy * roll) / (xx * yy - xy * xy)
    along_y = -(xx * roll + xy * pitch) / (xx * yy - xy * xy)
    more = carried * (along_x[:, None] * x + along_y[:, None] * y)
    return np.clip(loads + more, np.float32(LEAST_SHARE) * loads, np.float32(MOST_SHARE) * loads)
