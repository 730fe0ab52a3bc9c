"""Drawing and films: the library is chosen, pictures show the robot, films come back as they were written."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from rudel import robots
from rudel.core.errors import BadInput, GiveUp, UnknownName
from rudel.sim import graphics, video
from rudel.sim.camera import Camera
from rudel.sim.live import LiveSim
from rudel.sim.video import Mp4, write_video

SIZE = (48, 64, 3)


def moving_block(n: int) -> list[np.ndarray]:
    """A bright block that moves to the right by two pixels per picture, on grey."""
    frames = [np.full(SIZE, 90, np.uint8) for _ in range(n)]
    for k, frame in enumerate(frames):
        frame[16:32, 2 * k : 2 * k + 16] = (250, 60, 40)
    return frames


def block_column(frame: np.ndarray) -> float:
    """Where the red block is [pixels]."""
    return float(np.mean(np.nonzero(frame[24, :, 0].astype(int) - frame[24, :, 2] > 60)[0]))


def read_mp4(path: Path) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        frames.append(read[1][:, :, ::-1])
    return frames


def read_gif(path: Path) -> list[np.ndarray]:
    image, frames = Pillow.open(path), []
    for k in range(getattr(image, "n_frames", 1)):
        image.seek(k)
        frames.append(np.asarray(image.convert("RGB")))
    return frames


def test_a_library_that_is_already_chosen_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "glfw")
    assert graphics.choose(works=lambda backend: pytest.fail(f"asked for {backend}")) == "glfw"


@pytest.mark.parametrize("first", graphics.BACKENDS)
def test_the_first_that_works_is_taken(first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "")
    monkeypatch.setattr(graphics.importlib, "reload", lambda module: None)  # the process keeps what it has
    asked: list[str] = []

    def works(backend: str) -> bool:
        asked.append(backend)
        return backend == first

    assert graphics.choose(works) == os.environ["MUJOCO_GL"] == first
    assert asked == list(graphics.BACKENDS[: graphics.BACKENDS.index(first) + 1])


def test_without_any_library_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "")
    with pytest.raises(GiveUp, match=r"make setup.*apt-get install libegl1"):
        graphics.choose(works=lambda backend: False)
    assert os.environ["MUJOCO_GL"] == ""


def test_a_library_that_does_not_exist_does_not_work() -> None:
    assert not graphics.works("no-such-library")


def test_the_picture_shows_the_robot_and_follows_it() -> None:
    try:
        graphics.choose()
    except GiveUp as nothing:
        pytest.skip(str(nothing))
    live = LiveSim(robots.load("lite3"), realtime_factor=None)
    live.reset(live.spec.default_pose)
    with Camera(live, 96, 72) as camera:
        here = camera.picture().astype(int)
        assert here.shape == (72, 96, 3)
        live.data.qpos[2] = 100.0  # gone
        live.step(live.model.opt.timestep)
        changed = np.abs(camera.picture().astype(int) - here).max(axis=2) > 40
        rows, columns = np.nonzero(changed)
        assert 0.03 < changed.mean() < 0.6  # a robot's share of the picture
        assert 30 < columns.mean() < 66
        assert 20 < rows.mean() < 52
        live.reset(live.spec.default_pose, xy=(20.0, 0.0))
        live.step(5.0)
        live.reset(live.spec.default_pose, xy=(20.0, 0.0))
        there = camera.picture().astype(int)
        assert (np.abs(there - here).max(axis=2) > 40)[rows, columns].mean() < 0.25


@pytest.mark.parametrize("size", [(0, 10), (10_000, 10), (10, 10_000)])
def test_impossible_picture_sizes_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="pixels"):
        Camera(LiveSim(robots.load("lite3"), realtime_factor=None), *size)


@pytest.mark.parametrize("ending", [".mp4", ".gif"])
def test_a_film_comes_back_as_it_was_written(ending: str, tmp_path: Path) -> None:
    frames, path = moving_block(20), tmp_path / "new" / f"film{ending}"
    write_video(path, iter(frames), 10.0)
    back = read_mp4(path) if ending == ".mp4" else read_gif(path)
    assert len(back) == len(frames)
    for wanted, found in zip(frames, back, strict=True):
        assert found.shape == SIZE
        assert np.abs(wanted.astype(int) - found).mean() < 6
        assert block_column(found) == pytest.approx(block_column(wanted), abs=1.5)
    assert os.listdir(path.parent) == [path.name]


def test_an_mp4_plays_at_its_rate_in_a_codec_of_browsers(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write_video(path, moving_block(10), 25.0)
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25.0)
    assert int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").lower() in (b"vp09", b"vp90", b"avc1", b"h264")


@pytest.mark.parametrize("fps", [5.0, 12.5, 25.0, 30.0, 50.0])
def test_a_gif_is_small_and_plays_as_long_as_the_film(fps: float, tmp_path: Path) -> None:
    path, n = tmp_path / "film.gif", 60
    wide = [np.repeat(np.repeat(frame, 10, axis=0), 10, axis=1) for frame in moving_block(24)] * 3
    write_video(path, wide[:n], fps)
    image, total_s = Pillow.open(path), 0.0
    assert image.size == (video.GIF_WIDTH, 240)
    for k in range(getattr(image, "n_frames", 1)):
        image.seek(k)
        total_s += image.info["duration"] / 1000
    assert getattr(image, "n_frames", 1) / total_s <= video.GIF_MAX_FPS + 1e-6
    assert total_s == pytest.approx(n / fps, rel=0.1)


def test_what_was_filmed_before_an_error_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"

    def interrupted() -> None:
        with Mp4(path, 25.0) as film:
            for frame in moving_block(7):
                film.add(frame)
                assert not path.exists()  # half a film is not there under its name
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(read_mp4(path)) == 7
    assert os.listdir(tmp_path) == ["film.mp4"]


def test_a_film_that_was_not_written_whole_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "film.mp4"
    write_video(path, moving_block(5), 25.0)
    old = path.read_bytes()

    class FullDisk:
        def write(self, image: np.ndarray) -> None:
            pass

        def release(self) -> None:
            pass

    monkeypatch.setattr(video, "_open", lambda *_: FullDisk())
    with pytest.raises(OSError, match="0 of 8 pictures"):
        write_video(path, moving_block(8), 25.0)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["film.mp4"]


@pytest.mark.parametrize("ending", [".mp4", ".gif"])
def test_no_film_without_a_picture(ending: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no pictures"):
        write_video(tmp_path / f"film{ending}", [], 25.0)
    assert not os.listdir(tmp_path)


def test_unfit_pictures_and_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"\.avi"):
        write_video(tmp_path / "film.avi", moving_block(2), 25.0)
    with pytest.raises(BadInput, match="even size"):
        write_video(tmp_path / "film.mp4", [np.zeros((47, 64, 3), np.uint8)], 25.0)
    with pytest.raises(BadInput, match="shape"):
        write_video(tmp_path / "film.mp4", [*moving_block(1), np.zeros((48, 48, 3), np.uint8)], 25.0)
