"""How fast the stop and the dead-man act, and how steady the loop is while everything else is busy.

Usage: python benchmarks/runtime.py [--seconds 20] [--trials 30] [--load 1] [--send-after-ms 4] [--pilot aside|thread].
Prints one JSON object. Real time, so it needs a machine that does nothing else. The loop has the Lite3's shipped walk,
safety, a robot without physics (a state of the default pose) and the pilot, as it would run on a robot: localising in
the built-in plant with a scan of the LiDAR ten times a second, mapping, planning, following, in a process of its own
that is never waited for. Beside that --load processes keep the other cores busy. --pilot thread: numpy without a pause
in a thread of this process instead, which says what a pilot in the same process would cost.

- stop_ms: from a press in another process to the first zero velocity command at the policy, over the trials.
- dead_sender_ms: from the last order to that.
- hung_loop_stop_ms: from a press to damping, when the loop hangs in the driver.
- period_ms: between two sends, over --seconds.
- bare_period_ms: the same of a loop that does nothing but sleep, just after, cores as busy: what the machine allows.
- stolen_share: of the processors' time meanwhile, taken by other guests of a virtual machine's host; above 0.002 the
  figures are about the host.
- pilot: how old its orders were [ms], what it said of itself last, and how often it was late.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from runtime_pilot import Navigating, spread

from rudel import robots
from rudel.cli import _policies
from rudel.core.clock import WallClock
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.locomotion import policy
from rudel.navigation.pilot import Order
from rudel.robots.driver import Driver
from rudel.robots.posture_plan import plan_posture
from rudel.runtime.aside import Aside
from rudel.runtime.desk import Desk
from rudel.runtime.guarded import Guarded
from rudel.runtime.lease import Lease
from rudel.runtime.loop import Loop
from rudel.runtime.modes import Goal, Mode
from rudel.runtime.safety import Safety
from rudel.runtime.sentinel import Sentinel
from rudel.runtime.steady import steady
from rudel.runtime.stop import StopSwitch

AHEAD = Order("walk", Twist(0.5))
PERIOD_S = 0.02
BURN = "while True: sum(k * k for k in range(10000))"
PRESS = """
import sys, time
from pathlib import Path
from rudel.runtime.steady import steady
from rudel.runtime.stop import StopSwitch
switch = StopSwitch(Path(sys.argv[1]))
for line in sys.stdin:
    now = time.monotonic()
    switch.press("bench")
    print(now, flush=True)
