"""03: walk to a point, on nothing but what the robot senses.

You learn what `rudel goto` is made of: a localiser (LiDAR, gyro and legs against a map of points), maps, a planner and
the pilot that ties them together. Each control period readings go in and one order comes out. The pilot never meets the
simulation; `true` below is only printed for comparison.

    python examples/03_goto.py
"""

from __future__ import annotations

import math
from importlib.resources import as_file, files

import numpy as np

from rudel import robots
from rudel.core import frames
from rudel.core.types import Pose
from rudel.locomotion import policy
from rudel.navigation.localise import Localiser, PointMap, Rig
from rudel.navigation.map import GridMap
from rudel.navigation.pilot import Goal, Order, Outcome, Pilot, Surroundings
from rudel.navigation.plan import Planner
from rudel.navigation.types import Footprint
from rudel.robots.posture_plan import plan_posture
from rudel.runtime.machine import Machine
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.robot_size import robot_size
from rudel.sim.senses.mount import rig
from rudel.sim.senses.outfit import standard
from rudel.sim.senses.survey import survey
from rudel.worlds.place import Box, Waypoint, World, layers_of

START, GOAL, LIMIT_S = (1.0, 1.0), (4.2, 2.6), 40.0


def room() -> World:
    """6 x 4 m with a wall in the middle that leaves 1.6 m to pass."""
    boxes = [Box((3.0, y, 1.0), (3.2, 0.1, 1.0)) for y in (-0.1, 4.1)]
    boxes += [Box((x, 2.0, 1.0), (0.1, 2.0, 1.0)) for x in (-0.1, 6.1)]
    boxes += [Box((2.9, 3.2, 1.0), (0.1, 0.8, 1.0)), Box((5.5, 0.6, 0.4), (0.3, 0.4, 0.4))]
    start = Waypoint("start", START, 0.0, None)
    return World("room", start, (-0.2, 6.2, -0.2, 4.2), floor_m=0.0, shapes=tuple(boxes))


def main() -> Outcome:
    """Walk to GOAL; returns how it came out."""
    world, spec = room(), robots.load("lite3")
    with as_file(files("rudel") / "locomotion/policies/lite3/walk.onnx") as path:
        walk = policy.load(str(path))
    mount, height_m, rng = rig(spec)["lidar"], spec.nominal_height_m, np.random.default_rng(0)

    # What the robot is told: a map to plan on, points to localise in, and where it starts.
    size = robot_size(spec, 0.025, math.radians(6.0))  # steps and slopes that this policy does
    footprint = Footprint(size.length_m, size.width_m, size.height_m, size.max_step_m, size.max_slope_rad, 0.015)
    layers = layers_of(world, 0.1)
    grid = GridMap(
        layers.resolution_m, layers.origin, layers.elevation, layers.clearance, layers.slope_rad, layers.step_m,
        layers.roughness_m, layers.zones,
    )  # fmt: skip
    points = PointMap.from_points(survey(world, np.array([START, (4.5, 1.0), (4.5, 3.0)]), height_m, mount, rng))
    start = Pose(np.array([*START, height_m]), np.asarray(frames.quat_from_yaw(np.zeros(())), np.float64), "map")
    localiser = Localiser(Rig(mount.position, mount.quat, height_m), points, start)
    pilot = Pilot(localiser, Surroundings(grid, footprint, height_m), Planner(), footprint)

    live = LiveSim(spec, world, realtime_factor=None)
    live.reset(xy=START)
    machine = Machine(plan_posture(spec), walk, period_s=walk.contract.period_s)
    machine.request("walk")  # stands up first
    with standard(live, rng, ("lidar", "odometry")) as suite, SimDriver(live, period_s=0.02) as driver:
        next_s = driver.clock.now_s()
        while pilot.outcome is None:
            state = driver.read()
            readings = [arrival.reading for arrival in suite.update(state)]
            order = Order()
            if machine.ready:  # on its feet
                order = pilot.step(state, readings)
                if pilot.task is None and pilot.estimate is not None and pilot.estimate.known:
                    pilot.goto(Goal(GOAL, yaw=math.pi / 2))
            if next_s > LIMIT_S or machine.trouble:
                pilot.give_up("timeout", machine.trouble or f"not there within {LIMIT_S:g} s")
            machine.command(order.twist)
            driver.send(machine.step(state, driver.clock.now_s()))
            next_s += driver.period_s
            driver.clock.sleep_until(next_s)
    assert pilot.outcome is not None
    assert pilot.estimate is not None
    true_x, true_y, _ = live.true_state().pose.position
    x, y = pilot.estimate.xy
    print(f"{pilot.outcome.reason} after {next_s:.1f} s (simulated) {pilot.outcome.message}")
    print(f"believes ({x:.2f}, {y:.2f}), goal ({GOAL[0]:.2f}, {GOAL[1]:.2f}), true ({true_x:.2f}, {true_y:.2f})")
    return pilot.outcome


if __name__ == "__main__":
    main()
