"""The reference trot: feet move as commanded, loads are where they belong, and left equals right in the mirror."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.locomotion import gait, legs, loads
from rudel.locomotion.gait_single import SingleTrot
from tests.locomotion.samples import DEFAULT, GAIT, LEGS, LIMITS, MIRROR_ORDER, MIRROR_SIGNS, MIXED

F = np.float32
STANCE = legs.forward_kinematics(LEGS, DEFAULT[None].astype(F))[0]
angles = st.tuples(*[st.floats(lower, upper) for lower, upper in LIMITS])
twists = st.tuples(st.floats(-1.5, 1.5), st.floats(-0.8, 0.8), st.floats(-1.2, 1.2))
phases = st.floats(0, 1, exclude_max=True, width=32)


def reference(
    phase: float, command: tuple[float, ...], params: gait.GaitParams = GAIT, geo: legs.LegGeometry = LEGS
) -> np.ndarray:
    """(12,) joint targets of one robot."""
    return gait.joint_reference(geo, params, STANCE, np.array([phase], F), np.array([command], F))[0]


@given(phases, twists)
def test_mirrored_command_gives_the_mirrored_reference(phase: float, twist: tuple[float, float, float]) -> None:
    vx, vy, wz = twist
    mirrored = reference((phase + 0.5) % 1.0, (vx, -vy, -wz))
    expected = reference(phase, twist)[MIRROR_ORDER] * np.array(MIRROR_SIGNS)
    edge = min(abs((phase + offset) % 0.5 - side) for offset in (0.0, 0.5) for side in (0.0, 0.5))
    if edge > 1e-5:  # at touch-down, rounding decides which pair carries the weight
        np.testing.assert_allclose(mirrored, expected, atol=1e-4)


@given(phases)
def test_zero_command_stands_still(phase: float) -> None:
    unloaded = dataclasses.replace(GAIT, load_kp=0.0)
    np.testing.assert_allclose(reference(phase, (0.0, 0.0, 0.0), unloaded), DEFAULT, atol=1e-5)
    np.testing.assert_array_equal(reference(phase, (0.0, 0.0, 0.0)), reference(0.0, (0.0, 0.0, 0.0)))


@pytest.mark.parametrize("duty", [0.5, 0.6])
@pytest.mark.parametrize("command", [(0.8, 0.0, 0.0), (0.0, -0.4, 0.0), (0.0, 0.0, 1.0), (0.5, 0.3, -0.7)])
def test_feet_on_the_ground_move_the_base_as_commanded(command: tuple[float, float, float], duty: float) -> None:
    """While on the ground, a foot's velocity in the base frame is minus the base's velocity at that foot."""
    params = dataclasses.replace(GAIT, duty=duty)
    phase = np.linspace(0, 1, 400, endpoint=False).astype(F)
    foot, _ = gait.foot_targets(LEGS, params, STANCE, phase, np.tile(np.array([command], F), (400, 1)))
    vx, vy, wz = command
    for leg in range(4):
        leg_phase = (phase + gait.TROT_OFFSET[leg]) % 1.0
        order = np.argsort(leg_phase)
        grounded = order[leg_phase[order] < duty - 1e-4]
        span_s = (leg_phase[grounded[-1]] - leg_phase[grounded[0]]) / params.frequency_hz
        x, y = (np.array(LEGS.hips[leg]) + STANCE[leg])[:2]
        travel = foot[grounded[-1], leg] - foot[grounded[0], leg]
        np.testing.assert_allclose(travel, -np.array([vx - wz * y, vy + wz * x, 0.0]) * span_s, atol=1e-5)
        np.testing.assert_allclose(foot[grounded, leg, 2], STANCE[leg, 2], atol=1e-6)


def test_diagonal_feet_swing_together() -> None:
    foot, _ = gait.foot_targets(LEGS, GAIT, STANCE, np.array([0.75], F), np.array([[0.5, 0.0, 0.0]], F))
    lift = foot[0, :, 2] - STANCE[:, 2]
    np.testing.assert_allclose(lift, [GAIT.swing_height_m, 0, 0, GAIT.swing_height_m], atol=1e-6)  # FL, FR, HL, HR


def test_feet_do_not_jump_and_swing_to_their_height() -> None:
    n = 2000
    phase = (np.arange(n + 1) / n % 1.0).astype(F)
    foot, _ = gait.foot_targets(LEGS, GAIT, STANCE, phase, np.tile(np.array([[1.0, 0.3, 0.5]], F), (n + 1, 1)))
    assert np.abs(np.diff(foot, axis=0)).max() < 0.002
    np.testing.assert_allclose(foot[..., 2].max(axis=0) - STANCE[:, 2], GAIT.swing_height_m, atol=1e-5)


@pytest.mark.parametrize("peak", [0.2, 0.35, 0.5, 0.8])
def test_the_apex_comes_when_it_is_said_to_and_nothing_jumps(peak: float) -> None:
    n = 4000
    params = dataclasses.replace(GAIT, swing_peak=peak)
    phase = (np.arange(n + 1) / n % 1.0).astype(F)
    command = np.tile(np.array([[0.5, 0.0, 0.0]], F), (n + 1, 1))
    foot, _ = gait.foot_targets(LEGS, params, STANCE, phase, command)
    lift = foot[:, 0, 2] - STANCE[0, 2]
    at = phase[np.argmax(lift)]
    assert at == pytest.approx(params.duty + peak * (1 - params.duty), abs=2e-3)
    assert lift.max() == pytest.approx(params.swing_height_m, abs=1e-5)
    assert np.abs(np.diff(lift)).max() < 4e-4


def test_a_policy_raises_the_apex_at_its_rate_and_within_its_range() -> None:
    params = dataclasses.replace(GAIT, swing_rate_mps=0.5, swing_range_m=(0.03, 0.12))
    single = SingleTrot(LEGS, params, STANCE)
    apex, one = np.full((1, 1), 0.06, F), 0.06
    seen: list[float] = []
    for action in [*[0.5] * 3, *[7.0] * 10, *[-7.0] * 20]:  # more than one unit counts as one
        apex = gait.raise_apex(params, apex, np.array([[action]], F), 0.02)
        one = single.raise_apex(one, action, 0.02)
        assert one == pytest.approx(float(apex[0, 0]), abs=1e-6)
        seen.append(one)
    np.testing.assert_allclose(np.diff([0.06, *seen[:4]]), [0.005, 0.005, 0.005, 0.01], atol=1e-6)
    assert max(seen) == pytest.approx(0.12)
    assert seen[-1] == pytest.approx(0.03)


def test_each_robot_swings_to_its_own_apex() -> None:
    apex = np.array([[0.03], [0.10]], F)
    command = np.tile(np.array([[0.5, 0.0, 0.0]], F), (2, 1))
    foot, _ = gait.foot_targets(LEGS, GAIT, STANCE, np.full(2, 0.75, F), command, None, apex)
    np.testing.assert_allclose(foot[:, 0, 2] - STANCE[0, 2], apex[:, 0], atol=1e-6)


def swing(params: gait.GaitParams, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Share of the swing that has passed (m,), and the front left foot then (m, 3), at 0.6 m/s straight ahead."""
    phase = (params.duty + (1 - params.duty) * (np.arange(n) + 0.5) / n).astype(F)
    command = np.tile(np.array([[0.6, 0.0, 0.0]], F), (n, 1))
    foot, _ = gait.foot_targets(LEGS, params, STANCE, phase, command)
    return (phase - params.duty) / (1 - params.duty), foot[:, 0]


