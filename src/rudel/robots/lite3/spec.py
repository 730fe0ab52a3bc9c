"""Lite3: limits, poses and gains.

Sources: URDF_model fea2482 (Lite3.urdf: ranges, efforts, speeds, geometry), rl_training 127b4ff (default pose, gains,
action scale), Lite3_rl_deploy 7871b47 (stand-up gains, start pose), all published by DEEP Robotics under BSD-3-Clause.
"""

from __future__ import annotations

from functools import partial

from rudel.robots._arrays import per_joint, per_joint_range
from rudel.robots._quadruped import build, legs
from rudel.robots.lite3.body import FOOT_RADIUS_M, quadruped
from rudel.robots.spec import RobotSpec


def spec() -> RobotSpec:
    """The Lite3."""
    body = quadruped()
    return RobotSpec(
        name="lite3",
        base="base",
        legs=legs(),
        # Lite3.urdf. The vendor's MJCF says +-30 N m on all joints and rl_deploy 40/40/65 without enforcing it; the
        # URDF's figures are per joint, and a knee driven to 39 N m lost its encoder zero (Lite3_rl_deploy issue 27).
        effort_nm=per_joint((24.0, 24.0, 36.0), "effort_nm"),
        speed_radps=per_joint((26.2, 26.2, 17.3), "speed_radps"),
        joint_range_rad=per_joint_range([leg.ranges for leg in body.legs]),
        armature=per_joint(body.armature, "armature"),
        # rl_training and the policy shipped with rl_deploy; the ONNX metadata of older exports say (0, -0.8, 1.6).
        default_pose=per_joint((0.0, -0.65, 1.30), "default_pose"),
        rest_pose=per_joint((0.0, -1.35453, 2.54948), "rest_pose"),  # start pose of rl_deploy's MuJoCo simulator
        nominal_height_m=0.3485,  # forward kinematics at default_pose, foot radius included
        foot_radius_m=FOOT_RADIUS_M,
        mass_kg=11.9376,  # sum over Lite3.urdf
        kp=30.0,  # rl_training and rl_deploy, policy gains
        kd=1.0,
        stand_kp=100.0,  # rl_deploy, stand-up state
        stand_kd=2.5,
        action_scale=per_joint((0.125, 0.25, 0.25), "action_scale"),  # rl_training, rl_deploy
        max_twist=(1.0, 0.5, 1.0),  # ours: within the vendor's training range (1.5, 0.8, 0.8) for vx and vy
        source="DEEP Robotics URDF_model fea2482, rl_training 127b4ff, Lite3_rl_deploy 7871b47",
        make=partial(build, body),
    )
