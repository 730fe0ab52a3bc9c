"""Leg geometry read from a compiled model, so that every robot's kinematics come from its own description."""

from __future__ import annotations

import mujoco
import numpy as np

from rudel.core.errors import BadInput
from rudel.locomotion.legs import LegGeometry
from rudel.robots.spec import RobotSpec


def leg_geometry(spec: RobotSpec, model: mujoco.MjModel) -> LegGeometry:
    """Offsets, link lengths and joint signs of a robot with legs of hip x, hip y, knee and the foot at the shank's end.

    Raises:
        BadInput: a leg is built otherwise (joint axes not along x, y, y; links not straight down; unequal legs).
    """
    hips: list[tuple[float, float, float]] = []
    lateral: list[float] = []
    links: list[tuple[float, float]] = []
    signs: list[float] = []
    for leg in spec.legs:
        joints = [model.joint(name).id for name in leg.joints]
        bodies = [int(model.jnt_bodyid[j]) for j in joints]
        foot = model.geom(leg.foot).id
        axes = model.jnt_axis[joints]
        expected = np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, -1.0, 0]])
        sign = (axes * expected).sum(axis=1)
        if np.any(np.abs(np.abs(sign) - 1) > 1e-3):
            raise BadInput(f"robot {spec.name!r}: joint axes of leg {leg.name} are not x, y, y: {axes.tolist()}")
        x, y, z = (float(v) for v in model.body_pos[bodies[0]])
        hips.append((x, y, z))
        lateral.append(float(model.body_pos[bodies[1]][1] + model.body_pos[bodies[2]][1] + model.geom_pos[foot][1]))
        links.append((float(-model.body_pos[bodies[2]][2]), float(-model.geom_pos[foot][2])))
        signs += [float(round(s)) for s in sign]
    if np.ptp(np.array(links), axis=0).max() > 1e-4:
        raise BadInput(f"robot {spec.name!r}: legs have unequal links {links}")
    return LegGeometry(tuple(hips), tuple(lateral), links[0][0], links[0][1], tuple(signs))