def test_a_foot_stays_at_the_apex_for_as_long_as_it_is_told() -> None:
    params = dataclasses.replace(GAIT, swing_peak=0.3, swing_hold=0.25)
    t, foot = swing(params)
    top = t[foot[:, 2] - STANCE[0, 2] > params.swing_height_m - 1e-7]
    assert (top[0], top[-1]) == (pytest.approx(0.3, abs=2e-3), pytest.approx(0.55, abs=2e-3))
    assert np.abs(np.diff(foot, axis=0)).max() < 4e-4


def test_a_foot_that_waits_stays_over_its_spot_of_the_ground() -> None:
    """Over the ground = the foot in the base frame plus the way of the base."""
    params = dataclasses.replace(GAIT, duty=0.6, swing_wait=0.2)
    t, foot = swing(params)
    over = foot[:, 0] + 0.6 * t * (1 - params.duty) / params.frequency_hz
    np.testing.assert_allclose(over[t < 0.2], over[0], atol=1e-6)
    np.testing.assert_allclose(over[t > 0.8], over[-1], atol=1e-6)
    assert over[-1] - over[0] == pytest.approx(0.6 / params.frequency_hz, abs=1e-5)  # a stride


def test_targets_on_the_ground_run_ahead_by_what_damping_holds_back() -> None:
    """A joint at a steady speed lags by kd / kp: the foot is asked for where it is to be that much later."""
    params = dataclasses.replace(GAIT, stance_lead=1.0, damping_s=0.04)
    command = np.array([[0.6, 0.2, -0.5]], F)
    phase = np.array([0.1], F)
    later = phase + F(params.damping_s * params.frequency_hz)
    ahead, _ = gait.foot_targets(LEGS, params, STANCE, phase, command)
    then, _ = gait.foot_targets(LEGS, GAIT, STANCE, later, command)
    grounded = [0, 3]  # of phase 0.1
    np.testing.assert_allclose(ahead[0, grounded], then[0, grounded], atol=1e-6)


