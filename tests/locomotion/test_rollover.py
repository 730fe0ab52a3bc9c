"""Laws of the guide: the stance for who is upright, the last pose for who lies on the back, left and right alike."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.locomotion import observation
from rudel.locomotion.rollover import ON_BACK, Guide
from rudel.locomotion.training.ppo import ActorCritic, Batch, Learner, PpoConfig
from rudel.locomotion.training.trainer import mirrors
from tests.locomotion import getups

SPEC = robots.load("lite3")
LOWER, UPPER = SPEC.joint_range_rad.T
POSES = tuple(tuple(float(q) for q in LOWER + share * (UPPER - LOWER)) for share in (0.3, 0.5, 0.2, 0.7))
GUIDE = Guide(SPEC, POSES, lean=-0.5)
ONE = Guide(SPEC, (POSES[-1],) * 4)  # whose hips tell the side
AT_REST = np.zeros((1, 3), np.float32)


def lying(roll: float) -> np.ndarray:
    """Gravity in a base that is turned by ``roll`` about its x axis; beyond 0 the right side is lower."""
    return np.array([[0.0, -math.sin(roll), -math.cos(roll)]], np.float32)


def told(gravity: np.ndarray, gyro: np.ndarray = AT_REST, guide: Guide = GUIDE) -> np.ndarray:
    return guide.targets(gravity.astype(np.float32), np.broadcast_to(gyro, gravity.shape).astype(np.float32))


def test_upright_it_is_the_stance_and_on_the_back_the_last_pose() -> None:
    np.testing.assert_allclose(told(lying(0.0))[0], SPEC.default_pose, atol=1e-6)
    kicking = np.array([[1.0, 0, 0]])  # on the back, a positive turn about x lowers the left side
    np.testing.assert_allclose(told(lying(-math.pi + 1e-4), kicking)[0], POSES[-1], atol=1e-3)


@pytest.mark.parametrize("i", range(3))
def test_poses_stand_at_equal_steps_with_the_left_side_lower(i: int) -> None:
    turned = -(i + 1) * math.pi / 4 + 1e-4
    np.testing.assert_allclose(told(lying(turned), np.array([[2.0, 0, 0]]))[0], POSES[i], atol=1e-3)


@given(st.floats(-math.pi, -1e-3), st.floats(-1.0, 1.0), st.floats(-5, 5), st.floats(-5, 5))
def test_the_other_side_is_the_mirror_image(roll: float, nose: float, about_x: float, about_z: float) -> None:
    gravity = lying(roll) * math.cos(nose) + np.array([[math.sin(nose), 0, 0]], np.float32)
    gyro = np.array([[about_x, 0.3, about_z]], np.float32)
    one, other = told(gravity, gyro), told(gravity * [1, -1, 1], gyro * [-1, 1, -1])
    _, _, mirror_action = mirrors(SPEC, getups.lite3())
    sides = float(gyro[0, 0] * gravity[0, 2] - gyro[0, 2] * gravity[0, 0] - 0.5 * gravity[0, 1])
    if gravity[0, 2] > ON_BACK and abs(sides) < 1e-4:
        return  # neither side: either will do
    np.testing.assert_allclose(other, mirror_action(one), atol=1e-5)


@pytest.mark.parametrize("turn", [-2.0, 2.0])
def test_on_the_back_the_side_is_that_of_the_swing(turn: float) -> None:
    """Whoever rolls on for a moment with this rate has that side lower."""
    level, rolling = lying(math.pi), np.array([[turn, 0.0, 0.0]])
    later = level - np.cross(rolling, level) * 0.2
    left_lower = told(lying(-math.pi / 2), guide=ONE)[0, 0]
    assert np.sign(told(level, rolling, ONE)[0, 0]) == np.sign(left_lower) * np.sign(later[0, 1])


def test_who_hangs_on_its_kicking_legs_lets_go() -> None:
    tilted = lying(-math.pi + 0.6)  # on the back, the left side lower
    eager = Guide(SPEC, POSES, lean=0.5)
    assert np.abs(told(tilted) - told(tilted, guide=eager)).max() > 0.1
    np.testing.assert_allclose(told(tilted, np.array([[1.0, 0, 0]])), told(tilted, guide=eager), atol=1e-6)


def test_targets_are_inside_the_joints_ranges() -> None:
    wide = Guide(SPEC, ((9.0,) * 12, (-9.0,) * 12))
    targets = told(np.concatenate([lying(a) for a in np.linspace(-3, 3, 50)]), guide=wide)
    assert ((targets >= LOWER - 1e-6) & (targets <= UPPER + 1e-6)).all()


@pytest.mark.parametrize("poses", [(), ((0.0,) * 11,), ((math.nan,) * 12,)])
def test_what_is_no_pose_is_refused(poses: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(BadInput, match="guide_poses"):
        Guide(SPEC, poses)


def test_gravity_is_found_in_an_observation() -> None:
    terms = getups.lite3().observation
    assert observation.place(terms, "projected_gravity") == slice(3, 6)
    with pytest.raises(BadInput, match="gait_clock"):
        observation.place(terms, "gait_clock")


def test_a_guided_policy_learns_to_do_as_it_is_told(rng: np.random.Generator) -> None:
    """And explores as before, while the critic learns as ever."""
    config = PpoConfig(hidden=(32, 32), epochs=40, rate=3e-3)
    maps = mirrors(SPEC, getups.lite3())
    net = ActorCritic(config, *maps, rng)
    m, k, c = 512, len(maps[0].order), len(maps[1].order)
    batch = Batch.zeros(m, k, c)
    batch.obs[:] = rng.standard_normal((m, k))
    batch.critic_obs[:], batch.target[:] = rng.standard_normal((m, c)), 1.0
    gravity = batch.obs[:, 3:6] / np.linalg.norm(batch.obs[:, 3:6], axis=1, keepdims=True)
    wanted = told(gravity) - SPEC.default_pose.astype(np.float32)
    before, std = np.mean((net.actor.forward(batch.obs) - wanted) ** 2), net.log_std.copy()
    value = np.mean((net.critic.forward(batch.critic_obs) - 1) ** 2)
    learnt = Learner(net, config, 1, m).update(batch, rng, wanted)
    after = np.mean((net.actor.forward(batch.obs) - wanted) ** 2)
    assert after < 0.3 * before
    assert learnt["kl"] == 0
    np.testing.assert_allclose(net.log_std, std, atol=1e-6)
    assert np.mean((net.critic.forward(batch.critic_obs) - 1) ** 2) < 0.2 * value
