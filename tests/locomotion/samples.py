"""Small policies that tests make for themselves: a contract with the Lite3's numbers, and random weights."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np

from rudel.core.types import RobotState
from rudel.locomotion.contract import PolicyContract
from rudel.locomotion.export import export_onnx
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.legs import LegGeometry

LEGS = LegGeometry(
    hips=((0.1745, 0.062, 0.0), (0.1745, -0.062, 0.0), (-0.1745, 0.062, 0.0), (-0.1745, -0.062, 0.0)),
    lateral=(0.09735, -0.09735, 0.09735, -0.09735),
    thigh=0.2,
    shank=0.21012,
    signs=(1.0,) * 12,
)
GAIT = GaitParams(frequency_hz=2.5, swing_height_m=0.05, weight_n=117.1, com_x_m=-0.009)
MIXED = dataclasses.replace(LEGS, signs=(1.0, -1.0, 1.0, -1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -1.0))
DEFAULT = np.array([0.0, -0.65, 1.30] * 4)
MIRROR_ORDER = [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]
MIRROR_SIGNS = [-1.0, 1.0, 1.0] * 4
LIMITS = ((-0.523, 0.523), (-2.67, 0.314), (0.524, 2.792)) * 4
VENDOR_TERMS = (
    ("base_ang_vel", 0.25),
    ("projected_gravity", 1.0),
    ("velocity_command", 1.0),
    ("joint_pos", 1.0),
    ("joint_vel", 0.05),
    ("last_action", 1.0),
)

Layers = list[tuple[np.ndarray, np.ndarray]]


def contract(**changes: Any) -> PolicyContract:
    """A residual on the trot for a Lite3, with ``changes``."""
    base = PolicyContract(
        robot="lite3",
        skill="walk",
        joints=tuple(f"{leg}_{joint}" for leg in ("FL", "FR", "HL", "HR") for joint in ("HipX", "HipY", "Knee")),
        default_pose=tuple(DEFAULT.tolist()),
        action_scale=(0.125, 0.25, 0.25) * 4,
        kp=(30.0,) * 12,
        kd=(1.0,) * 12,
        period_s=0.02,
        observation=(*VENDOR_TERMS, ("gait_clock", 1.0)),
        max_twist=(1.0, 0.5, 1.0),
        joint_range_rad=LIMITS,
        gait=GAIT,
        legs=LEGS,
    )
    return dataclasses.replace(base, **changes)


def layers(rng: np.random.Generator, *sizes: int) -> Layers:
    """Random (W (out, in), b (out,)) for sizes from the input to the output."""
    return [
        ((rng.normal(size=(o, i)) / np.sqrt(i)).astype(np.float32), rng.normal(size=o).astype(np.float32) / 10)
        for i, o in itertools.pairwise(sizes)
    ]


def write(path: Path, made: PolicyContract | None = None, net: Layers | None = None, activation: str = "tanh") -> Path:
    """A policy file with little in it."""
    made = contract() if made is None else made
    k = made.observation_size
    net = layers(np.random.default_rng(0), k, 8, made.actions) if net is None else net
    export_onnx(path, made, net, activation, np.zeros(k), np.ones(k))
    return path


def state(rng: np.random.Generator | None = None) -> RobotState:
    """At rest in the default pose, or anything when given an ``rng``."""
    if rng is None:
        return RobotState(0.0, DEFAULT, np.zeros(12), np.zeros(12), [1, 0, 0, 0], np.zeros(3), [0, 0, 9.81], np.ones(4))
    quat = rng.normal(size=4)
    return RobotState(
        0.0,
        DEFAULT + rng.normal(size=12) * 0.2,
        rng.normal(size=12),
        rng.normal(size=12),
        quat / np.linalg.norm(quat),
        rng.normal(size=3),
        rng.normal(size=3),
        np.ones(4),
    )