@given(phases, twists, angles)
def test_load_is_reckoned_where_the_legs_are(
    phase: float, twist: tuple[float, float, float], q: tuple[float, ...]
) -> None:
    """With the measured joints, what is added to the reference is what carries the load in the measured pose."""
    params = dataclasses.replace(GAIT, load_measured=1.0)
    measured = np.array([q], F)
    where = (LEGS, params, STANCE, np.array([phase], F), np.array([twist], F))
    foot, share = gait.foot_targets(*where)
    expected = loads.load_offset(LEGS, measured, share * F(params.weight_n), params.load_kp)
    added = gait.joint_reference(*where, measured=measured) - legs.inverse_kinematics(LEGS, foot)
    np.testing.assert_allclose(added, expected, atol=1e-5)


def test_stepping_feet_stand_about_the_centre_of_mass_and_standing_ones_stay() -> None:
    params = dataclasses.replace(GAIT, feet_under_com=1.0)
    both = np.array([[0.0, 0.0, 0.0], [1e-6, 0.5, 0.0]], F)
    foot, _ = gait.foot_targets(LEGS, params, STANCE, np.full(2, 0.25, F), both)
    x = (np.array(LEGS.hips, F) + foot)[..., 0].mean(axis=1)
    np.testing.assert_allclose(x, [(np.array(LEGS.hips, F) + STANCE)[:, 0].mean(), params.com_x_m], atol=1e-6)


def test_a_stroke_may_be_inclined_with_the_body() -> None:
    """Nose up by 0.3 (gravity leads backwards), at a share of 0.5: a foot 0.1 m ahead stands 15 mm higher."""
    command, tilt = np.array([[0.8, 0.0, 0.0]], F), np.array([[-0.3, 0.0]], F)
    inclined = dataclasses.replace(GAIT, stroke_tilt=0.5)
    for phase in (0.05, 0.2, 0.4):
        at = (STANCE, np.array([phase], F), command)
        foot, level = (gait.foot_targets(LEGS, p, *at, tilt=tilt)[0] for p in (inclined, GAIT))
        np.testing.assert_allclose((foot - level)[..., 2], 0.15 * (foot - STANCE)[..., 0], atol=1e-6)
        np.testing.assert_array_equal(foot[..., :2], level[..., :2])


@given(phases, twists, angles)
def test_feet_on_the_ground_are_sent_no_further_than_their_reach(
    phase: float, twist: tuple[float, float, float], q: tuple[float, ...]
) -> None:
    params = dataclasses.replace(GAIT, stance_reach_m=0.02, load_kp=0.0)
    measured, at = np.array([q], F), (STANCE, np.array([phase], F), np.array([twist], F))
    free, _ = gait.foot_targets(LEGS, params, *at)
    here = legs.forward_kinematics(LEGS, measured)
    wanted = free.copy()
    down = (F(phase) + gait.TROT_OFFSET) % 1.0 < F(params.duty)
    wanted[:, down, 0] = np.clip(free[:, down, 0], here[:, down, 0] - F(0.02), here[:, down, 0] + F(0.02))
    sent = gait.joint_reference(LEGS, params, *at, measured=measured)
    np.testing.assert_allclose(sent, legs.inverse_kinematics(LEGS, wanted), atol=1e-5)
    without = gait.joint_reference(LEGS, params, *at)  # nobody knows where the joints are
    np.testing.assert_allclose(without, legs.inverse_kinematics(LEGS, free), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("swing_peak", 0.0), ("swing_peak", 1.0), ("swing_rate_mps", -0.1), ("swing_range_m", (0.1, 0.05))],
)
def test_a_swing_that_cannot_be_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadInput, match=name):
        dataclasses.replace(GAIT, **{name: value}).validate()


@given(phases, twists)
def test_weight_is_carried_whole(phase: float, twist: tuple[float, float, float]) -> None:
    _, share = gait.foot_targets(LEGS, GAIT, STANCE, np.array([phase], F), np.array([twist], F))
    assert share.min() >= 0
    assert share.sum() == pytest.approx(1.0, abs=1e-5)


def test_standing_weight_balances_about_the_centre_of_mass() -> None:
    _, share = gait.foot_targets(LEGS, GAIT, STANCE, np.zeros(1, F), np.zeros((1, 3), F))
    foot_x = np.array(LEGS.hips)[:, 0] + STANCE[:, 0]
    assert (share[0] * foot_x).sum() == pytest.approx(GAIT.com_x_m, abs=1e-6)


