"""Laws of the batch: a robot does not notice the others, motors keep their limits, robots stand in every world."""

from __future__ import annotations

import dataclasses

import mujoco
import numpy as np
import pytest

from rudel import robots, worlds
from rudel.robots.spec import RobotSpec
from rudel.sim.batch import BatchSim
from rudel.sim.model import KD_SLOT, KP_SLOT, compile_model, joint_addresses
from rudel.sim.options import SimOptions, evaluation_options, reference_options, training_options

PHYSICS = {"training": training_options, "evaluation": evaluation_options, "reference": reference_options}
NOW = np.zeros(64, np.int64)  # targets that arrive at once


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def standing(spec: RobotSpec, n: int, options: SimOptions, height_m: float = 0.0, **more: object) -> BatchSim:
    """Robots in the default pose at rest, ``height_m`` above the ground."""
    sim = BatchSim(spec, n, options, threads=1, **more)  # pyright: ignore[reportArgumentType]  # passed on
    qpos = np.zeros((n, sim.model.nq))
    qpos[:, 2], qpos[:, 3] = spec.nominal_height_m + 0.005 + height_m, 1.0
    qpos[:, sim.qpos_joints] = spec.default_pose
    sim.reset(np.arange(n), qpos, np.zeros((n, sim.model.nv)))
    return sim


def targets(spec: RobotSpec, rng: np.random.Generator, n: int, share: float) -> np.ndarray:
    """Between the default pose (share 0) and anywhere in the joint ranges (1)."""
    low, high = spec.joint_range_rad.T
    return spec.default_pose + share * (rng.uniform(low, high, (n, 12)) - spec.default_pose)


@pytest.mark.parametrize("physics", PHYSICS)
def test_a_batch_is_its_robots_one_by_one(spec: RobotSpec, physics: str, rng: np.random.Generator) -> None:
    n, options = 5, PHYSICS[physics]()
    batch = standing(spec, n, options)
    singles = [standing(spec, 1, options) for _ in range(n)]
    previous, delay = np.tile(spec.default_pose, (n, 1)), rng.integers(0, batch.substeps + 1, n)
    for _ in range(10):
        wanted = targets(spec, rng, n, 0.3)
        batch.step(wanted, previous, delay)
        for i, single in enumerate(singles):
            single.step(wanted[i : i + 1], previous[i : i + 1], delay[i : i + 1])
            for name in ("qpos", "qvel", "torque", "foot_force", "peak_force", "impulse", "mechanical_power"):
                np.testing.assert_array_equal(getattr(batch, name)[i], getattr(single, name)[0], err_msg=name)
        previous = wanted
    assert np.ptp(batch.qpos, axis=0).max() > 0.01


def test_a_batch_steps_as_mj_step_does(spec: RobotSpec, rng: np.random.Generator) -> None:
    """MuJoCo's own loop over the compiled model, with the delay written down by hand."""
    sim = standing(spec, 2, evaluation_options())
    data = mujoco.MjData(sim.model)
    data.qpos[:], data.qvel[:] = sim.qpos[1], sim.qvel[1]
    previous, delay = np.tile(spec.default_pose, (2, 1)), np.array([0, 3])
    for _ in range(10):
        wanted = targets(spec, rng, 2, 0.3)
        sim.step(wanted, previous, delay)
        work, peak, impulse = 0.0, np.zeros(4), np.zeros(4)
        for k in range(sim.substeps):
            data.ctrl[:] = wanted[1] if k >= 3 else previous[1]
            before = data.qvel[sim.qvel_joints].copy()
            mujoco.mj_step(sim.model, data)
            work += np.maximum(data.actuator_force * (before + data.qvel[sim.qvel_joints]) / 2, 0).sum()
            force = np.array([data.sensor(f"{foot}_force").data[0] for foot in spec.feet])
            peak, impulse = np.maximum(peak, force), impulse + force * sim.model.opt.timestep
        np.testing.assert_array_equal(sim.qpos[1], data.qpos)
        np.testing.assert_array_equal(sim.qvel[1], data.qvel)
        assert sim.mechanical_power[1] == pytest.approx(work / sim.substeps, rel=1e-9)
        np.testing.assert_allclose(sim.peak_force[1], peak)
        np.testing.assert_allclose(sim.impulse[1], impulse, atol=1e-12)
        previous = wanted


