"""Observation terms: what a policy is told, computed by the same lines in training and on the robot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput, UnknownName

Array = NDArray[np.float32]


@dataclass
class Readings:
    """Everything that observation terms may use, for n robots, float32.

    Attributes:
        gyro: base angular velocity in the base frame [rad/s], (n, 3).
        gravity: unit gravity direction in the base frame, (n, 3).
        command: vx, vy [m/s], wz [rad/s], (n, 3).
        q_offset: joint positions minus the default pose [rad], (n, 12).
        dq: joint velocities [rad/s], (n, 12).
        last_action: the policy's previous raw output, (n, 12).
        phase: gait phase in [0, 1), (n,).
        stepping: how much the gait is switched on, 0 at a zero command .. 1, (n, 1).
        apex: of the swing [m], (n, 1).
        joint_error: joint targets that were sent last minus joint positions [rad], (n, 12): what the motors push with.
        leg_velocity: x and y of the base's velocity as feet on the ground tell it, in the base frame [m/s], (n, 2).
    """

    gyro: Array
    gravity: Array
    command: Array
    q_offset: Array
    dq: Array
    last_action: Array
    phase: Array
    stepping: Array
    apex: Array = field(default_factory=lambda: np.zeros((1, 1), np.float32))
    joint_error: Array = field(default_factory=lambda: np.zeros((1, 12), np.float32))
    leg_velocity: Array = field(default_factory=lambda: np.zeros((1, 2), np.float32))


# Sizes of the fields whose terms may be these fields themselves; 0: one for each joint.
READINGS = {
    "gyro": 3,
    "gravity": 3,
    "command": 3,
    "q_offset": 0,
    "dq": 0,
    "last_action": 0,
    "apex": 1,
    "joint_error": 0,
    "leg_velocity": 2,
}


@dataclass(frozen=True)
class Term:
    """One observation term: its size, the function that computes it, and how it looks in the mirror.

    ``reading`` names the field of Readings that the term is, as it stands; None: it is computed.
    ``mirror`` is "joints" (leg-wise swap with joint signs) or a sign per component for a reflection in the xz plane.
    """

    size: int
    compute: Callable[[Readings], Array]
    mirror: str | tuple[float, ...]
    reading: str | None = None


def _clock(r: Readings) -> Array:
    angle = (2 * np.pi) * r.phase[:, None]
    clock = np.empty((len(angle), 2), np.float32)
    np.sin(angle, out=clock[:, :1])
    np.cos(angle, out=clock[:, 1:])
    clock *= r.stepping
    return clock


def _same(size: int, reading: str, mirror: str | tuple[float, ...]) -> Term:
    return Term(size, attrgetter(reading), mirror, reading)


TERMS: dict[str, Term] = {
    "base_ang_vel": _same(3, "gyro", (-1.0, 1.0, -1.0)),
    "projected_gravity": _same(3, "gravity", (1.0, -1.0, 1.0)),
    "velocity_command": _same(3, "command", (1.0, -1.0, -1.0)),
    "joint_pos": _same(12, "q_offset", "joints"),
    "joint_vel": _same(12, "dq", "joints"),
    "last_action": _same(12, "last_action", "joints"),
    "swing_apex": _same(1, "apex", (1.0,)),
    "joint_error": _same(12, "joint_error", "joints"),
    "leg_velocity": _same(2, "leg_velocity", (1.0, -1.0)),
    # the mirrored trot is the same trot half a cycle later, which turns the sign of both components
    "gait_clock": Term(2, _clock, (-1.0, -1.0)),
}


def size(terms: Sequence[tuple[str, float]], history: int = 0) -> int:
    """Length of the observation made of ``terms`` (name, scale), with ``history`` earlier ones."""
    return (1 + history) * sum(term(name).size for name, _ in terms)


def term(name: str) -> Term:
    """The term called ``name``; UnknownName names the nearest ones."""
    if name not in TERMS:
        raise UnknownName("observation term", name, TERMS)
    return TERMS[name]


def validate(terms: Sequence[tuple[str, float]], with_gait: bool) -> None:
    """UnknownName for a term that there is not, BadInput for one that needs a gait where there is none."""
    for name, _ in terms:
        term(name)
        if name == "leg_velocity" and not with_gait:
            raise BadInput(
                f"observation term {name!r} is what the feet of a gait tell, and there is no gait: leave it out, or "
                "give a gait"
            )


def place(terms: Sequence[tuple[str, float]], wanted: str) -> slice:
    """Where the term ``wanted`` stands in the observation made of ``terms``; BadInput when it is not part of it."""
    end = 0
    for name, _ in terms:
        start, end = end, end + term(name).size
        if name == wanted:
            return slice(start, end)
    raise BadInput(f"observation has no term {wanted!r}, only {', '.join(name for name, _ in terms)}")


def assemble(terms: Sequence[tuple[str, float]], readings: Readings) -> Array:
    """The observation (n, size): each (name, scale) of ``terms`` in order."""
    parts = [TERMS[name].compute(readings) * np.float32(scale) for name, scale in terms]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def mirror_map(
    terms: Sequence[tuple[str, float]], joint_order: Sequence[int], joint_signs: Sequence[float], history: int = 0
) -> tuple[NDArray[np.intp], Array]:
    """Permutation and signs that mirror an observation left to right: mirrored = obs[:, perm] * signs.

    Args:
        terms: (name, scale) of the observation.
        joint_order, joint_signs: the same for a joint vector, 12 each.
        history: how many earlier observations follow.
    """
    perm: list[int] = []
    signs: list[float] = []
    for name, _ in (*terms,) * (1 + history):
        start, t = len(perm), term(name)
        if t.mirror == "joints":
            perm += [start + int(j) for j in joint_order]
            signs += [float(s) for s in joint_signs]
        else:
            perm += range(start, start + t.size)
            signs += [float(s) for s in t.mirror]
    return np.array(perm, np.intp), np.array(signs, np.float32)