def test_the_load_of_a_tilted_body_is_along_gravity() -> None:
    """Nose up, gravity leads backwards: the ground's push that the legs are to carry then leads forwards."""
    tilt = np.array([[-0.3, 0.1]], F)
    where = (LEGS, GAIT, STANCE, np.array([0.1], F), np.array([[0.5, 0.0, 0.0]], F))
    foot, share = gait.foot_targets(*where, tilt=tilt)
    q = legs.inverse_kinematics(LEGS, foot)
    for part in (0.0, 0.6, 1.0):
        params = dataclasses.replace(GAIT, load_tilt=part)
        added = gait.joint_reference(LEGS, params, *where[2:], tilt=tilt) - q
        expected = loads.load_offset(LEGS, q, share * F(GAIT.weight_n), GAIT.load_kp, -part * tilt)
        np.testing.assert_allclose(added, expected, atol=1e-6)
    level = gait.joint_reference(LEGS, dataclasses.replace(GAIT, load_tilt=1.0), *where[2:], tilt=np.zeros((1, 2), F))
    np.testing.assert_array_equal(level, gait.joint_reference(*where))


@pytest.mark.parametrize(
    "params",
    [
        GAIT,
        dataclasses.replace(GAIT, load_kp=0.0),
        dataclasses.replace(GAIT, com_x_m=0.0, duty=0.65, gate_mps=0.5),
        dataclasses.replace(GAIT, swing_height_m=0.6),  # feet above their hips
        dataclasses.replace(GAIT, swing_peak=0.35),
        dataclasses.replace(
            GAIT, swing_peak=0.3, swing_hold=0.2, swing_wait=0.1, upright=0.8, body_level=0.4, roll_level=0.3
        ),
        dataclasses.replace(GAIT, load_measured=0.7, stance_lead=1.0, damping_s=0.03),
        dataclasses.replace(GAIT, load_measured=0.7, load_tilt=0.8, upright=0.5),
        dataclasses.replace(GAIT, load_measured=1.0, load_roll=0.8, roll_level=0.4),
        dataclasses.replace(GAIT, load_measured=1.0, load_roll=0.6, steady=8.0),
        dataclasses.replace(GAIT, stroke_tilt=-0.5, feet_under_com=0.7, stance_reach_m=0.03, duty=0.6),
        dataclasses.replace(
            GAIT,
            stroke_tilt=-0.5,
            stance_reach_m=0.03,
            stance_lead=1.0,
            damping_s=0.03,
            brisk=1.6,
            brisk_reach_m=(0.01, 0.06),
            brisk_stroke_tilt=0.3,
            climb_reach_m=0.12,
        ),
    ],
)
@pytest.mark.parametrize("geo", [LEGS, MIXED])
def test_the_single_trot_is_the_batched_one(geo: legs.LegGeometry, params: gait.GaitParams) -> None:
    rng = np.random.default_rng(0)
    single = SingleTrot(geo, params, STANCE)
    phase = rng.random(500).astype(F)
    command = (rng.uniform(-1.5, 1.5, (500, 3)) * rng.choice([0.0, 0.05, 1.0, 3.0], (500, 1))).astype(F)
    shift = rng.uniform(-0.1, 0.1, (500, 2)).astype(F)
    apex = rng.uniform(0, 2 * params.swing_height_m, (500, 1)).astype(F)
    tilt = rng.uniform(-0.5, 0.5, (500, 2)).astype(F)
    measured = (rng.uniform(*np.array(LIMITS).T, (500, 12)) * np.array(geo.signs)).astype(F)
    gyro = rng.uniform(-1, 1, (500, 3)).astype(F)
    brisk = np.clip(rng.uniform(-1, 2, (500, 1)), 0, 1).astype(F) if params.brisk > 1 else None
    batched = gait.joint_reference(geo, params, STANCE, phase, command, shift, apex, tilt, measured, gyro, brisk)
    share = gait.gate(command, params)
    for i in range(500):
        twist = command[i].tolist()
        assert single.gate(*twist) == pytest.approx(share[i, 0], abs=1e-6)
        pairs = ((float(shift[i, 0]), float(shift[i, 1])), (float(tilt[i, 0]), float(tilt[i, 1])))
        sensed = (measured[i].tolist(), gyro[i].tolist(), 0.0 if brisk is None else float(brisk[i, 0]))
        one = single.joint_reference(float(phase[i]), *twist, pairs[0], float(apex[i, 0]), pairs[1], *sensed)
        np.testing.assert_allclose(one, batched[i], atol=1e-4)
