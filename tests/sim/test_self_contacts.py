"""Laws of a robot that can touch itself: not in its poses, but where a leg would go through another."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from rudel import robots
from rudel.sim.model import compile_model, joint_addresses
from rudel.sim.options import SimOptions

EVERYTHING = SimOptions(bare=True, body_contacts=True, self_contacts=True)


def touching(name: str, pose: np.ndarray, options: SimOptions = EVERYTHING) -> set[tuple[str, str]]:
    """Pairs of bodies that touch when the robot hangs in the air in this pose."""
    spec = robots.load(name)
    model = compile_model(spec, options)
    data = mujoco.MjData(model)
    data.qpos[:7] = [0, 0, 5, 1, 0, 0, 0]
    data.qpos[joint_addresses(model, spec)[0]] = pose
    mujoco.mj_forward(model, data)
    of = [(model.geom_bodyid[c.geom1], model.geom_bodyid[c.geom2]) for c in data.contact]
    return {(model.body(min(pair)).name, model.body(max(pair)).name) for pair in of}


@pytest.mark.parametrize("name", robots.names())
@pytest.mark.parametrize("pose", ["default_pose", "rest_pose"])
def test_nothing_touches_in_the_poses_of_a_robot(name: str, pose: str) -> None:
    assert not touching(name, getattr(robots.load(name), pose))


def test_a_front_leg_does_not_go_through_a_hind_leg() -> None:
    spec = robots.load("lite3")
    pose = np.array(spec.default_pose)
    pose[:3], pose[6:9] = [0, -1.8, 0.6], [0, 0.2, 0.7]  # the front leg stretched back, the hind leg forwards
    assert any("FL" in one + other and "HL" in one + other for one, other in touching("lite3", pose))
    assert not touching("lite3", pose, SimOptions(bare=True, body_contacts=True))
