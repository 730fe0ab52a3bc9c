"""Left-right symmetry: signs from the model's own axes, and a symmetrised model that steps in mirror image."""

from __future__ import annotations

import dataclasses

import mujoco
import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import BadInput
from rudel.robots.kinematics import Kinematics
from rudel.robots.mirror import AXIAL, LEG_PERMUTATION, POLAR, mirror_signs, symmetrise
from rudel.robots.spec import RobotSpec


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def test_twice_is_the_identity(spec: RobotSpec) -> None:
    signs, permutation = mirror_signs(spec)
    q = np.random.default_rng(0).normal(size=12)
    np.testing.assert_array_equal(signs * (signs * q[permutation])[permutation], q)
    assert set(np.abs(signs)) == {1.0}


def test_mirrored_joints_put_the_feet_in_mirror_image(spec: RobotSpec) -> None:
    signs, permutation = mirror_signs(spec)
    body = Kinematics(spec)
    rng = np.random.default_rng(1)
    for q in rng.uniform(*spec.joint_range_rad.T, size=(20, 12)):
        mirrored = body.feet(signs * q[permutation])
        np.testing.assert_allclose(mirrored, body.feet(q)[LEG_PERMUTATION] * POLAR, atol=1e-12)


def test_stance_and_limits_are_their_own_mirror_images(spec: RobotSpec) -> None:
    signs, permutation = mirror_signs(spec)
    np.testing.assert_allclose(signs * spec.default_pose[permutation], spec.default_pose)
    mirrored = np.sort(signs[:, None] * spec.joint_range_rad[permutation], axis=1)
    np.testing.assert_allclose(mirrored, spec.joint_range_rad)


def test_hip_x_flips_and_the_others_do_not() -> None:
    signs, permutation = mirror_signs(robots.load("lite3"))
    np.testing.assert_array_equal(signs.reshape(4, 3), [[-1, 1, 1]] * 4)
    np.testing.assert_array_equal(permutation, [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8])


def test_a_robot_without_symmetry_is_refused() -> None:
    good = robots.load("lite3")

    def crooked() -> mujoco.MjSpec:
        model = good.make()
        model.joint("FL_Knee").axis = (0.3, -1, 0)
        return model

    with pytest.raises(BadInput, match="FL_Knee"):
        mirror_signs(dataclasses.replace(good, make=crooked))


def mirror_error(spec: RobotSpec, model: mujoco.MjModel) -> float:
    """Largest difference in velocity between the mirrored step and the step of the mirrored state, in the air."""
    signs, permutation = mirror_signs(spec)
    rng = np.random.default_rng(2)
    q, dq, tau = rng.uniform(*spec.joint_range_rad.T), rng.normal(size=12), rng.normal(size=12) * 5
    quat = np.array([0.9, 0.1, -0.3, 0.2]) / np.linalg.norm([0.9, 0.1, -0.3, 0.2])
    v, w = rng.normal(size=3), rng.normal(size=3)
    columns = np.array([model.joint(name).dofadr[0] for name in spec.joints])

    def step(pos_quat: np.ndarray, q: np.ndarray, v: np.ndarray, w: np.ndarray, dq: np.ndarray, tau: np.ndarray):
        data = mujoco.MjData(model)
        data.qpos[:7], data.qpos[columns + 1] = pos_quat, q
        data.qvel[:3], data.qvel[3:6], data.qvel[columns] = v, w, dq
        data.qfrc_applied[columns] = tau
        mujoco.mj_step(model, data)
        return data.qvel[:3], data.qvel[3:6], data.qvel[columns]

    plain = step(np.array([0.1, 0.2, 3, *quat]), q, v, w, dq, tau)
    other = step(
        np.array([0.1, -0.2, 3, *(quat * [1, -1, 1, -1])]),
        *(signs * q[permutation], v * POLAR, w * AXIAL, signs * dq[permutation], signs * tau[permutation]),
    )
    expected = (plain[0] * POLAR, plain[1] * AXIAL, signs * plain[2][permutation])
    return max(float(np.abs(a - b).max()) for a, b in zip(expected, other, strict=True))


def test_symmetrised_model_steps_in_mirror_image(spec: RobotSpec) -> None:
    plain, symmetric = spec.make(), spec.make()
    symmetrise(spec, symmetric)
    model = symmetric.compile()
    assert mirror_error(spec, plain.compile()) > 1e-5  # the published inertias are not mirror images
    assert mirror_error(spec, model) < 1e-9
    assert model.body_mass.sum() == pytest.approx(spec.mass_kg, abs=1e-9)


def test_symmetrising_twice_changes_nothing_more(spec: RobotSpec) -> None:
    model = spec.make()
    symmetrise(spec, model)
    once = model.compile()
    symmetrise(spec, model)
    twice = model.compile()
    np.testing.assert_allclose(twice.body_inertia, once.body_inertia, rtol=1e-9)
    np.testing.assert_allclose(twice.body_ipos, once.body_ipos, atol=1e-12)
