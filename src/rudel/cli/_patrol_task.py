"""One inspection round: what is to be done and how, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rudel.cli._stack_judge import Judge
from rudel.cli._stack_world import Site as StackSite
from rudel.core.types import Event
from rudel.missions import Executor, Mission, Outcome, Progress
from rudel.missions import Site as MissionSite
from rudel.runtime.battery import Cells
from rudel.runtime.stop import StopSwitch
from rudel.sim.live import LiveSim
from rudel.sim.senses.fault import Fault
from rudel.worlds.place import World


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be done, and how.

    Attributes:
        mission, places: the mission, and the place as it knows it.
        site, world: the robot's own maps, and where it really walks.
        seed: of noise.
        speed: simulated seconds per second; inf: as fast as the machine can.
        limit_s: simulated time after which the round is ended.
        faults: of senses.
        charge: of the battery at the start, 0 to 1.
        drain: the battery empties so many times as fast.
        resume: how far an earlier attempt came.
        start: x, y [m], yaw [rad] where the robot stands at first; None: the world's start.
        stop: the switch that anybody may press.
        tamper: called every control period with the time and the simulation, to break things that are no senses.
    """

    mission: Mission
    places: MissionSite
    site: StackSite
    world: World
    seed: int
    speed: float = math.inf
    limit_s: float = 7200.0
    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict[str, tuple[Fault, ...]])
    charge: float = 1.0
    drain: float = 1.0
    resume: Progress | None = None
    start: tuple[float, float, float] | None = None
    stop: StopSwitch | None = None
    tamper: Callable[[float, LiveSim, Cells], None] | None = None


@dataclass(frozen=True, eq=False)
class Ran:
    """What came of it.

    Attributes:
        outcome: of the mission.
        executor: for what it knows.
        events: of everybody, in order.
        path: (time, x, y) as the robot believed it.
        judge: what really happened.
        started_s, ended_s: robot's clock.
        wall_s: real time from standing to the end.
        charge: at the start and at the end.
        drawn_wh: energy.
    """

    outcome: Outcome
    executor: Executor
    events: list[Event]
    path: list[tuple[float, float, float]]
    judge: Judge
    started_s: float
    ended_s: float
    wall_s: float
    charge: tuple[float, float]
    drawn_wh: float
