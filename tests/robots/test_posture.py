"""Laws of standing up and sitting down, without a simulator: energy, kinematics, continuity, where it ends."""

from __future__ import annotations

import dataclasses
import math

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.robots.kinematics import Kinematics
from rudel.robots.posture import LEAST_S, Sit, Stand, minimum_jerk, movement
from rudel.robots.posture_plan import GRAVITY, STOP_MARGIN_RAD, PosturePlan, holding_torque, plan_posture
from rudel.robots.spec import RobotSpec

PERIOD_S = 0.02
DOWN = np.array([0.0, 0.0, -1.0])
PLANS = {name: plan_posture(robots.load(name)) for name in robots.names()}


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


@pytest.fixture
def plan(spec: RobotSpec) -> PosturePlan:
    return PLANS[spec.name]


def state(q: np.ndarray, pitch: float = 0.0, dq: float = 0.0) -> RobotState:
    quat = np.array([math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0])
    n = len(q)
    return RobotState(0.0, q, np.full(n, dq), np.zeros(n), quat, np.zeros(3), -GRAVITY * DOWN, np.ones(4))


def targets(posture: Stand | Sit, seconds: float, now: RobotState) -> list[JointTargets]:
    return [posture.step(now, Twist()) for _ in range(round(seconds / PERIOD_S))]


def test_minimum_jerk_has_its_ends_its_symmetry_and_its_derivative() -> None:
    u = np.linspace(0, 1, 101)
    at, speed = np.array([minimum_jerk(x) for x in u]).T
    np.testing.assert_allclose(at + at[::-1], 1)
    np.testing.assert_allclose(np.gradient(at, u)[1:-1], speed[1:-1], atol=2e-3)
    assert (at[0], speed[0], speed[-1]) == (0, 0, 0)
    assert minimum_jerk(-1.0) == minimum_jerk(0.0)
    assert minimum_jerk(9.0) == minimum_jerk(1.0)


def test_the_way_goes_up_within_the_limits(spec: RobotSpec, plan: PosturePlan) -> None:
    assert plan.folded <= 0
    assert (np.diff(plan.heights) > 0).all()
    assert plan.height(1.0) == pytest.approx(spec.nominal_height_m, abs=1e-3)
    for share in plan.shares:
        assert (plan.pose(share) >= plan.lower + STOP_MARGIN_RAD - 1e-9).all()
        assert (plan.pose(share) <= plan.upper - STOP_MARGIN_RAD + 1e-9).all()


def test_feet_go_straight_down_below_the_hips(spec: RobotSpec, plan: PosturePlan) -> None:
    feet = np.array([Kinematics(spec).feet(plan.pose(share)) for share in plan.shares])
    assert np.ptp(feet[:, :, :2], axis=0).max() < 0.02  # or they would slip by that


def test_holding_torques_do_the_work_of_lifting(spec: RobotSpec, plan: PosturePlan) -> None:
    """Along the way their power is the change of potential energy: feet that stand still do no work."""
    kinematics = Kinematics(spec)
    heights = np.array([-kinematics.feet(q)[:, 2].mean() + kinematics.com(q)[2] for q in map(plan.pose, plan.shares)])
    energy = spec.mass_kg * GRAVITY * np.gradient(heights, plan.shares)
    work = np.array([plan.load(share, DOWN) @ (plan.stand - plan.rest) for share in plan.shares])
    np.testing.assert_allclose(work[1:-1], energy[1:-1], rtol=0.03)


def test_holding_torques_of_a_tilted_robot_are_those_of_tilted_gravity(spec: RobotSpec, plan: PosturePlan) -> None:
    """The table is linear in gravity: checked against MuJoCo's own gravity, turned, and its own contact balance."""
    down = np.array([math.sin(0.2), -math.sin(0.1), 0.0])
    down[2] = -math.sqrt(1 - down @ down)
    model = Kinematics(spec).model
    model.opt.gravity[:] = GRAVITY * down
    data = mujoco.MjData(model)
    joints = [model.joint(name).id for name in spec.joints]
    data.qpos[model.jnt_qposadr[joints]] = spec.default_pose
    data.qpos[:7] = (0, 0, 0, 1, 0, 0, 0)
    mujoco.mj_forward(model, data)
    tau = down @ holding_torque(spec, model, spec.default_pose)
    rest = data.qfrc_bias.copy()
    rest[model.jnt_dofadr[joints]] -= tau
    pushes = np.zeros((12, model.nv))
    for leg, foot in enumerate(spec.feet):
        geom = model.geom(foot)
        mujoco.mj_jac(model, data, pushes[3 * leg : 3 * leg + 3], None, data.geom_xpos[geom.id], int(geom.bodyid[0]))
    force, *_ = np.linalg.lstsq(pushes.T, rest, rcond=None)
    np.testing.assert_allclose(force @ pushes, rest, atol=1e-6)  # feet alone balance what is left
    np.testing.assert_allclose(force.reshape(4, 3).sum(axis=0), -spec.mass_kg * GRAVITY * down, atol=1e-6)


