"""Small worlds and spans of time for the tests of senses."""

from __future__ import annotations

import mujoco
import numpy as np

from rudel.core import frames
from rudel.core.types import Pose
from rudel.sim.senses.sense import Span

KIND = mujoco.mjtGeom
STILL = Pose(np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))


def compiled(mj: mujoco.MjSpec) -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = mj.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def room(half: float = 4.0, rgba: tuple[float, ...] = (1, 1, 1, 1)) -> mujoco.MjSpec:
    """The inside of a cube around the origin: six slabs, 0.2 m thick."""
    mj = mujoco.MjSpec()
    for axis in range(3):
        for sign in (-1, 1):
            pos, size = np.zeros(3), np.full(3, half + 0.2)
            pos[axis], size[axis] = sign * (half + 0.1), 0.1
            mj.worldbody.add_geom(type=KIND.mjGEOM_BOX, pos=pos, size=size, rgba=list(rgba))
    return mj


def wall(x: float, rgba: tuple[float, ...] = (1, 1, 1, 1)) -> mujoco.MjSpec:
    """A large wall that faces the origin from x ahead."""
    mj = mujoco.MjSpec()
    mj.worldbody.add_geom(type=KIND.mjGEOM_BOX, pos=[x + 0.1, 0, 0], size=[0.1, 200, 200], rgba=list(rgba))
    return mj


def in_room(directions: np.ndarray, half: float = 4.0, origin: np.ndarray | None = None) -> np.ndarray:
    """How far it is to the walls of ``room`` from ``origin`` in ``directions`` (..., 3)."""
    start = np.zeros(3) if origin is None else origin
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(directions != 0, (np.sign(directions) * half - start) / directions, np.inf).min(axis=-1)


def spans(
    data: mujoco.MjData, seconds: float, velocity: tuple[float, ...] = (0, 0, 0), turning: float = 0.0, dt: float = 0.02
) -> list[Span]:
    """Spans of a base that starts at the origin, moves evenly and turns evenly to the left."""

    def pose(t: float) -> Pose:
        return Pose(np.array(velocity) * t, frames.quat_from_yaw(np.asarray(turning * t)))

    times = np.arange(round(seconds / dt) + 1) * dt
    gyro = np.array([0.0, 0.0, turning])
    return [
        Span(a, b, pose(a), pose(b), data, gyro) for a, b in zip(times[:-1].tolist(), times[1:].tolist(), strict=True)
    ]
