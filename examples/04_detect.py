"""04: a detector looks at captures, and a mission file is read.

You learn the two halves of an inspection. A capture is one look at one target: readings, where the robot believed it
was, and what is normal there; a detector makes an inspection of it: normal, abnormal with findings, or an honest
"cannot tell". A mission is a YAML file that says where to look; mistakes in it are named with line and column.
Simulated: the place and its camera. A detector never reads what the simulation knows.

    python examples/04_detect.py
"""

from __future__ import annotations

import numpy as np

from rudel import missions, robots, worlds
from rudel.core.findings import Capture, Inspection, Target
from rudel.core.readings import ThermalImage
from rudel.inspection import detector
from rudel.sim.live import LiveSim
from rudel.sim.senses.outfit import standard
from rudel.worlds.place import Thing, World

MISSION = """\
rudel_mission: 1
name: joints
world: {name: tunnel, difficulty: 0.25, seed: 2, with: {length_m: 60, things: 12, level: true}}
steps:
  - thermal: {route: inspection, only: cable_joint, retries: 1}
"""


def main() -> list[Inspection]:
    """Inspect all cable joints of a tunnel; returns what the detector said."""
    hot_spot = detector.make("hot_spot")
    print(f"{hot_spot.name} is for {', '.join(hot_spot.kinds)}. What it cannot do: {hot_spot.limits}\n")
    rng = np.random.default_rng(2)
    world = worlds.build_place("tunnel", 0.25, rng, length_m=100, things=40, fault_rate=0.5, level=True)
    said: list[Inspection] = []
    for thing in world.things:
        if thing.kind != "cable_joint":
            continue
        one = detector.look(hot_spot, capture(world, thing))
        number = "" if one.measured is None else f", {one.measured.value:.0f} {one.measured.unit}"
        print(f"{one.point}: {one.status}{number} {one.why}")
        for finding in one.findings:
            print(f"  {finding.severity} {finding.kind}, confidence {finding.confidence:.2f}")
        said.append(one)

    mission = missions.parse(MISSION, "joints.yaml")
    place = mission.world["name"] if mission.world else "a world that you name"
    print(f"\n{mission.name}: the file is in order, and runs in {place}")
    try:
        missions.parse(MISSION.replace("thermal", "termal"), "joints.yaml")
    except missions.BadMission as bad:
        print(bad)
    return said


def capture(world: World, thing: Thing) -> Capture:
    """One look at a thing by a Lite3 that was put before it. A real one knows its pose from its localiser."""
    assert thing.viewpoint is not None
    live = LiveSim(robots.load("lite3"), world, realtime_factor=None)
    live.reset(xy=thing.viewpoint.xy, yaw=thing.viewpoint.yaw_rad)
    target = Target(thing.id, thing.kind, thing.viewpoint.look_at, {"limit_c": 70.0})
    with standard(live, np.random.default_rng(0), ("thermal",)) as suite:
        while True:
            live.step(0.02)
            for arrival in suite.update():
                if isinstance(arrival.reading, ThermalImage):
                    return Capture(
                        target, live.now_s(), live.true_state().pose, 0.03, 0.01, {"thermal": arrival.reading}
                    )


if __name__ == "__main__":
    main()