def test_leaning_moves_the_base_plumb_above_its_feet(spec: RobotSpec, plan: PosturePlan) -> None:
    kinematics, angle = Kinematics(spec), math.radians(3)
    for down in (np.array([math.sin(angle), 0, -math.cos(angle)]), np.array([0, -math.sin(angle), -math.cos(angle)])):
        moved = kinematics.feet(plan.stand + plan.lean(1.0, down)) - kinematics.feet(plan.stand)
        wanted = plan.height(1.0) * math.tan(angle) * np.sign(down[:2] * (np.abs(down[:2]) > 1e-9))
        np.testing.assert_allclose(moved[:, :2], np.tile(wanted, (4, 1)), atol=0.004)


@pytest.mark.parametrize("pitch", [0.0, 0.26])
def test_stand_ends_at_the_default_pose_but_for_its_lean(plan: PosturePlan, pitch: float) -> None:
    stand = Stand(plan, PERIOD_S)
    last = targets(stand, 4.0, state(plan.rest, pitch))[-1]
    assert stand.done
    off = np.abs(last.q - plan.stand).max()
    assert off < 0.2
    assert (off > 0.02) == (pitch > 0)
    assert not last.dq.any()
    np.testing.assert_allclose(last.kp, plan.kp)


def test_sit_ends_limp_and_stays_so(plan: PosturePlan) -> None:
    sit = Sit(plan, PERIOD_S)
    seen = targets(sit, 6.0, state(plan.stand))
    assert sit.done
    assert not (seen[-1].kp.any())
    assert not (seen[-1].tau.any())
    assert not (seen[-1].dq.any())
    np.testing.assert_array_equal(seen[-1].kd, plan.kd)
    lowest = min(seen, key=lambda t: float(np.abs(t.q - plan.pose(plan.folded)).max()))
    np.testing.assert_allclose(lowest.q, plan.pose(plan.folded), atol=1e-6)


def test_a_robot_that_goes_on_sinking_is_limp_all_the_same(plan: PosturePlan) -> None:
    sit = Sit(plan, PERIOD_S)
    targets(sit, 8.0, state(plan.stand, dq=3.0))
    assert sit.done


@settings(max_examples=60)
@given(st.sampled_from(sorted(PLANS)), st.integers(0, 2**32 - 1), st.sampled_from([Stand, Sit]))
def test_from_anywhere_it_starts_there_and_moves_within_speed_and_limits(name: str, seed: int, kind: type) -> None:
    plan, rng = PLANS[name], np.random.default_rng(seed)
    start = rng.uniform(plan.lower, plan.upper)
    posture = kind(plan, PERIOD_S)
    seen = targets(posture, 8.0, state(start))
    q = np.array([start, *(t.q for t in seen if t.kp.any())])
    assert (np.abs(np.diff(q, axis=0)) <= plan.top_speed * PERIOD_S * 1.001).all()
    assert np.abs(q[1] - start).max() < 0.01
    assert (q >= plan.lower).all()
    assert (q <= plan.upper).all()
    assert posture.done
    torque_step = np.abs(np.diff([t.tau for t in seen], axis=0)).max()
    assert torque_step < 0.15 * np.abs(plan.load(0.0, DOWN)).max() + 1e-9


def test_farther_takes_longer(plan: PosturePlan) -> None:
    on_way = np.zeros(12)
    times = [movement(plan, share, 1.0, on_way).duration_s for share in (1.0, 0.6, 0.3, plan.folded)]
    assert times[0] == LEAST_S
    assert (np.diff(times) > 0).all()


def test_reset_begins_anew_and_the_same_gives_the_same_bytes(plan: PosturePlan) -> None:
    stand = Stand(plan, PERIOD_S)
    one = [t.q.tobytes() + t.tau.tobytes() for t in targets(stand, 2.0, state(plan.rest))]
    stand.reset()
    assert not stand.done
    assert one == [t.q.tobytes() + t.tau.tobytes() for t in targets(stand, 2.0, state(plan.rest))]


def test_what_cannot_be_begun_is_refused(plan: PosturePlan) -> None:
    with pytest.raises(BadInput, match="period_s"):
        Stand(plan, 0.0)
    with pytest.raises(BadInput, match="5 joints"):
        Stand(plan, PERIOD_S).step(state(plan.rest[:5]), Twist())
    with pytest.raises(BadInput, match="not finite"):
        Sit(plan, PERIOD_S).step(state(plan.rest * np.nan), Twist())


def test_a_robot_whose_rest_pose_is_the_higher_one_is_refused(spec: RobotSpec) -> None:
    turned = dataclasses.replace(spec, rest_pose=spec.default_pose, default_pose=spec.rest_pose)
    with pytest.raises(BadInput, match="not lower"):
        plan_posture(turned)
