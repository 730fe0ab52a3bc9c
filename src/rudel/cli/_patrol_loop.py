"""One inspection round of a simulated robot: senses, pilot, mission, safety and legs in one loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from rudel.cli import _patrol_senses, _stack
from rudel.cli._patrol_look import Inspector
from rudel.cli._patrol_robot import PatrolRobot
from rudel.cli._patrol_task import Ran, Task
from rudel.cli._stack_judge import Judge
from rudel.cli._stack_legs import Legs
from rudel.core import frames
from rudel.core.readings import GasReading, Reading
from rudel.core.types import Event, JointTargets, RobotState
from rudel.missions import Battery, Executor
from rudel.navigation.pilot import PilotAside
from rudel.recording import Stream
from rudel.runtime.battery import Cells, Gauge, assumed_pack
from rudel.runtime.limits import Limits
from rudel.runtime.safety import Safety
from rudel.runtime.watchdog import usual_parts
from rudel.runtime.zones import Zones
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.senses.suite import SenseSuite
from rudel.sim.sensors import SensorNoise

START_S = 60.0  # within which the robot has to know where it is
TICK_S = 0.1  # between two looks of the mission
STATE_S = 0.1  # between two states in the recording
PATH_S = 0.5  # between two points of the path
FLUSH_S = 5.0  # simulated, between two waits for the disk when the simulation runs ahead of it
LEGS_LIMP_S = 1.5
HOME_S = 10.0  # between two plans of the way home
CLOCK_S = 1.0  # between two words about where it is, for going on after a restart

Shown = Callable[[float, str, float, PilotAside], None]
"""Time [s], what the mission is at, charge (0 to 1), pilot."""


def run(
    task: Task,
    stream: Stream,
    make_inspector: Callable[[], Inspector],
    keep: Callable[[Event], None],
    show: Shown,
) -> Ran:
    """Stand up, carry the mission out, and come to rest.

    Args:
        task: see there.
        stream: gets states, readings and events.
        make_inspector: of the detectors.
        keep: keeps events of the mission durably.
        show: called after every control period.
    """
    site = task.site
    noise_rng, sense_rng = np.random.default_rng(task.seed).spawn(3)[1:]
    live = LiveSim(site.spec, task.world, realtime_factor=None if math.isinf(task.speed) else task.speed)
    x, y, yaw = start = task.start or (*site.start, site.world.spawn_yaw_rad)
    live.reset(xy=(x, y), yaw=yaw)
    driver = SimDriver(live, SensorNoise(), noise_rng, period_s=site.walk.contract.period_s)
    legs = Legs(site.spec, site.walk, site.get_up)
    events: list[Event] = []

    def hear(event: Event) -> None:
        events.append(event)
        stream.publish("event", event.time_s, event)

    def mission_says(event: Event) -> None:
        keep(event)
        hear(event)

    judge = Judge(live)
    pack = assumed_pack(site.spec)
    cells = Cells(pack, task.charge, speedup=task.drain)
    safety = Safety(
        site.spec,
        Limits(site.limits.vx_mps, site.limits.vy_mps, site.limits.wz_radps),
        period_s=driver.period_s,
        stop=task.stop,
        zones=Zones.of(site.costs),
        gauge=Gauge(pack, reserve_share=min(task.mission.reserve, 0.9 - pack.empty_share)),
        parts=usual_parts(("lidar",)),
        listen=hear,
    )
    ride = _stack.Ride(task.seed, speed=task.speed)
    with (
        _stack.pilot_of(site, ride, legs, _stack.told(site, start), hear) as pilot,
        _patrol_senses.suite_of(live, sense_rng, task.faults) as suite,
        driver,
        _stack.in_time(task.speed),
    ):
        inspector = make_inspector()
        robot = PatrolRobot(
            pilot,
            cells,
            _patrol_senses.rig_of(site.spec),
            inspector,
            lambda pan, tilt, zoom: _patrol_senses.aim(suite, pan, tilt, zoom),
            lambda senses: _patrol_senses.watch(suite, senses),
            mission_says,
        )
        executor = Executor(task.mission, task.places, robot, task.resume, battery=Battery())
        try:
            next_s = began_s = _stack.stand_up(driver, suite, legs)
            began_wall = time.perf_counter()
            loop = _Loop(task, robot, executor, safety, legs, stream, suite, judge, show)
            while not loop.over:
                state = driver.read()
                targets = loop.step(state, _arrived(suite, state, pilot, safety, inspector))
                driver.send(targets)
                judge.watch(pilot.estimate, state.time_s)
                next_s += driver.period_s
                driver.clock.sleep_until(next_s)
                if task.tamper is not None:
                    task.tamper(next_s - began_s, live, cells)
        finally:
            inspector.close()
        judge.close()
        outcome = executor.outcome
        assert outcome is not None
        wall_s = time.perf_counter() - began_wall
        charges = (task.charge, cells.charge.share)
        return Ran(outcome, executor, events, loop.path, judge, began_s, next_s, wall_s, charges, cells.drawn_wh)


def _arrived(
    suite: SenseSuite, state: RobotState, pilot: PilotAside, safety: Safety, inspector: Inspector
) -> tuple[list[Reading], dict[str, Reading]]:
    """What senses say now: all readings in order for the pilot, and the newest of each for looks."""
    arrivals = suite.update(state)
    for arrival in arrivals:
        safety.sense(arrival.name, arrival.reading, state.time_s)
        if isinstance(arrival.reading, GasReading) and pilot.estimate is not None and pilot.estimate.known:
            inspector.smell(pilot.estimate.pose, arrival.reading)
    return [arrival.reading for arrival in arrivals], _patrol_senses.called(arrivals)


class _Loop:
    """What happens in one control period between reading the robot and sending to it."""

    def __init__(
        self,
        task: Task,
        robot: PatrolRobot,
        executor: Executor,
        safety: Safety,
        legs: Legs,
        stream: Stream,
        suite: SenseSuite,
        judge: Judge,
        show: Shown,
    ) -> None:
        self._task, self._robot, self._executor, self._safety, self._legs = task, robot, executor, safety, legs
        self._stream, self._suite, self._judge, self._show = stream, suite, judge, show
        self.path: list[tuple[float, float, float]] = []
        self.over = False
        self._began_s: float | None = None
        self._due: dict[str, float] = {}
        self._limp_s, self._ended_s = 0.0, math.inf
        self._knows = False  # has it ever known where it is?
        self._home = (task.places.dock or task.places.start).xy

    def step(self, state: RobotState, arrived: tuple[list[Reading], dict[str, Reading]]) -> JointTargets:
        """Joint targets for the coming period."""
        now_s, robot, pilot = state.time_s, self._robot, self._robot.pilot
        readings, newest = arrived
        if self._began_s is None:
            self._began_s = now_s
        robot.time_s = now_s
        order = pilot.step(state, readings)
        self._safety.charge(robot.cells.update(state))
        if pilot.estimate is not None:
            self._safety.locate(pilot.estimate, now_s)
        robot.attend(newest)
        self._knows = self._knows or (pilot.estimate is not None and pilot.estimate.known)
        if not self._knows and now_s - self._began_s > START_S:
            self._executor.end("stop", "the robot does not find out where it is")
            self._knows = True  # of no use any more, and the mission has to hear that it ends
        if self._knows and self._is_due("tick", now_s, TICK_S):
            self._mission(now_s)
        self._watch_legs(now_s)
        safe = self._safety.filter(robot.order(order), state, now_s, heard_s=now_s - pilot.age_s)
        targets = self._legs.targets(state, safe, now_s)
        self._safety.sent(targets)
        self._tell(state, safe)
        self._show(now_s - self._began_s, self._executor.doing, robot.battery(), pilot)
        return targets

    def _mission(self, now_s: float) -> None:
        """Let the mission look, and hear what safety advises."""
        executor, safety, robot = self._executor, self._safety, self._robot
        xy = robot.xy()
        if xy is not None and self._is_due("home", now_s, HOME_S):
            way = self._task.places.way(xy, self._home)
            if way is not None:  # none: it stands too close to something just now; the last one still holds
                safety.way_home(way.length_m)
        if executor.outcome is None:
            advice = safety.verdict.advice
            if safety.stopped:
                executor.end("stop", safety.stopped)
            elif robot.pilot.gone:
                executor.end("stop", robot.pilot.gone)
            elif advice == "end":
                executor.end("stop", safety.verdict.why)
            elif advice == "return":
                executor.end("return", safety.verdict.why)
            assert self._began_s is not None
            if now_s - self._began_s > self._task.limit_s:
                executor.end("stop", f"the round took longer than {self._task.limit_s:g} s")
            executor.tick()
        if executor.outcome is not None and math.isinf(self._ended_s):
            self._ended_s = now_s
        if now_s - self._ended_s > _stack.AFTER_S:
            self.over = True

    def _watch_legs(self, now_s: float) -> None:
        self._limp_s = 0.0 if self._legs.trouble is None else self._limp_s + 0.02
        if self._limp_s > LEGS_LIMP_S and not self._robot.pilot.trouble and not self._robot.halted:
            self._executor.end("stop", f"legs: {self._legs.trouble}")

    def _tell(self, state: RobotState, order: object) -> None:
        now_s, stream, estimate = state.time_s, self._stream, self._robot.pilot.estimate
        if self._is_due("state", now_s, STATE_S):
            stream.publish("state/robot", now_s, state)
            if estimate is not None:
                stream.publish("state/estimate", now_s, estimate.pose)
            stream.publish("state/order", now_s, order)
        if estimate is not None and estimate.known and self._is_due("path", now_s, PATH_S):
            self.path.append((now_s, *estimate.xy))
        if estimate is not None and estimate.known and self._is_due("clock", now_s, CLOCK_S):
            x, y = estimate.xy
            data = {"x": x, "y": y, "yaw": float(frames.yaw_of(estimate.pose.quat)), "charge": self._robot.battery()}
            self._robot.say(Event("at", now_s, data, "patrol"))
        if math.isinf(self._task.speed) and self._is_due("flush", now_s, FLUSH_S):
            stream.flush(60.0)

    def _is_due(self, what: str, now_s: float, every_s: float) -> bool:
        if now_s - self._due.get(what, -math.inf) < every_s - 1e-9:
            return False
        self._due[what] = now_s
        return True
