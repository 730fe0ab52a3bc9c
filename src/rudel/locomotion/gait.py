"""Reference trot: foot strokes from the commanded twist, turned into joint targets by inverse kinematics.

A policy may be written as a residual on this reference: it then starts from a gait that nearly walks and only learns
the corrections. Plain NumPy on batches, so that training and the robot run the same lines.

Frames: base frame (x forward, y left, z up); legs in the order FL, FR, HL, HR; joints per leg hip x, hip y, knee.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rudel.locomotion import brisk as brisking
from rudel.locomotion import climb as climbing
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.legs import LegGeometry, forward_kinematics, inverse_kinematics
from rudel.locomotion.loads import lean_on, load_offset, steady

Array = NDArray[np.float32]


LEAST_LOAD = 0.05  # of a foot on the ground, so that there is always somebody to share the weight
TROT_OFFSET = np.array([0.0, 0.5, 0.5, 0.0], np.float32)  # FL with HR, FR with HL


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
    brisk: Array | None = None,
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
        brisk: how brisk the trot is, see rudel.locomotion.brisk, (n, 1); None: not at all.

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
    frequency = brisking.frequency_hz(params, brisk)
    lead = np.float32(params.stance_lead * params.damping_s / params.duty) * frequency
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
    period = duty / frequency
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
        foot[..., 2] -= brisking.stroke_tilt(params, brisk) * (tilt[:, :1] * dx + tilt[:, 1:] * dy)
    if params.climb_reach_m and apex is not None and tilt is not None:
        front = climbing.ahead(on_ground[:, :2], s[:, :2], t[:, :2])
        foot[..., :2, 0] += climbing.reach(params, apex, tilt, command[:, :1]) * front
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
    brisk: Array | None = None,
) -> Array:
    """Joint targets of the reference trot [rad], (n, 12).

    Arguments as in :func:`foot_targets`; ``measured`` is where the joints are [rad], (n, 12), for ``load_measured``,
    ``load_roll``, ``stance_reach_m`` and ``steady``; ``gyro`` is how fast the base turns [rad/s], (n, 3), for the last.
    """
    foot, weight_share = foot_targets(geo, params, stance, phase, command, shift, apex, tilt, brisk)
    here = None if measured is None or not params.feels_joints else forward_kinematics(geo, measured)
    if params.stance_reach_m and here is not None:
        at, reach = here[..., 0], brisking.stance_reach_m(params, brisk, command[:, :1])
        on_ground = (phase[:, None] + TROT_OFFSET) % 1.0 < np.float32(params.duty)
        foot[..., 0] = np.where(on_ground, np.clip(foot[..., 0], at - reach, at + reach), foot[..., 0])
    q = inverse_kinematics(geo, foot)
    if params.load_kp:
        feet = None if here is None else here + np.asarray(geo.hips, np.float32)
        if params.load_roll and feet is not None and tilt is not None:
            weight_share = lean_on(params.load_roll, weight_share, feet, tilt[:, 1])
        if params.steady and params.weight_n and feet is not None and gyro is not None:
            weight_share = steady(params, weight_share, feet, gyro)
        share = np.float32(params.load_measured)
        at = q if measured is None or not share else np.asarray(share * measured + (1 - share) * q, np.float32)
        aslant = np.float32(-params.load_tilt) * tilt if params.load_tilt and tilt is not None else None
        q = q + load_offset(geo, at, weight_share * np.float32(params.weight_n), params.load_kp, aslant)
    return q
