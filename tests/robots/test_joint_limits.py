"""Laws of limit_targets: never beyond joint limits or the torque-speed line, and nothing changed without need."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel import robots
from rudel.core.errors import BadInput
from rudel.core.types import JointTargets, RobotState
from rudel.robots.limits import limit_targets, pd_torque, torque_range

SPEC = robots.load("lite3")
FIELDS = ("q", "dq", "tau", "kp", "kd")


def state(q: np.ndarray, dq: np.ndarray) -> RobotState:
    return RobotState(0.0, q, dq, np.zeros(len(q)), np.eye(4)[0], np.zeros(3), np.zeros(3), np.zeros(4))


def random_case(seed: int) -> tuple[JointTargets, RobotState]:
    rng = np.random.default_rng(seed)
    targets = JointTargets(
        rng.normal(0, 3, 12), rng.normal(0, 5, 12), rng.normal(0, 40, 12), rng.normal(40, 60, 12), rng.normal(1, 2, 12)
    )
    return targets, state(rng.uniform(*SPEC.joint_range_rad.T), rng.normal(0, 15, 12))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_result_is_allowed_and_limiting_again_changes_nothing(seed: int) -> None:
    targets, measured = random_case(seed)
    sent = limit_targets(SPEC, targets, measured)
    lower, upper = SPEC.joint_range_rad.T
    assert (lower <= sent.q).all()
    assert (sent.q <= upper).all()
    assert (sent.kp >= 0).all()
    assert (sent.kd >= 0).all()
    least, most = torque_range(SPEC, measured.dq)
    torque = pd_torque(sent, measured)
    assert (least - 1e-9 <= torque).all()
    assert (torque <= most + 1e-9).all()
    again = limit_targets(SPEC, sent, measured)
    for name in FIELDS:
        np.testing.assert_allclose(getattr(again, name), getattr(sent, name), rtol=1e-9, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_limited_joint_asks_for_exactly_the_limit_in_the_wanted_direction(seed: int) -> None:
    targets, measured = random_case(seed)
    sent = limit_targets(SPEC, targets, measured)
    clipped = JointTargets(sent.q, targets.dq, targets.tau, np.maximum(targets.kp, 0), np.maximum(targets.kd, 0))
    expected = np.clip(pd_torque(clipped, measured), *torque_range(SPEC, measured.dq))
    np.testing.assert_allclose(pd_torque(sent, measured), expected, atol=1e-9)


def test_allowed_targets_pass_bit_by_bit() -> None:
    targets = JointTargets.hold(SPEC.default_pose, SPEC.kp, SPEC.kd)
    sent = limit_targets(SPEC, targets, state(SPEC.default_pose + 0.1, np.full(12, 0.3)))
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(sent, name), getattr(targets, name))


def test_damping_stays_damping_at_any_speed() -> None:
    for speed in (0.1, 5.0, 25.0, -60.0):
        sent = limit_targets(SPEC, JointTargets.damping(12, 5.0), state(SPEC.default_pose, np.full(12, speed)))
        assert not sent.kp.any()
        assert not sent.tau.any()
        assert (sent.kd > 0).all()


def test_torque_line() -> None:
    """Stall torque at rest, half of it at half speed, none at full speed; braking keeps all of it."""
    for share, driving in ((0.0, 1.0), (0.5, 0.5), (1.0, 0.0), (1.7, 0.0)):
        lower, upper = torque_range(SPEC, share * SPEC.speed_radps)
        np.testing.assert_allclose(upper, driving * SPEC.effort_nm)
        np.testing.assert_allclose(lower, -SPEC.effort_nm)
        mirrored_lower, mirrored_upper = torque_range(SPEC, -share * SPEC.speed_radps)
        np.testing.assert_allclose((mirrored_lower, mirrored_upper), (-upper, -lower))


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_by_name(name: str, value: float) -> None:
    arrays = {field: np.zeros(12) for field in FIELDS}
    arrays[name][4] = value
    with pytest.raises(BadInput, match=rf"{name}\[FR_HipY\]"):
        limit_targets(SPEC, JointTargets(**arrays), state(SPEC.default_pose, np.zeros(12)))


def test_wrong_sizes_and_broken_states_are_refused() -> None:
    hold = JointTargets.hold(SPEC.default_pose, 1.0, 1.0)
    with pytest.raises(BadInput, match="11 joints"):
        limit_targets(SPEC, JointTargets.damping(11, 1.0), state(SPEC.default_pose, np.zeros(12)))
    with pytest.raises(BadInput, match=r"state\.dq"):
        limit_targets(SPEC, hold, state(SPEC.default_pose, np.full(12, np.nan)))
