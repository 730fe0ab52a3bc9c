"""A policy that steps: the same as in training, and no step on what is no number."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rudel import robots
from rudel.core import frames
from rudel.core.errors import BadInput, UnknownName
from rudel.core.types import Twist
from rudel.locomotion import caution, gait, legs, observation, policy
from rudel.locomotion.brisk import brisk, frequency_hz
from rudel.locomotion.capture import capture, leg_velocity
from rudel.locomotion.config import SkillConfig
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import Ground
from rudel.locomotion.lean import lean
from rudel.locomotion.skills import walk
from rudel.locomotion.stumble import stumble
from rudel.locomotion.terms.randomisation import nominal
from rudel.locomotion.upright import tilt
from rudel.sim.options import training_options
from tests.locomotion import samples

F = np.float32


@pytest.mark.parametrize("clip", [np.inf, 0.3])
@pytest.mark.parametrize("with_gait", [True, False])
def test_step_is_the_contract_written_out(tmp_path: Path, with_gait: bool, clip: float) -> None:
    """Observation, gait, scaling and clipping as the batched lines of training have them, one line after the other."""
    # 2.37 Hz: never exactly at touch-down, where rounding decides
    trot = dataclasses.replace(
        samples.GAIT, frequency_hz=2.37, lean=0.5, upright=0.5, body_level=0.3, load_measured=1.0, stumble=4.0,
        roll_level=0.4, load_roll=0.7, capture_s=0.2, capture_mps=0.05, upright_rest_s=0.05, pace=0.5, pace_s=0.1,
        rest_tilt=0.3, stance_reach_m=0.03, stroke_tilt=-0.4, brisk=1.57, brisk_reach_m=(0.01, 0.05),
        brisk_stroke_tilt=0.2, climb_reach_m=0.1, calm_swing_m=0.02,
    )  # fmt: skip
    terms = (
        *samples.VENDOR_TERMS,
        ("gait_clock", 1.0),
        ("joint_error", 0.5),
        ("swing_apex", 2.0),
        ("leg_velocity", 1.0),
    )
    made = samples.contract(action_clip=clip, gait=trot, observation=terms)
    if not with_gait:
        made = dataclasses.replace(made, gait=None, legs=None, observation=samples.contract().observation)
    net = samples.layers(np.random.default_rng(0), made.observation_size, 8, 12)
    net[-1] = (net[-1][0] * 3, net[-1][1])  # large actions, so that joint limits are met
    walker = policy.load(samples.write(tmp_path / "policy.onnx", made, net=net, activation="elu"))
    rng = np.random.default_rng(3)
    default, scale = samples.DEFAULT.astype(F), np.array(made.action_scale, F)
    lower, upper = np.array(made.joint_range_rad, F).T
    stance = legs.forward_kinematics(samples.LEGS, default[None])[0]
    last, phase, clipped = np.zeros((1, 12), F), np.zeros(1, F), 0
    shift, before, tilted = np.zeros((1, 2), F), np.zeros((1, 3), F), np.zeros((1, 2), F)
    apex, sent, highest = np.full((1, 1), trot.calm_apex_m if with_gait else 0.0, F), default[None], 0.0
    velocity, caught = np.zeros((1, 2), F), 0.0
    felt, slowest, briskest = np.zeros(1, F), 1.0, 0.0
    for step in range(60):
        seen, twist = samples.state(rng), Twist(*rng.uniform(-1.5, 1.5, 3) * rng.integers(0, 2))
        command = np.clip(twist.array(), [-1, -0.5, -1], [1, 0.5, 1]).astype(F)[None]
        if with_gait:
            felt = caution.unrest(trot, felt, frames.projected_gravity(seen.quat[None]).astype(F), made.period_s)
            slowest = min(slowest, float(caution.pace(trot, felt)[0, 0]))
            command = caution.heed(trot, command, felt, frames.projected_gravity(seen.quat[None]).astype(F))
        obs = observation.assemble(
            made.observation,
            observation.Readings(
                gyro=seen.gyro[None].astype(F),
                gravity=frames.projected_gravity(seen.quat[None]).astype(F),
                command=command,
                q_offset=(seen.q - samples.DEFAULT)[None].astype(F),
                dq=seen.dq[None].astype(F),
                last_action=last,
                phase=phase,
                stepping=gait.gate(command, trot) if with_gait else np.ones((1, 1), F),
                apex=apex,
                joint_error=(sent - seen.q).astype(F) if step else np.zeros((1, 12), F),
                leg_velocity=velocity,
            ),
        )
        last = walker.act(obs)
        reference = default[None]
        if with_gait:
            measured = seen.q[None].astype(F)
            if step:
                state = (apex, phase, command, sent, measured, seen.dq[None].astype(F))
                apex = stumble(samples.LEGS, trot, stance, *state, made.period_s, felt)
            highest = max(highest, float(apex[0, 0]))
            stepping = gait.gate(command, trot)
            told = (measured, seen.dq[None].astype(F), seen.gyro[None].astype(F))
            velocity = leg_velocity(samples.LEGS, trot, velocity, phase, stepping, *told, made.period_s)
            catch = capture(trot, velocity, command, stepping)
            caught = max(caught, float(np.abs(catch).max()))
            quick = brisk(trot, felt, apex)
            briskest = max(briskest, 0.0 if quick is None else float(quick[0, 0]))
            phase = (phase + frequency_hz(trot, quick).reshape(-1) * F(made.period_s)) % F(1)
            shift = lean(trot, -float(stance[:, 2].mean()), shift, before, command, made.period_s)
            down = frames.projected_gravity(seen.quat[None]).astype(F)
            tilted = tilt(trot, tilted, down, stepping, made.period_s)
            where = (shift + catch, apex, tilted, measured, seen.gyro[None].astype(F), quick)
            reference = gait.joint_reference(samples.LEGS, trot, stance, phase, command, *where)
        before = command
        wanted = reference + scale * np.clip(last, -clip, clip)
        clipped += int((wanted != np.clip(wanted, lower, upper)).sum())
        targets = walker.step(seen, twist)
        np.testing.assert_allclose(targets.q, np.clip(wanted, lower, upper)[0], atol=1e-4)
        sent = targets.q[None].astype(F)
        np.testing.assert_array_equal(targets.kp, made.kp)
        np.testing.assert_array_equal(targets.kd, made.kd)
        assert not targets.dq.any()
        assert not targets.tau.any()
    assert not with_gait or highest > 2 * trot.swing_height_m  # feet stumbled on the way
    assert not with_gait or caught > 0.05
    assert not with_gait or slowest < 0.8
    assert not with_gait or briskest > 0.3
    assert clipped or clip < 1  # joint limits were met on the way


def test_the_same_readings_give_the_same_bytes_after_reset(tmp_path: Path) -> None:
    feels = dataclasses.replace(
        samples.GAIT, stumble=4.0, upright=0.5, lean=0.5, capture_s=0.2, capture_mps=0.0, pace=0.5, pace_tilt=(0.0, 3.0)
    )
    terms = (*samples.VENDOR_TERMS, ("joint_error", 1.0), ("leg_velocity", 1.0), ("swing_apex", 1.0))
    path = samples.write(tmp_path / "policy.onnx", samples.contract(gait=feels, observation=terms))
    walker, other = policy.load(path), policy.load(path)
    states = [samples.state(np.random.default_rng(i)) for i in range(20)]

    def run(one: policy.Policy) -> list[bytes]:
        one.reset()
        return [one.step(seen, Twist(0.5, 0.1, -0.2)).q.tobytes() for seen in states]

    first = run(walker)
    assert first == run(walker) == run(other)
    assert len(set(first)) == 20


def test_targets_stay_as_they_were_when_the_policy_goes_on(tmp_path: Path) -> None:
    walker = policy.load(samples.write(tmp_path / "policy.onnx"))
    targets = walker.step(samples.state(), Twist(1.0))
    kept = targets.q.copy()
    walker.step(samples.state(np.random.default_rng(0)), Twist(-1.0))
    np.testing.assert_array_equal(targets.q, kept)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("field", ["q", "dq", "gyro", "quat", "command"])
def test_what_is_not_finite_is_a_fault_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: float
) -> None:
    """Even where the network swallows it, as relu may: the output alone tells nothing."""
    path = samples.write(tmp_path / "policy.onnx", samples.contract(heading_gain=1.0))
    walker, untouched = policy.load(path), policy.load(path)
    good, twist = samples.state(), Twist(0.5)
    for one in (walker, untouched):
        one.step(good, twist)
    bad, bad_twist = good, twist
    if field == "command":
        bad_twist = Twist(0.5, value)
    else:
        bad = dataclasses.replace(good, **{field: np.full_like(getattr(good, field), value)})
    with monkeypatch.context() as patch, np.errstate(invalid="ignore"):
        patch.setattr(walker, "_network", lambda *_: [np.zeros((1, 12), F)])
        with pytest.raises(policy.PolicyFault, match="not finite"):
            walker.step(bad, bad_twist)
    np.testing.assert_array_equal(walker.step(good, twist).q, untouched.step(good, twist).q)


def test_a_network_that_overflows_is_a_fault(tmp_path: Path) -> None:
    weights = np.zeros((12, 47), F)
    weights[:, 5] = 3e38  # gravity's z is -1 at rest: -3e38 - 3e38 is no float32
    walker = policy.load(samples.write(tmp_path / "policy.onnx", net=[(weights, np.full(12, -3e38, F))]))
    with pytest.raises(policy.PolicyFault, match="network output"):
        walker.step(samples.state(), Twist())


def test_a_state_of_another_robot_is_refused(tmp_path: Path) -> None:
    walker = policy.load(samples.write(tmp_path / "policy.onnx"))
    one = np.zeros(1)
    with pytest.raises(BadInput, match="1 joints, policy has 12"):
        walker.step(dataclasses.replace(samples.state(), q=one, dq=one, tau=one), Twist())


def test_unknown_activation_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="elu"):
        samples.write(tmp_path / "policy.onnx", activation="elo")


def test_a_robot_needs_neither_mujoco_nor_onnx_nor_a_trainer() -> None:
    code = "import sys, rudel.locomotion.policy; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "onnxruntime" in out
    assert not {"mujoco", "onnx", "gymnasium", "rudel.sim", "rudel.robots", "rudel.locomotion.env"} & set(out)


# --- training and the robot ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_skill", [walk.config, walk.rough])
def test_the_robot_side_answers_as_training_did(of_skill: Callable[[], SkillConfig], tmp_path: Path) -> None:
    """The walk skill's own environment, run by an exported network, asks for the targets that Policy.step asks for."""
    lite3 = robots.load("lite3")
    config = dataclasses.replace(of_skill(), randomisation=nominal())
    env = LocomotionEnv(lite3, config, Ground(), 2, training_options(), threads=1)
    env.autoreset = False
    control = env.control
    made = samples.contract(
        joints=lite3.joints,
        default_pose=tuple(lite3.default_pose.tolist()),
        action_scale=tuple(control.action_scale.tolist()),
        kp=(control.kp,) * 12,
        kd=(control.kd,) * 12,
        period_s=control.period_s,
        observation=config.observation,
        heading_gain=config.heading_gain,
        command_slew=config.command_slew,
        history=config.history,
        joint_range_rad=tuple(zip(control.lower.tolist(), control.upper.tolist(), strict=True)),
        gait=control.gait,
        legs=control.legs,
    )
    walker = policy.load(samples.write(tmp_path / "policy.onnx", made))
    obs, _ = env.reset(seed=3)
    walker.reset(float(env.phase[0]))
    twists = [(0.6, 0.1, 0.5), (0.0, 0.0, 0.0), (-0.2, 0.0, -0.3)]  # standing in between clears the heading
    for step in range(90):
        twist = twists[step // 30]
        if step % 30 == 0:  # the environment follows a command from its next observation on
            env.set_commands(np.array([twist], F))
            env.until_command[:] = 1000
        told = twists[(step - 1) // 30] if step else (0.0, 0.0, 0.0)
        seen = dataclasses.replace(
            samples.state(),
            q=env.sim.q[0].copy(),
            dq=env.sim.dq[0].copy(),
            quat=env.sim.qpos[0, 3:7].copy(),
            gyro=env.sim.qvel[0, 3:6].copy(),
        )
        env.step(walker.act(obs))
        np.testing.assert_allclose(walker.step(seen, Twist(*told)).q, env.targets[0], atol=2e-4)
        obs = env.observe()
    assert abs(env.heading_error[0]) > 0.01  # the heading had something to hold