"""


class Robot:
    """A driver without physics: it stands, and takes what it is sent."""

    def __init__(self, period_s: float) -> None:
        self.spec, self.clock, self.period_s = robots.load("lite3"), WallClock(), period_s
        self.sent_s: list[float] = []
        self.damped_s: list[float] = []
        self.hang = threading.Event()
        self.free = threading.Event()

    def read(self) -> RobotState:
        if self.hang.is_set():
            self.free.wait()
        zero = np.zeros(12)
        quat, accel = np.array([1.0, 0, 0, 0]), np.array([0, 0, 9.81])
        return RobotState(self.clock.now_s(), self.spec.default_pose, zero, zero, quat, np.zeros(3), accel, np.ones(4))

    def send(self, targets: JointTargets) -> JointTargets:
        self.sent_s.append(self.clock.now_s())
        return targets

    def stop(self) -> None:
        self.damped_s.append(self.clock.now_s())


class Heard:
    """The walking policy; notes since when it is told to stand still."""

    def __init__(self, walk: policy.Policy) -> None:
        self.walk, self.zero_s = walk, 0.0

    def reset(self) -> None:
        self.walk.reset()

    def step(self, state: RobotState, command: Twist) -> JointTargets:
        if command != Twist():
            self.zero_s = 0.0
        elif self.zero_s == 0.0:
            self.zero_s = time.monotonic()
        return self.walk.step(state, command)


class Bench:
    """A loop in a thread, and somebody who gives orders."""

    def __init__(self, folder: Path, navigating: Navigating | None, send_after_s: float) -> None:
        walk = policy.load(_policies.resolve("lite3/walk"))
        self.robot, self.heard = Robot(walk.contract.period_s), Heard(walk)
        self.lease = Lease(3.0)
        self.desk = Desk(self.lease)
        self.safety = Safety(self.robot.spec, lease=self.lease, stop=StopSwitch(folder), period_s=self.robot.period_s)
        self.machine = Guarded(
            plan_posture(self.robot.spec), self.heard, safety=self.safety, desk=self.desk, period_s=self.robot.period_s
        )
        driver = cast(Driver, self.robot)  # it is all that a loop asks of a driver
        self.loop = Loop(driver, self.machine, send_after_s)
        self.sentinel, self.navigating = Sentinel(self.safety.stop, self.robot.stop), navigating
        self.grant = self.lease.acquire("bench", time.monotonic())
        self.over = False

    def run(self) -> None:
        while not self.over:
            self.sentinel.turned()
            if self.navigating is not None and self.loop.state is not None:
                self.navigating.step(self.loop.state)
            self.loop.period()

    def walk(self, seconds: float = 0.4) -> float:
        """Walking, told so every 50 ms; returns when it was told last."""
        if self.safety.stopped:
            self.safety.resume("bench", time.monotonic())
        self.machine.mode, self.machine.goal = Mode.WALK, Goal.WALK
        end_s, told_s = time.monotonic() + seconds, 0.0
        while time.monotonic() < end_s:
            told_s = time.monotonic()
            self.desk.give(AHEAD, self.grant, told_s)
            time.sleep(0.05)
        return told_s


def wait(done: Callable[[], bool], limit_s: float = 5.0) -> None:
    end_s = time.monotonic() + limit_s
    while not done():
        if time.monotonic() > end_s:
            raise SystemExit("nothing happened within 5 s: the figures would mean nothing")
        time.sleep(0.001)


@contextlib.contextmanager
def burning(load: int) -> Iterator[None]:
    """Processes that keep cores busy."""
    processes = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(load)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextlib.contextmanager
def numbers() -> Iterator[None]:
    """A thread that computes all the time."""
    grid = np.random.default_rng(0).normal(size=(300, 300))
    with Aside(lambda _: np.linalg.svd(grid)[1], "pilot") as pilot:
        over = threading.Event()

        def feed() -> None:
            while not over.wait(0.01):
                pilot.offer(None)
                pilot.take()

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        try:
            yield
        finally:
            over.set()
            feeder.join()


def asleep(seconds: float) -> list[float]:
    """When a loop woke up that does nothing else [s]."""
    woke_s = [time.monotonic()]
    next_s = end_s = woke_s[0]
    end_s += seconds
    while next_s < end_s:
        next_s += PERIOD_S
        time.sleep(max(0.0, next_s - time.monotonic()))
        woke_s.append(time.monotonic())
    return woke_s


def stolen_s() -> float:
    """Time that the host of a virtual machine gave to others while this one wanted it [s], since it was started."""
    try:
        words = Path("/proc/stat").read_text().split()
        return int(words[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return float("nan")  # no Linux


def measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    navigating = Navigating(PERIOD_S) if args.pilot == "aside" else None
    bench, stops, dead, hung = Bench(folder, navigating, 1e-3 * args.send_after_ms), [], [], []
    thread = threading.Thread(target=bench.run, daemon=True)
    command = [sys.executable, "-c", PRESS, str(folder)]
    with (
        burning(args.load),
        numbers() if navigating is None else navigating.pilot,
        bench.sentinel,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as presser,
        steady(),  # the last: children inherit the priority
    ):
        assert presser.stdin is not None
        assert presser.stdout is not None
        thread.start()
        bench.walk()
        for _ in range(args.trials):
            bench.walk()
            print("press", file=presser.stdin, flush=True)
            at_s = float(presser.stdout.readline())
            wait(lambda: bench.heard.zero_s > 0)
            stops.append(bench.heard.zero_s - at_s)
            bench.safety.stop.release("bench")
            told_s = bench.walk()
            wait(lambda: bench.heard.zero_s > 0)
            dead.append(bench.heard.zero_s - told_s)
        stolen, began_s = stolen_s(), time.monotonic()
        bench.robot.sent_s.clear()
        bench.walk(args.seconds)
        periods = np.diff(bench.robot.sent_s[5:])
        stolen = (stolen_s() - stolen) / (time.monotonic() - began_s) / (os.cpu_count() or 1)
        acted = bench.sentinel.acted
        bench.robot.hang.set()
        time.sleep(0.2)
        hung_s = time.monotonic()
        bench.safety.stop.press("bench")
        wait(lambda: any(at_s >= hung_s for at_s in bench.robot.damped_s))
        hung.append(min(at_s for at_s in bench.robot.damped_s if at_s >= hung_s) - hung_s)
        presser.kill()
        bench.over = True
        bench.robot.free.set()
        thread.join()
        with burning(1):  # in the pilot's place, which has nothing to do any more
            bare = np.diff(asleep(args.seconds))
    return {
        "stop_ms": spread(stops),
        "dead_sender_ms": spread(dead),
        "hung_loop_stop_ms": round(1e3 * hung[0], 1),
        "period_ms": spread(periods),
        "bare_period_ms": spread(bare),
        "stolen_share": round(stolen, 4),
        "pilot": args.pilot if navigating is None else navigating.told(),
        "sentinel_acted_on_a_loop_that_turned": acted,
        "trials": args.trials,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--load", type=int, default=max(1, (os.cpu_count() or 1) - 1))
    parser.add_argument("--send-after-ms", type=float, default=4.0, help="into a period; see Loop (default: 4)")
    parser.add_argument("--pilot", choices=("aside", "thread"), default="aside")
    args = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        found = measure(args, Path(folder))
    print(json.dumps({**found, "load": args.load, "load_average_before": round(before, 2), "cpus": os.cpu_count()}))


if __name__ == "__main__":
    main()
