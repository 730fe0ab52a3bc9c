"""How fast the environment steps: flat and blocks, on one thread and on two.

    python benchmarks/step_rate.py --robot lite3 --envs 512 --seconds 4

Acts with zero actions, which means the reference trot: the robots walk and no network takes part. Each figure is the
median of interleaved rounds, so that whatever else the machine does hits all variants alike; the load average tells how
much that was. ``physics_alone`` leaves out what the environment does around the physics. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from rudel import robots
from rudel.locomotion.config import apply_tuning
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.ground import make_ground
from rudel.locomotion.skills import walk
from rudel.locomotion.training import record
from rudel.sim.options import training_options

WORLDS, DIFFICULTY = ("flat", "blocks"), 0.5
THREADS = (1, 2)
ROUNDS = 3
WARM_UP_STEPS = 50  # one second: robots have landed and walk


class Stepper:
    """One environment on a number of threads, and the time that it spends in physics."""

    def __init__(self, robot: str, world: str, envs: int, threads: int) -> None:
        config = apply_tuning(walk.config(), robots.tuning(robot, "walk"))
        ground = make_ground(world, DIFFICULTY, 0)  # as training has it
        self.env = LocomotionEnv(robots.load(robot), config, ground, envs, training_options(), seed=0, threads=threads)
        self.actions = np.zeros((envs, 12), np.float32)
        self.physics_s = 0.0
        self._step = self.env.sim.step
        self.env.sim.step = self._timed_step
        self.env.reset()
        for _ in range(WARM_UP_STEPS):
            self.env.step(self.actions)

    def _timed_step(self, *args: Any) -> None:
        began = time.perf_counter()
        self._step(*args)
        self.physics_s += time.perf_counter() - began

    def measure(self, seconds: float) -> dict[str, float]:
        """Rates over about ``seconds``."""
        self.physics_s, steps, began = 0.0, 0, time.perf_counter()
        while (wall := time.perf_counter() - began) < seconds:
            self.env.step(self.actions)
            steps += self.env.num_envs
        substeps = self.env.sim.substeps
        return {
            "env_steps_per_s": steps / wall,
            "physics_steps_per_s": steps * substeps / wall,
            "physics_alone_steps_per_s": steps * substeps / self.physics_s,
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="lite3")
    parser.add_argument("--envs", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    args = parser.parse_args()
    before = record.machine()
    steppers = {(w, n): Stepper(args.robot, w, args.envs, n) for w in WORLDS for n in THREADS}
    measured: dict[tuple[str, int], list[dict[str, float]]] = {key: [] for key in steppers}
    for _ in range(ROUNDS):
        for key, stepper in steppers.items():
            measured[key].append(stepper.measure(args.seconds))
    report: dict[str, Any] = {"robot": args.robot, "envs": args.envs, "difficulty": DIFFICULTY}
    report |= {"seconds_per_round": args.seconds, "rounds": ROUNDS, "machine": before, "load_after": os.getloadavg()}
    for world in WORLDS:
        medians = [
            {name: statistics.median(round_[name] for round_ in measured[world, n]) for name in measured[world, n][0]}
            for n in THREADS
        ]
        one, two = medians
        report[world] = {f"threads_{n}": m for n, m in zip(THREADS, medians, strict=True)}
        report[world]["speed_up"] = {name: two[name] / one[name] for name in one}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    with threadpool_limits(1):  # as the trainer has it
        main()
