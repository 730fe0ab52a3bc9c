"""Which framework should run PPO's learner for small nets on two CPU cores: NumPy, PyTorch or JAX?

    python benchmarks/learning_frameworks.py --framework numpy --json

Run it under an environment that holds numpy and that framework; rudel itself is not needed. One process measures one
framework and variant, in float32, on the same work: acting on 24 batches of 512 observations, then 4 epochs of 4
minibatches of 3072 samples (PPO's clipped loss, value loss, entropy, clipped gradient norm, Adam). It prints one JSON
object. Variant ``single`` is pinned to one core: on a busy machine its samples per processor second still compare.
``--check`` instead compares that framework's gradient with the hand-written one of learners/with_numpy.py.
Linux only: /proc tells when the process started.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

VARIANTS = {  # the first is the default
    "numpy": ("split", "halves", "single", "blas2"),
    "torch": ("eager", "single", "compile"),
    "jax": ("jit", "single"),
}
HIDDEN = ("128-128", "64-64", "256-128")
REPEATS = 5
MAX_DIFFERENCE = 1e-4


def process_age_s() -> float:
    """Seconds since this process started, in steps of 10 ms."""
    start_ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - start_ticks / os.sysconf("SC_CLK_TCK")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(wall, processor) seconds; the second hardly depends on what else runs on the machine."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(module: Any, variant: str, hidden: tuple[int, ...]) -> dict[str, float]:
    """Medians for one net size; the first figure includes whatever is compiled or warmed up on first use."""
    np, problem = importlib.import_module("numpy"), importlib.import_module("learners.problem")
    rng = np.random.default_rng(0)
    params = problem.initial_params(hidden, rng)
    batch = problem.make_batch(params, hidden, rng)
    learner = module.Learner(params, hidden, variant)
    n = problem.ACT_BATCHES * problem.ACT_ROWS
    index = np.concatenate([rng.permutation(n).reshape(problem.MINIBATCHES, -1) for _ in range(problem.EPOCHS)])

    def act() -> None:
        for rows in batch["obs"].reshape(problem.ACT_BATCHES, problem.ACT_ROWS, -1):
            learner.act(rows)

    first = timed(act)[0] + timed(lambda: learner.learn(batch, index))[0]
    age = process_age_s()
    acting: list[tuple[float, float]] = []
    learning: list[tuple[float, float]] = []
    for _ in range(REPEATS):
        learner.reset()  # the same numbers each time: drifting data changes the time
        acting.append(timed(act))
        learning.append(timed(lambda: learner.learn(batch, index)))
    act_s = statistics.median(wall for wall, _ in acting)
    learn_s = statistics.median(wall for wall, _ in learning)
    learn_cpu_s = statistics.median(cpu for _, cpu in learning)
    flop_act, flop_learn = problem.flop_per_sample(hidden)
    return {
        "first_iteration_s": round(first, 3),
        "process_age_after_first_iteration_s": round(age, 2),
        "act_us_per_batch": round(act_s / problem.ACT_BATCHES * 1e6, 1),
        "learn_samples_per_s": round(index.size / learn_s),
        "learn_samples_per_s_best": round(index.size / min(wall for wall, _ in learning)),
        "learn_samples_per_cpu_s": round(index.size / learn_cpu_s),
        "flop_per_sample_act": flop_act,
        "flop_per_sample_learn": flop_learn,
        "learn_gflops": round(index.size * flop_learn / learn_s / 1e9, 1),
    }


def sgemm_gflops() -> dict[str, float]:
    """Plain (3072, 128) @ (128, 128) in NumPy on one BLAS thread, best and median: the roof of one core."""
    np = importlib.import_module("numpy")
    a, b, c = np.ones((3072, 128), np.float32), np.ones((128, 128), np.float32), np.empty((3072, 128), np.float32)
    times = [timed(lambda: np.matmul(a, b, out=c))[0] for _ in range(200)]
    flop = 2 * 3072 * 128 * 128 / 1e9
    return {"best": round(flop / min(times), 1), "median": round(flop / statistics.median(times), 1)}


def check(module: Any, variant: str, hidden: tuple[int, ...]) -> dict[str, float]:
    """Largest difference between the two gradients over the largest entry, for each part of the parameters."""
    np, problem = importlib.import_module("numpy"), importlib.import_module("learners.problem")
    by_hand = importlib.import_module("learners.with_numpy").Learner
    rng = np.random.default_rng(1)
    params = problem.initial_params(hidden, rng)
    batch = problem.make_batch(params, hidden, rng)
    params += 0.01 * rng.standard_normal(len(params), dtype=np.float32)  # biases and log_std away from zero, too
    index = rng.permutation(len(batch["obs"]))[: problem.ROWS]
    ours = by_hand(params, hidden, "split").gradient(batch, index)
    theirs = module.Learner(params, hidden, variant).gradient(batch, index)
    cuts = np.cumsum([problem.n_params(sizes) for sizes in problem.layer_sizes(hidden)])
    parts = zip(("actor", "critic", "log_std"), np.split(ours, cuts), np.split(theirs, cuts), strict=True)
    return {name: float(abs(a - b).max() / abs(b).max()) for name, a, b in parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=sorted(VARIANTS), required=True)
    parser.add_argument("--variant", help=f"the first is the default: {VARIANTS}")
    parser.add_argument("--hidden", nargs="+", default=HIDDEN, help="hidden layer sizes, such as 128-128")
    parser.add_argument("--check", action="store_true", help="compare gradients; no timing")
    parser.add_argument("--json", action="store_true", help="one line instead of indented")
    args = parser.parse_args()
    variant = args.variant or VARIANTS[args.framework][0]
    if variant not in VARIANTS[args.framework]:
        parser.error(f"unknown variant {variant!r} of {args.framework}; choices: {VARIANTS[args.framework]}")
    # BLAS reads this when numpy is imported, which is why every import of it comes later
    os.environ["OPENBLAS_NUM_THREADS"] = "2" if variant == "blas2" else "1"
    if variant == "single":
        os.sched_setaffinity(0, {0})  # the libraries size their thread pools by this
    load = os.getloadavg()
    import_s = timed(lambda: importlib.import_module(f"learners.with_{args.framework}"))[0]
    module = importlib.import_module(f"learners.with_{args.framework}")
    sizes = {name: tuple(int(n) for n in name.split("-")) for name in args.hidden}
    names = ["numpy"] if args.framework == "numpy" else ["numpy", args.framework]
    report: dict[str, Any] = {
        "framework": args.framework,
        "variant": variant,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in names}},
        "cores": os.cpu_count(),
        "load_average_before": load,
    }
    if args.check:
        report["gradient_difference"] = {name: check(module, variant, hidden) for name, hidden in sizes.items()}
    else:
        report["import_s"] = round(import_s, 3)
        report["nets"] = {name: measure(module, variant, hidden) for name, hidden in sizes.items()}
        report["start_to_first_update_s"] = report["nets"][args.hidden[0]]["process_age_after_first_iteration_s"]
        report["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        report["sgemm_3072x128x128_gflops_one_thread"] = sgemm_gflops()
    print(json.dumps(report, indent=None if args.json else 2))
    worst = max((d for net in report.get("gradient_difference", {}).values() for d in net.values()), default=0.0)
    if not worst < MAX_DIFFERENCE:
        raise SystemExit(f"gradients differ by {worst:.1e}, more than {MAX_DIFFERENCE:.0e} of the largest entry")


if __name__ == "__main__":
    main()
