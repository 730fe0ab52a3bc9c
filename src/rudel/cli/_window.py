"""A walk in a window, in real time, commanded by keys."""

from __future__ import annotations

import math
import os
import threading
import time
import warnings
from typing import Any

import mujoco
import numpy as np

from rudel.cli._keyboard import HELP, Keyboard
from rudel.core.types import Twist
from rudel.sim import camera
from rudel.sim.live import LiveSim

MAX_FPS = 30.0
CLOSING_S = 5.0  # how long a viewer may take to close


def missing() -> str | None:
    """Why no window can be opened here, or None."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display ($DISPLAY and $WAYLAND_DISPLAY are empty)"
    try:
        import glfw
    except ImportError as error:
        return f"GLFW is not installed ({error})"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reason below says it
        if not glfw.init():  # asked here, because the viewer would wait for ever for a window that cannot open
            return f"the display {os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')} cannot be opened"
    return None


class Window:
    """MuJoCo's viewer on a live simulation; a context manager."""

    def __init__(self, live: LiveSim, keyboard: Keyboard) -> None:
        import mujoco.viewer

        self.live, self.keyboard = live, keyboard
        before = set(threading.enumerate())
        self._viewer: Any = mujoco.viewer.launch_passive(
            live.model, live.data, key_callback=keyboard.press, show_left_ui=False, show_right_ui=False
        )
        self._threads = set(threading.enumerate()) - before
        with self._viewer.lock():
            camera.place(self._viewer.cam, live)
            camera.hide_collision_shapes(self._viewer.opt)
        self._option_flags = self._viewer.opt.flags.copy()
        self._groups = self._viewer.opt.geomgroup.copy()
        self._scene_flags: np.ndarray = self._viewer.user_scn.flags.copy()
        self._scene_flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0  # draws everything twice
        self._due_s = -math.inf  # wall time of the next picture
        self._looked_s = live.now_s()  # simulated time of the last one

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        self._viewer.close()
        for (
            thread
        ) in self._threads:  # or the process might end while the viewer still draws, which X11 reports as an error
            thread.join(CLOSING_S)

    @property
    def open(self) -> bool:
        return self._viewer.is_running() and not self.keyboard.quit

    def show(self, name: str, command: Twist) -> None:
        """Draw the present moment, unless the last picture is too recent (on the wall clock).

        Where drawing is slow, it gets at most half of the time, so that the robot is not slowed down much.
        """
        start_s = time.monotonic()
        if start_s < self._due_s:
            return
        velocity = self.live.true_state().twist
        viewer = self._viewer
        with viewer.lock():
            # the viewer toggles drawing options with the letters that we drive with: put them back
            viewer.opt.flags[:], viewer.opt.geomgroup[:] = self._option_flags, self._groups
            viewer.user_scn.flags[:] = self._scene_flags
            self._looked_s = camera.follow(viewer.cam, self.live, self._looked_s)
        lines = (
            ("", name),
            ("command", f"{command.vx:+.2f} {command.vy:+.2f} m/s {command.wz:+.2f} rad/s"),
            ("actual", f"{velocity[0]:+.2f} {velocity[1]:+.2f} m/s {velocity[2]:+.2f} rad/s"),
            *HELP,
        )
        left, right = ("\n".join(column) for column in zip(*lines, strict=True))
        viewer.set_texts((mujoco.mjtFontScale.mjFONTSCALE_150, mujoco.mjtGridPos.mjGRID_TOPLEFT, left, right))
        viewer.sync()
        end_s = time.monotonic()
        self._due_s = max(start_s + 1 / MAX_FPS, end_s + (end_s - start_s))
