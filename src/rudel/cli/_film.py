"""A walk on film: pictures with the command and the velocity written on them, as MP4 and GIF."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from rudel.core.types import Twist
from rudel.sim.camera import Camera, Image
from rudel.sim.live import LiveSim
from rudel.sim.video import Mp4, for_gif, gif_stride, write_video

FPS = 25.0
SMOOTHING_S = 0.5  # of the velocity shown: a gait's own sway is left out


class Film:
    """Films a live simulation; a context manager. On leaving, also by an exception, the films so far are written.

    Args:
        live: the simulation.
        mp4: path of the film; the GIF lies beside it.
        title: written on every picture.
        size: (width, height) in pixels.

    Attributes:
        files: what has been written, after leaving.
    """

    def __init__(self, live: LiveSim, mp4: Path, title: str, size: tuple[int, int] = (640, 480)) -> None:
        self.live, self.title = live, title
        self._camera, self._mp4, self._gif = Camera(live, *size), Mp4(mp4, FPS), mp4.with_suffix(".gif")
        self._small: list[Image] = []
        self._start_s = self._due_s = self._last_s = live.now_s()
        self._velocity = np.zeros(3)
        self.files: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._camera.__exit__(kind, error, trace)
        self._mp4.close()
        if self._mp4.frames:
            self.files.append(self._mp4.path)
            write_video(self._gif, self._small, FPS / gif_stride(FPS))
            self.files.append(self._gif)

    def show(self, name: str, command: Twist) -> None:
        """Draw the present moment, if a picture is due."""
        now_s = self.live.now_s()
        keep = np.exp(-(now_s - self._last_s) / SMOOTHING_S)
        self._velocity = keep * self._velocity + (1 - keep) * self.live.true_state().twist
        self._last_s = now_s
        if now_s < self._due_s - 1e-6:
            return
        self._due_s += 1 / FPS
        image = self._camera.picture().copy()
        self._write_on(image, name, command)
        if self._mp4.frames % gif_stride(FPS) == 0:
            self._small += for_gif([image], FPS)
        self._mp4.add(image)

    def _write_on(self, image: Image, name: str, command: Twist) -> None:
        now_s = self.live.now_s() - self._start_s
        for strip in (image[:26], image[-44:]):
            strip[:] = strip // 2  # dark enough for white letters
        height = image.shape[0]
        lines = (
            (f"{self.title}   {now_s:4.1f} s   {name}", 18),
            (f"command   {_text(command.array())}", height - 27),
            (f"actual    {_text(self._velocity)}", height - 9),
        )
        for text, y in lines:
            cv2.putText(image, text, (12, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)


def _text(v: np.ndarray) -> str:
    return f"vx {v[0]:+.2f}  vy {v[1]:+.2f} m/s  wz {v[2]:+.2f} rad/s"