def test_threads_do_not_change_a_bit(spec: RobotSpec, rng: np.random.Generator) -> None:
    one = standing(spec, 8, training_options())
    two = BatchSim(spec, 8, training_options(), threads=2)
    two.reset(np.arange(8), one.qpos.copy(), one.qvel.copy())
    for _ in range(5):
        wanted = targets(spec, rng, 8, 0.5)
        for sim in (one, two):
            sim.step(wanted, wanted, NOW[:8])
    np.testing.assert_array_equal(one.qpos, two.qpos)


@pytest.mark.parametrize("physics", PHYSICS)
def test_torque_keeps_to_the_torque_speed_line(spec: RobotSpec, physics: str, rng: np.random.Generator) -> None:
    n, options = 8, PHYSICS[physics]()
    step_s = 0.02 / options.substeps(0.02)
    sim = standing(spec, n, options, height_m=20.0, period_s=step_s)  # one physics step at a time, in the air
    sim.set_gains(np.full((n, 12), 10 * spec.stand_kp), np.full((n, 12), spec.kd))
    at_limit = 0
    for k in range(round(0.4 / step_s)):
        if k % 4 == 0:
            wanted = targets(spec, rng, n, 1.0)
        dq = sim.dq.copy()
        sim.step(wanted, wanted, NOW[:n])
        share = sim.torque / spec.effort_nm
        assert np.abs(share).max() <= 1 + 1e-9
        driving = share * dq > 0
        line = np.maximum(1 - np.abs(dq) / spec.speed_radps, 0)
        assert (np.abs(share)[driving] <= line[driving] + 1e-9).all()
        at_limit += int((np.abs(np.abs(share) - line)[driving] < 1e-6).sum())
    assert at_limit > 100  # the limit was met, not only kept


def test_gains_are_each_robots_own(spec: RobotSpec) -> None:
    sim = standing(spec, 3, training_options(), height_m=20.0, period_s=0.01)
    sim.set_gains(np.array([[10.0], [20.0], [30.0]]), np.full((3, 12), 0.5))
    sim.qvel[:, sim.qvel_joints] = 1.0
    wanted = np.tile(spec.default_pose + 0.1, (3, 1))
    sim.step(wanted, wanted, NOW[:3])
    np.testing.assert_allclose(sim.torque, np.array([[1.0], [2.0], [3.0]]) - 0.5 + np.zeros((3, 12)), atol=1e-9)
    gains = [sim.batch.get_model(i).actuator_gainprm for i in range(3)]
    assert [g[0, KP_SLOT] for g in gains] == [10, 20, 30]
    assert [g[0, KD_SLOT] for g in gains] == [0.5] * 3


