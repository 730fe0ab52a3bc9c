"""Films of the best and the worst crossing, drawn from recorded states."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.locomotion.gauntlet import terrain
from rudel.locomotion.gauntlet.crossing import FILM_FPS, Trace
from rudel.locomotion.gauntlet.families import FAMILIES
from rudel.robots.spec import RobotSpec
from rudel.sim import camera, graphics, scenery
from rudel.sim.live import live_options
from rudel.sim.model import compile_model
from rudel.sim.video import write_video

STRIDE = 2  # every second recorded state
SECONDS = 6.0  # the end of the run
SIZE = (480, 360)
BACK_M = 2.6  # of the camera
SMOOTHING = 0.15  # share by which the camera follows in each picture


class BestAndWorst:
    """Keeps two traces of all that it is shown.

    Attributes:
        best: who reached the goal at the highest level, the fastest of them.
        worst: who fell at the lowest level, the earliest of them; where nobody fell, who ran out of time there.
    """

    def __init__(self) -> None:
        self.best: Trace | None = None
        self.worst: Trace | None = None

    def show(self, trace: Trace) -> None:
        """Look at one more trace."""
        if trace.reached and (self.best is None or _merit(trace) > _merit(self.best)):
            self.best = _own(trace)
        timed_out = trace.seconds >= FAMILIES[trace.family].limit_s - 1e-6
        failed = not trace.reached and (trace.fell or timed_out)
        if failed and (self.worst is None or _misery(trace) > _misery(self.worst)):
            self.worst = _own(trace)


def _own(trace: Trace) -> Trace:
    """With a copy of its states: what they are a part of is large."""
    return dataclasses.replace(trace, qpos=trace.qpos.copy())


def _merit(trace: Trace) -> tuple[float, ...]:
    return trace.level, -trace.seconds


def _misery(trace: Trace) -> tuple[float, ...]:
    return trace.fell, -trace.level, -trace.seconds


def caption(trace: Trace) -> str:
    """What a trace shows, in a line."""
    kind = FAMILIES[trace.family]
    value = kind.value(trace.level)
    size = f"{value:.1f} {kind.measure}" if kind.measure == "degrees" else f"{100 * value:.1f} c{kind.measure}"
    end = "reaches the goal" if trace.reached else "falls" if trace.fell else "runs out of time"
    return (
        f"{trace.family} {trace.direction}, level {trace.level} ({size}), friction {trace.condition.friction:g}: "
        f"{end} after {trace.seconds:.1f} s"
    )


def render(trace: Trace, spec: RobotSpec, path: Path) -> None:
    """Write the last seconds of a trace as an MP4.

    Raises:
        GiveUp: no off-screen drawing, or no encoder, on this machine.
    """
    graphics.choose()
    ground = terrain.build(trace.family, trace.level)

    def world(mj: mujoco.MjSpec) -> None:
        scenery.add_to(mj)
        ground.add_to(mj)

    model = compile_model(spec, live_options(), add_world=world)
    data = mujoco.MjData(model)
    view, option = mujoco.MjvCamera(), mujoco.MjvOption()
    camera.hide_collision_shapes(option)
    view.type = mujoco.mjtCamera.mjCAMERA_FREE
    view.azimuth, view.elevation, view.distance = camera.AZIMUTH_DEG, camera.ELEVATION_DEG, BACK_M
    states = trace.qpos[-round(SECONDS * FILM_FPS) :: STRIDE]
    view.lookat[:] = states[0, :3]
    frames: list[NDArray[np.uint8]] = []
    renderer = mujoco.Renderer(model, SIZE[1], SIZE[0])
    try:
        renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        for qpos in states:
            data.qpos[:] = qpos
            mujoco.mj_forward(model, data)
            view.lookat[:] += SMOOTHING * (data.qpos[:3] - view.lookat)
            renderer.update_scene(data, view, option)
            frames.append(renderer.render().copy())
    finally:
        renderer.close()
    write_video(path, frames, FILM_FPS / STRIDE)
