"""A pilot at work, for benchmarks/runtime.py: it stands in the plant, sees what a LiDAR sees there, and wants away."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from rudel.cli import _stack, _stack_world
from rudel.cli._stack_legs import Legs
from rudel.core.readings import Scan
from rudel.core.types import JointTargets, RobotState
from rudel.navigation.pilot import Goal
from rudel.sim.live import LiveSim
from rudel.sim.senses.outfit import standard


class Navigating:
    """The pilot of a robot that stands there and is to go somewhere; its orders are looked at and left."""

    def __init__(self, period_s: float) -> None:
        site = _stack_world.open_site("plant", 0.25, 0, "lite3/walk")
        start = (*site.start, site.world.spawn_yaw_rad)
        self._scans = scans_at(site, start)
        self._goal = Goal((start[0], start[1] + 4.0), checked=True)
        self._every, self._count = round(0.1 / period_s), 0
        self.ages_s: list[float] = []
        self._rng = np.random.default_rng(1)
        legs = Legs(site.spec, site.walk)
        self.pilot = _stack.pilot_of(site, _stack.Ride(speed=1.0), legs, _stack.told(site, start))

    def step(self, state: RobotState) -> None:
        """One control period: what a loop does for its pilot."""
        self._count += 1
        readings: list[Scan] = []
        if self._count % self._every == 0:
            scan = self._scans[self._count // self._every % len(self._scans)]
            readings.append(dataclasses.replace(scan, time_s=state.time_s - 0.1))
        if self.pilot.estimate is not None and (self.pilot.task == 0 or self.pilot.outcome is not None):
            self.pilot.goto(self._goal)
        gyro = self._rng.normal(0.0, 0.003, 3)  # a state that stays the same to the bit is a broken one
        self.pilot.step(dataclasses.replace(state, gyro=gyro), readings)
        self.ages_s.append(self.pilot.age_s)

    def told(self) -> dict[str, Any]:
        """For the result."""
        pilot = self.pilot
        late = sum(event.kind == "late" and event.data["value"] for event in pilot.events)
        status = None if pilot.estimate is None else pilot.estimate.status
        return {
            "age_ms": spread(self.ages_s[100:]),
            "status": status,
            "doing": pilot.trouble or pilot.phase,
            "late": late,
        }


def scans_at(site: _stack_world.Site, start: tuple[float, float, float], count: int = 10) -> list[Scan]:
    """What a LiDAR says of the surroundings of a robot that stands there."""
    live = LiveSim(site.spec, site.world, realtime_factor=None)
    live.source = lambda: JointTargets.hold(site.spec.default_pose, site.spec.stand_kp, site.spec.stand_kd)
    live.reset(site.spec.default_pose, start[:2], start[2])
    live.step(1.0)
    found: list[Scan] = []
    with standard(live, np.random.default_rng(0), ("lidar",)) as suite:
        while len(found) < count:
            live.step(0.02)
            found += [arrival.reading for arrival in suite.update() if isinstance(arrival.reading, Scan)]
    return found


def spread(seconds: Any) -> dict[str, float]:
    ms = 1e3 * np.asarray(seconds)
    names = {"p50": 50, "p99": 99, "p99.9": 99.9}
    found = {name: round(float(np.percentile(ms, share)), 2) for name, share in names.items()}
    return {**found, "max": round(float(ms.max()), 2)}
