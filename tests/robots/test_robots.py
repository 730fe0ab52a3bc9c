"""Laws for every registered robot: a new robot is tested by being in its folder."""

from __future__ import annotations

import importlib

import mujoco
import numpy as np
import pytest

from rudel import robots
from rudel.core.errors import BadInput, UnknownName
from rudel.robots.kinematics import Kinematics
from rudel.robots.spec import LEG_ORDER, RobotSpec

PER_JOINT = ("effort_nm", "speed_radps", "armature", "default_pose", "rest_pose", "action_scale")


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def test_discovery_finds_two_unlike_robots() -> None:
    assert {"lite3", "x30"} <= set(robots.names())
    for name in robots.names():
        assert robots.load(name).name == name


def test_unknown_robot_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'lite3'"):
        robots.load("lite4")


def test_a_bare_model_file_is_refused_with_the_next_step() -> None:
    with pytest.raises(BadInput, match=r"\.yaml spec file"):
        robots.load("dog.urdf")


def test_numbers_are_complete_and_read_only(spec: RobotSpec) -> None:
    for name in PER_JOINT:
        value = getattr(spec, name)
        assert value.shape == (12,)
        assert np.isfinite(value).all()
        with pytest.raises(ValueError, match="read-only"):
            value[0] = 1.0
    assert (spec.effort_nm > 0).all()
    assert (spec.speed_radps > 0).all()
    assert min(spec.kp, spec.kd, spec.stand_kp, spec.stand_kd) > 0
    assert [leg.name for leg in spec.legs] == list(LEG_ORDER)


def test_model_agrees_with_spec(spec: RobotSpec) -> None:
    body = Kinematics(spec)
    model = body.model
    assert body.mass_kg == pytest.approx(spec.mass_kg, abs=1e-6)
    np.testing.assert_allclose(body.joint_range_rad, spec.joint_range_rad)
    assert (model.nq, model.nv, model.nu, model.nsensor) == (19, 18, 0, 0)
    for name, armature in zip(spec.joints, spec.armature, strict=True):
        dof = model.joint(name).dofadr[0]
        assert model.dof_armature[dof] == armature
        assert model.dof_damping[dof] == model.dof_frictionloss[dof] == 0
    for foot in spec.feet:
        assert model.geom(foot).size[0] == spec.foot_radius_m
        assert model.geom(foot).type[0] == mujoco.mjtGeom.mjGEOM_SPHERE
    assert body.base_height(spec.default_pose) == pytest.approx(spec.nominal_height_m, abs=1e-4)


@pytest.mark.parametrize("pose", ["default_pose", "rest_pose"])
def test_poses_lie_inside_the_limits(spec: RobotSpec, pose: str) -> None:
    lower, upper = spec.joint_range_rad.T
    assert (lower <= getattr(spec, pose)).all()
    assert (getattr(spec, pose) <= upper).all()


def test_rest_is_lower_than_stance(spec: RobotSpec) -> None:
    body = Kinematics(spec)
    assert body.base_height(spec.rest_pose) < 0.6 * spec.nominal_height_m


def test_contact_convention(spec: RobotSpec) -> None:
    model = spec.make().compile()
    feet = {model.geom(name).id for name in spec.feet}
    assert (model.geom_contype == 0).all()
    for geom in range(model.ngeom):
        if geom in feet:
            assert (model.geom_conaffinity[geom], model.geom_condim[geom]) == (1, 3)
        else:
            bit, group = model.geom_conaffinity[geom], model.geom_group[geom]
            assert (bit, group) in [(2, 3), (0, 2)]


def test_touch_sites_enclose_the_feet(spec: RobotSpec) -> None:
    model = spec.make().compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    for foot in spec.feet:
        np.testing.assert_allclose(data.site(foot).xpos, data.geom(foot).xpos, atol=1e-12)
        assert model.site(foot).size[0] > model.geom(foot).size[0]
        assert model.site(foot).bodyid == model.geom(foot).bodyid
    assert model.site("imu").bodyid == model.body(spec.base).id


def test_joint_offsets_are_mirror_images(spec: RobotSpec) -> None:
    anchors, _ = Kinematics(spec).joint_frames(np.zeros(12))
    fl, fr, hl, hr = anchors.reshape(4, 3, 3)
    np.testing.assert_allclose(fl * [1, -1, 1], fr, atol=1e-12)
    np.testing.assert_allclose(hl * [1, -1, 1], hr, atol=1e-12)


def test_visual_shapes_add_no_mass_and_can_be_dropped(spec: RobotSpec) -> None:
    bare = spec.make()
    assert bare.discard_visual() > 0
    slim, full = bare.compile(), spec.make().compile()
    assert slim.ngeom < full.ngeom
    np.testing.assert_array_equal(slim.body_mass, full.body_mass)
    np.testing.assert_array_equal(slim.body_inertia, full.body_inertia)


def test_make_returns_a_fresh_model(spec: RobotSpec) -> None:
    spec.make().body(spec.base).mass = 1e3
    assert spec.make().compile().body(spec.base).mass[0] != 1e3


def _is_data(value: object) -> bool:
    """Numbers, and tuples of them: nothing that somebody could change."""
    return isinstance(value, float) or (isinstance(value, tuple) and all(map(_is_data, value)))


def test_tuning_is_data_keyed_by_skill(spec: RobotSpec) -> None:
    tuning = importlib.import_module(f"rudel.robots.{spec.name}.tuning").TUNING
    assert all(_is_data(value) for keys in tuning.values() for value in keys.values())
    with pytest.raises(TypeError):
        tuning["walk"] = {}
