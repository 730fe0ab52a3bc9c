"""A simulated robot that walks a way, and every message that its driver and its sensors send meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel import robots
from rudel.cli._policies import resolve
from rudel.core import frames
from rudel.core.readings import Reading
from rudel.core.types import Pose, RobotState, Twist
from rudel.locomotion.policy import load
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.senses.fault import Fault
from rudel.sim.senses.outfit import standard
from rudel.sim.standing import stand_up, upright
from rudel.worlds.place import Box, Shape, Waypoint, World

Array = NDArray[np.floating]

LOOK_AHEAD_M, TURN_GAIN, MAX_TURN_RADPS, TURN_FIRST_RAD = 0.6, 1.5, 0.8, 0.7
STANDS_S = 1.0  # before it walks
BARE_START_M = 20.0  # of the bare tunnel, with something to see


class FellError(RuntimeError):
    """The robot fell: nothing to do with localisation."""


@dataclass(frozen=True, eq=False)
class Message:
    """``reading`` is a RobotState or what a sense sent; ``truth`` is where the base is when it arrives."""

    name: str
    reading: RobotState | Reading
    truth: Pose
    true_s: float


@dataclass(frozen=True, eq=False)
class Carried:
    """``after_s`` of walking (or when it falls) the robot is picked up, and set down at ``xy`` facing ``yaw``."""

    after_s: float
    xy: tuple[float, float]
    yaw: float


@dataclass(eq=False)
class SetDown:
    """When a robot was set down, on the clock of the messages, and whether and when it fell afterwards."""

    time_s: float
    fell_s: float | None = None


def bare_tunnel(bare_m: float = 105.0, half_m: float = 1.25, height_m: float = 2.4) -> World:
    """A straight tunnel: some BARE_START_M with niches, pipes and crates, then ``bare_m`` of nothing, then the same.

    The ends are closed 130 m away from the bare part, further than the LiDAR sees, so that nothing says how far it is.
    """
    low, high, end = -130.0 - BARE_START_M, bare_m + BARE_START_M + 130.0, bare_m
    shapes: list[Shape] = [
        Box(((low + high) / 2, 0.0, z), ((high - low) / 2, half_m + 1.5, 0.1)) for z in (-0.1, height_m + 0.1)
    ]
    shapes += [Box((x, 0.0, height_m / 2), (0.1, half_m + 1.5, height_m)) for x in (low - 0.1, high + 0.1)]
    rng = np.random.default_rng(0)
    for side in (-1, 1):
        edges = [low]
        for first, last in ((-BARE_START_M, 0.0), (end, end + BARE_START_M)):
            for x in np.arange(first + 1.0 + (side + 1), last - 2.0, 5.0):  # niches of 1 m
                edges += [float(x), float(x) + 1.0]
        edges.append(high)
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            shapes.append(Box(((a + b) / 2, side * (half_m + 0.25), height_m / 2), ((b - a) / 2, 0.25, height_m / 2)))
        shapes.append(
            Box(((low + high) / 2, side * (half_m + 0.6), height_m / 2), ((high - low) / 2, 0.1, height_m / 2))
        )
    for first, last in ((-BARE_START_M, 0.0), (end, end + BARE_START_M)):
        for x in np.arange(first + 2.5, last - 1.0, 4.0):
            size = rng.uniform(0.12, 0.25, 3)
            side = float(rng.choice([-1, 1]))
            shapes.append(Box((float(x), side * (half_m - size[1]), float(size[2])), tuple(size.tolist())))
    start = Waypoint("start", (-BARE_START_M + 1.0, 0.0))
    return World("bare_tunnel", start, (low, high, -half_m, half_m), shapes=tuple(shapes))


def void(_: object) -> None:
    """What arrived while the robot stood up is nobody's."""


