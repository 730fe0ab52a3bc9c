"""Standing up and sitting down in simulation: height, torque, jolts, slip; uneven ground, payload, low friction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rudel import robots, worlds
from rudel.core.types import Twist
from rudel.robots.posture import Sit, Stand
from rudel.robots.posture_plan import PosturePlan, plan_posture
from rudel.robots.spec import RobotSpec
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.posture_trial import Trial, set_load, try_posture
from rudel.worlds import Place

SLOPE = 14 / 29  # difficulty of the world "slope" with flanks of 15 degrees


@pytest.fixture(params=robots.names())
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    return robots.load(request.param)


def lie(
    spec: RobotSpec,
    terrain: Place | None = None,
    xy: tuple[float, float] = (0.0, 0.0),
    yaw: float = 0.0,
    payload_kg: float = 0.0,
    friction: float | None = None,
) -> tuple[SimDriver, PosturePlan]:
    """A robot that has slumped onto the ground, its driver entered."""
    driver = SimDriver(LiveSim(spec, terrain, realtime_factor=None))
    set_load(driver, payload_kg, friction)
    driver.live.reset(xy=xy, yaw=yaw)
    driver.__enter__()
    driver.live.step(0.5)
    return driver, plan_posture(spec)


def up_and_down(driver: SimDriver, plan: PosturePlan) -> tuple[Trial, Trial]:
    return try_posture(driver, Stand(plan, driver.period_s)), try_posture(driver, Sit(plan, driver.period_s))


def check(stand: Trial, sit: Trial, height_m: float, incline_rad: float = 0.0, off_rad: float = 0.1) -> None:
    """What holds everywhere: it arrives, within half of the torque line or so, without a bounce, and lies still."""
    assert stand.seconds < 4
    assert stand.height_m == pytest.approx(height_m, rel=0.08)
    assert stand.off_rad < off_rad
    assert abs(stand.tilt_rad - incline_rad) < 0.1
    assert stand.most_tilt_rad < incline_rad + 0.2
    assert stand.overshoot_m < 0.02
    assert stand.drift_m < 0.02
    assert sit.seconds < 7
    assert sit.height_m < 0.5 * height_m
    assert sit.most_tilt_rad < incline_rad + 0.25
    assert sit.drift_m < 0.03
    for trial in (stand, sit):
        assert trial.torque_share < 0.65
        assert trial.line_share < 0.75
        assert trial.accel_mps2 < 5.5


@pytest.mark.parametrize("seed", [0])
def test_level(spec: RobotSpec, seed: int) -> None:
    stand, sit = up_and_down(*lie(spec))
    check(stand, sit, spec.nominal_height_m)
    assert stand.height_m == pytest.approx(spec.nominal_height_m, abs=0.01)
    assert stand.off_rad < 0.03
    assert stand.slip_m < 0.12 * spec.nominal_height_m  # what the splayed legs of a limp robot have to come in by
    assert stand.torque_share < 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("payload_kg", "friction"), [(3.0, None), (0.0, 0.4)])
def test_payload_and_low_friction(spec: RobotSpec, payload_kg: float, friction: float | None) -> None:
    check(*up_and_down(*lie(spec, payload_kg=payload_kg, friction=friction)), spec.nominal_height_m)


@pytest.mark.slow
@pytest.mark.parametrize("yaw", [0.0, 2.5])
def test_a_slope_of_15_degrees(spec: RobotSpec, yaw: float) -> None:
    terrain = worlds.build("slope", SLOPE, np.random.default_rng(0))
    trials = up_and_down(*lie(spec, terrain, (1.5, 0.0), yaw))
    check(*trials, spec.nominal_height_m, math.radians(15), off_rad=0.25)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_blocks(spec: RobotSpec, seed: int) -> None:
    """Up to 6 cm: an eighth of the way between the feet of the smaller robot."""
    rng = np.random.default_rng(seed)
    terrain = worlds.build("blocks", 2 / 9, rng)
    x, y, yaw = rng.uniform(-3, 3, 3)
    stand, sit = up_and_down(*lie(spec, terrain, (x, y), yaw))
    check(stand, sit, spec.nominal_height_m, stand.tilt_rad, off_rad=0.15)
    assert stand.tilt_rad < 0.25


def test_up_from_halfway_down_and_down_from_halfway_up(spec: RobotSpec) -> None:
    driver, plan = lie(spec)
    stand, sit = Stand(plan, driver.period_s), Sit(plan, driver.period_s)

    def some(posture: Stand | Sit, seconds: float) -> None:
        for _ in range(round(seconds / driver.period_s)):
            driver.send(posture.step(driver.read(), Twist()))
            driver.live.step(driver.period_s)

    some(stand, 1.0)
    some(sit, 0.6)
    stand.reset()
    trial = try_posture(driver, stand, after_s=0.5)
    assert trial.height_m == pytest.approx(spec.nominal_height_m, abs=0.015)
    assert trial.slip_m < 0.12 * spec.nominal_height_m
