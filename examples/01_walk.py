"""01: walk with the policy that rudel brings.

You learn which three parts move a robot: a driver (here a simulated Lite3; a real one has the same methods), a policy
file, and the machine that stands up, hands over to the policy, and always comes to rest. The loop joins them at 50 Hz.

    python examples/01_walk.py
"""

from __future__ import annotations

import math
from importlib.resources import as_file, files

from rudel import robots
from rudel.core.types import Pose, Twist
from rudel.locomotion import policy
from rudel.robots.posture_plan import plan_posture
from rudel.runtime.loop import Loop
from rudel.runtime.machine import Machine
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim

TOUR = (("forward", Twist(vx=0.6), 3.0), ("turn left", Twist(vx=0.3, wz=0.7), 2.0), ("stand", Twist(), 1.0))
MOST_S = 10.0  # that standing up or sitting down may take


def main() -> Pose:
    """Walk the tour; returns where the robot came to rest (world_T_base)."""
    with as_file(files("rudel") / "locomotion/policies/lite3/walk.onnx") as path:
        walk = policy.load(str(path))
    spec = robots.load(walk.contract.robot)
    live = LiveSim(spec, realtime_factor=None)  # on level ground, as fast as the machine can
    machine = Machine(plan_posture(spec), walk, period_s=walk.contract.period_s)
    with SimDriver(live, period_s=walk.contract.period_s) as driver:
        loop = Loop(driver, machine)
        until(loop, "walk")
        for name, twist, seconds in TOUR:
            for _ in range(round(seconds / driver.period_s)):
                machine.command(twist)  # again and again: after a moment of silence the machine would stop
                loop.period()
            here = live.true_state()
            x, y, _ = here.pose.position
            print(f"{name:10} at ({x:5.2f}, {y:5.2f}) m, heading {math.degrees(here.yaw):4.0f} degrees")
        until(loop, "sit")
        print(f"{spec.name} {machine.mode.value}s, {loop.trouble or 'no trouble'}")
        return live.true_state().pose


def until(loop: Loop, word: str) -> None:
    """Ask for "walk" or "sit", and run the loop until it is so."""
    loop.machine.request(word)
    for _ in range(round(MOST_S / loop.driver.period_s)):
        loop.period()
        if loop.machine.ready or loop.trouble:
            break
    if loop.trouble:
        raise SystemExit(f"the robot went limp: {loop.trouble}")


if __name__ == "__main__":
    main()
