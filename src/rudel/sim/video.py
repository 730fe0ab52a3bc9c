"""Pictures to films: MP4 that browsers and players show, GIF for where a film cannot go."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput, GiveUp, UnknownName

if TYPE_CHECKING:
    import cv2

Image = NDArray[np.uint8]

# OpenCV's wheels come without an H.264 encoder; VP9 is what they have that browsers play (MPEG-4 part 2 is not).
CODECS = ("vp09", "mp4v")
QUEUE_FRAMES = 16  # encoding runs beside drawing and may lag behind by so many pictures
GIF_WIDTH, GIF_COLOURS, GIF_MAX_FPS = 320, 64, 12.5  # about 0.3 MB per second


class Mp4:
    """A film that grows picture by picture; what has been added is kept, also when an exception ends it.

    The file appears under its name when the film is closed, in one step; no film without a picture.

    Args:
        path: where to; missing folders are made.
        fps: pictures per second.
    """

    def __init__(self, path: Path, fps: float) -> None:
        if path.suffix.lower() != ".mp4":
            raise BadInput(f"{path}: an MP4 film needs a name that ends in .mp4")
        if not fps > 0:
            raise BadInput(f"fps is {fps}, must be positive")
        self.path, self.fps, self.frames = path, fps, 0
        self._part = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
        self._shape: tuple[int, ...] = ()
        self._queue: queue.Queue[Image | None] = queue.Queue(QUEUE_FRAMES)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def add(self, image: Image) -> None:
        """Append a picture (height, width, 3) RGB; all of a film have the same even size."""
        if self._thread is None:
            self._start(image)
        if image.shape != self._shape:
            raise BadInput(f"{self.path}: a picture of shape {image.shape} in a film of {self._shape}")
        self._queue.put(np.ascontiguousarray(image[:, :, ::-1]))
        self.frames += 1

    def close(self) -> None:
        """Finish the file. Raises OSError when it cannot be read back whole (a full disk tells the encoder nothing)."""
        if self._thread is None:
            return
        import cv2

        try:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
            written = max(0, int(cv2.VideoCapture(str(self._part)).get(cv2.CAP_PROP_FRAME_COUNT)))
            if written != self.frames:
                raise OSError(f"{self.path}: only {written} of {self.frames} pictures were written; is the disk full?")
            os.replace(self._part, self.path)
        finally:
            self._part.unlink(missing_ok=True)

    def _start(self, image: Image) -> None:
        if (
            image.ndim != 3
            or image.shape[2] != 3
            or image.dtype != np.uint8
            or image.shape[0] % 2
            or image.shape[1] % 2
        ):
            raise BadInput(f"{self.path}: pictures must be uint8 (height, width, 3) of even size, got {image.shape}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._shape = image.shape
        writer = _open(self._part, self.fps, (image.shape[1], image.shape[0]))
        self._thread = threading.Thread(target=self._encode, args=(writer,), daemon=True)
        self._thread.start()

    def _encode(self, writer: cv2.VideoWriter) -> None:
        while (image := self._queue.get()) is not None:
            writer.write(image)
        writer.release()


def write_video(path: Path, frames: Iterable[Image], fps: float) -> None:
    """Write pictures (height, width, 3) RGB at ``fps`` as ``.mp4`` or ``.gif``, in one step.

    A GIF is made smaller: at most GIF_WIDTH wide, at most GIF_MAX_FPS (pictures are left out), GIF_COLOURS colours.

    Raises:
        BadInput: no pictures, or pictures of unlike or odd sizes.
        UnknownName: another ending.
        OSError: the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending == ".gif":
        _write_gif(path, list(for_gif(frames, fps)), fps)
    elif ending == ".mp4":
        with Mp4(path, fps) as film:
            for image in frames:
                film.add(image)
        if not film.frames:
            raise BadInput(f"{path}: no pictures to make a film of")
    else:
        raise UnknownName("kind of film", ending, (".mp4", ".gif"))


def for_gif(frames: Iterable[Image], fps: float) -> Iterator[Image]:
    """The pictures that a GIF keeps, made small: few enough bytes to hold a film's worth of them in memory."""
    import cv2

    for k, image in enumerate(frames):
        if k % gif_stride(fps) == 0:
            height, width = image.shape[:2]
            if width > GIF_WIDTH:
                size = (GIF_WIDTH, round(height * GIF_WIDTH / width))
                image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            yield np.asarray(image, np.uint8)


def gif_stride(fps: float) -> int:
    """Every how many-th picture a GIF keeps."""
    return max(1, -int(-fps // GIF_MAX_FPS))


def _write_gif(path: Path, small: list[Image], fps: float) -> None:
    if not small:
        raise BadInput(f"{path}: no pictures to make a GIF of")
    from PIL import Image as Pillow

    # One palette for all pictures and no dithering: what does not change then stays the same byte for byte.
    sample = np.concatenate(small[:: max(1, len(small) // 8)])
    palette = Pillow.fromarray(sample).quantize(GIF_COLOURS, method=Pillow.Quantize.MEDIANCUT)
    images = [Pillow.fromarray(image).quantize(palette=palette, dither=Pillow.Dither.NONE) for image in small]
    with _replacing(path) as part:
        images[0].save(
            part,
            format="GIF",
            save_all=True,
            append_images=images[1:],
            duration=round(1000 * gif_stride(fps) / fps),
            loop=0,
            optimize=True,
        )


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _open(path: Path, fps: float, size: tuple[int, int]) -> cv2.VideoWriter:
    import cv2

    for codec in CODECS:
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size)
        if writer.isOpened():
            return writer
    if not os.access(path.parent, os.W_OK):
        raise GiveUp(f"{path.parent} cannot be written to")
    raise GiveUp(f"OpenCV has no encoder for MP4 here (tried {', '.join(CODECS)}): install opencv-python-headless")
