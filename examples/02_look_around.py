"""02: a place, and a look at it through a sense.

You learn how a place is built (the same seed is the same place, down to the byte), what it is made of, and how a
simulated sense is asked: here a thermal camera in front of a cable joint. It answers with the same frozen type that
a real robot's driver fills in. Simulated: the camera, the temperatures, the place.

    python examples/02_look_around.py
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from rudel import robots, worlds
from rudel.core.readings import ThermalImage
from rudel.sim.live import LiveSim
from rudel.sim.senses.outfit import standard
from rudel.worlds.place import Thing, World

SECONDS = 0.4  # the camera takes 8.7 pictures a second


def main(out: Path = Path("runs/examples")) -> Path:
    """Build a tunnel, look at one of its cable joints; returns the path of the picture."""
    world = worlds.build_place("tunnel", 0.25, np.random.default_rng(2), length_m=60, things=12, level=True)
    kinds = Counter(thing.kind for thing in world.things)
    print(f"{world.name}: {len(world.shapes)} shapes, {len(world.things)} things to inspect: {dict(kinds)}")
    joint = next(thing for thing in world.things if thing.kind == "cable_joint")
    picture = thermal_picture(world, joint)
    warmest, around = float(np.nanmax(picture.celsius)), float(np.nanmedian(picture.celsius))
    print(f"{joint.id}: {warmest:.0f} degrees C at the warmest, {around:.0f} around it")
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{joint.id}-thermal.png"
    grey = np.interp(picture.celsius, (around, max(warmest, around + 5)), (0, 255)).astype(np.uint8)
    cv2.imwrite(str(path), cv2.resize(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), None, fx=4, fy=4))
    print(path)
    return path


def thermal_picture(world: World, thing: Thing) -> ThermalImage:
    """What a Lite3 that was put before the thing sees of it."""
    assert thing.viewpoint is not None
    live = LiveSim(robots.load("lite3"), world, realtime_factor=None)
    live.reset(xy=thing.viewpoint.xy, yaw=thing.viewpoint.yaw_rad)
    with standard(live, np.random.default_rng(0), ("thermal",)) as suite:
        seen: list[ThermalImage] = []
        while live.now_s() < SECONDS:
            live.step(0.02)
            seen += [a.reading for a in suite.update() if isinstance(a.reading, ThermalImage)]
    return seen[0]


if __name__ == "__main__":
    main()
