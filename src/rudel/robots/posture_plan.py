"""The way between lying folded and standing, worked out once from a robot's own model: poses, heights, holding torques.

The way is a straight line in joint space through the spec's rest pose (share 0) and default pose (share 1), prolonged
beyond the rest pose until a joint nears its limit (``shares[0]`` <= 0: folded). Where a robot's rest pose has its feet
below the hips, as the default pose has, the feet go straight down along it: links of about equal length fold so.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from rudel.core.errors import BadInput
from rudel.robots.kinematics import Kinematics
from rudel.robots.spec import Array, RobotSpec

GRAVITY = 9.81
POINTS = 41  # of the table of holding torques; between them it is interpolated linearly
STOP_MARGIN_RAD = 0.02  # how near the folded pose goes to a joint's limit
FOLD_MOST = 0.5  # how far beyond the rest pose the fold may go, as a share of the way up
LEAN_DAMPING = 0.05  # of the least squares near a singular leg, as a share of its reach
SPEED_SHARE = 0.12  # of a joint's no-load speed: the fastest that a posture moves


@dataclass(frozen=True, eq=False)
class PosturePlan:
    """What standing up and sitting down need to know of a robot: numbers only, no model.

    Attributes:
        robot, joints: names.
        rest, stand: the poses at shares 0 and 1 [rad], (12,).
        shares: ascending from the folded pose to 1, (m,).
        heights: base above the lowest foot's ground contact on level ground [m], (m,), at ``shares``.
        loads: joint torques that hold the robot on its four feet where gravity pulls along the base's x, y or z axis
            [N m], (m, 3, 12): for another direction, the sum of the three by its components.
        leans: joint angles that move all feet by one metre along the base's x or y axis, at the same height [rad/m],
            (m, 2, 12).
        lower, upper: joint limits [rad], (12,).
        top_speed: fastest movement [rad/s], (12,).
        kp, kd: gains while moving and holding [N m/rad], [N m s/rad].
    """

    robot: str
    joints: tuple[str, ...]
    rest: Array
    stand: Array
    shares: Array
    heights: Array
    loads: Array
    leans: Array
    lower: Array
    upper: Array
    top_speed: Array
    kp: float
    kd: float

    @property
    def folded(self) -> float:
        """The share at which the legs are folded as far as they go."""
        return float(self.shares[0])

    def pose(self, share: float) -> Array:
        """(12,) joint positions [rad] at ``share``."""
        return self.rest + share * (self.stand - self.rest)

    def load(self, share: float, gravity: Array) -> Array:
        """(12,) holding torque [N m] at ``share``, where gravity pulls along the unit vector ``gravity`` (3,)."""
        return gravity @ self._between(self.loads, share)

    def lean(self, share: float, gravity: Array) -> Array:
        """(12,) joint angles [rad] that bring the base from square above its feet to plumb above them."""
        return self.height(share) * (gravity[:2] / -gravity[2]) @ self._between(self.leans, share)

    def _between(self, table: Array, share: float) -> Array:
        at = float(np.interp(share, self.shares, np.arange(len(self.shares))))
        low = min(int(at), len(self.shares) - 2)
        return table[low] + (at - low) * (table[low + 1] - table[low])

    def height(self, share: float) -> float:
        """Base height [m] at ``share``."""
        return float(np.interp(share, self.shares, self.heights))

    def nearest(self, q: Array) -> tuple[float, Array]:
        """The share whose pose is nearest to ``q`` (12,), and by how much ``q`` differs from that pose [rad]."""
        along = self.stand - self.rest
        share = float(np.clip((q - self.rest) @ along / (along @ along), self.folded, 1.0))
        return share, q - self.pose(share)


def plan_posture(spec: RobotSpec) -> PosturePlan:
    """The plan of a robot.

    Raises:
        BadInput: rest pose and default pose are the same, or the rest pose is the higher one.
    """
    kinematics = Kinematics(spec)
    if not kinematics.base_height(spec.rest_pose) < kinematics.base_height(spec.default_pose):
        raise BadInput(
            f"robot {spec.name!r}: its rest pose is not lower than its default pose, so there is no way to stand up "
            "from one to the other; rest_pose is the robot folded on the ground"
        )
    lower, upper = spec.joint_range_rad.T
    shares = np.linspace(_folded(spec), 1.0, POINTS)
    poses = [spec.rest_pose + share * (spec.default_pose - spec.rest_pose) for share in shares]
    return PosturePlan(
        robot=spec.name,
        joints=spec.joints,
        rest=spec.rest_pose,
        stand=spec.default_pose,
        shares=shares,
        heights=np.array([kinematics.base_height(q) for q in poses]),
        loads=np.array([holding_torque(spec, kinematics.model, q) for q in poses]),
        leans=np.array([_lean(spec, kinematics, q) for q in poses]),
        lower=lower.copy(),
        upper=upper.copy(),
        top_speed=SPEED_SHARE * spec.speed_radps,
        kp=spec.stand_kp,
        kd=spec.stand_kd,
    )


def holding_torque(spec: RobotSpec, model: mujoco.MjModel, q: Array) -> Array:
    """(3, 12) torque [N m] that holds the robot still at ``q`` on its feet, with gravity along base x, y and z.

    The feet push in any direction, by what balances the base: of all such forces the smallest ones (least squares).
    """
    data = mujoco.MjData(model)
    ids = [model.joint(name).id for name in spec.joints]
    root = int(model.body(spec.base).jntadr[0])
    start, free = int(model.jnt_qposadr[root]), slice(int(model.jnt_dofadr[root]), int(model.jnt_dofadr[root]) + 6)
    data.qpos[start : start + 7] = (0, 0, 0, 1, 0, 0, 0)
    data.qpos[model.jnt_qposadr[ids]] = q
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    push = np.zeros((len(spec.feet), 3, model.nv))  # generalised force of one newton at each foot along x, y, z
    for jacobian, foot in zip(push, spec.feet, strict=True):
        geom = model.geom(foot)
        mujoco.mj_jac(model, data, jacobian, None, data.geom_xpos[geom.id], int(geom.bodyid[0]))
    push = push.reshape(-1, model.nv)
    fall = np.zeros((3, model.nv))  # generalised force that holds every body against gravity
    at_com = np.zeros((3, model.nv))
    for body in range(1, model.nbody):
        mujoco.mj_jacBodyCom(model, data, at_com, None, body)
        fall -= GRAVITY * model.body_mass[body] * at_com
    force = np.linalg.lstsq(push[:, free].T, fall[:, free].T, rcond=None)[0].T
    return (fall - force @ push)[:, model.jnt_dofadr[ids]]


def _lean(spec: RobotSpec, kinematics: Kinematics, q: Array) -> Array:
    """(2, 12) change of the joints per metre that all feet move along x or y; near a singular leg, a smaller one."""
    step = 1e-4
    moved = np.array([kinematics.feet(q + step * unit) - kinematics.feet(q - step * unit) for unit in np.eye(len(q))])
    found = np.zeros((2, len(q)))
    for leg in range(len(spec.feet)):
        own = slice(3 * leg, 3 * leg + 3)
        jacobian = moved[own, leg].T / (2 * step)  # (3, 3): metres per radian
        reach = np.linalg.norm(jacobian) * LEAN_DAMPING
        inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + reach**2 * np.eye(3))  # Wampler 1986
        found[:, own] = inverse[:, :2].T
    return found


def _folded(spec: RobotSpec) -> float:
    """The least share at which every joint keeps STOP_MARGIN_RAD to its limits; never above 0."""
    down = spec.rest_pose - spec.default_pose
    lower, upper = spec.joint_range_rad.T
    room = np.where(down > 0, upper - STOP_MARGIN_RAD - spec.rest_pose, spec.rest_pose - lower - STOP_MARGIN_RAD)
    moves = np.abs(down) > 1e-6
    beyond = np.min(room[moves] / np.abs(down[moves])) if moves.any() else 0.0
    return -float(np.clip(beyond, 0.0, FOLD_MOST))
