"""The simulated driver keeps the protocol, and its robot does what it is told."""

from __future__ import annotations

import numpy as np
import pytest

from rudel import robots, worlds
from rudel.core.errors import BadInput, GiveUp
from rudel.core.types import JointTargets
from rudel.robots.conformance import check_driver
from rudel.robots.driver import Driver
from rudel.robots.spec import RobotSpec
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.model import KP_SLOT
from rudel.sim.sensors import SensorNoise
from rudel.sim.standing import stand_up, upright


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def make(spec: RobotSpec, noise: SensorNoise | None = None, seed: int = 0) -> SimDriver:
    return SimDriver(LiveSim(spec, realtime_factor=None), noise, np.random.default_rng(seed))


def test_it_is_a_driver(spec: RobotSpec) -> None:
    driver: Driver = make(spec)  # the type checker compares it with the protocol here
    assert driver.spec is spec
    check_driver(lambda: make(spec), spec)


def test_targets_reach_the_motors(spec: RobotSpec) -> None:
    driver = make(spec, SensorNoise.exact())
    with driver:
        driver.live.step(0.5)
        state = driver.read()
        towards = 0.02 * np.sign(spec.default_pose - state.q)
        driver.send(JointTargets.hold(state.q + towards, spec.kp, spec.kd))
        driver.live.step(driver.live.model.opt.timestep)
        wanted = spec.kp * towards - spec.kd * state.dq
        np.testing.assert_allclose(driver.live.data.actuator_force, wanted, atol=1e-9)


def test_the_watchdog_acts_in_the_middle_of_a_wait(spec: RobotSpec) -> None:
    """A caller that sleeps too long finds its robot limp, as it would on a real one."""
    driver = make(spec)
    stiffness: list[tuple[float, float]] = []
    with driver:
        follow = driver.live.source
        start_s = driver.live.now_s()

        def spy() -> JointTargets:
            stiffness.append((driver.live.now_s() - start_s, float(follow().kp.max())))
            return follow()

        driver.live.source = spy
        driver.send(JointTargets.hold(spec.default_pose, spec.kp, spec.kd))
        driver.live.step(0.5)
    for time_s, kp in stiffness:
        assert (kp > 0) == (time_s <= driver.command_timeout_s + 1e-9), time_s
    assert driver.live.model.actuator_gainprm[:, KP_SLOT].max() == 0


def test_after_leaving_the_robot_sinks_down(spec: RobotSpec) -> None:
    driver = make(spec)
    with driver:
        stand_up(driver)
    driver.live.step(1.0)
    assert driver.live.true_state().pose.position[2] < 0.6 * spec.nominal_height_m


def test_stop_during_a_wait_takes_the_stiffness_at_once(spec: RobotSpec) -> None:
    driver = make(spec)
    with driver:
        follow = driver.live.source

        def stop_halfway() -> JointTargets:
            if driver.live.now_s() >= 0.05:
                driver.stop()
            return follow()

        driver.live.source = stop_halfway
        driver.send(JointTargets.hold(spec.default_pose, spec.kp, spec.kd))
        driver.live.step(0.06)
        assert driver.live.model.actuator_gainprm[:, KP_SLOT].max() == 0
        with pytest.raises(GiveUp, match="stopped"):
            driver.send(JointTargets.hold(spec.default_pose, spec.kp, spec.kd))


@pytest.mark.parametrize("world", [None, *worlds.names()])
def test_it_stands_up_everywhere_and_stays_up(spec: RobotSpec, world: str | None, rng: np.random.Generator) -> None:
    terrain = None if world is None else worlds.build(world, 0.5, rng)
    ground = 0.0 if terrain is None else float(terrain.height(np.array(terrain.spawn)))
    driver = SimDriver(LiveSim(spec, terrain, realtime_factor=None))
    with driver:
        driver.live.step(0.3)  # it slumps first: nothing holds it yet
        state = stand_up(driver)
        position = driver.live.true_state().pose.position
        assert position[2] - ground == pytest.approx(spec.nominal_height_m, abs=0.02)
        assert upright(state)
        np.testing.assert_array_equal(state.contact, 1)
        assert np.abs(state.dq).max() < 0.5
        assert np.abs(driver.live.true_state().velocity).max() < 0.05


def test_standing_up_moves_smoothly(spec: RobotSpec) -> None:
    driver = make(spec, SensorNoise.exact())
    with driver:
        driver.live.step(0.3)
        speed: list[float] = []
        stand_up(driver, 1.5, 0.5, lambda state: speed.append(float(np.abs(state.dq / spec.speed_radps).max())))
    assert len(speed) == round(2.0 / driver.period_s)
    assert max(speed) < 0.3


def test_it_does_not_try_to_stand_up_on_its_back(spec: RobotSpec) -> None:
    driver = make(spec)
    driver.live.reset(spec.rest_pose)
    driver.live.data.qpos[2:7] = (0.5, 0.0, 1.0, 0.0, 0.0)
    with driver:
        with pytest.raises(GiveUp, match="turn it over"):
            stand_up(driver)
        assert not driver.active.kp.any()


def test_the_same_seed_lives_the_same_life(spec: RobotSpec) -> None:
    ends = []
    for seed in (3, 3, 4):
        driver = make(spec, seed=seed)
        with driver:
            stand_up(driver, 0.5, 0.1)
        ends.append(driver.live.data.qpos.tobytes())
    assert ends[0] == ends[1]
    assert ends[0] != ends[2]


def test_reading_twice_at_one_moment_gives_one_state() -> None:
    with make(robots.load("lite3")) as driver:
        first = driver.read()
        assert driver.read() is first
        driver.live.step(0.001)
        assert driver.read() is not first


@pytest.mark.parametrize(("period_s", "timeout_s"), [(0.0, 0.2), (0.0005, 0.2), (0.2, 0.2), (float("nan"), 0.2)])
def test_impossible_times_are_refused(period_s: float, timeout_s: float) -> None:
    live = LiveSim(robots.load("lite3"), realtime_factor=None)
    with pytest.raises(BadInput, match="period_s"):
        SimDriver(live, period_s=period_s, command_timeout_s=timeout_s)
