"""Where the feet are: forward kinematics of a robot's own compiled model, seen from its base."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import ArrayLike

from rudel.robots.spec import Array, RobotSpec


class Kinematics:
    """A compiled robot whose base stays at the origin, level. Positions are in the base frame [m]."""

    def __init__(self, spec: RobotSpec) -> None:
        self.model = spec.make().compile()
        self._data = mujoco.MjData(self.model)
        joints = [self.model.joint(name) for name in spec.joints]
        self._qpos = np.array([j.qposadr[0] for j in joints])
        self._joint_ids = np.array([j.id for j in joints])
        self._feet = np.array([self.model.geom(name).id for name in spec.feet])
        root = self.model.body(spec.base).jntadr[0]
        self._root = int(self.model.jnt_qposadr[root])
        self._radius_m = spec.foot_radius_m

    def _forward(self, q: ArrayLike) -> mujoco.MjData:
        self._data.qpos[self._root : self._root + 7] = (0, 0, 0, 1, 0, 0, 0)
        self._data.qpos[self._qpos] = q
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_comPos(self.model, self._data)
        return self._data

    def feet(self, q: ArrayLike) -> Array:
        """(4, 3) centres of the feet in LEG_ORDER at joint positions ``q`` (12,) [rad]."""
        return self._forward(q).geom_xpos[self._feet].copy()

    def base_height(self, q: ArrayLike) -> float:
        """Height of the base [m] when it is level and its lowest foot rests on flat ground."""
        return float(self._radius_m - self.feet(q)[:, 2].min())

    def com(self, q: ArrayLike) -> Array:
        """(3,) centre of mass of the whole robot."""
        return self._forward(q).subtree_com[0].copy()

    def joint_frames(self, q: ArrayLike) -> tuple[Array, Array]:
        """Anchors (12, 3) [m] and unit axes (12, 3) of the joints."""
        data = self._forward(q)
        return data.xanchor[self._joint_ids].copy(), data.xaxis[self._joint_ids].copy()

    def legs(self, q: ArrayLike) -> tuple[Array, Array, Array]:
        """Feet (4, 3), and anchors (12, 3) and axes (12, 3) of the joints: both of the above at once."""
        self._data.qpos[self._root : self._root + 7] = (0, 0, 0, 1, 0, 0, 0)
        self._data.qpos[self._qpos] = q
        mujoco.mj_kinematics(self.model, self._data)
        data = self._data
        return data.geom_xpos[self._feet], data.xanchor[self._joint_ids], data.xaxis[self._joint_ids]

    @property
    def mass_kg(self) -> float:
        """Total mass [kg]."""
        return float(self.model.body_mass.sum())

    @property
    def joint_range_rad(self) -> Array:
        """(12, 2) limits as the model has them."""
        return self.model.jnt_range[self._joint_ids].copy()
