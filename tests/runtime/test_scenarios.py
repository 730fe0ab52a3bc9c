"""Whole scenes in simulation, with the policy that comes with rudel: from any of them the robot comes to rest."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
import pytest

from rudel import robots, worlds
from rudel.cli import _policies
from rudel.core.frames import projected_gravity
from rudel.core.types import RobotState, Twist
from rudel.locomotion import policy
from rudel.robots.posture_plan import plan_posture
from rudel.runtime.loop import Loop
from rudel.runtime.machine import Machine
from rudel.runtime.modes import Mode
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.worlds import Place

FAST = Twist(1.0, 0.0, 0.0)


@cache
def walker() -> policy.Policy:
    return policy.load(_policies.resolve("lite3/walk"))


class Scene:
    """A Lite3 with the shipped policy, or another robot that only stands; ``spoil`` changes what the robot reads."""

    def __init__(self, terrain: Place | None = None, seed: int = 0, robot: str = "lite3") -> None:
        self.rng = np.random.default_rng(seed)
        spec = robots.load(robot)
        self.live = LiveSim(spec, terrain, realtime_factor=None)
        self.driver = SimDriver(self.live, None, self.rng)
        self.spoil: Callable[[RobotState], RobotState] = lambda state: state
        walk = walker() if robot == "lite3" else None
        self.machine = Machine(plan_posture(spec), walk, period_s=self.driver.period_s)
        self.driver.__enter__()
        self.loop = Loop(self.driver, self.machine)
        self.machine.step, step = (lambda state, now_s: step(self.spoil(state), now_s)), self.machine.step

    def run(self, seconds: float, twist: Twist | None = None) -> None:
        for _ in range(round(seconds / self.driver.period_s)):
            if twist is not None:
                self.machine.command(twist)
            self.loop.period()

    def up(self, word: str = "walk") -> Scene:
        self.machine.request(word)
        for _ in range(400):
            self.run(self.driver.period_s, Twist())
            if self.machine.ready:
                return self
        raise AssertionError(f"{word} was not reached: {self.machine.events}")

    @property
    def upright(self) -> bool:
        return bool(projected_gravity(self.live.data.qpos[3:7])[2] < -math.cos(math.radians(40)))

    def rests(self) -> bool:
        """Limp, and moving by less than 2 cm in a second."""
        before = self.live.data.qpos[:3].copy()
        self.run(1.0, FAST)
        moved = float(np.linalg.norm(self.live.data.qpos[:3] - before))
        return self.machine.at_rest and not self.driver.active.kp.any() and moved < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_stop_at_a_random_moment_of_a_fast_walk_ends_folded_and_upright(seed: int) -> None:
    scene = Scene(seed=seed).up()
    scene.run(float(scene.rng.uniform(0.5, 2.0)), FAST)
    assert scene.live.true_state().twist[0] > 0.3
    scene.machine.request("stop")
    scene.run(6.0, FAST)
    assert scene.rests()
    assert scene.upright
    assert scene.machine.trouble is None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_stop_in_the_middle_of_standing_up_or_sitting_down(seed: int) -> None:
    scene = Scene(seed=seed)
    if seed % 2:
        scene.up("stand").machine.request("sit")
    else:
        scene.machine.request("walk")
    scene.run(float(scene.rng.uniform(0.1, 2.0)))
    scene.machine.request("stop")
    scene.run(5.0)
    assert scene.rests()
    assert scene.upright


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_robot_shoved_over_while_walking_goes_limp_and_says_so(seed: int) -> None:
    scene = Scene(seed=seed).up()
    scene.run(1.0, FAST)
    scene.live.data.qvel[1] += 5.0 * scene.rng.choice((-1, 1))
    scene.live.data.qvel[3] += 12.0 * scene.rng.choice((-1, 1))
    scene.run(4.0, FAST)
    assert scene.machine.mode is Mode.DAMPING
    assert "fell" in str(scene.machine.trouble)
    assert scene.rests()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["q", "dq", "quat", "gyro"])
def test_one_broken_reading_at_a_random_moment_ends_in_damping_without_a_jump(name: str) -> None:
    scene = Scene(seed=len(name)).up()
    scene.run(float(scene.rng.uniform(0.3, 1.5)), FAST)
    left = 1

    def nan(state: RobotState) -> RobotState:
        nonlocal left
        left -= 1
        value = getattr(state, name) * np.nan
        return dataclasses.replace(state, **{name: value}) if left == 0 else state

    scene.spoil = nan
    before = scene.driver.active
    scene.run(scene.driver.period_s, FAST)
    after = scene.driver.active
    assert scene.machine.mode is Mode.DAMPING
    assert (after.kp > 0.9 * before.kp).all()  # the stiffness goes in 0.2 s, not at once
    scene.run(4.0, FAST)
    assert scene.rests()


@pytest.mark.slow
def test_a_dead_sender_ends_in_a_robot_that_sits() -> None:
    scene = Scene().up()
    scene.run(1.0, FAST)
    scene.run(1.5)
    assert scene.machine.mode in (Mode.WALK, Mode.STAND)
    scene.run(1.5)
    assert scene.machine.mode is Mode.STAND
    assert abs(scene.live.true_state().twist[0]) < 0.05
    scene.run(scene.machine.settings.silent_sit_s + 4.0)
    assert scene.machine.mode is Mode.SIT
    assert scene.upright
    assert scene.machine.at_rest


@pytest.mark.slow
@pytest.mark.parametrize("world", ["blocks", "slope"])
def test_up_and_down_and_up_again_on_uneven_ground(world: str) -> None:
    terrain = worlds.build(world, 0.12, np.random.default_rng(3))
    scene = Scene(terrain).up()
    scene.run(1.0, Twist(0.4, 0.0, 0.0))
    scene.up("sit").up("stand").up("stop")
    assert scene.rests()
    assert scene.upright


@pytest.mark.parametrize("robot", robots.names())
def test_every_robot_stands_up_and_comes_to_rest(robot: str) -> None:
    scene = Scene(robot=robot).up("stand")
    height_m = scene.live.true_state().pose.position[2]
    assert height_m == pytest.approx(scene.driver.spec.nominal_height_m, abs=0.01)
    scene.up("stop")
    assert scene.upright
    assert scene.live.true_state().pose.position[2] < 0.5 * height_m
    scene.run(1.0)
    assert scene.rests()


def test_a_driver_that_refuses_is_stopped_and_told() -> None:
    scene = Scene()
    scene.machine.request("stand")
    scene.run(0.6)
    assert scene.driver.active.kp.any()
    scene.driver.stop()
    scene.run(0.1)
    assert "stopped" in str(scene.loop.trouble)
    assert not scene.driver.active.kp.any()


def test_a_gap_in_the_states_is_bridged_and_silence_is_damping() -> None:
    from rudel.core.errors import Retry

    scene = Scene().up("stand")
    read, late = scene.driver.read, True

    def gap() -> RobotState:
        if late:
            raise Retry("no packet yet")
        return read()

    scene.loop.driver = _with_read(scene.driver, gap)
    scene.run(0.1)
    assert scene.machine.mode is Mode.STAND
    scene.run(0.4)
    assert scene.machine.mode is Mode.DAMPING
    assert "no state" in str(scene.machine.trouble)
    late = False
    scene.run(1.0)
    assert scene.machine.at_rest


def _with_read(driver: SimDriver, read: Callable[[], RobotState]) -> SimDriver:
    """``driver``, whose states come from ``read``; it limits torque by its own, as before."""

    class Deaf:
        def __getattr__(self, name: str) -> object:
            return read if name == "read" else getattr(driver, name)

    return cast(SimDriver, Deaf())  # stands in for the driver, of which a loop sees nothing else
