"""What ground a walking policy crosses: the limits that a planner may send it over.

    python benchmarks/walk_limits.py [--policy lite3/walk] [--trials 8]

A kerb of a stated height to step up onto and, 1.2 m later, down from; a ramp of a stated slope up and down; random
ground of a stated roughness. The robot is told to walk straight at 0.4 m/s, held on its line by a proportional command
on the true heading and offset, in other phases of its step and at other angles to the edge. A trial counts as crossed
when the robot is 3.4 m further within 30 s and has not fallen. And, on an endless slope, facing any way: the steps to
all sides, turns and stops that going round and arriving take. Prints one JSON object: share crossed by family and
value, and the highest value up to which every trial crossed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable

import numpy as np

from rudel import robots
from rudel.cli import _policies
from rudel.core.errors import GiveUp
from rudel.core.types import Twist
from rudel.locomotion import policy
from rudel.locomotion.policy import Policy
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.sensors import SensorNoise
from rudel.sim.standing import stand_up, upright
from rudel.worlds import HeightField
from rudel.worlds.place import Box, Waypoint, World

SPEED_MPS, FAR_M, LIMIT_S = 0.4, 3.4, 30.0
BOUNDS = (-1.5, 5.5, -2.5, 2.5)
CELL_M = 0.05
VALUES: dict[str, tuple[float, ...]] = {
    "step_m": (0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12),
    "slope_deg": (4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 17.0, 20.0, 24.0),
    "manoeuvre_deg": (4.0, 6.0, 8.0, 10.0, 12.0, 14.0),
    "roughness_m": (0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04),
}


def world_of(family: str, value: float, rng: np.random.Generator) -> World:
    """A strip with one thing to cross between x = 0.8 and x = 2.8 m."""
    start = Waypoint("start", (0.0, 0.0))
    if family == "step_m":
        kerb = Box((1.6, 0.0, value / 2), (0.6, 2.4, value / 2))
        return World("kerb", start, BOUNDS, floor_m=0.0, shapes=(kerb,))
    x = np.arange(BOUNDS[0], BOUNDS[1] + CELL_M / 2, CELL_M)
    y = np.arange(BOUNDS[2], BOUNDS[3] + CELL_M / 2, CELL_M)
    if family == "manoeuvre_deg":
        z = np.tile((x - BOUNDS[0]) * math.tan(math.radians(value)), (len(y), 1))
    elif family == "slope_deg":
        ridge = np.clip(1.0 - np.abs(x - 1.8), 0.0, 1.0) * math.tan(math.radians(value))
        z = np.tile(ridge, (len(y), 1))
    else:
        z = rng.normal(0.0, value, (len(y), len(x)))
        z[:, (x < 0.5) | (x > 3.5)] = 0.0
    return World("strip", start, BOUNDS, ground=HeightField(z - z.min(), CELL_M, (BOUNDS[0], BOUNDS[2])))


# What a robot does near a goal, on a slope all the while: vx, vy [m/s], wz [rad/s], 2 s each.
MANOEUVRES = (
    (0.3, 0, 0),
    (0, 0.2, 0),
    (0.1, -0.2, 0),
    (0, 0, 0.6),
    (0, 0, -0.8),
    (-0.2, 0, 0),
    (0.12, 0.12, 0),
    (0, 0, 0),
)


def keeps_its_feet(world: World, walk: Policy, trial: int) -> bool:
    """Does it go through the manoeuvres without a fall, facing any way on the slope?"""
    rng = np.random.default_rng(trial)
    live = LiveSim(robots.load(walk.contract.robot), world, realtime_factor=None)
    live.reset(xy=(2.0, 0.0), yaw=trial * math.pi / 4)
    driver = SimDriver(live, SensorNoise(), rng, period_s=walk.contract.period_s)
    with driver:
        try:
            stand_up(driver)
        except GiveUp:
            return False
        walk.reset(phase=trial / 8)
        for twist in MANOEUVRES:
            for _ in range(round(2.0 / driver.period_s)):
                state = driver.read()
                if not upright(state):
                    return False
                driver.send(walk.step(state, Twist(*twist)))
                live.step(driver.period_s)
    return True


def crosses(world: World, walk: Policy, trial: int) -> bool:
    """Does the robot get over it?"""
    rng = np.random.default_rng(trial)
    live = LiveSim(robots.load(walk.contract.robot), world, realtime_factor=None)
    heading = (0.0, 0.3, -0.3)[trial % 3]
    live.reset(xy=(-0.3 + 0.1 * (trial % 4), -1.0 * math.sin(heading)), yaw=heading)
    driver = SimDriver(live, SensorNoise(), rng, period_s=walk.contract.period_s)
    with driver:
        try:
            stand_up(driver)
        except GiveUp:
            return False
        walk.reset(phase=trial / 8)
        y0 = float(live.data.qpos[1])
        for _ in range(round(LIMIT_S / driver.period_s)):
            state = driver.read()
            if not upright(state):
                return False
            truth = live.true_state()
            x, y, _ = truth.pose.position.tolist()
            if (x + 0.3) * math.cos(heading) + (y - y0) * math.sin(heading) > FAR_M:
                return True
            aside = -(x + 0.3) * math.sin(heading) + (y - y0) * math.cos(heading)
            turn = math.remainder(heading - truth.yaw, 2 * math.pi)
            driver.send(walk.step(state, Twist(SPEED_MPS, -0.5 * aside, 1.5 * turn)))
            live.step(driver.period_s)
    return False


def measure(walk: Policy, trials: int, report: Callable[[str], None]) -> dict[str, object]:
    """Shares crossed, and the highest value up to which all crossed."""
    found: dict[str, dict[str, float]] = {}
    safe: dict[str, float] = {}
    for family, values in VALUES.items():
        found[family], safe[family] = {}, 0.0
        whole = True
        for value in values:
            worlds = [world_of(family, value, np.random.default_rng(k)) for k in range(trials)]
            done = keeps_its_feet if family == "manoeuvre_deg" else crosses
            share = sum(done(world, walk, k) for k, world in enumerate(worlds)) / trials
            found[family][f"{value:g}"] = share
            report(f"{family} {value:g}: {share:.2f}")
            whole = whole and share == 1.0
            if whole:
                safe[family] = value
            if share == 0.0:
                break
    return {"crossed": found, "all_crossed_up_to": safe}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", default="lite3/walk")
    parser.add_argument("--trials", type=int, default=8)
    args = parser.parse_args()
    walk = policy.load(_policies.resolve(args.policy))
    load = os.getloadavg()
    answer = measure(walk, args.trials, lambda text: print(text, file=sys.stderr, flush=True))
    print(json.dumps({"policy": args.policy, "trials": args.trials, **answer, "load_before": load}))


if __name__ == "__main__":
    main()
