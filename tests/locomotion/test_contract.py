"""The contract survives its file at full precision, and nothing but a whole and sensible one gets through."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import rudel.robots.lite3
from rudel import robots
from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion.contract import PolicyContract
from rudel.locomotion.gait_params import GaitParams
from tests.locomotion import samples

VENDOR = Path(rudel.robots.lite3.__file__).with_name("vendor_policy.yaml")
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
positive = st.floats(1e-9, 1e9)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=13) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=15,
)


def parsed(**changes: object) -> dict[str, object]:
    return {**json.loads(samples.contract().to_json()), **changes}


@given(st.tuples(*[positive] * 12), st.tuples(*[numbers] * 12), positive, positive, positive)
def test_json_round_trip_is_exact(
    gains: tuple[float, ...], scale: tuple[float, ...], period: float, hz: float, clip: float
) -> None:
    made = samples.contract(
        kp=gains,
        action_scale=scale,
        period_s=period,
        action_clip=clip,
        heading_gain=hz,
        gait=dataclasses.replace(samples.GAIT, frequency_hz=hz),
        provenance={"seed": 11, "command": "rudel train walk", "figures": {"falls": 0}},
    )
    assert PolicyContract.from_json(made.to_json()) == made


def test_no_clip_and_no_gait_round_trip() -> None:
    made = samples.contract(gait=None, legs=None)
    again = PolicyContract.from_json(made.to_json())
    assert again == made
    assert math.isinf(again.action_clip)


def test_an_empty_gait_is_the_default_gait() -> None:
    assert PolicyContract.from_dict(parsed(gait={})).gait == GaitParams()


def test_unknown_keys_name_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"'periods'.*period_s"):
        PolicyContract.from_dict(parsed(periods=0.02))
    gait = dataclasses.asdict(samples.GAIT)
    with pytest.raises(UnknownName, match=r"gait key 'frequency'.*frequency_hz"):
        PolicyContract.from_dict(parsed(gait={**gait, "frequency": 2.0}))


@pytest.mark.parametrize(
    "key",
    [f.name for f in dataclasses.fields(PolicyContract) if f.default is dataclasses.MISSING and f.name != "provenance"],
)
def test_missing_keys_are_named(key: str) -> None:
    data = parsed()
    del data[key]
    with pytest.raises(BadInput, match=key):
        PolicyContract.from_dict(data)


def test_another_version_is_refused_before_its_keys_are() -> None:
    with pytest.raises(BadInput, match=r"version 2.*version 1"):
        PolicyContract.from_dict(parsed(version=2, something_new=1))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("joints", ["a"], "1 joints"),
        ("joints", ["a"] * 12, "twice"),
        ("joints", "abcdefghijkl", "list of names"),
        ("robot", 3, "robot must be a name"),
        ("default_pose", [0.0] * 11, "default_pose has 11"),
        ("default_pose", [9.0] * 12, "outside"),
        ("kp", [30.0] * 11 + [math.inf], "not finite"),
        ("kd", [-1.0] * 12, "negative"),
        ("kd", ["much"] * 12, "much"),
        ("period_s", 0.0, "period_s"),
        ("period_s", 10**400, "cannot be read"),
        ("action_clip", 0.0, "action_clip"),
        ("action_clip", math.nan, "not finite"),
        ("heading_gain", -1.0, "heading_gain"),
        ("heading_gain", math.nan, "heading_gain"),
        ("max_twist", [1.0, 1.0], "max_twist"),
        ("max_twist", [1.0, 1.0, -1.0], "negative"),
        ("observation", [], "empty"),
        ("observation", [["base_ang_vell", 1.0]], "base_ang_vel"),
        ("observation", [["base_ang_vel", math.nan]], "not finite"),
        ("joint_range_rad", [[1.0, 2.0]] * 12, "outside"),
        ("legs", None, "leg geometry"),
        ("gait", {"duty": 1.0}, "duty"),
        ("gait", {"frequency_hz": 0.0}, "frequency_hz"),
        ("gait", {"gate_mps": 0.0}, "gate_mps"),
        ("gait", {"load_kp": -1.0}, "load_kp"),
        ("gait", {"weight_n": math.nan}, "weight_n"),
        ("gait", {"stroke_gain": [1.0]}, "stroke_gain"),
    ],
)
def test_impossible_values_are_named(key: str, value: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        PolicyContract.from_dict(parsed(**{key: value}))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("thigh", 0.0, "thigh"),
        ("signs", [1.0] * 11 + [0.5], "signs"),
        ("lateral", [0.1] * 3, "lateral"),
        ("lateral", [math.inf] * 4, "finite"),
        ("hips", [[-0.1, 0.0, 0.0]] * 2 + [[0.1, 0.0, 0.0]] * 2, "order"),
        ("hips", [[0.1, 0.0]] * 4, "3 coordinates"),
    ],
)
def test_impossible_legs_are_named(key: str, value: object, message: str) -> None:
    legs = {**dataclasses.asdict(samples.LEGS), key: value}
    with pytest.raises(BadInput, match=message):
        PolicyContract.from_dict(parsed(legs=legs))


@given(st.sampled_from([f.name for f in dataclasses.fields(PolicyContract)]), junk)
def test_junk_in_a_field_is_refused_or_harmless(key: str, value: object) -> None:
    try:
        made = PolicyContract.from_dict(parsed(**{key: value}))
    except BadInput:
        return
    made.validate()


@given(st.text(max_size=30) | junk.map(json.dumps))
def test_junk_instead_of_json_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        PolicyContract.from_json(text)


def test_provenance_that_is_no_json_is_refused_when_written() -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        samples.contract(provenance={"drift_pct": math.nan}).to_json()


def test_the_vendor_contract_fits_the_lite3() -> None:
    made = PolicyContract.from_dict(yaml.safe_load(VENDOR.read_text()))
    lite3 = robots.load("lite3")
    assert made.robot == lite3.name
    assert made.joints == lite3.joints
    assert made.observation == samples.VENDOR_TERMS
    assert made.observation_size == 45
    assert made.default_pose == tuple(lite3.default_pose)
    assert made.action_scale == tuple(lite3.action_scale)
    assert made.joint_range_rad == tuple(map(tuple, lite3.joint_range_rad.tolist()))
    assert (set(made.kp), set(made.kd)) == ({lite3.kp}, {lite3.kd})
    assert all(mine >= command for mine, command in zip(made.max_twist, lite3.max_twist, strict=True))
