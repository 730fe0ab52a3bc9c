"""Time of one policy step on one core: observation, network, gait and joint targets, as a robot's loop calls them.

Usage: python benchmarks/policy_step.py FILE.onnx[:CONTRACT.yaml] [--steps 20000]. Prints one JSON object: ``p*_us`` is
wall clock; ``cpu_p*_us`` is the time that the thread itself was running, to look at when others use the core.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import time

import numpy as np
import onnxruntime

from rudel.core.types import RobotState, Twist
from rudel.locomotion import policy

BATCH = 256


def states(default_pose: np.ndarray, rng: np.random.Generator, n: int) -> list[RobotState]:
    """States scattered about the default pose: what a walking robot measures, near enough for timing."""
    made: list[RobotState] = []
    for _ in range(n):
        quat = np.array([1.0, *rng.normal(0, 0.05, 3)])
        q = default_pose + rng.normal(0, 0.1, 12)
        dq, tau = rng.normal(0, 2, 12), rng.normal(0, 5, 12)
        made.append(
            RobotState(
                0.0, q, dq, tau, quat / np.linalg.norm(quat), rng.normal(0, 0.5, 3), rng.normal(0, 9, 3), np.ones(4)
            )
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", help="FILE.onnx or FILE.onnx:CONTRACT.yaml")
    parser.add_argument("--steps", type=int, default=20_000)
    args = parser.parse_args()

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    walker = policy.load(args.policy)
    rng = np.random.default_rng(0)
    seen = states(np.array(walker.contract.default_pose), rng, 256)
    commands = [Twist(*rng.uniform(-1, 1, 3)) for _ in range(256)]
    for i in range(500):
        if i % 50 == 0:
            walker.reset()
        walker.step(seen[i % 256], commands[i // 50 % 256])
    gc.disable()  # as a control loop would: everything in a step is freed by its reference count
    took, cpu = np.empty(args.steps), np.empty(args.steps)
    for i in range(args.steps):
        if i % 50 == 0:
            walker.reset()  # untimed: where states do not answer, an unclipped policy runs away with its last action
        cpu_start, start = time.thread_time_ns(), time.perf_counter_ns()
        walker.step(seen[i % 256], commands[i // 50 % 256])
        took[i], cpu[i] = time.perf_counter_ns() - start, time.thread_time_ns() - cpu_start
    took, cpu = took / 1e3, cpu / 1e3

    obs = rng.normal(0, 1, (BATCH, walker.contract.observation_size)).astype(np.float32)
    start = time.perf_counter_ns()
    for _ in range(20):
        walker.act(obs)
    row = (time.perf_counter_ns() - start) / (20 * BATCH) / 1e3
    p50, p90, p99, p999 = np.percentile(took, [50, 90, 99, 99.9]).round(1).tolist()
    cpu_p50, cpu_p99 = np.percentile(cpu, [50, 99]).round(1).tolist()
    print(
        json.dumps(
            {
                "policy": args.policy,
                "p50_us": p50,
                "p90_us": p90,
                "p99_us": p99,
                "p999_us": p999,
                "cpu_p50_us": cpu_p50,
                "cpu_p99_us": cpu_p99,
                "max_us": round(float(took.max()), 1),
                "steps": args.steps,
                "batch_row_us": round(row, 2),
                "load_avg": os.getloadavg(),
                "numpy": np.__version__,
                "onnxruntime": onnxruntime.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
