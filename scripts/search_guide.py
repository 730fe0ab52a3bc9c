"""Search the poses that guide a robot from its back to its feet: what robots/<name>/tuning.py has as guide_poses.

    python scripts/search_guide.py --robot lite3 --iterations 60 --seed 0

The cross-entropy method (Rubinstein 1999) over four poses of 12 joints and the lean, see rudel.locomotion.rollover: in
every iteration candidates drawn from a Gaussian turn the same six robots from their backs for 2.6 s, and the Gaussian
moves to the best of them. It begins with one side's legs folded and the other side's stretched as far back as they go,
and spreads out once more in the middle. Prints one line for every fifth iteration, the poses and the lean at the end.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from rudel import robots
from rudel.core.frames import projected_gravity
from rudel.locomotion import footing, rollover
from rudel.locomotion.config import apply_tuning
from rudel.locomotion.fallen import FallenConfig
from rudel.locomotion.getup_env import GetupEnv, options_for
from rudel.locomotion.ground import Ground
from rudel.locomotion.skills import getup
from rudel.locomotion.terms.randomisation import nominal
from rudel.robots.spec import RobotSpec
from rudel.sim.options import training_options

Array = NDArray[np.float64]

POSES, CANDIDATES, ROBOTS, BEST = 4, 64, 6, 10  # ROBOTS: for every candidate
ON_BACK_Z = 0.7  # of gravity in the base
STATES, TIME_S = 1024, 2.6
# leg by leg, hip x, hip y and knee as shares of their ranges; the left side lies lower
FOLDED = ((0.5, 0.5, 0.85), (0.5, 0.5, 0.85))
KICK = ((1.0, 0.45, 1.0), (1.0, 0.0, 0.0))
SPREAD = (0.2, 0.4, 0.35)  # first standard deviation of hip x, hip y, knee [rad]
LEAN = (-1.0, 1.0)  # first mean and standard deviation [1/s]
AGAIN = 0.75  # of them, in the middle of the search
SPREAD_MIN, STEP = 0.08, 0.45


def environment(spec: RobotSpec, seed: int) -> GetupEnv:
    """All candidates' robots, fallen, without randomness in their bodies."""
    config = apply_tuning(getup.config(), robots.tuning(spec.name, "getup"))
    fallen = FallenConfig(states=STATES)
    config = dataclasses.replace(config, randomisation=nominal(), episode_s=1e6, fallen=fallen)
    options = options_for(config, training_options(), Ground())
    env = GetupEnv(spec, config, Ground(), CANDIDATES * ROBOTS, options, seed)
    env.autoreset = False
    env.reset()
    return env


def guide(spec: RobotSpec, candidate: Array) -> rollover.Guide:
    """The guide with the numbers (POSES * 12 + 1,): poses, lean."""
    poses = candidate[:-1].reshape(POSES, 12).clip(*spec.joint_range_rad.T)
    return rollover.Guide(spec, tuple(map(tuple, poses.tolist())), float(candidate[-1]))


def score(env: GetupEnv, candidates: Array, rng: np.random.Generator) -> tuple[Array, float]:
    """How candidates fared, (CANDIDATES,), and the share that is up at the end.

    What the skill pays for being turned, high and up, on average, and how far they were turned at best: before anybody
    comes over, only that tells a good swing.
    """
    assert env.lying is not None
    n = env.num_envs
    back = np.flatnonzero(projected_gravity(env.lying[0][:, 3:7])[:, 2] > ON_BACK_Z)
    start = np.tile(rng.choice(back, ROBOTS), CANDIDATES)
    env.start_at(env.lying[0][start], env.lying[1][start])
    guides = [guide(env.robot, candidate) for candidate in candidates]
    total, best, steps = np.zeros(n), np.zeros(n), round(TIME_S / env.config.period_s)
    for _ in range(steps):
        seen = (x.reshape(CANDIDATES, ROBOTS, 3) for x in (env.snapshot.gravity, env.snapshot.gyro))
        targets = np.concatenate([g.targets(*of) for g, *of in zip(guides, *seen, strict=True)])
        env.step((targets - env.default_pose) / env.control.action_scale)
        s = env.snapshot
        up = footing.upright(s)
        np.maximum(best, 1 + up, out=best)
        total += 0.5 * (1 + up) + 2 * np.clip(footing.height(s), 0, 1) * np.clip(up, 0, 1) ** 2 + footing.up(s)
    return (total / steps + best).reshape(CANDIDATES, ROBOTS).mean(axis=1), float(footing.up(env.snapshot).mean())


def main() -> None:
    """Search, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robot", default="lite3")
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    spec = robots.load(args.robot)
    rng = np.random.default_rng(args.seed)
    lower, upper = spec.joint_range_rad.T
    shares = np.array([2 * FOLDED] + [2 * KICK] * (POSES - 1)).reshape(POSES, 12)  # front, then hind legs
    mean = np.append(lower + shares * (upper - lower), LEAN[0])
    spread = np.append(np.tile(SPREAD, 4 * POSES), LEAN[1])
    again = AGAIN * spread
    with threadpool_limits(1):
        env = environment(spec, args.seed)
        for i in range(args.iterations):
            if i == args.iterations // 2:
                spread = np.maximum(spread, again)
            drawn = mean + spread * rng.standard_normal((CANDIDATES, len(mean)))
            drawn[0] = mean
            paid, up = score(env, drawn, rng)
            best = drawn[np.argsort(-paid)[:BEST]]
            mean += STEP * (best.mean(axis=0) - mean)
            spread = np.maximum(spread + STEP * (best.std(axis=0) - spread), SPREAD_MIN)
            if i % 5 == 4:
                print(f"{i + 1:4d}  paid {paid.mean():.3f}, best {paid.max():.3f}, up {up:.3f}", file=sys.stderr)
    for pose in mean[:-1].reshape(POSES, 12).clip(*spec.joint_range_rad.T):
        print("(" + ", ".join(f"{q:.2f}" for q in pose) + "),")
    print(f"lean {mean[-1]:.2f}")


if __name__ == "__main__":
    main()
