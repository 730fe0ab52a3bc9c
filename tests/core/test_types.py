"""Types: frozen through and through, independent of what they were made from, strict about shapes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.core.types import Event, Intent, JointTargets, Pose, RobotState, Twist

N = 12


def state(**changed: Any) -> RobotState:
    good: dict[str, Any] = {
        "time_s": 0.5,
        "q": np.zeros(N),
        "dq": np.zeros(N),
        "tau": np.zeros(N),
        "quat": [1.0, 0.0, 0.0, 0.0],
        "gyro": [0.0, 0.0, 0.0],
        "accel": [0.0, 0.0, 9.81],
        "contact": np.ones(4),
    }
    return RobotState(**good | changed)


EXAMPLES = [
    state(),
    JointTargets.hold(np.ones(N), 30.0, 1.0),
    Twist(1.0),
    Pose(np.zeros(3), np.array([1.0, 0, 0, 0])),
    Intent("sit"),
    Event("e", 0.0),
]


@pytest.mark.parametrize("value", EXAMPLES, ids=lambda v: type(v).__name__)
def test_fields_cannot_be_set_and_arrays_not_written(value: Any) -> None:
    for field in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)
        content = getattr(value, field.name)
        if isinstance(content, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                content[0] = 1.0


def test_a_value_does_not_follow_the_array_that_it_was_made_from() -> None:
    q = np.zeros(N)
    made = state(q=q)
    q[:] = 7.0
    assert not made.q.any()
    assert q.flags.writeable  # the caller's array is left as it was


def test_default_arguments_are_not_shared() -> None:
    assert Intent("a").args is not Intent("b").args
    assert Event("a", 0.0).data is not Event("b", 0.0).data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dq", np.zeros(N - 1)),
        ("tau", np.zeros((N, 1))),
        ("q", np.zeros((1, N))),
        ("quat", np.zeros(3)),
        ("gyro", np.zeros(4)),
        ("accel", 9.81),
        ("contact", np.ones((2, 2))),
    ],
)
def test_a_wrong_shape_is_refused_and_named(field: str, value: Any) -> None:
    with pytest.raises(BadInput, match=r"RobotState\.\w+ has shape .* needs"):
        state(**{field: value})


@pytest.mark.parametrize("field", ["dq", "tau", "kp", "kd"])
def test_joint_targets_agree_on_the_number_of_joints(field: str) -> None:
    good = {name: np.zeros(N) for name in ("q", "dq", "tau", "kp", "kd")}
    with pytest.raises(BadInput, match=rf"JointTargets\.{field} has shape \(3,\)"):
        JointTargets(**good | {field: np.zeros(3)})


@pytest.mark.parametrize(("position", "quat"), [(np.zeros(2), np.zeros(4)), (np.zeros(3), np.zeros(3))])
def test_pose_shapes(position: Any, quat: Any) -> None:
    with pytest.raises(BadInput, match="Pose"):
        Pose(position, quat)


def test_hold_asks_for_the_pose_and_for_nothing_else() -> None:
    q = np.linspace(-1, 1, N)
    kp = np.arange(N) + 1.0
    targets = JointTargets.hold(q, kp, 2.0)
    assert np.array_equal(targets.q, q)
    assert np.array_equal(targets.kp, kp)
    assert np.array_equal(targets.kd, np.full(N, 2.0))
    assert not targets.dq.any()
    assert not targets.tau.any()


def test_damping_only_takes_energy_out(rng: np.random.Generator) -> None:
    targets = JointTargets.damping(N, 2.5)
    q, dq = rng.normal(size=(2, 1000, N))
    torque = targets.kp * (targets.q - q) + targets.kd * (targets.dq - dq) + targets.tau
    assert np.all(torque * dq <= 0)
    assert np.any(torque * dq < 0)


def test_twist_array_order() -> None:
    assert Twist(vx=1.0, vy=2.0, wz=3.0).array().tolist() == [1.0, 2.0, 3.0]
