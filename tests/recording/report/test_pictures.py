"""Pictures: only from the round's folder, whatever they are; marked, cut out and made small."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rudel.core.findings import Evidence
from rudel.recording.report.pictures import DETAIL_PX, WHOLE_PX, Album, Shown, _clipped, opened


def write(path: Path, size: tuple[int, int] = (800, 400), colour: tuple[int, int, int] = (90, 90, 90)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def shown(folder: Path, path: str, box: tuple[int, int, int, int] | None = None, budget: int = 10**7) -> Shown:
    return Album(folder, budget).show(Evidence("camera/zoom", 1.0, path, box))


def test_whole_and_detail(tmp_path: Path) -> None:
    picture = Image.new("RGB", (2000, 1000), (90, 90, 90))
    picture.paste((10, 200, 10), (1000, 400, 1100, 500))
    picture.save(tmp_path / "p.png", pnginfo=None)
    both = shown(tmp_path, "p.png", (1000, 400, 100, 100))
    assert both.whole is not None
    assert both.detail is not None
    assert (both.whole.width, both.whole.height) == (WHOLE_PX, WHOLE_PX // 2)
    assert max(both.detail.width, both.detail.height) == DETAIL_PX
    detail = np.asarray(Image.open(io.BytesIO(both.detail.data)), int)
    middle = detail[detail.shape[0] // 2, detail.shape[1] // 2]
    assert abs(middle - (10, 200, 10)).max() < 12  # what the box is around is in the middle
    assert shown(tmp_path, "p.png").detail is None
    assert shown(tmp_path, "p.png", (0, 0, 2000, 1000)).detail is None


def test_what_is_said_about_place_and_camera_is_not_passed_on(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "who was here"
    Image.new("RGB", (64, 64)).save(tmp_path / "p.jpg", exif=exif)
    whole = shown(tmp_path, "p.jpg").whole
    assert whole is not None
    assert b"who was here" not in whole.data


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    home = tmp_path / "round"
    home.mkdir()
    secret = write(tmp_path / "secret.png")
    write(tmp_path / "round2" / "p.png")
    os.symlink(secret, home / "link.png")
    os.symlink(tmp_path, home / "up")
    for path in ("../secret.png", str(secret), "link.png", "up/secret.png", "a/../../secret.png", "../round2/p.png"):
        assert shown(home, path).problem == "outside", path
    write(home / "in" / "p.png")
    assert shown(home, "in/../in/p.png").whole is not None


def test_what_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(write(tmp_path / "p.png").read_bytes()[:200])
    (tmp_path / "page.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for path in ("empty.png", "text.png", "cut.png", "page.svg"):
        assert shown(tmp_path, path).problem == "broken", path
    for path in ("pipe.png", "folder.png", "none.png", "a\0b.png", "x" * 5000):
        assert shown(tmp_path, path).problem == "missing", path
    assert shown(tmp_path, "").problem == "none"


def test_huge_pictures_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "p.png", (300, 300))
    monkeypatch.setattr("rudel.recording.report.pictures.LARGEST_PIXELS", 80_000)
    assert shown(tmp_path, "p.png").problem == "large"
    Image.new("1", (30_000, 9_000)).save(tmp_path / "bomb.png")  # 34 kB that would be 810 MB
    monkeypatch.undo()
    assert shown(tmp_path, "bomb.png").problem == "large"
    monkeypatch.setattr("rudel.recording.report.pictures.LARGEST_BYTES", 10)
    assert shown(tmp_path, "p.png").problem == "large"


def test_pictures_beyond_the_budget_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "p.png")
    album = Album(tmp_path, 100)
    looks = [album.show(Evidence("camera/zoom", float(i), "p.png")) for i in range(3)]
    assert [one.problem for one in looks] == ["", "budget", "budget"]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_kind(tmp_path: Path, mode: str) -> None:
    name = tmp_path / ("p.jpg" if mode == "CMYK" else "p.png")
    if mode == "I;16":
        Image.fromarray((np.arange(4096, dtype=np.uint16) * 7).reshape(64, 64)).save(name)
    else:
        Image.new("RGBA", (64, 64), (200, 0, 0, 128)).convert("RGB" if mode == "CMYK" else "RGBA").convert(mode).save(
            name
        )
    picture = opened(name)
    assert not isinstance(picture, str)
    assert (picture.mode, picture.size) == ("RGB", (64, 64))
    if mode == "I;16":
        assert np.ptp(np.asarray(picture)) == 255


@given(st.tuples(*[st.integers(-10_000, 10_000)] * 4))
def test_boxes_are_cut_to_the_picture(box: tuple[int, int, int, int]) -> None:
    cut = _clipped(box, (100, 60))
    if cut is not None:
        left, top, right, bottom = cut
        assert 0 <= left < right <= 100
        assert 0 <= top < bottom <= 60


@pytest.mark.parametrize(
    "box", [(-50, -50, 60, 60), (90, 50, 1000, 1000), (10, 10, 1, 1), (500, 500, 9, 9), (5, 5, -3, 2)]
)
def test_odd_boxes_cost_nothing(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    write(tmp_path / "p.png", (100, 60))
    assert shown(tmp_path, "p.png", box).whole is not None
