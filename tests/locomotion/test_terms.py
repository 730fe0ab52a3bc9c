"""Laws of reward, termination, critic and randomisation terms."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from rudel.core.errors import UnknownName
from rudel.locomotion import surroundings
from rudel.locomotion.observation import Readings
from rudel.locomotion.snapshot import Snapshot
from rudel.locomotion.terms import critic, rewards, terminations
from rudel.locomotion.terms.randomisation import Randomisation, add_noise, nominal, push, randomise_bodies
from rudel.sim.model import KD_SLOT, KP_SLOT
from tests.locomotion import envs

N = 16
NOISE = Randomisation(gyro_radps=0.2, gravity=0.05, q_rad=0.01, dq_radps=1.5)


def snapshot(rng: np.random.Generator, n: int = N) -> Snapshot:
    """Random numbers of plausible size in every field."""
    shapes: dict[str, tuple[int, ...]] = {
        "stepping": (n, 1), "height": (n,), "stance_height": (n,), "phase": (n,), "power": (n,), "friction": (n,),
        "foot_force": (n, 4), "peak_force": (n, 4), "foot_clearance": (n, 4), "foot_velocity": (n, 4, 3),
    }  # fmt: skip
    shapes |= {name: (n, 12) for name in ("q_offset", "dq", "torque", "action", "last_action", "older_action")}
    shapes |= {name: (n, 3) for name in ("command", "velocity", "tracking_error", "gyro", "gravity", "jolt")}
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    for name in ("foot_force", "peak_force"):
        arrays[name] = np.abs(arrays[name]) * 60
    arrays["stepping"] = rng.random((n, 1), dtype=np.float32)
    for name in ("height", "stance_height"):
        arrays[name] = rng.uniform(0.05, 0.4, n).astype(np.float32)
    arrays["power"] = np.abs(arrays["power"]) * 50
    arrays["gravity"] /= np.linalg.norm(arrays["gravity"], axis=1, keepdims=True)
    arrays |= {"incline": rng.normal(size=(n, 2)).astype(np.float32), "payload_kg": rng.random(n, dtype=np.float32)}
    arrays["around"] = rng.normal(size=(n, surroundings.COUNT)).astype(np.float32) * np.float32(0.1)
    return Snapshot(**arrays, weight_n=117.0, nominal_height=0.35)


def rows(s: Snapshot, ids: np.ndarray) -> Snapshot:
    """The robots ``ids`` of a snapshot."""
    changes = {f.name: getattr(s, f.name) for f in dataclasses.fields(s)}
    picked: dict[str, Any] = {k: v[ids] if isinstance(v, np.ndarray) else v for k, v in changes.items()}
    return Snapshot(**picked)


def test_no_field_was_forgotten_above(rng: np.random.Generator) -> None:
    s = snapshot(rng)
    arrays = [f.name for f in dataclasses.fields(Snapshot) if f.type == "Array"]
    assert all(len(getattr(s, name)) == N for name in arrays)


TERMS = {**rewards.REWARDS, **terminations.TERMINATIONS, "privileged": critic.privileged}


@pytest.mark.parametrize("name", TERMS)
def test_a_term_looks_at_every_robot_for_itself(name: str, rng: np.random.Generator) -> None:
    s, order, term = snapshot(rng), rng.permutation(N), TERMS[name]
    whole = term(s)
    assert whole.shape[0] == N
    assert np.isfinite(whole).all()
    np.testing.assert_array_equal(term(rows(s, order)), whole[order])
    np.testing.assert_allclose(np.concatenate([term(rows(s, np.array([i]))) for i in range(N)]), whole, rtol=1e-6)


@pytest.mark.parametrize("name", rewards.REWARDS)
def test_a_reward_is_one_small_number_per_robot(name: str, rng: np.random.Generator) -> None:
    value = rewards.REWARDS[name](snapshot(rng))
    assert (value.shape, value.dtype) == ((N,), np.float32)
    if name != "progress":  # which is lost where a robot goes the other way
        assert (value >= 0).all()  # signs belong to the weights
    assert rewards.REWARDS[name].__doc__


@pytest.mark.parametrize("name", rewards.REWARDS)
def test_a_term_leaves_the_snapshot_alone(name: str, rng: np.random.Generator) -> None:
    s = snapshot(rng)
    before = rows(s, np.arange(N))
    rewards.REWARDS[name](s)
    for f in dataclasses.fields(s):
        np.testing.assert_array_equal(getattr(s, f.name), getattr(before, f.name), err_msg=f.name)


@pytest.mark.parametrize(("name", "speed"), [("track_lin_vel_xy", [0.1, 0.1, 0]), ("track_ang_vel_z", [0, 0, 0.3])])
def test_tracking_is_best_at_the_command(name: str, speed: list[float], rng: np.random.Generator) -> None:
    s = snapshot(rng)
    s.tracking_error = np.zeros((N, 3), np.float32)
    np.testing.assert_allclose(rewards.REWARDS[name](s), 1.0)
    s.tracking_error = np.tile(np.array(speed, np.float32), (N, 1))
    once = rewards.REWARDS[name](s)
    s.tracking_error *= 2
    assert (rewards.REWARDS[name](s) < once).all()
    assert (once < 1).all()


def test_progress_counts_what_was_asked_for_and_no_more(rng: np.random.Generator) -> None:
    s = snapshot(rng, 5)
    s.command = np.tile(np.array([0.6, -0.8, 0.3], np.float32), (5, 1))  # 1 m/s
    speeds = [[0.6, -0.8], [0, 0], [1.2, -1.6], [-1.2, 1.6], [0.6 + 0.4, -0.8 + 0.3]]  # there, none, twice, back, aside
    s.tracking_error = np.zeros((5, 3), np.float32)
    s.tracking_error[:, :2] = np.array(speeds, np.float32) - s.command[:, :2]
    np.testing.assert_allclose(rewards.progress(s), [1, 0, 1, -1, 1], atol=1e-6)
    s.command[:] = 0
    np.testing.assert_array_equal(rewards.progress(s), 0)


def test_an_impact_counts_beyond_the_foots_share_and_no_more_than_its_most(rng: np.random.Generator) -> None:
    s = snapshot(rng, 4)
    s.peak_force = np.zeros((4, 4), np.float32)
    s.peak_force[:, 0] = np.array([0.5, 1.0, 1.5, 40.0], np.float32) * np.float32(s.weight_n)
    np.testing.assert_allclose(rewards.contact_impact(s), [0.0, 0.25, rewards.MOST_IMPACT**2, rewards.MOST_IMPACT**2])


def test_terminations_know_up_from_down(rng: np.random.Generator) -> None:
    s = snapshot(rng, 4)
    s.gravity = np.array([[0, 0, -1], [0.8, 0, -0.6], [0.9, 0, -0.43], [0, 0, 1]], np.float32)
    s.stance_height = np.array([0.35, 0.18, 0.17, 0.0], np.float32)
    s.height = np.array([0.1, 0.1, 0.4, 0.4], np.float32)  # a step below the belly is no fall, nor a hole a stand
    assert terminations.tilted(s).tolist() == [False, False, True, True]
    assert terminations.collapsed(s).tolist() == [False, False, True, True]


def test_unknown_terms_are_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="'feet_slide'"):
        rewards.select({"feet_slip": 1.0})
    with pytest.raises(UnknownName, match="'tilted'"):
        terminations.select(["tilt"])
    assert [name for name, *_ in rewards.select({"alive": 1.0, "hip_pos": 0.0})] == ["alive"]


# --- randomisation --------------------------------------------------------------------------------------------------


def test_bodies_are_drawn_within_their_ranges_and_reach_the_model() -> None:
    r = dataclasses.replace(nominal(), friction=(0.4, 1.0), mass=0.15, gains=0.1, com_m=(0.03, 0.02, 0.01))
    env = envs.make(envs.calm(), n=64)
    sim = env.sim
    friction, payload = randomise_bodies(sim, r, 30.0, 1.0, np.random.default_rng(0))
    assert not payload.any()
    feet = [sim.model.geom(foot).id for foot in sim.spec.feet]
    models = [sim.batch.get_model(i) for i in range(sim.n)]
    found = np.array([m.geom_friction[feet, 0] for m in models])
    np.testing.assert_allclose(found, np.repeat(friction[:, None], 4, axis=1), rtol=1e-6)
    for values, low, high in (
        (found, 0.4, 1.0),
        (np.array([m.body_mass[1:] / sim.model.body_mass[1:] for m in models]), 0.85, 1.15),
        (np.array([m.body_inertia[1:] / sim.model.body_inertia[1:] for m in models]), 0.85, 1.15),
        (np.array([m.actuator_gainprm[:, KP_SLOT] for m in models]), 27.0, 33.0),
        (np.array([m.actuator_gainprm[:, KD_SLOT] for m in models]), 0.9, 1.1),
        *(
            (np.array([m.body_ipos[sim.base][i] - sim.model.body_ipos[sim.base][i] for m in models]), -c, c)
            for i, c in enumerate(r.com_m)
        ),
    ):
        assert low - 1e-9 <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high + 1e-9
    mass = np.array([m.body_subtreemass[sim.base] for m in models])
    np.testing.assert_allclose(mass, [m.body_mass.sum() for m in models])  # what follows from masses followed


def test_a_payload_is_drawn_within_its_range_and_carried_by_the_base() -> None:
    r = dataclasses.replace(nominal(), payload_kg=(-1.0, 3.0))
    sim = envs.make(envs.calm(), n=64).sim
    _, payload = randomise_bodies(sim, r, 30.0, 1.0, np.random.default_rng(0))
    models = [sim.batch.get_model(i) for i in range(sim.n)]
    more = np.array([m.body_mass - sim.model.body_mass for m in models])
    np.testing.assert_allclose(more[:, sim.base], payload, atol=1e-6)
    assert not np.delete(more, sim.base, axis=1).any()
    assert payload.min() < -0.8
    assert payload.max() > 2.8
    assert np.allclose([m.body_subtreemass[sim.base] for m in models], sim.model.body_mass.sum() + payload)


def test_pushes_come_as_often_and_as_hard_as_stated() -> None:
    r = dataclasses.replace(nominal(), push_every_s=2.0, push_mps=0.6)
    sim, rng = envs.make(envs.calm(), n=64).sim, np.random.default_rng(0)
    kicks, periods = 0, 2000
    for _ in range(periods):
        sim.qvel[:] = 0.0
        push(sim, r, rng)
        hit = sim.qvel[:, 0] != 0
        kicks += int(hit.sum())
        assert np.abs(sim.qvel[:, :2]).max() <= 0.6
        assert np.abs(sim.qvel[:, 3:6]).max() <= 0.2
        assert not sim.qvel[~hit].any()
        assert not sim.qvel[:, 6:].any()
    assert kicks == pytest.approx(periods * 64 * sim.period_s / 2.0, rel=0.1)


def test_a_base_parallel_to_the_ground_is_neither_tilted_nor_climbing(rng: np.random.Generator) -> None:
    s = snapshot(rng)
    normal = np.concatenate((-s.incline, np.ones((N, 1), np.float32)), axis=1)
    s.gravity = -normal / np.linalg.norm(normal, axis=1, keepdims=True)
    s.gravity[:, :2] *= -1  # the ground's normal seen from the heading frame, gravity from the tilted base
    s.velocity[:, 2] = (s.velocity[:, :2] * s.incline).sum(axis=1)
    np.testing.assert_allclose(rewards.terrain_orientation(s), 0.0, atol=1e-10)
    np.testing.assert_allclose(rewards.terrain_vel_z(s), 0.0, atol=1e-10)
    s.incline = np.zeros((N, 2), np.float32)
    np.testing.assert_array_equal(rewards.terrain_orientation(s), rewards.flat_orientation(s))
    np.testing.assert_array_equal(rewards.terrain_vel_z(s), rewards.lin_vel_z(s))


def test_a_nominal_robot_is_the_model_itself() -> None:
    env = envs.make(envs.calm(), n=2)
    for i in range(2):
        model = env.sim.batch.get_model(i)
        np.testing.assert_array_equal(model.body_mass, env.sim.model.body_mass)
        np.testing.assert_array_equal(model.actuator_gainprm[:, KP_SLOT], env.control.kp)
    env.reset(seed=0)
    np.testing.assert_array_equal(env.observe(), env._exact)
    np.testing.assert_array_equal(env._draw_delay(), 0)


def test_a_friction_that_is_drawn_is_felt() -> None:
    """On ice a robot that glides goes on; with grip it stops."""
    distance = []
    for friction in (0.02, 1.0):
        r = dataclasses.replace(nominal(), friction=(friction, friction))
        env = envs.make(envs.calm(randomisation=r, command_slew=(0.0, 0.0, 0.0)), n=2)
        env.reset(seed=0)
        env.until_command[:] = 10_000
        env.set_commands(np.zeros((2, 3), np.float32))
        for k in range(40):
            if k == 15:
                start = env.sim.qpos[:, :2].copy()
                env.sim.qvel[:, 0] += 0.5
            env.step(np.zeros((2, 12), np.float32))
        distance.append(np.linalg.norm(env.sim.qpos[:, :2] - start, axis=1).min())
    assert distance[0] > 2 * distance[1]


def test_noise_spreads_as_stated() -> None:
    n = 4000
    zero = {
        name: np.zeros((n, k), np.float32) for name, k in (("gyro", 3), ("gravity", 3), ("q_offset", 12), ("dq", 12))
    }
    same = {"command": 3, "last_action": 12, "stepping": 1}
    readings = Readings(
        **zero, **{k: np.zeros((n, v), np.float32) for k, v in same.items()}, phase=np.zeros(n, np.float32)
    )
    gyro_bias, q_bias = np.array([0.1, 0.2, 0.3], np.float32), np.float32(0.05)
    add_noise(readings, NOISE, np.tile(gyro_bias, (n, 1)), np.full((n, 12), q_bias), np.random.default_rng(0))
    wanted = (("gyro", 0.2, gyro_bias), ("gravity", 0.05, 0.0), ("q_offset", 0.01, q_bias), ("dq", 1.5, 0.0))
    channels = []
    for name, half_width, bias in wanted:
        error = getattr(readings, name) - bias
        assert error.dtype == np.float32
        assert np.abs(error).max() <= half_width * (1 + 1e-4)
        # uniform within +- a: standard deviation a / sqrt 3, known to 0.7 % from n draws; the mean to a / sqrt(3 n)
        np.testing.assert_allclose(error.std(axis=0), half_width / np.sqrt(3), rtol=0.04)
        np.testing.assert_allclose(error.mean(axis=0), 0, atol=5 * half_width / np.sqrt(3 * n))
        channels.append(error / half_width)
    correlation = np.corrcoef(np.concatenate(channels, axis=1).T) - np.eye(30)
    assert np.abs(correlation).max() < 0.1  # every channel draws for itself
    assert not any(getattr(readings, name).any() for name in same)
    assert all(not array.any() for array in zero.values())  # the exact readings stay what they were


def test_biases_belong_to_a_robot_and_stay() -> None:
    r = dataclasses.replace(nominal(), gyro_bias_radps=0.1, q_bias_rad=0.02)
    env = envs.make(envs.calm(randomisation=r), n=200)
    env.reset(seed=0)
    first, second = env.observe() - env._exact, env.observe() - env._exact
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert np.abs(env.gyro_bias).max() == pytest.approx(0.1, rel=0.05)
    assert np.abs(env.q_bias).max() == pytest.approx(0.02, rel=0.05)
    np.testing.assert_allclose(first[:, :3], env.gyro_bias * 0.25, atol=1e-6)


def test_actions_arrive_late_by_what_is_stated() -> None:
    n = 2000
    r = dataclasses.replace(nominal(), delay_share=(0.0, 1.0))
    env = envs.make(envs.calm(randomisation=r), n=n)
    env.reset(seed=0)
    delays = np.concatenate([env._draw_delay() for _ in range(5)])
    assert set(delays.tolist()) == {0, 1, 2}
    assert 1e3 * env.sim.model.opt.timestep * delays.mean() == pytest.approx(10.0, abs=0.3)  # ms
    late = envs.make(envs.calm(randomisation=dataclasses.replace(r, delay_share=(1.0, 1.0))), n=2)
    late.reset(seed=0)
    np.testing.assert_array_equal(late._draw_delay(), 2)


def test_an_action_that_is_a_whole_period_late_acts_one_step_later() -> None:
    """What a delayed robot does is what one does that is told the same a period before."""
    whole = dataclasses.replace(nominal(), delay_share=(1.0, 1.0))
    late, prompt = envs.make(envs.calm(randomisation=whole)), envs.make(envs.calm())
    for env in (late, prompt):
        env.reset(seed=0)
    start = late.targets.copy()
    rng = np.random.default_rng(1)
    told = [start]
    for _ in range(4):
        late.step(rng.normal(size=(4, 12)).astype(np.float32))
        prompt.sim.step(told[-1], told[-1], np.zeros(4, np.int64))
        told.append(late.targets.copy())
        np.testing.assert_array_equal(late.sim.qpos, prompt.sim.qpos)
        np.testing.assert_array_equal(late.sim.qvel, prompt.sim.qvel)
    assert np.abs(told[1] - told[2]).max() > 0.01


def test_headings_drift_as_the_imu_does() -> None:
    r = dataclasses.replace(nominal(), heading_drift_radps=0.5)
    env, true = envs.make(envs.calm(randomisation=r)), envs.make(envs.calm())
    for e in (env, true):
        e.reset(seed=0)
        e.until_command[:] = 1000
        e.command[:] = e.followed[:] = [0.5, 0.0, 0.0]
    assert np.abs(env.heading_drift).max() <= 0.5
    for e in (env, true):
        e.step(np.zeros((4, 12), np.float32))
        e.step(np.zeros((4, 12), np.float32))
    # the first step follows a command of rest in both; from the second on the drift counts as a turn
    difference = true.heading_error - env.heading_error
    np.testing.assert_allclose(difference / env.heading_drift, difference[0] / env.heading_drift[0], rtol=0.2)
    assert difference[0] / env.heading_drift[0] > 0.01