class Walker:
    """One robot on its way; iterate it once for its messages.

    Args:
        world: where.
        way: (k, 2) points to pass [m]; it starts at the first, facing the second.
        seed: of the noise of all sensors.
        speed_mps: command.
        faults: by name of the sense; "state" is not one.
        carried: one after the other, each that long after the one before; after being set down the robot stands for
            STANDS_S and goes on along the way from its nearest point. A fall ends what it was carried to, not the walk.

    Attributes:
        set_down: what came of ``carried``.
    """

    def __init__(
        self,
        world: World,
        way: Array,
        seed: int,
        speed_mps: float = 0.6,
        faults: Mapping[str, tuple[Fault, ...]] | None = None,
        carried: Sequence[Carried] = (),
        robot: str = "lite3",
    ) -> None:
        self.spec = robots.load(robot)
        self.live = LiveSim(self.spec, world, realtime_factor=None)
        state_rng, sense_rng = np.random.default_rng(seed).spawn(2)
        self.driver = SimDriver(self.live, rng=state_rng)
        self._sense_rng, self._faults = sense_rng, dict(faults or {})
        self.policy = load(resolve(f"{robot}/walk"))
        self.way, self.speed_mps, self.carried = np.asarray(way, np.float64), speed_mps, list(carried)
        self._goal, self.set_down = 1, list[SetDown]()

    def messages(self, most_s: float = 1e9) -> Iterator[Message]:
        """Every message in the order of its arrival, until the end of the way or ``most_s``."""
        ahead = self.way[1] - self.way[0]
        self.live.reset(self.spec.default_pose, tuple(self.way[0].tolist()), float(np.arctan2(ahead[1], ahead[0])))
        suite = standard(self.live, self._sense_rng, ("lidar", "odometry"), faults=self._faults)
        with suite, self.driver as driver:
            stand_up(driver, 0.3, 0.3, lambda state: void(suite.update(state)))
            self.policy.reset()
            began_s = set_down_s = next_s = driver.clock.now_s()
            while self._goal < len(self.way) and driver.clock.now_s() - began_s < most_s:
                fell = not upright(driver.read())
                if fell and self.set_down:
                    self.set_down[-1].fell_s = self.live.true_state().time_s
                if fell and not self.carried:
                    raise FellError(f"the robot fell at {self.live.true_state().pose.position.round(2)}")
                if self.carried and (fell or driver.clock.now_s() - set_down_s >= self.carried[0].after_s):
                    self._carry(self.carried.pop(0))
                    set_down_s = driver.clock.now_s()
                state = driver.read()
                yield self._message("state", state)
                for arrival in suite.update(state):
                    yield self._message(arrival.name, arrival.reading)
                waits = driver.clock.now_s() < set_down_s + STANDS_S
                driver.send(self.policy.step(state, Twist() if waits else self._command()))
                next_s += driver.period_s
                driver.clock.sleep_until(next_s)

    def _message(self, name: str, reading: RobotState | Reading) -> Message:
        true = self.live.true_state()
        return Message(name, reading, true.pose, true.time_s)

    def _carry(self, to: Carried) -> None:
        self.driver.__exit__(None, None, None)
        self.live.reset(self.spec.default_pose, to.xy, to.yaw)
        self.driver.__enter__()
        self.policy.reset()
        self.set_down.append(SetDown(self.live.true_state().time_s))
        self._goal = int(np.argmin(np.linalg.norm(self.way - np.array(to.xy), axis=1)))

    def _command(self) -> Twist:
        """Towards the next point of the way, by the true pose: who steers does not matter here."""
        true = self.live.true_state()
        here = true.pose.position[:2]
        while self._goal < len(self.way) and np.linalg.norm(self.way[self._goal] - here) < LOOK_AHEAD_M:
            self._goal += 1
        goal = self.way[min(self._goal, len(self.way) - 1)]
        away = frames.rotate_inverse(frames.quat_from_yaw(np.asarray(true.yaw)), np.array([*(goal - here), 0.0]))
        error = float(np.arctan2(away[1], away[0]))
        turn = float(np.clip(TURN_GAIN * error, -MAX_TURN_RADPS, MAX_TURN_RADPS))
        return Twist(0.0 if abs(error) > TURN_FIRST_RAD else self.speed_mps, 0.0, turn)
