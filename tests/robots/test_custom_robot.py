"""A robot of one's own: a tiny MJCF (degrees, floor, motors, missing visual meshes) and a tiny URDF, written here."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
import yaml

from rudel import robots
from rudel.core.errors import BadInput, UnknownName
from rudel.robots.kinematics import Kinematics
from rudel.robots.mirror import mirror_signs
from rudel.robots.spec import LEG_ORDER

OFFSETS = {"FL": (0.2, 0.1), "FR": (0.2, -0.1), "HL": (-0.2, 0.1), "HR": (-0.2, -0.1)}
MASS_KG = 4.0 + 4 * (0.5 + 0.6 + 0.2)
BALL = '<body pos="0 0 -0.2"><geom name="{n}_toe" type="sphere" size="0.02" mass="0"/></body>'


def mjcf(foot: str = BALL, extra: str = "", base_extra: str = '<freejoint name="floating"/>') -> str:
    legs = "".join(
        f"""<body name="{n}_a" pos="{x} {y} 0" euler="0 0 0"><joint name="{n}_x" axis="1 0 0" range="-40 40"/>
        <geom class="visual" type="mesh" mesh="cover"/><geom type="sphere" size=".03" mass=".5"/>
        <body name="{n}_b"><joint name="{n}_y" axis="0 1 0" range="-90 90"/><geom type="capsule" size=".02"
          fromto="0 0 0 0 0 -.2" mass=".6"/>
        <body name="{n}_c" pos="0 0 -.2"><joint name="{n}_k" axis="0 1 0" range="-150 -10"/>
          <geom type="capsule" size=".015" fromto="0 0 0 0 0 -.18" mass=".2"/>{foot.format(n=n)}</body></body></body>"""
        for n, (x, y) in OFFSETS.items()
    )
    return f"""<mujoco model="tiny"><default><default class="visual"><geom contype="0" conaffinity="0" mass="0"/>
    </default></default><asset><mesh name="cover" file="not_there.stl"/></asset>
    <worldbody><light/><geom type="plane" size="5 5 .1"/>
    <body name="crate"><geom size=".1"/></body>
    <body name="trunk" pos="0 0 .4">{base_extra}<geom type="box" size=".2 .1 .05" mass="4"/>{legs}</body></worldbody>
    <actuator>{"".join(f'<motor joint="{n}_k"/>' for n in OFFSETS)}</actuator>
    <sensor><jointpos joint="FL_k"/></sensor><keyframe><key qpos="{"0 " * 19}"/></keyframe>{extra}</mujoco>"""


def urdf(mass: str = "4", mesh: str = "visual") -> str:
    def link(name: str, mass: str, shape: str = '<box size=".1 .1 .1"/>') -> str:
        inertia = '<inertia ixx=".01" ixy="0" ixz="0" iyy=".01" iyz="0" izz=".01"/>'
        return f"""<link name="{name}"><inertial><mass value="{mass}"/>{inertia}</inertial>
        <{mesh}><geometry><mesh filename="package://tiny/{name}.stl"/></geometry></{mesh}>
        <collision><geometry>{shape}</geometry></collision></link>"""

    def joint(name: str, parent: str, child: str, xyz: str, axis: str, low: float, high: float) -> str:
        return f"""<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>
        <origin xyz="{xyz}"/><axis xyz="{axis}"/>
        <limit lower="{low}" upper="{high}" effort="1" velocity="9"/></joint>"""

    parts = [link("trunk", mass)]
    for n, (x, y) in OFFSETS.items():
        parts += [link(f"{n}_a", ".5"), link(f"{n}_b", ".6"), link(f"{n}_c", ".15")]
        parts += [link(f"{n}_toe", ".05", '<sphere radius="0.02"/>')]
        parts += [joint(f"{n}_x", "trunk", f"{n}_a", f"{x} {y} 0", "1 0 0", -0.7, 0.7)]
        parts += [joint(f"{n}_y", f"{n}_a", f"{n}_b", "0 0 0", "0 1 0", -1.57, 1.57)]
        parts += [joint(f"{n}_k", f"{n}_b", f"{n}_c", "0 0 -.2", "0 1 0", -2.6, -0.17)]
        parts += [
            f'<joint name="{n}_ankle" type="fixed"><parent link="{n}_c"/><child link="{n}_toe"/>'
            '<origin xyz="0 0 -.2"/></joint>'
        ]
    return f'<robot name="tiny">{"".join(parts)}</robot>'


def entries(file: str) -> dict[str, Any]:
    return {
        "name": "tiny",
        "file": file,
        "base": "trunk",
        "legs": {n: {"joints": [f"{n}_x", f"{n}_y", f"{n}_k"], "foot": f"{n}_toe"} for n in LEG_ORDER},
        "effort_nm": [20, 20, 30],
        "speed_radps": 20,
        "default_pose": [0, 0.6, -1.2],
        "gains": {"kp": 20, "kd": 0.5},
        "action_scale": 0.25,
    }


def write(folder: Path, text: str, suffix: str = ".xml", **changes: Any) -> str:
    """Model and spec file in ``folder``; the path of the spec file. A change to None takes the key out."""
    (folder / f"tiny{suffix}").write_text(text)
    data = {k: v for k, v in {**entries(f"tiny{suffix}"), **changes}.items() if v is not None}
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(data))
    return str(path)


@pytest.fixture(params=["xml", "urdf"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return write(tmp_path, mjcf() if request.param == "xml" else urdf(), f".{request.param}")


def test_facts_come_from_the_model(path: str) -> None:
    spec = robots.load(path)
    assert spec.name == "tiny"
    assert spec.mass_kg == pytest.approx(MASS_KG)
    assert spec.foot_radius_m == 0.02
    np.testing.assert_allclose(spec.joint_range_rad[2], np.deg2rad([-150, -10]), atol=0.02)
    # two links of 0.2 m at 0.6 rad off the vertical, and the foot's radius
    assert spec.nominal_height_m == pytest.approx(2 * 0.2 * np.cos(0.6) + 0.02, abs=1e-9)
    np.testing.assert_array_equal(spec.rest_pose, spec.default_pose)
    assert (spec.stand_kp, spec.stand_kd, spec.max_twist) == (20, 0.5, (1.0, 0.5, 1.0))
    np.testing.assert_array_equal(spec.effort_nm, [20, 20, 30] * 4)


def test_model_follows_the_conventions(path: str) -> None:
    spec = robots.load(path)
    model = spec.make().compile()
    assert (model.nq, model.nv, model.nu, model.nsensor, model.nkey, model.nlight) == (19, 18, 0, 0, 0, 0)
    assert model.nbody == 14, "world, trunk, 12 links: feet and props are gone"
    assert model.joint("root").type[0] == mujoco.mjtJoint.mjJNT_FREE
    assert model.site("imu").bodyid == model.body("trunk").id
    assert not model.jnt_actfrclimited.any()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    feet = [model.geom(name).id for name in spec.feet]
    for name, geom in zip(spec.feet, feet, strict=True):
        assert (model.geom_contype[geom], model.geom_conaffinity[geom], model.geom_condim[geom]) == (0, 1, 3)
        np.testing.assert_allclose(data.site(name).xpos, data.geom(name).xpos)
    others = np.delete(np.arange(model.ngeom), feet)
    assert (model.geom_bodyid > 0).all(), "no floor, no crate"
    assert not model.geom_contype.any()
    assert (model.geom_conaffinity[others] == 2).all()  # visual meshes are missing, the rest collides
    assert not spec.make().compiler.degree


def test_feet_are_where_the_legs_put_them(path: str) -> None:
    feet = Kinematics(robots.load(path)).feet([0, 0.6, -1.2] * 4)
    np.testing.assert_allclose(feet[:, :2], [OFFSETS[n] for n in LEG_ORDER], atol=1e-9)


def test_it_mirrors_and_pickles_like_any_robot(path: str) -> None:
    signs, _ = mirror_signs(robots.load(path))
    np.testing.assert_array_equal(signs, [-1, 1, 1] * 4)
    again = pickle.loads(pickle.dumps(robots.load(path)))  # worker processes get their spec this way
    assert again.make().compile().nq == 19


def test_optional_keys_are_used(tmp_path: Path) -> None:
    optional = {"rest_pose": [0, 1, -2], "armature": [0.01, 0.02, 0.03], "max_twist": [2, 1, 3], "foot_radius_m": 0.03}
    spec = robots.load(write(tmp_path, mjcf(), stand_gains={"kp": 80, "kd": 2}, **optional))
    assert (spec.stand_kp, spec.stand_kd, spec.max_twist, spec.foot_radius_m) == (80, 2, (2, 1, 3), 0.03)
    np.testing.assert_array_equal(spec.armature, [0.01, 0.02, 0.03] * 4)
    model = spec.make().compile()
    assert model.dof_armature[model.joint("HR_k").dofadr[0]] == 0.03
    assert model.geom("HR_foot").size[0] == 0.03


@pytest.mark.parametrize("foot", ["", '<geom name="{n}_toe" type="box" size=".02 .02 .02" pos="0 0 -.2" mass="0"/>'])
def test_a_foot_without_a_sphere_gets_one(tmp_path: Path, foot: str) -> None:
    legs = entries("")["legs"]
    if not foot:  # name the body instead: the sphere sits at its origin
        for n in legs:
            legs[n]["foot"] = f"{n}_c"
    with pytest.raises(BadInput, match="give foot_radius_m"):
        robots.load(write(tmp_path, mjcf(foot), legs=legs))
    spec = robots.load(write(tmp_path, mjcf(foot), legs=legs, foot_radius_m=0.025))
    assert spec.mass_kg == pytest.approx(MASS_KG)
    model = spec.make().compile()
    assert model.geom("FL_foot").size[0] == 0.025
    assert model.geom("FL_foot").conaffinity == 1
    if foot:
        assert model.geom("FL_toe").conaffinity == 0, "the sphere stands in for the box"


def test_degrees_and_eulers_keep_their_meaning(tmp_path: Path) -> None:
    turned = mjcf().replace('euler="0 0 0"', 'euler="0 30 0"')
    spec = robots.load(write(tmp_path, turned, default_pose=[0, 0.1, -1.2]))
    feet = Kinematics(spec).feet([0, 0.1, -1.2] * 4)
    np.testing.assert_allclose(feet[:, 2], -0.2 * (np.cos(0.1 + np.pi / 6) + np.cos(0.1 + np.pi / 6 - 1.2)), atol=1e-9)


def test_joint_references_in_degrees_keep_their_meaning(tmp_path: Path) -> None:
    text = mjcf().replace('range="-90 90"', 'range="-90 90" ref="10" springref="20"')
    model = robots.load(write(tmp_path, text)).make().compile()
    joint = model.joint("HL_y")
    assert joint.qpos0[0] == pytest.approx(np.deg2rad(10))
    assert joint.qpos_spring[0] == pytest.approx(np.deg2rad(20))


def test_masses_that_the_file_wants_from_its_geoms_come_from_there(tmp_path: Path) -> None:
    wrong = '<inertial pos="0.3 0 0" mass="99" diaginertia="1 1 1"/><freejoint/>'
    forced = mjcf(base_extra=wrong, extra='<compiler inertiafromgeom="true"/>')
    spec = robots.load(write(tmp_path, forced))
    assert spec.mass_kg == pytest.approx(MASS_KG)
    np.testing.assert_allclose(spec.make().compile().body("trunk").ipos, 0, atol=1e-12)
    assert robots.load(write(tmp_path, mjcf(base_extra=wrong))).mass_kg == pytest.approx(MASS_KG + 95)


def test_an_imu_site_is_kept_on_the_base_and_refused_elsewhere(tmp_path: Path) -> None:
    spec = robots.load(write(tmp_path, mjcf(base_extra='<freejoint/><site name="imu" pos=".1 0 0"/>')))
    assert spec.make().compile().site("imu").pos[0] == 0.1
    elsewhere = mjcf().replace('<geom name="FL_toe"', '<site name="imu"/><geom name="FL_toe"')
    with pytest.raises(BadInput, match="site 'imu' sits on body 'FL_c'"):
        robots.load(write(tmp_path, elsewhere))


BAD_VALUES = {
    "pose above": ({"default_pose": [0, 3, -1.2]}, r"default_pose: FL_y = 3.0 rad lies outside its limits -1.571"),
    "rest pose": ({"rest_pose": [0, 0.6, 0.2]}, r"rest_pose: FL_k = 0.2 rad lies outside"),
    "nan": ({"default_pose": [0, float("nan"), -1]}, "default_pose = .*nan.* not finite"),
    "length": ({"effort_nm": [1, 2]}, r"effort_nm = \[1, 2\] has shape"),
    "text": ({"effort_nm": "strong"}, "effort_nm = 'strong' is not a list of numbers"),
    "negative effort": ({"effort_nm": -4}, "effort_nm = -4 must be > 0"),
    "zero speed": ({"speed_radps": 0}, "speed_radps = 0 must be > 0"),
    "gain": ({"gains": {"kp": -1, "kd": 1}}, "gains.kp = -1 must be > 0"),
    "twist": ({"max_twist": 3}, "max_twist = 3, needs 3 numbers"),
    "radius": ({"foot_radius_m": [0.1, 0.1, 0.1]}, "foot_radius_m = .* must be one number"),
    "missing key": ({"gains": None}, "missing gains"),
    "unknown key": ({"efort_nm": 3}, "Unknown key .*'efort_nm'. Did you mean 'effort_nm'"),
    "unknown base": ({"base": "trunc"}, "Unknown body .* Did you mean 'trunk'"),
    "base inside": ({"base": "FL_a"}, "hangs on body 'trunk'"),
    "no file": ({"file": "nowhere.xml"}, "nowhere.xml: no such model file"),
    "legs": ({"legs": ["FL"]}, "legs must be a mapping"),
}


@pytest.mark.parametrize("case", BAD_VALUES)
def test_bad_values_are_refused_by_name(tmp_path: Path, case: str) -> None:
    changes, message = BAD_VALUES[case]
    with pytest.raises(BadInput, match=message):
        robots.load(write(tmp_path, mjcf(), **changes))


BAD_LEGS = {
    "leg name": (lambda legs: legs.update(RL=legs.pop("HL")), "Unknown key .*legs: 'RL'.*Choices: FL, FR, HL, HR"),
    "missing leg": (lambda legs: legs.pop("HR"), "legs: missing HR"),
    "two joints": (lambda legs: legs["FL"]["joints"].pop(), "legs.FL.joints = .* needs 3 names"),
    "joint name": (lambda legs: legs["FL"].update(joints=["FL_z", "FL_y", "FL_k"]), "Unknown joint .*'FL_z'"),
    "joint twice": (lambda legs: legs["FL"].update(joints=["FL_x", "FL_y", "FR_k"]), "'FL_k' belong to no leg"),
    "foot name": (lambda legs: legs["HL"].update(foot="paw"), "Unknown foot of leg HL .*'paw'"),
    "no foot": (lambda legs: legs["HL"].pop("foot"), "legs.HL: missing foot"),
}


@pytest.mark.parametrize("case", BAD_LEGS)
def test_bad_legs_are_refused_by_name(tmp_path: Path, case: str) -> None:
    spoil, message = BAD_LEGS[case]
    legs = entries("")["legs"]
    spoil(legs)
    with pytest.raises(BadInput, match=message):
        robots.load(write(tmp_path, mjcf(), legs=legs))


BAD_MODELS = {
    "broken": ("<mujoco", "cannot read the model"),
    "zero mass": (mjcf().replace('mass=".5"', 'mass="0"'), "body 'FL_a' .* has mass 0.0 kg"),
    "no limits": (mjcf().replace('"HL_y" axis="0 1 0" range="-90 90"', '"HL_y" axis="0 1 0"'), "'HL_y' .* no limits"),
    "slide": (mjcf().replace('name="FR_k"', 'name="FR_k" type="slide"'), "'FR_k' of leg FR is not a hinge"),
    "tail": (
        mjcf('<body><joint name="{n}_t"/><geom size=".01"/></body>' + BALL),
        "16 joints, needs exactly 12; 'FL_t'",
    ),
    "pinned base": (mjcf(base_extra='<joint name="slide" type="slide"/>'), "base 'trunk' has joint 'slide'"),
    "tendon": (
        mjcf(extra='<tendon><fixed name="t"><joint joint="FL_k" coef="1"/></fixed></tendon>'),
        "tendon 't' is not",
    ),
    "collision mesh": (
        mjcf().replace('class="visual" type="mesh"', 'type="mesh"'),
        "not_there.stl is missing, .*'FL_a'",
    ),
    "unlike feet": (mjcf().replace('"FL_toe" type="sphere" size="0.02"', '"FL_toe" size="0.05"'), "different radii"),
    "upside down": (mjcf().replace("0 0 -.2", "0 0 .2").replace("0 0 -0.2", "0 0 0.2"), "m above the base"),
}


@pytest.mark.parametrize("case", BAD_MODELS)
def test_bad_models_are_refused_with_their_place(tmp_path: Path, case: str) -> None:
    text, message = BAD_MODELS[case]
    with pytest.raises(BadInput, match=message):
        robots.load(write(tmp_path, text))


@pytest.mark.parametrize("mass", ["0", "-4", "nan"])
def test_urdf_without_mass_is_refused(tmp_path: Path, mass: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo logs its warning about NaN in the working directory
    with pytest.raises(BadInput, match=r"mass|cannot read"):
        robots.load(write(tmp_path, urdf(mass), ".urdf"))


def test_negative_mass_of_a_fixed_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"body 'FL_toe' has mass -0.05"):
        robots.load(write(tmp_path, urdf().replace('mass value=".05"', 'mass value="-.05"'), ".urdf"))


def test_urdf_with_missing_collision_meshes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"trunk.stl is missing"):
        robots.load(write(tmp_path, urdf(mesh="collision"), ".urdf"))


@pytest.mark.parametrize("text", ["{", "- 1\n- 2", "\x00"])
def test_a_file_that_is_no_yaml_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dog.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"dog\.yaml"):
        robots.load(str(tmp_path / "dog.yaml"))


def test_a_spec_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match="cannot read the robot's spec file"):
        robots.load("nowhere/dog.yaml")


def test_unknown_names_are_a_kind_of_bad_input() -> None:
    assert issubclass(UnknownName, BadInput)
