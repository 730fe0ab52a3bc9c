"""The suite: rates, latencies, clocks, faults and sameness."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.core.clock import SimClock
from rudel.core.errors import BadInput, UnknownName
from rudel.core.readings import GasReading, Intrinsics, Odometry, Scan
from rudel.core.types import JointTargets, RobotState
from rudel.robots.kinematics import Kinematics
from rudel.robots.leg_odometry import LegOdometry
from rudel.sim.live import LiveSim
from rudel.sim.senses import mount, rays
from rudel.sim.senses.clock import ClockError, DriftingClock
from rudel.sim.senses.fault import KINDS, Fault, Faults, broken
from rudel.sim.senses.outfit import LATENCY_S, NAMES, standard
from rudel.sim.senses.sense import Span, Taken
from rudel.sim.senses.suite import Arrival, Channel, SenseSuite
from rudel.sim.sensors import SensorNoise, Sensors

PLAIN = ("lidar", "lidar_front", "depth_cast", "thermal", "gas", "odometry")  # need no graphics


class Counter:
    """Says what time it is, once a span."""

    clock = ClockError()

    def advance(self, span: Span) -> list[Taken]:
        return [Taken(span.end_s, GasReading(span.end_s, "gas", "CO", span.end_s))]


@pytest.fixture
def live() -> LiveSim:
    return standing("lite3")


def standing(name: str) -> LiveSim:
    sim = LiveSim(robots.load(name), realtime_factor=None)
    pose = JointTargets.hold(sim.spec.default_pose, sim.spec.stand_kp, sim.spec.stand_kd)
    sim.source = lambda: pose
    sim.reset(sim.spec.default_pose)
    return sim


def run(live: LiveSim, suite: SenseSuite, periods: int) -> list[Arrival]:
    sensors = Sensors(live.spec, live.model, SensorNoise(), np.random.default_rng(9))
    arrived: list[Arrival] = []
    for _ in range(periods):
        live.step(0.02)
        arrived += suite.update(sensors.read(live.data, live.now_s()))
    return arrived


def counted(live: LiveSim, *faults: Fault, latency_s: float = 0.0, periods: int = 20) -> list[tuple[int, int, int]]:
    """(arrival, stamp, content) in periods of 20 ms."""
    suite = SenseSuite(live, {"count": Channel(Counter(), latency_s, faults)})
    rows: list[tuple[int, int, int]] = []
    for arrival in run(live, suite, periods):
        assert isinstance(arrival.reading, GasReading)
        times = arrival.true_s, arrival.reading.time_s, arrival.reading.ppm
        first, second, third = (-1 if math.isnan(x) else round(x / 0.02) for x in times)
        rows.append((first, second, third))
    return rows


def test_every_sense_answers_at_its_rate_and_after_its_latency(live: LiveSim) -> None:
    with standard(live, np.random.default_rng(0), PLAIN) as suite:
        arrived = run(live, suite, 105)  # 2.1 s
    count = {name: sum(a.name == name for a in arrived) for name in PLAIN}
    wanted = {"lidar": 20, "lidar_front": 20, "depth_cast": 30, "thermal": 17, "gas": 3, "odometry": 104}
    assert all(abs(count[name] - n) <= 1 for name, n in wanted.items()), count
    for a in arrived:
        sense = suite.sense(a.name)
        measured = sense.clock.true_s(a.reading.time_s) + (0.1 if isinstance(a.reading, Scan) else 0)
        assert a.true_s - measured == pytest.approx(LATENCY_S[a.name], abs=1e-3)
    assert [a.true_s for a in arrived] == sorted(a.true_s for a in arrived)


def test_the_same_seed_gives_the_same_bytes_and_senses_do_not_disturb_each_other() -> None:
    def scans(names: tuple[str, ...], seed: int) -> list[bytes]:
        live = standing("lite3")
        suite = standard(live, np.random.default_rng(seed), names)
        found = [a.reading for a in run(live, suite, 12)]
        return [r.points.tobytes() for r in found if isinstance(r, Scan) and r.frame == "lidar"]

    alone, among, other = scans(("lidar",), 1), scans(PLAIN, 1), scans(("lidar",), 2)
    assert len(alone) == 2
    assert alone == among
    assert alone != other


def test_a_suite_without_senses_says_nothing(live: LiveSim) -> None:
    assert standard(live, np.random.default_rng(0), ()).update() == []


def test_readings_arrive_late_by_their_latency(live: LiveSim) -> None:
    assert counted(live, latency_s=0.1)[:2] == [(6, 1, 1), (7, 2, 2)]


def test_faults(live: LiveSim) -> None:
    """Between periods 5 and 9."""
    when = {"start_s": 0.09, "end_s": 0.17}
    good = [(k, k, k) for k in range(1, 21)]
    odd = {
        "stop": [],
        "freeze": [(k, k, 4) for k in range(5, 9)],
        "nan": [(k, k, -1) for k in range(5, 9)],
        "past": [(k, k - 3, k - 3) for k in range(5, 9)],
    }
    for kind in KINDS:
        seen = counted(standing("lite3"), Fault(kind, **when, age_s=0.06))
        assert seen == good[:4] + odd[kind] + good[8:], kind


def test_a_fault_can_come_and_go(live: LiveSim) -> None:
    suite = SenseSuite(live, {"count": Channel(Counter())})
    assert len(run(live, suite, 3)) == 3
    suite.inject("count", Fault("stop"))
    assert not run(live, suite, 3)
    suite.repair("count")
    assert len(run(live, suite, 3)) == 3
    with pytest.raises(UnknownName, match="count"):
        suite.inject("counter", Fault("stop"))


def test_what_is_nan_and_what_stays() -> None:
    one = Scan(3.0, "lidar", np.ones((4, 3)), np.arange(4), np.zeros(4), np.ones(4))
    bad = broken(one)
    assert isinstance(bad, Scan)
    assert np.isnan(bad.points).all()
    assert np.isnan(bad.intensity).all()
    assert bad.time_s == 3.0
    np.testing.assert_array_equal(bad.offsets_s, one.offsets_s)


def test_a_past_that_is_not_asked_for_is_not_kept() -> None:
    faults = Faults()
    for k in range(100):
        faults(float(k), GasReading(float(k), "gas", "CO", 0.0))
    assert not faults._past
    faults.add(Fault("past", 200.0, age_s=5.0))
    for k in range(100, 210):
        last = faults(float(k), GasReading(float(k), "gas", "CO", 0.0))
    assert last is not None
    assert last.time_s == 204.0
    assert len(faults._past) <= 7


@given(offset=st.floats(-1e3, 1e3), ppm=st.floats(-1000, 1000), t=st.floats(0, 1e4))
def test_a_drifting_clock_goes_there_and_back(offset: float, ppm: float, t: float) -> None:
    error = ClockError(offset, ppm)
    assert error.true_s(error.stamp_s(t)) == pytest.approx(t, abs=1e-6)
    clock, true = DriftingClock(SimClock(t), error), SimClock(t)
    assert clock.now_s() == pytest.approx(offset + t * (1 + ppm * 1e-6), abs=1e-6)
    DriftingClock(true, error).sleep_until(clock.now_s() + 10)
    assert true.now_s() - t == pytest.approx(10 / (1 + ppm * 1e-6), abs=1e-6)


def walked(live: LiveSim, slip: float) -> tuple[np.ndarray, float]:
    """A state in which standing feet sweep back at 0.4 m/s under the base, counted for a second."""
    spec, legs = live.spec, Kinematics(live.spec)
    q, dq = spec.default_pose, np.zeros(12)
    feet, (anchors, axes) = legs.feet(q), legs.joint_frames(q)
    for leg in range(4):
        jacobian = np.cross(axes[3 * leg : 3 * leg + 3], feet[leg] - anchors[3 * leg : 3 * leg + 3]).T
        dq[3 * leg : 3 * leg + 3] = np.linalg.solve(jacobian, [-0.4, 0.0, 0.0])
    odometry = LegOdometry(spec, slip=slip)
    for k in range(51):
        contact = np.array([1, 0, 0, 1]) if k % 2 else np.array([0, 1, 1, 0])
        quat = np.array([1.0, 0, 0, 0])
        odometry.update(RobotState(0.02 * k, q, dq, 0 * q, quat, np.zeros(3), np.array([0, 0, 9.81]), contact))
    return odometry.position, odometry.yaw_rad


@pytest.mark.parametrize("name", robots.names())
def test_odometry_counts_the_way_of_standing_feet(name: str) -> None:
    live = standing(name)
    position, yaw = walked(live, 0.0)
    np.testing.assert_allclose(position, [0.4, 0, 0], atol=1e-9)
    assert yaw == 0
    np.testing.assert_allclose(walked(live, 0.15)[0], [0.34, 0, 0], atol=1e-9)


def test_odometry_of_a_standing_robot_stays(live: LiveSim) -> None:
    live.step(1.0)
    suite = standard(live, np.random.default_rng(0), ("odometry",))
    last = run(live, suite, 100)[-1].reading
    assert isinstance(last, Odometry)
    assert np.linalg.norm(last.position) < 0.05
    live.step(0.02)
    with pytest.raises(BadInput, match="measurements"):
        suite.update()


@pytest.mark.parametrize("name", robots.names())
def test_the_lidar_of_every_robot_looks_over_its_back(name: str) -> None:
    live = standing(name)
    suite = standard(live, np.random.default_rng(0), ("lidar",))
    scan = next(a.reading for a in run(live, suite, 10) if isinstance(a.reading, Scan))
    own = np.linalg.norm(scan.points, axis=1) < 0.6 * live.spec.nominal_height_m
    assert own.mean() < 0.01
    near = np.linalg.norm(scan.points[:, :2], axis=1) < 8 * live.spec.nominal_height_m
    ground = np.median(scan.points[near & (scan.points[:, 2] < 0), 2]) + mount.rig(live.spec)["lidar"].position[2]
    assert ground == pytest.approx(-live.spec.nominal_height_m, abs=0.15)


def test_bad_names_and_numbers_are_refused(live: LiveSim) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(UnknownName, match="lidar"):
        standard(live, rng, ("lidr",))
    with pytest.raises(UnknownName, match="camera"):
        standard(live, rng, ("lidar",), faults={"camera": ()})
    with pytest.raises(UnknownName, match="freeze"):
        Fault("frozen")
    with pytest.raises(BadInput, match="start_s"):
        Fault("stop", 2.0, 1.0)
    with pytest.raises(BadInput, match="latency"):
        Channel(Counter(), -1.0)
    with pytest.raises(BadInput, match="drift"):
        ClockError(0.0, math.nan)
    with pytest.raises(BadInput, match="no picture"):
        Intrinsics(0, 10, 1, 1, 0, 0)
    with pytest.raises(BadInput, match=r"Scan\.points"):
        Scan(0.0, "lidar", np.zeros((3, 2)), np.zeros(3), np.zeros(3), np.zeros(3))
    assert set(LATENCY_S) == set(NAMES)
    assert dataclasses.is_dataclass(Fault)
    assert rays.engine() in rays.ENGINES
