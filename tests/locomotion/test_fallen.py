"""Laws of fallen robots: they lie still, inside their limits, in every way, and the same seed drops them alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import BadInput, GiveUp
from rudel.core.frames import projected_gravity
from rudel.locomotion.fallen import FallenConfig, settle
from rudel.locomotion.ground import Ground, TerrainGround, make_ground
from rudel.sim.batch import BatchSim
from rudel.sim.options import SimOptions

WHOLE_BODY = SimOptions(bare=True, body_contacts=True)
CONFIG = FallenConfig(states=24)


def drop(
    config: FallenConfig = CONFIG, ground: Ground | None = None, seed: int = 3, n: int = 24
) -> tuple[BatchSim, np.ndarray, np.ndarray]:
    ground = ground or Ground()
    sim = BatchSim(robots.load("lite3"), n, WHOLE_BODY, 0.02, ground.add_to, threads=1)
    return sim, *settle(sim, ground, config, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def fallen() -> tuple[BatchSim, np.ndarray, np.ndarray]:
    return drop()


def test_they_are_as_many_as_asked_for(fallen: tuple[BatchSim, np.ndarray, np.ndarray]) -> None:
    sim, qpos, qvel = fallen
    assert qpos.shape == (24, sim.model.nq)
    assert qvel.shape == (24, sim.model.nv)
    sim, qpos, qvel = drop(FallenConfig(states=5), n=8)
    assert (len(qpos), len(qvel)) == (5, 5)


def test_they_rest_inside_their_limits(fallen: tuple[BatchSim, np.ndarray, np.ndarray]) -> None:
    sim, qpos, qvel = fallen
    lower, upper = sim.spec.joint_range_rad.T
    q = qpos[:, sim.qpos_joints]
    assert ((lower <= q) & (q <= upper)).all()
    assert np.abs(qvel[:, :6]).max() <= CONFIG.rest_base
    assert np.abs(qvel[:, sim.qvel_joints]).max() <= CONFIG.rest_joints
    np.testing.assert_allclose(np.linalg.norm(qpos[:, 3:7], axis=1), 1, atol=1e-6)
    assert (qpos[:, 2] > 0.03).all()  # nobody in the ground
    assert (qpos[:, 2] < 0.35).all()  # nor in the air


def test_they_go_on_resting(fallen: tuple[BatchSim, np.ndarray, np.ndarray]) -> None:
    """With joints held where they are, bases stay where they are."""
    sim, qpos, qvel = fallen
    sim.reset(np.arange(24), qpos, qvel)
    sim.set_gains(np.full((24, 12), 30.0), np.full((24, 12), 1.0))
    held, at_once = qpos[:, sim.qpos_joints], np.zeros(24, np.int64)
    for _ in range(15):
        sim.step(held, held, at_once)
    moved = np.linalg.norm(sim.qpos[:, :3] - qpos[:, :3], axis=1)
    assert np.median(moved) < 0.01
    assert moved.max() < 0.08


def test_they_lie_in_every_way() -> None:
    sim, qpos, _ = drop(FallenConfig(states=96), n=96)
    gravity = projected_gravity(qpos[:, 3:7])
    for lies in (gravity[:, 2] > 0.7, gravity[:, 2] < -0.7, gravity[:, 1] > 0.7, gravity[:, 1] < -0.7):
        assert lies.sum() >= 2
    assert np.ptp(qpos[:, sim.qpos_joints], axis=0).min() > 0.5


def test_the_same_seed_drops_them_alike(fallen: tuple[BatchSim, np.ndarray, np.ndarray]) -> None:
    _, qpos, qvel = fallen
    _, again, speeds = drop()
    assert again.tobytes() == qpos.tobytes()
    assert speeds.tobytes() == qvel.tobytes()
    assert drop(seed=4)[1].tobytes() != qpos.tobytes()


def test_gains_are_those_from_before() -> None:
    ground = Ground()
    sim = BatchSim(robots.load("lite3"), 4, WHOLE_BODY, 0.02, ground.add_to, threads=1)
    sim.set_gains(np.full((4, 12), 17.0), np.full((4, 12), 0.9))
    before = sim.batch.expand("actuator_gainprm").copy()
    settle(sim, ground, FallenConfig(states=2), np.random.default_rng(0))
    np.testing.assert_array_equal(sim.batch.expand("actuator_gainprm"), before)


def test_on_a_terrain_they_lie_on_it_all_over() -> None:
    ground = make_ground("blocks", 0.5, 1)
    assert isinstance(ground, TerrainGround)
    _, qpos, _ = drop(FallenConfig(states=48), ground, n=48)
    assert not ground.outside(qpos[:, :2]).any()
    assert np.ptp(qpos[:, :2], axis=0).min() > 4
    over = qpos[:, 2] - ground.height(qpos[:, :2])
    assert (over > 0.0).all()
    assert (over < 0.45).all()


def test_who_never_rests_is_given_up() -> None:
    with pytest.raises(GiveUp, match="came to rest"):
        drop(FallenConfig(states=2, rest_base=1e-12, drop_s=0.04), n=2)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"states": 0}, "states"),
        ({"drop_s": 0.0}, "drop_s"),
        ({"rest_base": float("nan")}, "rest_base"),
        ({"held_share": 1.5}, "held_share"),
        ({"side_share": -0.1}, "side_share"),
        ({"damping": (0.5, 0.1)}, "damping"),
    ],
)
def test_impossible_drops_are_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        FallenConfig(**changes).validate()
