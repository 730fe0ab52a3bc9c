"""getup: from any pose on the ground to standing still."""

from __future__ import annotations

import dataclasses

from rudel.locomotion import getup_evaluate
from rudel.locomotion.config import CommandConfig, SkillConfig
from rudel.locomotion.fallen import FallenConfig
from rudel.locomotion.training.ppo import PpoConfig


def config() -> SkillConfig:
    """Joint targets around the stance, wide enough for every joint's range; no clock, no command, no early end."""
    return SkillConfig(
        name="getup",
        episode_s=4.0,
        fallen=FallenConfig(side_share=0.3),
        action_scale=(0.3, 0.8, 0.6),
        commands=CommandConfig(max_twist=(0.0, 0.0, 0.0), resample_s=1000.0),
        observation=(
            ("base_ang_vel", 0.25),
            ("projected_gravity", 1.0),
            ("joint_pos", 1.0),
            ("joint_vel", 0.05),
            ("last_action", 1.0),
        ),
        terminations=(),
        rewards={
            "turning_over": 1.0,
            "rising": 2.0,
            "default_pose": 1.0,
            "on_feet": 1.0,
            "restless": -0.005,
            "action_rate": -0.01,
            "joint_torques": -5e-5,
            "mechanical_power": -0.05,
            "body_impact": -0.2,
        },
    )


def rough() -> SkillConfig:
    """The same on level ground, blocks and slopes; the critic is told what the ground is like."""
    return dataclasses.replace(config(), critic_terrain=True)


def learner() -> PpoConfig:
    """The guide first, then exploration that does not throw over who stands already.

    It narrows slowly: at 0.1 after 2.5 M env-steps learning stood still, at 0.22 it went on to 9 M and more.
    """
    return PpoConfig(
        hidden=(192, 128),
        gamma=0.985,
        imitate=20,
        rate=2e-3,
        rate_min=3e-4,
        rate_max=2.5e-3,
        std=0.35,
        std_hold=100,
        std_decay=0.999,
        std_min=0.12,
        kl=0.02,
        entropy=0.0,
        averaging=0.95,
    )


def rough_learner() -> PpoConfig:
    """Like ``learner``."""
    return learner()


# figures at which a training may stop, and the mean rewards without which nobody looks: an evaluation is dear
TARGETS = {"failed_pct": 0.3, "time_p95_s": 2.4}
LEAST_REWARDS = {"on_feet": 0.6}

EVALUATOR = getup_evaluate
