"""Reference trot: foot strokes from the commanded twist, turned into joint targets by inverse kinematics.

A policy may be written as a residual on this reference: it then starts from a gait that nearly walks and only learns
the corrections. Plain NumPy on batches, so that training and the robot run the same lines.

Frames: base frame (x forward, y left, z up); legs in the order FL, FR, HL, HR; joints per leg hip x, hip y, knee.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.locomotion.gait_params import GaitParams

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


LEAST_LOAD = 0.05  # of a foot on the ground, so that there is always somebody to share the weight
LEAST_WIDTH_M = 0.05  # between feet that carry, below which there is no side to lean on
LEAST_SHARE, MOST_SHARE = 0.1, 2.5  # of what a foot carries on level ground
TROT_OFFSET = np.array([0.0, 0.5, 0.5, 0.0], np.float32)  # FL with HR, FR with HL


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


def _load_offset(geo: LegGeometry, q: Array, force_z: Array, kp: float, aslant: Array | None = None) -> Array:
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


def lean_on(geo: LegGeometry, share: float, loads: Array, measured: Array, tilt: Array) -> Array:
    """Loads of the feet, (n, 4), moved to the side where gravity meets the ground; their sum stays.

    Feet on the ground that share a tilted body's weight alike are no match for its moment: the lower side gives way.

    Args:
        geo: leg geometry.
        share: of the way from the middle of the load to below the base, that the middle is moved by.
        loads: shares of the weight, none of whose sums is 0, (n, 4).
        measured: joints [rad], (n, 12).
        tilt: gravity's y over -z in the base frame: above 0, the left side is the lower one, (n,).
    """
    feet = forward_kinematics(geo, measured) + np.asarray(geo.hips, np.float32)
    total = loads.sum(axis=1, keepdims=True)
    y, z = feet[..., 1], (loads * feet[..., 2]).sum(axis=1, keepdims=True) / total
    side = y - (loads * y).sum(axis=1, keepdims=True) / total
    width = np.maximum((loads * side * side).sum(axis=1, keepdims=True) / total, np.float32(LEAST_WIDTH_M**2))
    beyond = (side - y)[:, :1] - z * tilt[:, None]  # from the middle of the load to below the base, along gravity
    more = loads * np.clip(1 + np.float32(share) * beyond * side / width, LEAST_SHARE, MOST_SHARE)
    return np.asarray(more * (total / more.sum(axis=1, keepdims=True)), np.float32)


def steady(geo: LegGeometry, params: GaitParams, loads: Array, measured: Array, gyro: Array) -> Array:
    """Loads of the feet, (n, 4), that brake how fast the body rolls and pitches; their sum stays, within bounds.

    The feet that carry share a moment of -``steady`` times the rate, up to ``steady_most``, as far as they stand apart:
    the two feet of a trot hardly turn the body about the line between them.

    Args:
        geo, params: leg geometry and gait shape.
        loads: shares of the weight, none of whose sums is 0, (n, 4).
        measured: joints [rad], (n, 12).
        gyro: measured angular velocity of the base [rad/s], (n, 3).
    """
    feet = (forward_kinematics(geo, measured) + np.asarray(geo.hips, np.float32))[..., :2]
    carried = loads / loads.sum(axis=1, keepdims=True)
    x, y = np.moveaxis(feet - np.einsum("ni,nij->nj", carried, feet)[:, None], -1, 0)  # from the middle of the load
    most = np.float32(params.steady_most)
    rates = np.clip(gyro[:, :2], -most, most) * np.float32(params.steady / params.weight_n)
    # more load at x, y is a moment (y, -x): solved for how steeply loads grow along x and along y
    xx, yy, xy = ((carried * product).sum(axis=1) for product in (x * x, y * y, x * y))
    xx, yy = xx + np.float32(LEAST_WIDTH_M**2), yy + np.float32(LEAST_WIDTH_M**2)
    along_x = (yy * rates[:, 1] + xy * rates[:, 0]) / (xx * yy - xy * xy)
    along_y = -(xx * rates[:, 0] + xy * rates[:, 1]) / (xx * yy - xy * xy)
    more = carried * (along_x[:, None] * x + along_y[:, None] * y)
    return np.clip(loads + more, np.float32(LEAST_SHARE) * loads, np.float32(MOST_SHARE) * loads)


def gate(command: Array, params: GaitParams) -> Array:
    """Share of the full gait for each command (n, 3): 0 stands still, 1 steps fully; (n, 1)."""
    size = np.sqrt((command * command).sum(axis=1, keepdims=True))
    return np.clip(size / params.gate_mps, 0.0, 1.0)


def authority(stepping: Array, params: GaitParams) -> Array:
    """Share of the action that counts (n, 1), for a gait share ``stepping`` (n, 1)."""
    return params.standing_authority + (1 - params.standing_authority) * stepping


def raise_apex(params: GaitParams, apex: Array, action: Array, period_s: float) -> Array:
    """The apex of the swing one period later [m], (n, 1), from that of now and the action (n, 1) that changes it."""
    low, high = params.swing_range_m
    change = np.clip(action, -1, 1) * np.float32(params.swing_rate_mps * period_s)
    return np.asarray(np.clip(apex + change, np.float32(low), np.float32(high)), np.float32)


def foot_targets(
    geo: LegGeometry,
    params: GaitParams,
    stance: Array,
    phase: Array,
    command: Array,
    shift: Array | None = None,
    apex: Array | None = None,
    tilt: Array | None = None,
) -> tuple[Array, Array]:
    """Where the feet should be, and how much of the weight each should carry.

    Args:
        geo, params: leg geometry and gait shape.
        stance: feet at the default pose relative to their hips [m], (4, 3).
        phase: cycle phase of each robot in [0, 1), (n,).
        command: vx, vy [m/s], wz [rad/s], (n, 3).
        shift: x, y by which all feet are moved [m], (n, 2).
        apex: of the swing [m], (n, 1); None: the gait's own.
        tilt: gravity's x and y over -z in the base frame, see rudel.locomotion.upright, (n, 2); None: upright.

    Returns:
        Foot centres relative to the hips [m], (n, 4, 3); share of the weight per foot, (n, 4).
    """
    share = gate(command, params)
    leg_phase = (phase[:, None] + TROT_OFFSET) % 1.0  # (n, 4): [0, duty) on the ground, then swing
    duty = np.float32(params.duty)
    on_ground = leg_phase < duty
    s = leg_phase / duty
    t = (leg_phase - duty) / (1 - duty)
    # stroke position in [-1/2, 1/2]: linear back on the ground; in the air a cubic that leaves and meets the ground
    # at the ground's own speed, so that a foot neither scuffs nor pushes when it lands
    slope = -(1 - duty) / duty
    if params.swing_wait:
        u = np.clip((t - np.float32(params.swing_wait)) / np.float32(1 - 2 * params.swing_wait), 0, 1)
        forward = slope * t + (1 - slope) * u * u * (3 - 2 * u) - 0.5
    else:
        forward = t * (slope + t * (t * (2 * slope - 2) + 3 - 3 * slope)) - 0.5
    lead = np.float32(params.stance_lead * params.damping_s * params.frequency_hz / params.duty)
    along = np.where(on_ground, 0.5 - s - lead, forward)
    held = params.swing_peak + params.swing_hold
    up = np.minimum(t * np.float32(0.5 / params.swing_peak), np.float32(0.5))
    down = 0.5 + (t - np.float32(held)) * np.float32(0.5 / (1 - held))
    rise = np.where(t < np.float32(held), up, down)
    lift = np.where(on_ground, 0.0, np.sin(np.pi * np.clip(rise, 0, 1)) ** 2)
    hips = np.asarray(geo.hips, np.float32)
    feet_xy = (hips + stance)[:, :2]
    gain = np.asarray(params.stroke_gain, np.float32)
    vx, vy, wz = (command[:, i, None] * gain[i] for i in range(3))
    period = duty / np.float32(params.frequency_hz)
    dx = (vx - wz * feet_xy[:, 1]) * period * along
    dy = (vy + wz * feet_xy[:, 0]) * period * along
    dz = (params.swing_height_m if apex is None else apex) * lift * share
    foot = stance + np.stack((dx, dy, dz), axis=-1).astype(np.float32)
    if shift is not None:
        foot[..., :2] += shift[:, None, :]
    if tilt is not None:
        foot[..., :2] -= np.float32(params.upright) * stance[:, 2].mean() * tilt[:, None, :]
        level = np.array([params.body_level, params.body_level + params.roll_level], np.float32)
        foot[..., 2] -= (tilt * level) @ feet_xy.T
        foot[..., 2] -= np.float32(params.stroke_tilt) * (tilt[:, :1] * dx + tilt[:, 1:] * dy)
    ahead = np.float32(params.com_x_m) - feet_xy[:, 0].mean()  # of the feet's middle, where the weight is
    foot[..., 0] += np.float32(params.feet_under_com) * share * ahead
    # a foot takes its load over a part of its stance, and gives it back likewise: no step of force at touch-down
    ramp = np.minimum(s, 1 - s) / np.float32(params.load_ramp)
    moving = np.where(on_ground, np.clip(ramp, LEAST_LOAD, 1.0), 0.0)
    total = moving.sum(axis=1, keepdims=True)  # 0 where rounding has both pairs in the air
    moving = np.where(total > 0, moving / np.maximum(total, LEAST_LOAD), 0.25)
    still = np.full((1, 4), 0.25, np.float32)
    if params.com_x_m:
        front = 0.5 * (params.com_x_m - feet_xy[2, 0]) / (feet_xy[0, 0] - feet_xy[2, 0])
        still = np.array([[front, front, 0.5 - front, 0.5 - front]], np.float32)
    return foot, np.asarray(moving * share + still * (1 - share), np.float32)


def joint_reference(
    geo: LegGeometry,
    params: GaitParams,
    stance: Array,
    phase: Array,
    command: Array,
    shift: Array | None = None,
    apex: Array | None = None,
    tilt: Array | None = None,
    measured: Array | None = None,
    gyro: Array | None = None,
) -> Array:
    """Joint targets of the reference trot [rad], (n, 12).

    Arguments as in :func:`foot_targets`; ``measured`` is where the joints are [rad], (n, 12), for ``load_measured``,
    ``load_roll``, ``stance_reach_m`` and ``steady``; ``gyro`` is how fast the base turns [rad/s], (n, 3), for the last.
    """
    foot, weight_share = foot_targets(geo, params, stance, phase, command, shift, apex, tilt)
    if params.stance_reach_m and measured is not None:
        at, reach = forward_kinematics(geo, measured)[..., 0], np.float32(params.stance_reach_m)
        on_ground = (phase[:, None] + TROT_OFFSET) % 1.0 < np.float32(params.duty)
        foot[..., 0] = np.where(on_ground, np.clip(foot[..., 0], at - reach, at + reach), foot[..., 0])
    q = inverse_kinematics(geo, foot)
    if params.load_kp:
        if params.load_roll and measured is not None and tilt is not None:
            weight_share = lean_on(geo, params.load_roll, weight_share, measured, tilt[:, 1])
        if params.steady and params.weight_n and measured is not None and gyro is not None:
            weight_share = steady(geo, params, weight_share, measured, gyro)
        share = np.float32(params.load_measured)
        at = q if measured is None or not share else np.asarray(share * measured + (1 - share) * q, np.float32)
        aslant = np.float32(-params.load_tilt) * tilt if params.load_tilt and tilt is not None else None
        q = q + _load_offset(geo, at, weight_share * np.float32(params.weight_n), params.load_kp, aslant)
    return q
