"""Physics laws of the live robot: motors, energy, momentum, contact with the ground, time."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
import pytest

from rudel import robots, worlds
from rudel.core.errors import BadInput, GiveUp
from rudel.core.types import JointTargets
from rudel.robots.spec import RobotSpec
from rudel.sim.batch import BatchSim
from rudel.sim.live import LiveSim
from rudel.sim.options import SimOptions

GRAVITY = 9.81


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def live_in_the_air(spec: RobotSpec, height_m: float = 20.0) -> LiveSim:
    """A robot without torque at its default pose, so high up that it meets nothing."""
    live = LiveSim(spec, realtime_factor=None)
    live.source = lambda: off(spec)
    live.reset(spec.default_pose)
    live.data.qpos[2] += height_m
    mujoco.mj_forward(live.model, live.data)
    return live


def off(spec: RobotSpec) -> JointTargets:
    return JointTargets.hold(np.zeros(len(spec.joints)), 0.0, 0.0)


def violent(spec: RobotSpec, rng: np.random.Generator) -> JointTargets:
    """Targets anywhere in the joint ranges with more feed-forward torque than the motors have."""
    n = len(spec.joints)
    q, dq = rng.uniform(*spec.joint_range_rad.T), rng.normal(size=n) * spec.speed_radps
    return JointTargets(
        q, dq, 2 * spec.effort_nm * rng.normal(size=n), np.full(n, spec.stand_kp), np.full(n, spec.stand_kd)
    )


def test_motors_stay_below_stall_torque_and_torque_speed_line(spec: RobotSpec, rng: np.random.Generator) -> None:
    live = live_in_the_air(spec)
    at_limit, fastest = 0, 0.0
    for _ in range(40):
        targets = violent(spec, rng)
        live.source = lambda targets=targets: targets
        for _ in range(20):
            dq = live.data.qvel[live.qvel_joints].copy()
            live.step(live.model.opt.timestep)
            share = live.data.actuator_force / spec.effort_nm
            assert np.abs(share).max() <= 1 + 1e-9
            driving = share * dq > 0
            line = 1 - np.abs(dq) / spec.speed_radps
            assert (np.abs(share)[driving] <= line[driving] + 1e-9).all()
            at_limit += int((np.abs(np.abs(share) - np.minimum(line, 1))[driving] < 1e-6).sum())
            fastest = max(fastest, float((np.abs(dq) / spec.speed_radps).max()))
    assert at_limit > 100  # the limit was met, not only kept
    assert fastest > 0.5


def test_what_a_step_does_to_the_joints_is_what_the_motors_say(spec: RobotSpec, rng: np.random.Generator) -> None:
    """The integrator solves the motors implicitly: what it applies over a step stays near the limit, too."""
    live = live_in_the_air(spec)
    model, data, joints = live.model, live.data, live.qvel_joints
    inertia = np.zeros((model.nv, model.nv))
    for _ in range(30):
        targets = violent(spec, rng)
        live.source = lambda targets=targets: targets
        for _ in range(10):
            before = data.qvel.copy()
            live.step(model.opt.timestep)
            mujoco.mj_fullM(model, data, inertia)
            forces = inertia @ (data.qvel - before) / model.opt.timestep + data.qfrc_bias - data.qfrc_passive
            applied = (forces - data.qfrc_constraint)[joints]
            line = np.clip(1 - np.abs(before[joints]) / spec.speed_radps, 0, 1)
            driving = applied * before[joints] > 0
            assert (np.abs(applied / spec.effort_nm) <= np.where(driving, line, 1.0) + 0.15).all()


def test_torque_is_what_was_asked_for_below_the_limits(spec: RobotSpec, rng: np.random.Generator) -> None:
    live = live_in_the_air(spec)
    n = len(spec.joints)
    for _ in range(20):
        q, dq = live.data.qpos[live.qpos_joints].copy(), live.data.qvel[live.qvel_joints].copy()
        kp, kd = rng.uniform(0, spec.kp, n), rng.uniform(0, spec.kd, n)
        tau = 0.1 * spec.effort_nm * rng.normal(size=n)
        targets = JointTargets(q + rng.normal(size=n) * 0.03, dq + rng.normal(size=n) * 0.3, tau, kp, kd)
        live.source = lambda targets=targets: targets
        live.step(live.model.opt.timestep)
        wanted = kp * (targets.q - q) + kd * (targets.dq - dq) + tau
        np.testing.assert_allclose(live.data.actuator_force, wanted, atol=1e-9)


def test_free_fall(spec: RobotSpec) -> None:
    live = live_in_the_air(spec)
    com = live.data.subtree_com[live.base].copy()
    live.step(1.0)
    mujoco.mj_fwdPosition(live.model, live.data)
    # semi-implicit Euler steps of h fall by g t (t + h) / 2
    fallen = GRAVITY * 1.0 * (1.0 + live.model.opt.timestep) / 2
    np.testing.assert_allclose(live.data.subtree_com[live.base], com - [0, 0, fallen], atol=1e-4)


def test_joint_torques_do_not_change_momentum_in_the_air(spec: RobotSpec, rng: np.random.Generator) -> None:
    live = live_in_the_air(spec)
    model, data = live.model, live.data

    def momentum() -> tuple[np.ndarray, np.ndarray]:
        mujoco.mj_fwdPosition(model, data)
        mujoco.mj_fwdVelocity(model, data)
        mujoco.mj_subtreeVel(model, data)
        return spec.mass_kg * data.subtree_linvel[live.base], data.subtree_angmom[live.base].copy()

    data.qvel[:] = rng.normal(size=model.nv)
    linear, angular = momentum()
    impulse = 0.0  # what the motors gave, in N m s
    for _ in range(10):
        targets = violent(spec, rng)
        live.source = lambda targets=targets: targets
        live.step(0.02)
        impulse += float(np.abs(data.actuator_force).sum()) * 0.02
    assert impulse > 10 * np.abs(angular).max()
    after_linear, after_angular = momentum()
    weight = spec.mass_kg * np.array([0, 0, -GRAVITY])
    np.testing.assert_allclose(after_angular, angular, atol=2e-3 * impulse)
    np.testing.assert_allclose(after_linear, linear + weight * 0.2, atol=2e-3 * impulse / spec.nominal_height_m)


def test_motors_off_gain_no_energy_while_falling_onto_the_ground(spec: RobotSpec, rng: np.random.Generator) -> None:
    live = live_in_the_air(spec, height_m=0.3)
    model, data = live.model, live.data
    data.qvel[:] = 0.5 * rng.normal(size=model.nv)
    energies: list[float] = []
    for _ in range(2000):
        mujoco.mj_fwdPosition(model, data)
        mujoco.mj_fwdVelocity(model, data)
        mujoco.mj_energyPos(model, data)
        mujoco.mj_energyVel(model, data)
        energies.append(float(data.energy.sum()))
        live.step(model.opt.timestep)
    unit = spec.mass_kg * GRAVITY * spec.nominal_height_m
    energy = np.array(energies) / unit
    assert energy.max() <= energy[0] + 1e-3
    # ground and joint stops give back what they took up as springs; averaged over 0.1 s energy only falls
    assert np.diff(energy.reshape(-1, 100).mean(axis=1)).max() <= 1e-3
    assert energy[-1] < energy[0] - 0.5  # it did hit the ground


def test_batch_steps_equal_single_steps_bit_by_bit(spec: RobotSpec, rng: np.random.Generator) -> None:
    n, periods = 3, 25
    sim = BatchSim(spec, n, SimOptions(), threads=2)
    start = np.tile(sim.model.qpos0, (n, 1))
    start[:, 2] = spec.nominal_height_m
    start[:, sim.qpos_joints] = spec.default_pose + 0.05 * rng.normal(size=(n, 12))
    targets = spec.default_pose + 0.2 * rng.normal(size=(periods, n, 12))
    sim.reset(np.arange(n), start, np.zeros((n, sim.model.nv)))
    for target in targets:
        sim.step(target, target, np.zeros(n, int))
    for i in range(n):
        data = mujoco.MjData(sim.model)
        data.qpos[:] = start[i]
        for target in targets:
            data.ctrl[:] = target[i]
            for _ in range(sim.substeps):
                mujoco.mj_step(sim.model, data)
        assert data.qpos.tobytes() == sim.qpos[i].tobytes()
        assert data.qvel.tobytes() == sim.qvel[i].tobytes()
    assert np.abs(sim.qpos - start).max() > 0.01


@pytest.mark.parametrize("world", [None, *worlds.names()])
@pytest.mark.parametrize("pose", ["rest_pose", "default_pose"])
def test_reset_puts_the_robot_onto_the_ground_and_not_into_it(
    spec: RobotSpec, world: str | None, pose: str, rng: np.random.Generator
) -> None:
    terrain = None if world is None else worlds.build(world, 1.0, rng)
    live = LiveSim(spec, terrain, realtime_factor=None)
    hold = JointTargets.hold(getattr(spec, pose), spec.stand_kp, spec.stand_kd)
    live.source = lambda: hold
    live.reset(hold.q, yaw=0.7)
    assert live.true_state().yaw == pytest.approx(0.7)
    assert not live.data.ncon or live.data.contact.dist.min() > 0.0
    z = live.true_state().pose.position[2]
    live.step(0.1)
    assert live.data.ncon > 0
    assert z - live.true_state().pose.position[2] < 0.02  # free fall would be 49 mm


def test_true_twist_is_in_the_heading_frame(spec: RobotSpec) -> None:
    live = live_in_the_air(spec)
    live.reset(yaw=np.pi / 2)
    live.data.qvel[:6] = (-0.2, 0.7, 0.1, 0.0, 0.0, 0.4)  # in the world; it looks along the world's y
    np.testing.assert_allclose(live.true_state().twist, [0.7, 0.2, 0.4], atol=1e-12)


def test_a_diverged_simulation_says_so_and_reset_mends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo logs the warning into a file where it runs
    live = LiveSim(robots.load("lite3"), realtime_factor=None)
    live.data.qvel[0] = np.nan
    with pytest.raises(GiveUp, match="diverged"):
        live.step(0.01)
    live.reset()
    live.step(0.01)
    assert np.isfinite(live.data.qpos).all()


def test_time_runs_in_physics_steps_and_never_back() -> None:
    live = LiveSim(robots.load("lite3"), realtime_factor=None)
    live.sleep_until(0.0205)
    assert live.now_s() == pytest.approx(0.021)
    live.sleep_until(0.01)
    assert live.now_s() == pytest.approx(0.021)
    live.reset()
    assert live.now_s() == pytest.approx(0.021)
    for k in range(2, 200):
        live.sleep_until(k * 0.02)
        assert live.now_s() == pytest.approx(k * 0.02, abs=1e-9)  # no step too many by rounding
    with pytest.raises(BadInput, match="-1"):
        live.step(-1.0)


class WallOfTests:
    """A wall clock that nobody has to wait for; ``slowness_s`` is what every look at it costs."""

    def __init__(self, slowness_s: float = 0.0) -> None:
        self.time_s, self.slowness_s, self.slept_s = 100.0, slowness_s, 0.0

    def now_s(self) -> float:
        self.time_s += self.slowness_s
        return self.time_s

    def sleep_until(self, time_s: float) -> None:
        self.slept_s += max(0.0, time_s - self.time_s)
        self.time_s = max(self.time_s, time_s)


@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0])
def test_simulated_time_keeps_the_factor(factor: float) -> None:
    wall = WallOfTests()
    live = LiveSim(robots.load("lite3"), realtime_factor=factor, wall=wall)
    live.step(0.02)
    start_s, start_sim_s = wall.time_s, live.now_s()
    for k in range(50):
        wall.time_s += 0.003 * (k % 2)  # the caller's own work is not added on top
        live.step(0.02)
    assert (live.now_s() - start_sim_s) / (wall.time_s - start_s) == pytest.approx(factor, rel=1e-6)


def test_a_hiccup_is_not_made_up_for_by_racing() -> None:
    wall = WallOfTests()
    live = LiveSim(robots.load("lite3"), realtime_factor=1.0, wall=wall)
    live.step(0.02)
    wall.time_s += 60.0
    live.step(0.02)
    before_s = wall.time_s
    live.step(0.5)
    assert wall.time_s - before_s == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("factor", [None, float("inf")])
def test_as_fast_as_possible_never_sleeps(factor: float | None) -> None:
    wall = WallOfTests()
    LiveSim(robots.load("lite3"), realtime_factor=factor, wall=wall).step(0.2)
    assert wall.slept_s == 0.0


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan")])
def test_a_factor_that_is_none_is_refused(factor: float) -> None:
    with pytest.raises(BadInput, match="realtime_factor"):
        LiveSim(robots.load("lite3"), realtime_factor=factor)
