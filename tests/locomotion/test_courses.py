"""Laws of courses, of the curriculum on them, and of what training sees of the ground around a robot."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import UnknownName
from rudel.locomotion import commands, surroundings
from rudel.locomotion.config import CommandConfig, SkillConfig, apply_tuning
from rudel.locomotion.courses import FAMILIES, Course, CourseGround, rough_grounds
from rudel.locomotion.curriculum import CROSSED, EDGE_M, FIRST_LEVELS, Curriculum
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import walk
from rudel.locomotion.terms import critic, rewards, terminations
from rudel.locomotion.training.trainer import Trainer
from rudel.sim.options import training_options
from tests.locomotion import envs

STEPS = Course("steps", "stairs", sinks=(True, False), weights=(0.75, 0.25))
LEVELS = 4


@pytest.fixture(scope="module")
def ground() -> CourseGround:
    return CourseGround(STEPS, seed=1, levels=LEVELS)


@pytest.fixture
def curriculum(ground: CourseGround) -> Curriculum:
    return Curriculum(ground, 5)


def rough() -> SkillConfig:
    """With a memory, and a critic that is told of the ground."""
    config = apply_tuning(walk.rough(), robots.tuning("lite3", "walk"))
    return dataclasses.replace(config, history=3, critic_terrain=True)


# --- courses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("course", FAMILIES, ids=lambda course: course.name)
def test_robots_start_on_level_ground_in_the_middle_of_their_tiles(course: Course) -> None:
    ground = CourseGround(course, seed=0, levels=3)
    rng = np.random.default_rng(0)
    level = np.arange(300) % 3
    middle = ground.origins[level, ground.columns(300)]
    start = ground.on_tile(middle, rng)
    assert np.abs(start[:, :2] - middle).max() < 0.5
    np.testing.assert_allclose(start[:, 2], ground.height(middle), atol=1e-6)
    rows = np.round((middle[:, 0] - middle[:, 0].min()) / course.size_m).astype(int)
    np.testing.assert_array_equal(rows, level)


def test_columns_are_what_they_are_said_to_be_and_drawn_by_their_weights(ground: CourseGround) -> None:
    heights = ground.height(ground.origins.reshape(-1, 2)).reshape(LEVELS, 2)
    assert (heights[:, 0] < 0).all()  # pits to climb out of
    assert (heights[:, 1] > 0).all()
    assert (np.diff(np.abs(heights), axis=0) > 0).all()  # every level is harder than the one before
    assert (ground.columns(73) == 0).mean() == pytest.approx(0.75, abs=0.01)


def test_the_same_seed_builds_the_same_ground() -> None:
    one, same, other = (rough_grounds(seed, FAMILIES[-1:])[0] for seed in (0, 0, 1))
    xy = np.random.default_rng(0).uniform(-20, 20, (500, 2))
    np.testing.assert_array_equal(one.height(xy), same.height(xy))
    assert (one.height(xy) != other.height(xy)).any()


def test_level_ground_is_trained_as_well() -> None:
    assert [g.flat for g in rough_grounds(0, [STEPS])] == [False, True, True]


# --- the curriculum -------------------------------------------------------------------------------------------------


def test_up_who_crossed_down_who_fell_or_was_lazy_and_the_others_stay(curriculum: Curriculum) -> None:
    c, everyone, rng = curriculum, np.arange(5), np.random.default_rng(0)
    c.level[:] = 2
    c.farthest[:] = CROSSED * (c.ground.half_m - EDGE_M) + 1e-6
    c.farthest[2:] = 0.5
    c.asked[:] = 6.0
    c.walked[:] = 5.9
    c.walked[3] = 2.9
    c.asked[4], c.walked[4] = 0.5, 0.0  # was hardly asked to walk
    fell = np.array([False, True, False, False, False])
    c.finish(everyone, fell, rng)
    assert c.level.tolist() == [3, 0, 2, 1, 2]


def test_levels_end_below_and_begin_anew_above(curriculum: Curriculum) -> None:
    rng = np.random.default_rng(0)
    curriculum.level[:] = 0
    curriculum.finish(np.arange(5), np.ones(5, bool), rng)
    assert curriculum.level.tolist() == [0] * 5
    found: set[int] = set()
    for _ in range(20):
        curriculum.level[:] = LEVELS - 1
        curriculum.farthest[:] = 10.0
        curriculum.finish(np.arange(5), np.zeros(5, bool), rng)
        found |= set(curriculum.level.tolist())
    assert found == set(range(LEVELS))


def test_the_way_is_that_along_the_command(curriculum: Curriculum) -> None:
    curriculum.start(np.arange(5), np.random.default_rng(0))
    velocity = np.tile([0.5, 0.3], (5, 1))
    command = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [0.0, 0.0], [0.6, 0.8]])
    for _ in range(50):
        curriculum.track(curriculum.origin + np.array([1.5, -2.0]), velocity, command, 0.02)
    np.testing.assert_allclose(curriculum.walked, [0.5, -0.5, 0.3, 0.0, 0.54], atol=1e-9)
    np.testing.assert_allclose(curriculum.asked, [1.0, 1.0, 0.5, 0.0, 1.0], atol=1e-9)
    np.testing.assert_allclose(curriculum.farthest, 2.0)


@pytest.fixture
def env(ground: CourseGround) -> LocomotionEnv:
    env = LocomotionEnv(robots.load("lite3"), rough(), ground, 8, training_options(), seed=3, threads=1)
    env.reset()
    return env


def test_robots_begin_low_and_episodes_move_them(env: LocomotionEnv) -> None:
    c = env.curriculum
    assert c is not None
    assert c.level.max() < FIRST_LEVELS
    c.level[:] = 2
    env.sim.qpos[0, :2] = c.origin[0] + [0.0, c.ground.half_m - EDGE_M + 0.01]  # over the edge
    env.sim.qpos[0, 2] = 0.4
    env.sim.qpos[1, 3:7] = [0, 1, 0, 0]  # on its back
    _, _, terminated, truncated, _ = env.step(np.zeros(env.action.shape, np.float32))
    assert truncated[0]
    assert terminated[1]
    assert c.level[:2].tolist() == [3, 0]
    for i in range(2):
        assert np.abs(env.sim.qpos[i, :2] - c.origin[i]).max() < 0.5
        assert c.origin[i] in c.ground.origins[c.level[i]]


def test_courses_have_prices_of_their_own(ground: CourseGround) -> None:
    config = dataclasses.replace(
        rough(), rewards={"alive": 1.0, "body_rates": -2.0}, course_rewards={"body_rates": -0.5}
    )
    spec, still = robots.load("lite3"), np.zeros((4, 12), np.float32)
    on_level, on_course = (
        LocomotionEnv(spec, config, on, 4, training_options(), seed=3, threads=1) for on in (Ground(), ground)
    )
    for env, price in ((on_level, -2.0), (on_course, -0.5)):
        env.reset()
        told = env.step(still)[4]["rewards"]
        rates = float(rewards.body_rates(env.snapshot).mean())
        assert told == pytest.approx({"alive": 1.0, "body_rates": price * rates}, rel=1e-4)


def test_prices_on_courses_are_checked() -> None:
    with pytest.raises(UnknownName, match="body_rate"):
        dataclasses.replace(rough(), course_rewards={"body_rate": 1.0}).validate()


def test_commands_on_a_course_lead_on_and_keep_their_direction() -> None:
    c, rng = CommandConfig(course_share=1.0, course_mps=(0.3, 0.9)), np.random.default_rng(0)
    sign = np.where(np.arange(500) % 3 == 0, -1.0, 1.0)
    first = commands.draw_crossing(c, np.zeros((500, 3), np.float32), sign, rng)
    assert not first[:, 1:].any()
    assert 0.3 <= np.abs(first[:, 0]).min() < np.abs(first[:, 0]).max() <= 0.9
    np.testing.assert_array_equal(np.sign(first[:, 0]), sign)
    then = commands.draw_crossing(c, -first, sign, rng)
    np.testing.assert_array_equal(np.sign(then[:, 0]), sign)


def test_a_robot_keeps_its_column_and_its_direction(env: LocomotionEnv) -> None:
    """What is easy must not lead anybody up to where what is hard only fails."""
    c = env.curriculum
    assert c is not None
    column, sign = c.column.copy(), c.sign.copy()
    assert set(column.tolist()) == {0, 1}
    for k in set(column.tolist()):
        assert set(sign[column == k].tolist()) == {-1.0, 1.0}
    ahead: list[np.ndarray] = []
    for _ in range(40):
        env.steps[:] = env.episode_steps  # everybody's episode ends
        env.step(np.zeros(env.action.shape, np.float32))
        at = (c.origin[:, None] == c.ground.origins[c.level]).all(axis=2)  # (n, columns)
        np.testing.assert_array_equal(at.argmax(axis=1), column)
        straight = (env.command[:, 1:] == 0).all(axis=1) & (env.command[:, 0] != 0)
        ahead.append(np.sign(env.command[:, 0]) * straight)
    most = np.sum(ahead, axis=0)  # a few draws are as everywhere, and lead anywhere
    np.testing.assert_array_equal(np.sign(most), sign)
    assert (np.abs(most) > 20).all()


def test_a_block_below_the_belly_is_no_fall(env: LocomotionEnv) -> None:
    """Base and feet over the edge of a step: its height counts from what the feet stand on."""
    ground, s = env.ground, env.snapshot
    below = [ground.height(feet[:, :2]).mean() for feet in env.sim.foot_position]
    np.testing.assert_allclose(s.stance_height, env.sim.qpos[:, 2] - below, atol=1e-5)
    assert not terminations.collapsed(s).any()
    s.height = np.zeros_like(s.height)  # right below, a block comes up to the base
    assert not terminations.collapsed(s).any()
    s.stance_height -= 0.25
    assert terminations.collapsed(s).all()


# --- what training sees ---------------------------------------------------------------------------------------------


def test_the_scan_is_the_terrain_under_points_that_turn_with_the_robot(ground: CourseGround) -> None:
    xy, yaw = ground.origins[1] + [[0.3071, 0.9113], [0.7113, 0.3071]], np.array([0.0, np.pi / 2], np.float32)
    found = surroundings.scan(xy, yaw, ground.height)
    ahead, left = surroundings.POINTS.T
    np.testing.assert_allclose(found[0], ground.height(xy[0] + surroundings.POINTS), atol=1e-6)
    np.testing.assert_allclose(found[1], ground.height(xy[1] + np.stack((-left, ahead), axis=1)), atol=1e-6)
    assert np.ptp(found) > 0.05


def test_the_gradient_of_a_plane_is_its_own() -> None:
    slope = np.array([[0.2, -0.1], [0.0, 0.3]], np.float32)
    heights = 1.0 + slope @ surroundings.POINTS.T.astype(np.float32)
    np.testing.assert_allclose(surroundings.gradient(heights), slope, atol=1e-6)


def test_what_the_critic_sees_of_the_ground_has_a_mirror_image(env: LocomotionEnv) -> None:
    order, signs = critic.mirror_map(around=True)
    seen = critic.privileged(env.snapshot)
    assert seen.shape == (8, len(order))
    np.testing.assert_array_equal(seen[:, order][:, order], seen)
    np.testing.assert_array_equal(signs * signs[order], 1.0)
    # a robot on the other side of a symmetric pit that looks the same way sees the mirror image
    xy, middle = np.array([[0.3, 0.8]]), env.ground.origins[1, 0]  # pyright: ignore[reportAttributeAccessIssue]  # a course
    here, there = (
        surroundings.scan(middle + xy * side, np.zeros(1, np.float32), env.ground.height) for side in (1, [1, -1])
    )
    np.testing.assert_allclose(there, here[:, surroundings.mirror_order()], atol=1e-6)
    np.testing.assert_allclose(surroundings.gradient(there), surroundings.gradient(here) * [1, -1], atol=1e-6)


def test_level_ground_looks_level() -> None:
    env = envs.make(rough(), n=3)
    s = env.reset() and env.snapshot
    assert s.around is not None
    assert not s.around.any()
    assert not s.incline.any()


# --- history ----------------------------------------------------------------------------------------------------------


def test_earlier_observations_follow_the_present_one(ground: CourseGround) -> None:
    env = LocomotionEnv(robots.load("lite3"), rough(), ground, 6, training_options(), seed=3, threads=1)
    depth = env.config.history
    obs, _ = env.reset()
    k = obs.shape[1] // (1 + depth)
    np.testing.assert_array_equal(obs, np.tile(obs[:, :k], (1, 1 + depth)))  # nothing is known of the past yet
    for _ in range(60):
        before = obs
        obs, _, terminated, truncated, _ = env.step(np.full(env.action.shape, 3.0, np.float32))  # which fells them
        done = terminated | truncated
        np.testing.assert_array_equal(obs[~done, k:], before[~done, :-k])
        np.testing.assert_array_equal(obs[done], np.tile(obs[done, :k], (1, 1 + depth)))
        if done.any():
            return
    raise AssertionError("nobody fell")


@pytest.mark.slow
def test_a_training_on_courses_resumes_as_if_nothing_had_happened(ground: CourseGround) -> None:
    ppo = dataclasses.replace(walk.rough_learner(), hidden=(16, 16), horizon=40)
    both: list[Trainer] = []
    try:
        for _ in range(2):
            both.append(Trainer(robots.load("lite3"), rough(), ppo, [ground, Ground()], 12, 0))
        first, second = both
        for _ in range(2):
            progress = first.iterate()
        assert progress.levels.keys() == {"steps"}
        second.restore(first.state())
        levels = [t.iterate().levels for t in both]
        assert levels[0] == levels[1]
        expected, found = first.state(), second.state()
        assert expected.keys() == found.keys()
        for name, value in expected.items():
            np.testing.assert_equal(found[name], value, err_msg=name)
    finally:
        for trainer in both:
            trainer.close()


# --- what the policy decides besides the joints -----------------------------------------------------------------------


def test_the_swing_apex_follows_the_last_action_and_starts_anew_with_an_episode(ground: CourseGround) -> None:
    base = rough()
    assert base.gait is not None
    config = dataclasses.replace(
        base,
        gait=dataclasses.replace(base.gait, swing_rate_mps=0.5, stumble=0.0, calm_swing_m=0.0),
        observation=(*base.observation, ("swing_apex", 10.0)),
    )
    env = LocomotionEnv(robots.load("lite3"), config, ground, 6, training_options(), seed=3, threads=1)
    env.reset()
    gait = env.config.gait
    assert gait is not None
    action = np.zeros(env.action.shape, np.float32)
    action[:, -1] = 1.0
    rise = gait.swing_rate_mps * config.period_s
    for k in range(1, 4):
        env.step(action)
        np.testing.assert_allclose(env.apex[:, 0], gait.swing_height_m + k * rise, atol=1e-6)
    env.sim.qpos[1, 3:7] = [0, 1, 0, 0]  # on its back
    _, _, terminated, _, _ = env.step(action)
    assert terminated[1]
    assert env.apex[1, 0] == np.float32(gait.swing_height_m)
    assert env.apex[0, 0] > gait.swing_height_m + 3.5 * rise
    np.testing.assert_allclose(env.readings.apex, env.apex)  # and is what the policy is told
