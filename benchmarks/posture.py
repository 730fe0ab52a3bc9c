"""Standing up and sitting down over seeds, grounds, frictions and payload: what it costs and how often it fails.

Usage: python benchmarks/posture.py [--seeds 5] [--robots lite3 x30]. Prints one JSON object. Each seed lies down at
another place and heading, limp for half a second, then stands up and sits down. A stand fails when the base is tilted
by more than the ground and 10 degrees, or a joint ends more than 0.35 rad off; a sit when the base tilts by more than
60 degrees or still moves by 5 cm in its last second.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os

import numpy as np

from rudel import robots, worlds
from rudel.robots.posture import Sit, Stand
from rudel.robots.posture_plan import plan_posture
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from rudel.sim.posture_trial import Trial, set_load, try_posture

SLOPE_RAD = math.radians(15)
FLANK_M = (1.25, 1.9)  # from the middle of the world "slope": on its inner flank
GROUNDS: dict[str, tuple[str | None, float, float]] = {  # world, difficulty, incline of the ground [rad]
    "level": (None, 0.0, 0.0),
    "blocks to 4 cm": ("blocks", 0.11, 0.12),
    "blocks to 8 cm": ("blocks", 1 / 3, 0.23),
    "slope of 15 degrees": ("slope", 14 / 29, SLOPE_RAD),
}
LOADS = {"": (0.0, None), ", +3 kg": (3.0, None), ", friction 0.4": (0.0, 0.4)}


def trials(robot: str, ground: str, load: str, seed: int) -> tuple[Trial, Trial]:
    """One robot lies down somewhere, stands up, and sits down."""
    spec = robots.load(robot)
    plan = plan_posture(spec)
    world, difficulty, _ = GROUNDS[ground]
    rng = np.random.default_rng(seed)
    terrain = None if world is None else worlds.build(world, difficulty, rng)
    live = LiveSim(spec, terrain, realtime_factor=None)
    driver = SimDriver(live, None, rng)
    set_load(driver, *LOADS[load])
    side = rng.choice((-1.0, 1.0))
    xy = (side * rng.uniform(*FLANK_M), rng.uniform(-0.5, 0.5)) if world == "slope" else tuple(rng.uniform(-3, 3, 2))
    live.reset(xy=(float(xy[0]), float(xy[1])), yaw=float(rng.uniform(-math.pi, math.pi)))
    with driver:
        live.step(0.5)
        return try_posture(driver, Stand(plan, driver.period_s)), try_posture(driver, Sit(plan, driver.period_s))


def failed(stand: Trial, sit: Trial, incline_rad: float) -> bool:
    good = stand.off_rad < 0.35 and stand.tilt_rad < incline_rad + math.radians(10) and math.isfinite(stand.seconds)
    return not (good and sit.most_tilt_rad < math.radians(60) and sit.drift_m < 0.05 and math.isfinite(sit.seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--robots", nargs="+", default=list(robots.names()))
    args = parser.parse_args()
    rows: list[dict[str, object]] = []
    for robot in args.robots:
        for ground, (_, _, incline) in GROUNDS.items():
            for load in LOADS:
                made = [trials(robot, ground, load, seed) for seed in range(args.seeds)]
                row: dict[str, object] = {"robot": robot, "ground": ground + load, "seeds": args.seeds}
                row["failures"] = sum(failed(*pair, incline) for pair in made)
                for i, name in enumerate(("stand", "sit")):
                    for field in dataclasses.fields(Trial):
                        values = [getattr(pair[i], field.name) for pair in made]
                        row[f"{name}_{field.name}"] = [round(float(np.median(values)), 4), round(max(values), 4)]
                rows.append(row)
    print(json.dumps({"median and worst": rows, "load": os.getloadavg()}, indent=1))


if __name__ == "__main__":
    main()
