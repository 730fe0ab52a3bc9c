"""The reference trot of :mod:`rudel.locomotion.gait` for one robot, in plain Python numbers.

A robot steps one gait at a time, and NumPy's cost per call makes the batched lines ten times slower than these for
n = 1. The batched lines define the trot; tests/locomotion/test_gait.py holds these to them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import acos, atan2, cos, hypot, pi, sin, sqrt

from rudel.locomotion.brisk import frequency_single_hz
from rudel.locomotion.climb import ahead_single, reach_single
from rudel.locomotion.gait import LEAST_LOAD, TROT_OFFSET
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.legs import Array, LegGeometry
from rudel.locomotion.loads import LEAST_SHARE, LEAST_WIDTH_M, MOST_SHARE


def foot_from_hip(
    thigh: float, shank: float, lateral: float, signs: Sequence[float], joints: Sequence[float]
) -> tuple[float, float, float]:
    """A foot's centre from its hip x joint [m], as :func:`rudel.locomotion.legs.forward_kinematics` has it.

    Args:
        thigh, shank: link lengths [m].
        lateral: offset of the leg's plane [m].
        signs, joints: of its three joints, the latter [rad].
    """
    roll, hip = -joints[0] * signs[0], joints[1] * signs[1]
    both = hip + joints[2] * signs[2]
    down = thigh * cos(hip) + shank * cos(both)
    sin_roll, cos_roll = sin(roll), cos(roll)
    x = thigh * sin(hip) + shank * sin(both)
    return x, lateral * cos_roll + down * sin_roll, lateral * sin_roll - down * cos_roll


class SingleTrot:
    """Joint targets of the trot for one robot.

    Args:
        geo, params: leg geometry and gait shape.
        stance: feet at the default pose relative to their hips [m], (4, 3).
    """

    def __init__(self, geo: LegGeometry, params: GaitParams, stance: Array) -> None:
        self.params, self._thigh, self._shank = params, float(geo.thigh), float(geo.shank)
        foot_x = [float(geo.hips[i][0] + stance[i, 0]) for i in range(4)]
        front = 0.5 * (params.com_x_m - foot_x[2]) / (foot_x[0] - foot_x[2]) if params.com_x_m else 0.25
        self._offsets = TROT_OFFSET.tolist()
        self._hips = [(float(hip[0]), float(hip[1]), float(hip[2])) for hip in geo.hips]
        self._height_m = -float(stance[:, 2].mean())
        self._ahead = params.com_x_m - sum(foot_x) / 4  # of the feet's middle, where the weight is
        self._lead_s = params.stance_lead * params.damping_s / params.duty
        self._still = (front, front, 0.5 - front, 0.5 - front)  # share of the weight when standing
        # stance x, y, z from the hip; foot x, y from the base origin; lateral; signs of the three joints
        self._legs = [
            (
                *stance[i].tolist(),
                foot_x[i],
                float(geo.hips[i][1] + stance[i, 1]),
                geo.lateral[i],
                *geo.signs[3 * i : 3 * i + 3],
            )
            for i in range(4)
        ]

    def gate(self, vx: float, vy: float, wz: float) -> float:
        """Share of the full gait, 0 .. 1, for a command vx, vy [m/s], wz [rad/s]."""
        return min(sqrt(vx * vx + vy * vy + wz * wz) / self.params.gate_mps, 1.0)

    def authority(self, vx: float, vy: float, wz: float) -> float:
        """Share of the action that counts, for a command vx, vy [m/s], wz [rad/s]."""
        rest = self.params.standing_authority
        return rest + (1.0 - rest) * self.gate(vx, vy, wz) if rest < 1.0 else 1.0

    def raise_apex(self, apex_m: float, action: float, period_s: float) -> float:
        """The apex of the swing one period later [m]: rudel.locomotion.gait.raise_apex for one robot."""
        low, high = self.params.swing_range_m
        return min(max(apex_m + min(max(action, -1.0), 1.0) * self.params.swing_rate_mps * period_s, low), high)

    def joint_reference(
        self,
        phase: float,
        vx: float,
        vy: float,
        wz: float,
        shift: tuple[float, float] = (0.0, 0.0),
        apex_m: float | None = None,
        tilt: tuple[float, float] = (0.0, 0.0),
        measured: Sequence[float] | None = None,
        gyro: Sequence[float] | None = None,
        brisk: float = 0.0,
    ) -> list[float]:
        """Joint targets [rad], 12, at the cycle phase in [0, 1) for a command vx, vy [m/s], wz [rad/s].

        ``shift`` moves all feet by x, y [m]; ``apex_m`` is that of the swing where it is not the gait's own;
        ``tilt`` is gravity's x and y over -z in the base frame; ``measured`` is where the 12 joints are [rad], ``gyro``
        how fast the base turns about x, y, z [rad/s]; ``brisk`` is a share, see rudel.locomotion.brisk.
        """
        p, duty = self.params, self.params.duty
        share = self.gate(vx, vy, wz)
        frequency = frequency_single_hz(p, brisk)
        stance_s, lead = duty / frequency, self._lead_s * frequency
        gain_x, gain_y, gain_yaw = p.stroke_gain
        stroke_x, stroke_y, turn = vx * gain_x * stance_s, vy * gain_y * stance_s, wz * gain_yaw * stance_s
        phases = [(phase + offset) % 1.0 for offset in self._offsets]
        ramp = p.load_ramp * duty
        loads = [min(max(min(f, duty - f) / ramp, LEAST_LOAD), 1.0) if f < duty else 0.0 for f in phases]
        if not any(loads):
            loads = [0.25] * 4  # rounding has both pairs in the air
        tilt_x, tilt_y = tilt
        loaded = share / max(sum(loads), LEAST_LOAD)
        slope = (duty - 1.0) / duty
        lift_m = (p.swing_height_m if apex_m is None else apex_m) * share
        soft = p.weight_n / p.load_kp if p.load_kp else 0.0  # rad per metre of lever when one leg carries everything
        a, b = self._thigh, self._shank
        shift_x, shift_y = (
            shift[0] + p.upright * self._height_m * tilt_x + p.feet_under_com * share * self._ahead,
            shift[1] + p.upright * self._height_m * tilt_y,
        )
        level_x, level_y = p.body_level * tilt_x, (p.body_level + p.roll_level) * tilt_y
        peak, wait, held = p.swing_peak, p.swing_wait, p.swing_peak + p.swing_hold
        seen, reach, stroke_tilt = p.load_measured, p.stance_reach_m, p.stroke_tilt
        if brisk:
            reach += brisk * (p.brisk_reach_m[1 if vx < 0 else 0] - reach)
            stroke_tilt += brisk * (p.brisk_stroke_tilt - stroke_tilt)
        climb = reach_single(p, apex_m, tilt_x, vx) if p.climb_reach_m and apex_m is not None else 0.0
        aslant_x, aslant_y = -p.load_tilt * tilt_x, -p.load_tilt * tilt_y  # x and y of a foot's load over its z
        weights = [still * (1.0 - share) + load * loaded for load, still in zip(loads, self._still, strict=True)]
        if p.load_kp and p.weight_n and measured is not None and (p.load_roll or p.steady):
            feet = self._feet(measured)
            if p.load_roll:
                weights = self._lean_on(weights, feet, tilt_y)
            if p.steady and gyro is not None:
                weights = self._steady(weights, feet, gyro)
        joints: list[float] = []
        for leg, leg_phase, weight in zip(self._legs, phases, weights, strict=True):
            x, y, z, foot_x, foot_y, lateral, sign_x, sign_y, sign_knee = leg
            on_ground = leg_phase < duty
            if on_ground:
                along = 0.5 - leg_phase / duty - lead
            else:
                t = (leg_phase - duty) / (1.0 - duty)
                if wait:
                    u = min(max((t - wait) / (1.0 - 2.0 * wait), 0.0), 1.0)
                    along = slope * t + (1.0 - slope) * u * u * (3.0 - 2.0 * u) - 0.5
                else:
                    along = t * (slope + t * (t * (2.0 * slope - 2.0) + 3.0 - 3.0 * slope)) - 0.5
                rise = min(0.5 * t / peak, 0.5) if t < held else 0.5 + 0.5 * (t - held) / (1.0 - held)
                z += lift_m * sin(pi * rise) ** 2
            z -= level_x * foot_x + level_y * foot_y
            step_x, step_y = (stroke_x - turn * foot_y) * along, (stroke_y + turn * foot_x) * along
            x += step_x + shift_x
            y += step_y + shift_y
            if climb and len(joints) < 6:  # the front legs come first
                x += climb * ahead_single(on_ground, leg_phase / duty, (leg_phase - duty) / (1.0 - duty))
            z -= stroke_tilt * (tilt_x * step_x + tilt_y * step_y)
            if p.stance_reach_m and measured is not None and on_ground:
                m_hip, m_knee = sign_y * measured[len(joints) + 1], sign_knee * measured[len(joints) + 2]
                at_x = a * sin(m_hip) + b * sin(m_hip + m_knee)
                x = min(max(x, at_x - reach), at_x + reach)
            # inverse kinematics
            depth2 = max(y * y + z * z - lateral * lateral, 1e-6)
            down = sqrt(depth2)
            roll = atan2(z, y) - atan2(-down, lateral)
            if not -pi <= roll <= pi:
                roll = math.remainder(roll, 2 * pi)
            cos_knee = min(max((x * x + depth2 - a * a - b * b) / (2 * a * b), -0.999), 0.999)
            knee = acos(cos_knee)
            hip = atan2(x, down) - atan2(b * sin(knee), a + b * cos_knee)
            # the load's position offset: torque = -dz/dq force, as in loads.load_offset
            at_roll, at_hip, at_knee = roll, hip, knee
            if measured is not None and seen:
                m_roll, m_hip, m_knee = measured[len(joints) : len(joints) + 3]
                at_roll += seen * (-sign_x * m_roll - roll)
                at_hip += seen * (sign_y * m_hip - hip)
                at_knee += seen * (sign_knee * m_knee - knee)
            both, cos_roll, weight = at_hip + at_knee, cos(at_roll), weight * soft
            shank_x, depth = b * sin(both), a * cos(at_hip) + b * cos(both)
            joints.append(sign_x * (weight * (lateral * cos_roll + depth * sin(at_roll)) - roll))
            joints.append(sign_y * (hip - weight * cos_roll * (a * sin(at_hip) + shank_x)))
            joints.append(sign_knee * (knee - weight * cos_roll * shank_x))
            if p.load_tilt:
                sin_roll = sin(at_roll)
                joints[-3] += sign_x * weight * -aslant_y * (lateral * sin_roll - depth * cos_roll)
                joints[-2] -= sign_y * weight * (aslant_x * depth - aslant_y * sin_roll * (a * sin(at_hip) + shank_x))
                joints[-1] -= sign_knee * weight * (aslant_x * b * cos(both) - aslant_y * sin_roll * shank_x)
        return joints

    def _feet(self, measured: Sequence[float]) -> list[tuple[float, float, float]]:
        """Feet from the base origin [m]."""
        feet: list[tuple[float, float, float]] = []
        for i, (leg, hip) in enumerate(zip(self._legs, self._hips, strict=True)):
            x, y, z = foot_from_hip(self._thigh, self._shank, leg[5], leg[6:], measured[3 * i : 3 * i + 3])
            feet.append((hip[0] + x, hip[1] + y, hip[2] + z))
        return feet

    def _lean_on(self, loads: list[float], feet: Sequence[tuple[float, float, float]], tilt_y: float) -> list[float]:
        """Loads moved to the side where gravity meets the ground, as rudel.locomotion.loads has them."""
        total = sum(loads)
        y_mean = sum(load * foot[1] for load, foot in zip(loads, feet, strict=True)) / total
        z_mean = sum(load * foot[2] for load, foot in zip(loads, feet, strict=True)) / total
        width = sum(load * (foot[1] - y_mean) ** 2 for load, foot in zip(loads, feet, strict=True)) / total
        pull = self.params.load_roll * (-y_mean - z_mean * tilt_y) / max(width, LEAST_WIDTH_M**2)
        more = [
            load * min(max(1.0 + pull * (foot[1] - y_mean), LEAST_SHARE), MOST_SHARE)
            for load, foot in zip(loads, feet, strict=True)
        ]
        scale = total / sum(more)
        return [load * scale for load in more]

    def _steady(
        self, loads: list[float], feet: Sequence[tuple[float, float, float]], gyro: Sequence[float]
    ) -> list[float]:
        """Loads that brake the body's roll and pitch, as rudel.locomotion.loads has them."""
        p, total = self.params, sum(loads)
        gain = p.steady / p.weight_n * min(p.steady_most / max(hypot(gyro[0], gyro[1]), 1e-6), 1.0)
        roll, pitch = gain * gyro[0], gain * gyro[1]
        x_mean = sum(load * foot[0] for load, foot in zip(loads, feet, strict=True)) / total
        y_mean = sum(load * foot[1] for load, foot in zip(loads, feet, strict=True)) / total
        xx = yy = LEAST_WIDTH_M**2
        xy = 0.0
        for load, (x, y, _) in zip(loads, feet, strict=True):
            xx += load * (x - x_mean) ** 2 / total
            yy += load * (y - y_mean) ** 2 / total
            xy += load * (x - x_mean) * (y - y_mean) / total
        along_x = (yy * pitch + xy * roll) / (xx * yy - xy * xy)
        along_y = -(xx * roll + xy * pitch) / (xx * yy - xy * xy)
        return [
            load * min(max(1.0 + (along_x * (x - x_mean) + along_y * (y - y_mean)) / total, LEAST_SHARE), MOST_SHARE)
            for load, (x, y, _) in zip(loads, feet, strict=True)
        ]
