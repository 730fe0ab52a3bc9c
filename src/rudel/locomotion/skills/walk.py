"""walk: follow a velocity command in any direction, from standing still to full speed."""

from __future__ import annotations

import dataclasses

from rudel.locomotion.config import CommandConfig, SkillConfig
from rudel.locomotion.gait_params import GaitParams
from rudel.locomotion.terms.randomisation import Randomisation
from rudel.locomotion.training.ppo import PpoConfig


def config() -> SkillConfig:
    """A residual on a trot: the clock is part of the observation, so the contract has 47 numbers."""
    return SkillConfig(
        name="walk",
        heading_gain=2.0,
        command_slew=(2.5, 2.0, 5.0),
        gait=GaitParams(
            frequency_hz=2.75, duty=0.6, swing_height_m=0.035, standing_authority=0.15, lean=0.45, lean_s=0.08
        ),
        commands=CommandConfig(resample_s=2.5, reversal_share=0.2),
        observation=(
            ("base_ang_vel", 0.25),
            ("projected_gravity", 1.0),
            ("velocity_command", 1.0),
            ("joint_pos", 1.0),
            ("joint_vel", 0.05),
            ("last_action", 1.0),
            ("gait_clock", 1.0),
        ),
        fall_penalty=3.0,
        rewards={
            "track_lin_vel_xy": 2.0,
            "track_ang_vel_z": 1.0,
            "lin_vel_error": -4.0,
            "ang_vel_error": -1.5,
            "alive": 0.5,
            "lin_vel_z": -0.5,
            "ang_vel_xy": -0.05,
            "flat_orientation": -2.0,
            "cost_of_transport": -1.0,
            "action_rate": -0.01,
            "feet_slide": -0.05,
            "contact_impact": -1.0,
            "stand_action": -1.0,
        },
    )


def rough() -> SkillConfig:
    """The walk for rough ground: a trot that answers tilt, slip and stumbling, slower commands, pushes, payloads.

    Actions, the policy's network and the first terms of its observation are those of :func:`config`, so that a training
    may start from a policy that walks on level ground (``--start-from FILE.onnx``): what it knows holds here, too.
    """
    base = config()
    assert base.gait is not None
    level = ("lin_vel_z", "flat_orientation", "ang_vel_xy")
    return dataclasses.replace(
        base,
        # more than twice as often as on level ground: at 10 ms the same network made 15 of 24 crossings of 14 to 17 cm,
        # at 20 ms 7
        period_s=0.008,
        gait=dataclasses.replace(
            base.gait,
            frequency_hz=3.0,
            duty=0.59,
            swing_height_m=0.1,
            swing_peak=0.41,
            swing_hold=0.15,
            swing_range_m=(0.03, 0.24),
            upright=0.8,
            upright_s=0.4,
            upright_rest_s=0.1,
            body_level=0.33,
            roll_level=0.47,
            load_roll=0.6,
            steady=8.0,
            stroke_tilt=-0.45,
            load_tilt=1.1,
            feet_under_com=0.7,
            stance_reach_m=0.033,
            # with the usual strokes, robots stand with sliding feet on slopes that they climb with these
            brisk=1.3,
            brisk_reach_m=(0.02, 0.045),
            brisk_stroke_tilt=-0.2,
            stumble=4.0,
            # a walk that knows level ground only has a quality of 0.60 there with it, and of 0.41 with the high swing
            calm_swing_m=0.045,
            # without, front feet press against the next riser of 17 cm and come down on the tread they have left
            climb_reach_m=0.11,
            lean=0.0,
            capture_s=0.25,
            pace=0.7,
            rest_tilt=0.45,
        ),
        # what the motors push with and how fast the legs say it goes, too: a step is felt before it is seen
        observation=(*base.observation, ("joint_error", 5.0), ("leg_velocity", 2.0), ("swing_apex", 5.0)),
        critic_terrain=True,
        shank_contacts=True,
        commands=CommandConfig(
            max_twist=(1.0, 0.5, 1.0), resample_s=4.0, reversal_share=0.2, course_share=0.75, course_mps=(0.6, 1.0)
        ),
        randomisation=Randomisation(
            friction=(0.3, 1.1),
            mass=0.1,
            com_m=(0.03, 0.02, 0.02),
            payload_kg=(-1.0, 2.0),
            push_every_s=6.0,
            push_mps=0.6,
        ),
        rewards={name: w for name, w in base.rewards.items() if name not in level}
        | {
            "alive": 1.0,
            # as calm and as cheap as swings allow that are low there (quality 0.68, cost of transport 0.50)
            "body_rates": -3.0,
            "action_rate": -0.02,
            "stand_action": -0.3,
            "cost_of_transport": -1.2,
            "contact_impact": -0.5,
        },
        # with the prices of level ground, whoever climbs earns no more than who stalls
        course_rewards={
            "progress": 4.0,
            "body_rates": -0.2,
            "cost_of_transport": -0.3,
            "contact_impact": -0.2,
        },
        fall_penalty=8.0,
    )


def learner() -> PpoConfig:
    """Hyper-parameters that suit the skill: wide exploration, because a step of the policy is bounded in its units."""
    return PpoConfig(std=0.5, std_hold=8, std_decay=0.94, kl=0.02, entropy=0.0, rate_max=2.5e-3)


def rough_learner() -> PpoConfig:
    """Like ``learner`` at a shorter period, with less exploration, that lasts: the trot and a start from it walk.

    It looks 2 s ahead (``gamma``), where ``learner`` looks 0.7 s.

    Many samples for each update: how a robot fares on steps is mostly chance.
    """
    return dataclasses.replace(
        learner(),
        gamma=0.996,
        lam=0.98,
        horizon=120,
        noise_s=0.08,
        minibatches=8,
        # levels rise as exploration narrows, and stand still with it
        std=0.15,
        std_hold=120,
        std_decay=0.988,
        std_min=0.07,
        rate_max=1e-3,
        averaging=0.95,
    )


# figures at which a training of this skill may stop, a little stricter than what they are asked to be on other seeds
TARGETS = {"vel_error_mps": 0.095, "yaw_error_radps": 0.14, "falls": 0}