def test_targets_arrive_when_their_delay_is_over(spec: RobotSpec) -> None:
    """The torque at every physics step tells which target was in force."""
    sim = standing(spec, 5, evaluation_options(), height_m=20.0)
    seen: list[np.ndarray] = []
    step = sim.batch.step

    class Spy:
        """The batch, written down at every step."""

        def step(self) -> None:
            seen.append(sim.ctrl[:, 0].copy())
            step()

    sim.batch = Spy()
    old, new = np.zeros((5, 12)), np.ones((5, 12))
    sim.step(new, old, np.arange(5))
    np.testing.assert_array_equal(
        np.array(seen).T, [[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    )


def test_reset_leaves_the_others_alone(spec: RobotSpec) -> None:
    sim, same = standing(spec, 3, training_options()), standing(spec, 3, training_options())
    pose = np.tile(spec.default_pose, (3, 1))
    start = sim.qpos.copy()
    for s in (sim, same):
        s.step(pose, pose, NOW[:3])
    sim.reset(np.array([1]), start[1:2], np.zeros((1, sim.model.nv)))
    np.testing.assert_array_equal(sim.qpos[1], start[1])
    for s in (sim, same):
        s.step(pose, pose, NOW[:3])
    np.testing.assert_array_equal(sim.qpos[[0, 2]], same.qpos[[0, 2]])
    assert np.abs(sim.qpos[1] - same.qpos[1]).max() > 1e-6


@pytest.mark.parametrize("physics", PHYSICS)
def test_standing_feet_carry_the_weight(spec: RobotSpec, physics: str) -> None:
    sim = standing(spec, 2, PHYSICS[physics]())
    sim.set_gains(np.full((2, 12), spec.stand_kp), np.full((2, 12), spec.stand_kd))
    pose = np.tile(spec.default_pose, (2, 1))
    impulse = np.zeros(2)
    for k in range(150):
        sim.step(pose, pose, NOW[:2])
        if k >= 100:
            impulse += sim.impulse.sum(axis=1)
    weight = sim.model.body_mass.sum() * 9.81
    np.testing.assert_allclose(impulse / (50 * sim.period_s), weight, rtol=0.02)
    np.testing.assert_allclose(sim.foot_force.sum(axis=1), weight, rtol=0.1)
    np.testing.assert_allclose(sim.foot_position[:, :, 2], spec.foot_radius_m, atol=0.008)
    assert sim.mechanical_power.max() < 0.01 * weight


@pytest.mark.parametrize("physics", ["training", "evaluation"])
@pytest.mark.parametrize("world", worlds.names())
def test_every_robot_stands_in_every_world(spec: RobotSpec, world: str, physics: str, rng: np.random.Generator) -> None:
    terrain = worlds.build(world, 0.5, rng)
    sim = standing(spec, 2, PHYSICS[physics](), add_world=terrain.add_to)
    spawn = np.array(terrain.spawn)
    ground = float(np.asarray(terrain.height(spawn[None])).item())
    sim.qpos[:, :2], sim.qpos[:, 2] = spawn, ground + spec.nominal_height_m + 0.005
    sim.set_gains(np.full((2, 12), spec.stand_kp), np.full((2, 12), spec.stand_kd))
    pose = np.tile(spec.default_pose, (2, 1))
    for _ in range(100):
        sim.step(pose, pose, NOW[:2])
        assert np.isfinite(sim.qpos).all()
        assert np.isfinite(sim.qvel).all()
    np.testing.assert_allclose(sim.qpos[:, 2] - ground, spec.nominal_height_m, atol=0.03)
    assert np.abs(sim.qvel).max() < 0.3


@pytest.mark.parametrize("world", [None, *worlds.names()])
def test_leaving_out_what_touches_nothing_changes_nothing(spec: RobotSpec, world: str | None) -> None:
    results = []
    for bare in (False, True):
        add = None if world is None else worlds.build(world, 0.5, np.random.default_rng(0)).add_to
        sim = standing(spec, 1, dataclasses.replace(evaluation_options(), bare=bare), height_m=0.3, add_world=add)
        rng = np.random.default_rng(1)
        for _ in range(20):
            wanted = targets(spec, rng, 1, 0.3)
            sim.step(wanted, wanted, NOW[:1])
        results.append((sim.qpos.copy(), sim.model.ngeom))
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-9)
    assert results[0][1] > results[1][1]


def test_bodies_touch_the_ground_only_when_asked(spec: RobotSpec) -> None:
    for contacts, floor in ((False, False), (True, True)):
        options = dataclasses.replace(evaluation_options(), body_contacts=contacts)
        sim = standing(spec, 1, options)
        sim.qpos[:, 2] = 0.3
        sim.qpos[:, 3:7] = [0, 1, 0, 0]  # on its back
        for _ in range(60):
            sim.step(spec.rest_pose[None], spec.rest_pose[None], NOW[:1])
        assert (sim.qpos[0, 2] > -0.05) == floor


@pytest.mark.parametrize("period_s", [0.02, 0.005, 0.0125, 0.033])
def test_physics_steps_fill_the_period(spec: RobotSpec, period_s: float) -> None:
    for make in PHYSICS.values():
        options = make()
        model = compile_model(spec, options, period_s)
        assert model.opt.timestep * options.substeps(period_s) == pytest.approx(period_s)
        assert model.opt.timestep <= options.substep_s + 1e-9


def test_addresses_follow_the_spec(spec: RobotSpec) -> None:
    model = compile_model(spec, training_options())
    qpos, qvel = joint_addresses(model, spec)
    for i, name in enumerate(spec.joints):
        assert model.joint(name).qposadr[0] == qpos[i]
        assert model.joint(name).dofadr[0] == qvel[i]
        assert model.actuator(i).name == name
