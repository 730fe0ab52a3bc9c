"""Where sensors sit on a robot, worked out from the robot's own shape."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core import frames
from rudel.core.errors import BadInput
from rudel.robots.spec import RobotSpec
from rudel.sim.senses.rays import seen_geoms

Array = NDArray[np.floating]

# x out of the lens becomes z, left becomes -x, up becomes -y: from the base's axes to those of a picture
OPTICAL: Array = np.array([0.5, -0.5, 0.5, -0.5])
OPTICAL.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Mount:
    """base_T_sensor, with the sensor's x axis forward when ``quat`` is 1, also for cameras.

    Attributes:
        frame: name of the sensor frame.
        position: (3,) in the base frame [m].
        quat: (4,) wxyz.
    """

    frame: str
    position: Array
    quat: Array = field(default_factory=lambda: np.array([1.0, 0.0, 0.0, 0.0]))

    def __post_init__(self) -> None:
        for name, size in (("position", 3), ("quat", 4)):
            value = np.array(getattr(self, name), np.float64)
            if value.shape != (size,) or not np.isfinite(value).all():
                raise BadInput(f"{name} of mount {self.frame!r} needs {size} numbers, got {value.tolist()}")
            if name == "quat" and not abs(float(np.linalg.norm(value)) - 1) < 1e-6:
                raise BadInput(f"quat of mount {self.frame!r} is {value.tolist()}, its length must be 1")
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    def on(self, base_position: Array, base_quat: Array) -> tuple[Array, Array]:
        """world_T_sensor: position and orientation for poses (..., 3), (..., 4) of the base."""
        return base_position + frames.rotate(base_quat, self.position), frames.multiply(base_quat, self.quat)


def tilted(down_rad: float) -> Array:
    """Quaternion (4,) of a sensor that looks down by ``down_rad``."""
    return np.array([math.cos(down_rad / 2), 0.0, math.sin(down_rad / 2), 0.0])


def rig(spec: RobotSpec) -> dict[str, Mount]:
    """Mounts for a robot whose sensors are not published, from the bounding box of the base's visible shapes.

    ``lidar`` stands on a post in front of the middle, as high as it takes to look over the back; ``camera`` and
    ``depth`` sit in the face, the latter looking down by 0.45 rad at the ground ahead; ``thermal`` and ``zoom`` stand
    on a post behind the LiDAR; ``gas`` draws its air in at the face.
    """
    model = spec.make().compile()
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    base = model.body(spec.base).id
    geoms = [g for g in seen_geoms(model) if model.geom_bodyid[g] == base]
    if not geoms:
        raise BadInput(f"the base of {spec.name} has no visible shape: say where its sensors are mounted")
    origin, turned = data.xpos[base], data.xmat[base].reshape(3, 3)
    rotation = np.einsum("ji,njk->nik", turned, data.geom_xmat[geoms].reshape(-1, 3, 3))
    centre = (data.geom_xpos[geoms] - origin) @ turned + np.einsum("nij,nj->ni", rotation, model.geom_aabb[geoms, :3])
    half = np.einsum("nij,nj->ni", np.abs(rotation), model.geom_aabb[geoms, 3:])
    front, top = float((centre + half)[:, 0].max()), float((centre + half)[:, 2].max())
    middle = float((centre + half)[:, 2].max() + (centre - half)[:, 2].min()) / 2
    # rays 15 degrees down pass over the rear end, as far behind as the face is in front
    lidar_x = 0.3 * front
    lidar = Mount("lidar", np.array([lidar_x, 0.0, top + (front + lidar_x) * math.tan(math.radians(15)) + 0.03]))
    face = np.array([front + 0.01, 0.0, middle])
    back = np.array([-0.2 * front, 0.0, top + 0.08])
    return {
        "lidar": lidar,
        "camera": Mount("camera", face),
        "depth": Mount("depth", face - np.array([0.0, 0.0, 0.02]), tilted(0.45)),
        "thermal": Mount("thermal", back),
        "zoom": Mount("zoom", back + np.array([0.0, 0.0, 0.08])),
        "gas": Mount("gas", face),
    }
