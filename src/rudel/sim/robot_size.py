"""How much room a robot takes and what ground it can do, for planning: measured on its model."""

from __future__ import annotations

import mujoco
import numpy as np

from rudel.robots.spec import RobotSpec
from rudel.worlds.place import RobotSize

# Our assumption, not a measurement: 0.4 of the height that it stands at, 0.14 m for a Lite3, 0.22 m for an X30. Legs
# can be lifted higher; what a policy really climbs is measured with it, and given in place of this.
STEP_SHARE = 0.4
MAX_SLOPE_RAD = np.radians(30.0)  # feet of friction 0.6 begin to slide at 31 degrees
HEADROOM_M = 0.05  # bounce of the trunk while walking


def robot_size(spec: RobotSpec, max_step_m: float | None = None, max_slope_rad: float | None = None) -> RobotSize:
    """Footprint and height of all of the robot's shapes in its default pose; limits as above unless they are given."""
    model = spec.make().compile()
    data = mujoco.MjData(model)
    for name, angle in zip(spec.joints, spec.default_pose, strict=True):
        data.qpos[model.joint(name).qposadr[0]] = angle
    mujoco.mj_forward(model, data)
    rotation = data.geom_xmat.reshape(-1, 3, 3)
    centre = data.geom_xpos + np.einsum("nij,nj->ni", rotation, model.geom_aabb[:, :3])
    half = np.einsum("nij,nj->ni", np.abs(rotation), model.geom_aabb[:, 3:])
    length, width, height = ((centre + half).max(axis=0) - (centre - half).min(axis=0)).tolist()
    return RobotSize(
        name=spec.name,
        length_m=length,
        width_m=width,
        height_m=height + HEADROOM_M,
        max_step_m=STEP_SHARE * spec.nominal_height_m if max_step_m is None else max_step_m,
        max_slope_rad=float(MAX_SLOPE_RAD) if max_slope_rad is None else max_slope_rad,
    )
