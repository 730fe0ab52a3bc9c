"""Robots on the ground: dropped limp in any orientation, and left until they lie still."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput, GiveUp
from rudel.locomotion.ground import Ground
from rudel.sim.batch import BatchSim

Array = NDArray[np.float64]

PATIENCE = 4  # rounds in which a robot has to come to rest; then it is dropped anew
ROUNDS = 20  # beside those that patience asks for
CLEAR_M = 0.08  # over the nominal height, at which a leg that points down hardly touches the ground


@dataclass(frozen=True)
class FallenConfig:
    """How robots are dropped, and when they lie.

    Attributes:
        states: resting states that an environment draws its starts from.
        drop_s: time of a round: after each one it is looked who rests.
        damping: least and largest joint damping of a limp robot [N m s/rad]: motors off, or braking.
        held_share: share of the robots whose joints are held where they were drawn, so that legs lie under the body
            or stick out as no limp leg does.
        held_kp, held_kd: with these gains.
        side_share: share of the starts that are drawn from those that lie on a side alone, beside the others' chance of
            doing so: few robots come to rest there, and it is what a policy learns last.
        rest_base, rest_joints: a robot rests when no component of its base's velocity [m/s, rad/s] and no joint
            [rad/s] is faster than this; limp legs go on sinking slowly for seconds.
    """

    states: int = 1024
    drop_s: float = 1.0
    damping: tuple[float, float] = (0.15, 0.6)
    held_share: float = 0.25
    held_kp: float = 20.0
    held_kd: float = 1.0
    side_share: float = 0.0
    rest_base: float = 0.1
    rest_joints: float = 0.5

    def validate(self) -> None:
        """Raise BadInput naming the field that cannot be right."""
        if self.states < 1:
            raise BadInput(f"fallen: states is {self.states}, needs at least 1")
        for name in ("drop_s", "rest_base", "rest_joints"):
            if not 0 < getattr(self, name) < math.inf:
                raise BadInput(f"fallen: {name} must be positive, is {getattr(self, name)}")
        for name in ("held_share", "side_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInput(f"fallen: {name} must lie between 0 and 1, is {getattr(self, name)}")
        if not 0 <= self.damping[0] <= self.damping[1] < math.inf:
            raise BadInput(f"fallen: damping needs least and largest, 0 <= least <= largest, is {self.damping}")


def settle(sim: BatchSim, ground: Ground, config: FallenConfig, rng: np.random.Generator) -> tuple[Array, Array]:
    """Resting states (k, nq) and (k, nv), k = config.states, of the robots of ``sim`` on ``ground``.

    The simulation is left in some state of a drop; gains are those it had before. The same generator state gives the
    same bytes.

    Raises:
        GiveUp: hardly any robot comes to rest (on ice, or where they roll for ever).
    """
    gains = sim.batch.expand("actuator_gainprm")
    before = gains.copy()
    try:
        found = _collect(sim, ground, config, rng)
    finally:
        gains[:] = before
    states = np.concatenate(found)[: config.states]
    qpos, qvel = states[:, : sim.model.nq], states[:, sim.model.nq :]
    # joint stops give by a hundredth of a radian under a leg's weight
    qpos[:, sim.qpos_joints] = np.clip(qpos[:, sim.qpos_joints], *sim.spec.joint_range_rad.T)
    return qpos, qvel


def _collect(sim: BatchSim, ground: Ground, c: FallenConfig, rng: np.random.Generator) -> list[Array]:
    """States (m, nq + nv) of robots that rest, round by round, until there are enough."""
    n, joints = sim.n, len(sim.spec.joints)
    pose, gains = np.zeros((n, joints)), np.zeros((2, n, joints))
    rounds = np.full(n, PATIENCE)  # that a robot has had to come to rest in; all of them are due to be dropped
    at_once = np.zeros(n, np.int64)
    found: list[Array] = []
    for _ in range(ROUNDS + 2 * PATIENCE * c.states // n):
        due = np.flatnonzero(rounds >= PATIENCE)
        pose[due], gains[:, due] = _drop(sim, ground, c, due, rng)
        rounds[due] = 0
        sim.set_gains(*gains)
        for _ in range(round(c.drop_s / sim.period_s)):
            sim.step(pose, pose, at_once)
        rounds += 1
        # a comparison with what is no number is false: broken physics is no rest
        slow = (np.abs(sim.qvel[:, :6]).max(axis=1) <= c.rest_base) & (np.abs(sim.dq).max(axis=1) <= c.rest_joints)
        rest = np.flatnonzero(slow & ~ground.outside(sim.qpos[:, :2]))
        found.append(np.concatenate((sim.qpos[rest], sim.qvel[rest]), axis=1))
        rounds[rest] = PATIENCE
        if sum(map(len, found)) >= c.states:
            return found
    raise GiveUp(f"of {c.states} fallen robots only {sum(map(len, found))} came to rest on this ground")


def _drop(
    sim: BatchSim, ground: Ground, c: FallenConfig, ids: NDArray[np.intp], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Hold robots ``ids`` (k,) above the ground and let go; their joints' targets (k, 12) and gains (2, k, 12)."""
    k, spec = ids.size, sim.spec
    qpos = np.zeros((k, sim.model.nq))
    qpos[:, :3] = ground.scatter(k, rng)
    qpos[:, 2] += spec.nominal_height_m + CLEAR_M
    quat = rng.standard_normal((k, 4))  # uniform over all rotations
    qpos[:, 3:7] = quat / np.linalg.norm(quat, axis=1, keepdims=True)
    low, high = spec.joint_range_rad.T
    pose = rng.uniform(low, high, (k, len(spec.joints)))
    qpos[:, sim.qpos_joints] = pose
    sim.reset(ids, qpos, np.zeros((k, sim.model.nv)))
    held = np.repeat(rng.random((k, 1)) < c.held_share, len(spec.joints), axis=1)
    damping = rng.uniform(*c.damping, (k, 1))
    return pose, np.stack((np.where(held, c.held_kp, 0.0), np.where(held, c.held_kd, damping)))
