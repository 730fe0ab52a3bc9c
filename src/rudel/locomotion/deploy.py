"""Between training and the policy file: the contract of what was trained, and the environment a contract asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rudel.core.errors import BadInput
from rudel.locomotion.config import CommandConfig, SkillConfig
from rudel.locomotion.contract import PolicyContract
from rudel.locomotion.control import Control
from rudel.robots.spec import RobotSpec


def contract_of(
    spec: RobotSpec, config: SkillConfig, control: Control, provenance: Mapping[str, Any]
) -> PolicyContract:
    """The contract of a policy that was trained with this robot, skill and control."""

    def plain(x: Any) -> tuple[float, ...]:
        return tuple(float(v) for v in np.broadcast_to(x, 12))

    return PolicyContract(
        robot=spec.name,
        skill=config.name,
        joints=spec.joints,
        default_pose=plain(control.default_pose),
        action_scale=plain(control.action_scale),
        kp=plain(control.kp),
        kd=plain(control.kd),
        period_s=config.period_s,
        observation=config.observation,
        max_twist=config.commands.max_twist,
        joint_range_rad=tuple((float(a), float(b)) for a, b in spec.joint_range_rad),
        gait=control.gait,
        legs=control.legs if control.gait is not None else None,
        action_clip=config.action_clip,
        heading_gain=config.heading_gain,
        command_slew=config.command_slew,
        history=config.history,
        provenance=provenance,
    )


def config_of(contract: PolicyContract) -> SkillConfig:
    """The environment in which a policy with this contract is evaluated.

    Raises:
        BadInput: the contract holds something that the batched environment cannot do (gains or scales that differ by
            leg).
    """
    scale = np.array(contract.action_scale).reshape(-1, 3)
    if len(contract.joints) != 12 or np.ptp(scale, axis=0).any() or np.ptp(contract.kp) or np.ptp(contract.kd):
        raise BadInput(
            "policy contract: evaluation needs 12 joints with the same gains and the same action scale on every leg"
        )
    return SkillConfig(
        name=contract.skill,
        rewards={"alive": 1.0},
        period_s=contract.period_s,
        observation=contract.observation,
        gait=contract.gait,
        kp=contract.kp[0],
        kd=contract.kd[0],
        action_scale=(float(scale[0, 0]), float(scale[0, 1]), float(scale[0, 2])),
        commands=CommandConfig(contract.max_twist),
        heading_gain=contract.heading_gain,
        command_slew=contract.command_slew,
        history=contract.history,
        action_clip=contract.action_clip,
    )


def check_robot(contract: PolicyContract, spec: RobotSpec) -> None:
    """Refuse a contract whose joints or default pose are not this robot's."""
    if contract.joints != spec.joints:
        raise BadInput(
            f"policy has joints {', '.join(contract.joints)}; robot {spec.name!r} has {', '.join(spec.joints)}"
        )
    difference = np.abs(np.array(contract.default_pose) - spec.default_pose)
    if difference.max() > 1e-6:
        i = int(difference.argmax())
        raise BadInput(
            f"policy was written about default pose {contract.default_pose[i]:g} rad for joint {contract.joints[i]}, "
            f"robot {spec.name!r} has {spec.default_pose[i]:g} rad"
        )
