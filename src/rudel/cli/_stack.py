"""The whole stack, put together: a simulated robot with its senses, localisation, maps and the pilot.

The only way from the simulation to the pilot is what driver and senses say. What really happened is kept apart, by a
Judge that the pilot never meets.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rudel.cli._stack_judge import Judge
from rudel.cli._stack_legs import Legs
from rudel.cli._stack_limits import follow_limits
from rudel.cli._stack_world import Site
from rudel.core import frames
from rudel.core.errors import GiveUp
from rudel.core.readings import Reading
from rudel.core.types import Event, Pose, RobotState
from rudel.navigation.localise import Localiser, Rig
from rudel.navigation.pilot import Order, Outcome, Patience, Pilot, PilotAside, Surroundings
from rudel.navigation.plan import Planner
from rudel.navigation.types import Costs, Estimate
from rudel.robots.carriage import Carriage
from rudel.runtime.steady import steady
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.senses.aside import worthwhile
from rudel.sim.senses.fault import Fault
from rudel.sim.senses.mount import rig
from rudel.sim.senses.outfit import standard
from rudel.sim.senses.sense import doubles
from rudel.sim.senses.suite import SenseSuite
from rudel.sim.sensors import SensorNoise
from rudel.worlds.place import World

STAND_UP_S = 10.0  # that it may take
LIMP_S = 1.5  # legs that went limp for so long, without the pilot knowing why: it gives up
AFTER_S = 4.0  # simulated on after the outcome: coming to rest, sitting down
SENSES = ("lidar", "odometry")
LATENCIES_KEPT = 200_000

Look = Callable[["Moment"], None]


@dataclass(frozen=True, eq=False)
class Moment:
    """One control period as the stack knows it, for showing and recording."""

    time_s: float
    state: RobotState
    estimate: Estimate | None
    order: Order
    events: Sequence[Event]
    pilot: PilotAside


@dataclass(frozen=True)
class Ride:
    """How to run: chance, pace, limits, what is broken.

    Attributes:
        seed: of noise.
        limit_s: simulated time after which the task is given up.
        speed: simulated seconds per second; inf: as fast as the machine can.
        faults: by sense.
        senses: names of the senses that are on.
        placed: is the robot told where it starts?
        start: x, y [m], yaw [rad] to start from; None: the world's own start.
        patience: of the pilot.
    """

    seed: int = 0
    limit_s: float = 600.0
    speed: float = math.inf
    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict[str, tuple[Fault, ...]])
    senses: tuple[str, ...] = SENSES
    placed: bool = True
    start: tuple[float, float, float] | None = None
    patience: Patience | None = None


@dataclass(frozen=True, eq=False)
class Ran:
    """What came of it: the outcome as the robot has it, and what the judge saw.

    Attributes:
        outcome: of the task.
        time_s: simulated, from standing to the outcome.
        wall_s: real time for that.
        control_ms: (n,) processor time of every step of the pilot [ms].
        estimate: the last one.
        judge: what really happened.
        events: of the pilot.
        known: the map that the robot ended with; of a pilot that is gone, what it began with.
    """

    outcome: Outcome
    time_s: float
    wall_s: float
    control_ms: np.ndarray
    estimate: Estimate | None
    judge: Judge
    events: list[Event]
    known: Costs


def pilot_of(
    site: Site, ride: Ride, legs: Legs, start: Pose | None, listen: Callable[[Event], None] | None = None
) -> PilotAside:
    """The pilot, in a process of its own where there is a core for it. In real time it is never waited for.

    Args:
        site, ride: its maps, and how to run.
        legs: that it commands.
        start: what it is told about where it stands.
        listen: called with every event.
    """
    return PilotAside(
        lambda tell: make_pilot(site, ride, legs, start, tell),
        site.walk.contract.period_s,
        process=worthwhile(),
        wait=ride.speed > 1.0,
        listen=listen,
    )


def make_pilot(site: Site, ride: Ride, legs: Legs, start: Pose | None, listen: Callable[[Event], None]) -> Pilot:
    """A pilot with its own localisation and maps, for this very process."""
    mount = rig(site.spec)["lidar"]
    localiser = Localiser(
        Rig(doubles(mount.position), doubles(mount.quat), site.spec.nominal_height_m), site.points, start
    )
    static = site.grid if site.points is not None else None
    mapping = Surroundings(static, site.room, site.spec.nominal_height_m, Carriage(site.spec).height_m)
    limits = follow_limits(site.limits, site.walk.contract.max_twist)
    return Pilot(
        localiser,
        mapping,
        Planner(),
        site.footprint,
        limits,
        listen=listen,
        can_get_up=legs.can_get_up,
        patience=ride.patience,
    )


def run(
    site: Site,
    world: World,
    ride: Ride,
    begin: Callable[[PilotAside], None],
    look: Look | None = None,
    dress: Callable[[LiveSim], None] | None = None,
) -> Ran:
    """Stand up, begin the task, and step until there is an outcome.

    Args:
        site: maps and robot.
        world: where it really walks; may differ from what the maps know.
        ride: how.
        begin: gives the pilot its task, once it has stood up and knows where it is (or has been told its start).
        look: shown every moment.
        dress: given the simulation before it starts.
    """
    noise_rng, sense_rng = np.random.default_rng(ride.seed).spawn(3)[1:]
    live = LiveSim(site.spec, world, realtime_factor=None if math.isinf(ride.speed) else ride.speed)
    x, y, yaw = start = ride.start or (*site.start, site.world.spawn_yaw_rad)
    live.reset(xy=(x, y), yaw=yaw)
    if dress is not None:
        dress(live)
    driver = SimDriver(live, SensorNoise(), noise_rng, period_s=site.walk.contract.period_s)
    legs = Legs(site.spec, site.walk, site.get_up)
    fresh: list[Event] = []
    judge = Judge(live)
    costs_ms: list[float] = []
    with (
        pilot_of(site, ride, legs, told(site, start) if ride.placed else None, fresh.append) as pilot,
        standard(live, sense_rng, ride.senses, faults=ride.faults, aside=worthwhile()) as suite,
        driver,
        in_time(ride.speed),
    ):
        next_s = began_s = stand_up(driver, suite, legs)
        began_wall = time.perf_counter()
        ended_s: float | None = None
        begun, limp_s = False, 0.0
        while ended_s is None or next_s - ended_s < AFTER_S:
            state = driver.read()
            readings: list[Reading] = [arrival.reading for arrival in suite.update(state)]
            if not begun and pilot.estimate is not None and pilot.estimate.known:
                begin(pilot)
                begun = True
            order = pilot.step(state, readings)
            if len(costs_ms) < LATENCIES_KEPT:
                costs_ms.append(1e3 * pilot.took_s)
            limp_s = 0.0 if legs.trouble is None else limp_s + driver.period_s
            if pilot.outcome is None and legs.trouble is not None and limp_s > LIMP_S and not pilot.trouble:
                pilot.give_up("legs", legs.trouble)
            if pilot.outcome is None and next_s - began_s > ride.limit_s:
                pilot.give_up("timeout", f"not done within {ride.limit_s:g} s")
            driver.send(legs.targets(state, order, driver.clock.now_s()))
            judge.watch(pilot.estimate, state.time_s)
            next_s += driver.period_s
            driver.clock.sleep_until(next_s)
            if look is not None:
                look(Moment(next_s - began_s, state, pilot.estimate, order, tuple(fresh), pilot))
            fresh.clear()
            if ended_s is None and pilot.outcome is not None:
                ended_s, wall_s = next_s, time.perf_counter() - began_wall
                judge.close()
        known = site.costs if pilot.gone else pilot.whole_map()
    assert pilot.outcome is not None
    costs = np.array(costs_ms)
    return Ran(pilot.outcome, ended_s - began_s, wall_s, costs, pilot.estimate, judge, list(pilot.events), known)


def in_time(speed: float) -> contextlib.AbstractContextManager[None]:
    """Around a loop, after other processes were begun: in real time and slower it has to wake up when it is due."""
    return steady() if speed <= 1.0 else contextlib.nullcontext()


def told(site: Site, start: tuple[float, float, float]) -> Pose:
    """What a robot is told about its start: where the map says that it is, not where the simulation has it."""
    x, y, yaw = start
    ground = float(site.world.height(np.array([x, y])))
    quat = doubles(frames.quat_from_yaw(np.asarray(yaw)))
    return Pose(np.array([x, y, ground + site.spec.nominal_height_m]), quat, "map")


def stand_up(driver: SimDriver, suite: SenseSuite, legs: Legs) -> float:
    """On its feet, with the policy in charge; returns the time [s]. What senses say meanwhile is of no use."""
    next_s = driver.clock.now_s()
    until_s = next_s + STAND_UP_S
    while not legs.ready:
        if legs.trouble is not None or next_s > until_s:
            raise GiveUp(f"{driver.spec.name} did not stand up: {legs.trouble or f'not within {STAND_UP_S:g} s'}")
        state = driver.read()
        suite.update(state)
        driver.send(legs.targets(state, Order(), next_s))
        next_s += driver.period_s
        driver.clock.sleep_until(next_s)
    return next_s
