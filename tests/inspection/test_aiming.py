"""Aiming and standing are right by geometry."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.core.findings import Target
from rudel.core.readings import Image
from rudel.core.types import Pose
from rudel.inspection import _views
from rudel.inspection.capture import Rig, Where, aim, distance, facing, look_of, stand
from tests.inspection.scene import RIG, base, corridor, shoot

GAUGE = Target("G-1", "dial_gauge", (1.1, 0.3, 0.6))


def where(pose: Pose, **values: float) -> Where:
    return Where(pose, **values)


@settings(max_examples=30, deadline=None)
@given(st.floats(-2.5, 2.5), st.floats(-2.5, 2.5), st.floats(-3.1, 3.1), st.floats(0.1, 1.5))
def test_the_target_comes_to_the_middle_of_the_zoomed_picture(x: float, y: float, yaw: float, z: float) -> None:
    target = Target("a", "dial_gauge", (1.0, 1.0, z))
    here = where(base(x, y, yaw))
    wanted = aim(target, here, RIG)
    assert wanted is not None
    if wanted.inside and np.hypot(x - 1.0, y - 1.0) > 0.5:
        capture = shoot(corridor(9.0), here.pose, target, ("zoom",))
        picture = capture.readings["zoom"]
        assert isinstance(picture, Image)
        uv, depth = _views.project(np.array(target.look_at), here.pose, picture)
        assert depth[0] > 0
        assert np.allclose(uv[0], (picture.intrinsics.cx, picture.intrinsics.cy), atol=0.5)


def test_zoom_leaves_room_for_what_the_pose_may_be_off() -> None:
    sure, unsure = (aim(GAUGE, where(base(0, 0), position_std_m=s), RIG) for s in (0.01, 0.15))
    assert sure is not None
    assert unsure is not None
    assert sure.zoom > 1.5 * unsure.zoom
    wider = aim(GAUGE, where(base(0, 0), position_std_m=0.01), RIG, attempt=1)
    assert wider is not None
    assert wider.zoom < sure.zoom
    for std in (0.01, 0.05, 0.15):  # a ball of the gauge's size, two deviations off, is still wholly in the picture
        got = aim(GAUGE, where(base(0, 0), position_std_m=std, yaw_std_rad=0.0), RIG)
        assert got is not None
        half = WIDE_HALF / got.zoom
        assert look_of(GAUGE).size_m / 2 + 2 * std <= half * distance(GAUGE, where(base(-0.05, 0))) * 1.02


def _wide_half() -> float:
    optics = RIG.optics("zoom")
    assert optics is not None
    return optics.height / 2 / optics.fy


WIDE_HALF = _wide_half()


def test_a_head_that_cannot_turn_that_far_says_so() -> None:
    behind = aim(GAUGE, where(base(2.2, 0.3)), RIG)
    assert behind is not None
    assert not behind.inside
    assert aim(GAUGE, where(base(0, 0)), Rig({"wide": RIG.sensors["wide"]})) is None


def test_where_to_stand() -> None:
    got = stand(GAUGE, (0.0, 0.3), RIG)
    assert np.allclose(got.xy, (0.0, 0.3))
    assert abs(got.yaw_rad) < 1e-9
    assert 0.05 <= got.tolerance_m <= 0.3
    assert got.tolerance_rad == math.pi  # the head turns where the body does not
    with pytest.raises(BadInput, match="G-1"):
        stand(GAUGE, GAUGE.look_at[:2], RIG)
    with pytest.raises(BadInput, match="standoff_m"):
        look_of(dataclasses.replace(GAUGE, expected={"standoff_m": -1.0}))


def test_the_body_turns_only_for_senses_that_do_not() -> None:
    cover = Target("C-1", "cover", (1.2, 0.3, 0.0))
    assert facing(GAUGE, RIG) == math.pi
    assert math.radians(3) <= facing(cover, RIG) <= math.radians(20)  # depth looks ahead
    fixed = Rig({"wide": RIG.sensors["wide"]})
    assert math.radians(3) <= facing(GAUGE, fixed) <= math.radians(20)
    joint = Target("J-1", "cable_joint", (1.2, 0.3, 0.9))
    assert facing(joint, RIG) <= math.radians(20)
    turning = Rig({**RIG.sensors, "thermal": dataclasses.replace(RIG.sensors["thermal"], turns=True)})
    assert facing(joint, turning) == math.pi
    assert turning.turns("thermal")
    assert turning.turns("zoom")
    assert not turning.turns("wide")
