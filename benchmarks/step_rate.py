"""How fast the environment steps: flat and blocks, on one thread, on two, and in two processes.

    python benchmarks/step_rate.py --robot lite3 --envs 512 --seconds 1

Acts with zero actions, which means the reference trot: the robots walk and no network takes part. Two processes share
the robots between them, as in training. Each figure is the median of interleaved rounds, and each speed-up the median
of the rounds' own ratios, so that whatever else the machine does hits all variants alike; the load average tells how
much that was. ``physics_alone`` leaves out what the environment does around the physics. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import time
from multiprocessing.connection import Connection
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
VARIANTS = ("threads_1", "threads_2", "processes_2")
ROUNDS = 9
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


class Processes:
    """Steppers on one thread each in processes of their own, measured at the same time."""

    def __init__(self, robot: str, world: str, envs: int, count: int) -> None:
        context = multiprocessing.get_context("fork")
        self._pipes: list[Connection] = []
        for _ in range(count):
            here, there = context.Pipe()
            context.Process(target=_serve, args=(there, robot, world, envs // count), daemon=True).start()
            self._pipes.append(here)
        for pipe in self._pipes:
            pipe.recv()  # warmed up

    def measure(self, seconds: float) -> dict[str, float]:
        """Sums of the rates of all."""
        for pipe in self._pipes:
            pipe.send(seconds)
        rates: list[dict[str, float]] = [pipe.recv() for pipe in self._pipes]
        return {name: sum(rate[name] for rate in rates) for name in rates[0]}


def _serve(pipe: Connection, robot: str, world: str, envs: int) -> None:
    stepper = Stepper(robot, world, envs, 1)
    pipe.send(None)
    while True:
        pipe.send(stepper.measure(pipe.recv()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="lite3")
    parser.add_argument("--envs", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    args = parser.parse_args()
    before = record.machine()
    report: dict[str, Any] = {"robot": args.robot, "envs": args.envs, "difficulty": DIFFICULTY}
    report |= {"seconds_per_round": args.seconds, "rounds": ROUNDS, "machine": before}
    processes = {world: Processes(args.robot, world, args.envs, 2) for world in WORLDS}  # before there are threads
    for world in WORLDS:
        steppers = (
            Stepper(args.robot, world, args.envs, 1),
            Stepper(args.robot, world, args.envs, 2),
            processes[world],
        )
        rounds = [[stepper.measure(args.seconds) for stepper in steppers] for _ in range(ROUNDS)]
        report[world] = {
            variant: {name: statistics.median(r[i][name] for r in rounds) for name in rounds[0][i]}
            for i, variant in enumerate(VARIANTS)
        }
        report[world]["speed_up"] = {
            variant: {name: statistics.median(r[i][name] / r[0][name] for r in rounds) for name in rounds[0][i]}
            for i, variant in enumerate(VARIANTS)
            if i
        }
    report["load_after"] = os.getloadavg()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    with threadpool_limits(1):  # as the trainer has it
        main()
