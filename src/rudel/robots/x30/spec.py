"""X30: limits, poses and gains.

Source of limits and geometry: URDF_model fea2482 (X30.urdf), published by DEEP Robotics under BSD-3-Clause. The vendor
publishes no policy for this robot; poses and policy gains are derived here, each with its reason.
"""

from __future__ import annotations

from functools import partial

from rudel.robots._arrays import per_joint, per_joint_range
from rudel.robots._quadruped import build, legs
from rudel.robots.spec import RobotSpec
from rudel.robots.x30.body import FOOT_RADIUS_M, quadruped


def spec() -> RobotSpec:
    """The X30."""
    body = quadruped()
    return RobotSpec(
        name="x30",
        base="base",
        legs=legs(),
        # X30.urdf. The SDK's README gives peak 84/84/180 N m and 12/12/11 rad/s.
        effort_nm=per_joint((84.0, 84.0, 150.0), "effort_nm"),
        speed_radps=per_joint((17.5, 17.5, 16.1), "speed_radps"),
        joint_range_rad=per_joint_range([leg.ranges for leg in body.legs]),
        armature=per_joint(body.armature, "armature"),
        # Foot under the hip (0.1 mm off), the hip at 0.85 of the leg's reach: 0.517 of 0.610 m.
        default_pose=per_joint((0.0, -0.57, 1.12), "default_pose"),
        rest_pose=per_joint((0.0, -1.30, 2.50), "rest_pose"),  # foot under the hip, knee just inside its limit of 2.531
        nominal_height_m=0.5529,  # forward kinematics at default_pose, foot radius included
        foot_radius_m=FOOT_RADIUS_M,
        mass_kg=55.83904,  # sum over X30.urdf
        # Half the SDK's holding stiffness (300): the body's weight then bends a knee by 0.15 rad (22 N m: the foot is
        # 0.16 m off the knee), about as kp = 30 does on the Lite3 (0.12 rad). kd gives the hips the Lite3's damping
        # ratio of 0.5 about their joint-space inertia of 0.18 to 0.21 kg m^2 (armature included).
        kp=150.0,
        kd=5.5,
        # The SDK holds with 300 / 4 and releases with kd = 12.5; 10 gives the Lite3's stand-up damping ratio of 0.7.
        stand_kp=300.0,
        stand_kd=10.0,
        action_scale=per_joint((0.125, 0.25, 0.25), "action_scale"),
        max_twist=(1.0, 0.5, 1.0),
        source="DEEP Robotics URDF_model fea2482 (X30.urdf); poses and policy gains derived",
        make=partial(build, body),
    )
