"""Pictures of findings: read from the round's folder and nowhere else, marked, cut out, made small."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from rudel.core.findings import Evidence

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
LARGEST_BYTES, LARGEST_PIXELS = 64_000_000, 50_000_000
WHOLE_PX, DETAIL_PX, LEAST_DETAIL_PX = 720, 420, 48
BUDGET_BYTES = 16_000_000  # of all pictures in one report
QUALITY = 80
_AROUND = 0.3  # of the box on each side of it that a detail shows
_MOST = 0.5  # of the picture's area: a larger box needs no detail
_MARK, _HALO = (255, 214, 0), (0, 0, 0)


@dataclass(frozen=True)
class Jpeg:
    """A picture as it goes into a report."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """The whole picture with its box drawn in, and what is in the box; or ``problem``: none, outside, missing, ..."""

    whole: Jpeg | None = None
    detail: Jpeg | None = None
    problem: str = ""


class Album:
    """The pictures of one round.

    Args:
        folder: of the round; a picture's path is relative to it and may not leave it.
        budget_bytes: for all pictures together; what comes later is left out.
    """

    def __init__(self, folder: Path, budget_bytes: int = BUDGET_BYTES) -> None:
        self._folder = folder.resolve()
        self._left = budget_bytes
        self._seen: dict[Evidence, Shown] = {}

    def show(self, evidence: Evidence) -> Shown:
        """What to show for it. Never raises for what a file holds: the problem is named instead."""
        if evidence not in self._seen:
            self._seen[evidence] = self._show(evidence)
        return self._seen[evidence]

    def file(self, path: str) -> Path | str:
        """Where a picture is, or why it may not be read: outside, missing, large."""
        try:
            where = (self._folder / path).resolve()
            if Path(path).is_absolute() or not where.is_relative_to(self._folder):
                return "outside"
            facts = where.stat()
        except (OSError, ValueError, RuntimeError):  # no such file, a zero byte in the name, a loop of links
            return "missing"
        if not stat.S_ISREG(facts.st_mode):  # reading a pipe would never end
            return "missing"
        return "large" if facts.st_size > LARGEST_BYTES else where

    def _show(self, evidence: Evidence) -> Shown:
        if not evidence.path:
            return Shown(problem="none")
        if self._left <= 0:
            return Shown(problem="budget")
        where = self.file(evidence.path)
        picture = where if isinstance(where, str) else opened(where)
        if isinstance(picture, str):
            return Shown(problem=picture)
        box = _clipped(evidence.box, picture.size)
        detail = _detail(picture, box) if box else None
        shown = Shown(jpeg(_marked(picture, box), WHOLE_PX), detail)
        self._left -= sum(len(one.data) for one in (shown.whole, shown.detail) if one)
        return shown


def opened(path: Path) -> Image.Image | str:
    """The picture in a file as RGB, or why there is none: large, broken."""
    try:
        with Image.open(path, formats=FORMATS) as file:
            if file.width * file.height > LARGEST_PIXELS:
                return "large"
            file.load()
            return _rgb(file)
    except Image.DecompressionBombError:
        return "large"
    except Exception as error:  # decoders meet broken files with errors of every kind; none may cost the report
        if isinstance(error, MemoryError):
            return "large"
        return "broken"


def jpeg(picture: Image.Image, longest_px: int) -> Jpeg:
    """Made smaller, never larger, without whatever else the file said (place, camera, time)."""
    scale = min(longest_px / max(picture.size), 1.0)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    small = picture.resize(size, Image.Resampling.LANCZOS) if size != picture.size else picture
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY, optimize=True)
    return Jpeg(file.getvalue(), *size)


def _rgb(picture: Image.Image) -> Image.Image:
    """RGB; what has more than 8 bits is stretched over what it uses, transparent parts become white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.nan_to_num(np.asarray(picture.convert("F"), np.float64), posinf=0.0, neginf=0.0)
        low, high = float(grey.min()), float(grey.max())
        levels = (grey - low) * (255 / max(high - low, 1e-9))
        return Image.fromarray(levels.astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layers = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")
    return picture.convert("RGB")


def _clipped(box: tuple[int, int, int, int] | None, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom within the picture; None where nothing of the box is in it."""
    if box is None:
        return None
    x, y, width, height = box
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, size[0]), min(y + height, size[1])
    return (left, top, right, bottom) if right > left and bottom > top else None


def _marked(picture: Image.Image, box: tuple[int, int, int, int] | None) -> Image.Image:
    if box is None:
        return picture
    marked = picture.copy()
    width = max(round(max(picture.size) / 240), 2)
    pen = ImageDraw.Draw(marked)
    left, top, right, bottom = box
    for colour, grow, wide in ((_HALO, 2 * width, 3 * width), (_MARK, width + width // 2, width)):
        pen.rectangle((left - grow, top - grow, right + grow, bottom + grow), outline=colour, width=wide)
    return marked


def _detail(picture: Image.Image, box: tuple[int, int, int, int]) -> Jpeg | None:
    left, top, right, bottom = box
    if (right - left) * (bottom - top) > _MOST * picture.width * picture.height:
        return None
    room = max(_AROUND * max(right - left, bottom - top), (LEAST_DETAIL_PX - max(right - left, bottom - top)) / 2)
    cut = picture.crop((
        max(int(left - room), 0),
        max(int(top - room), 0),
        min(int(right + room), picture.width),
        min(int(bottom + room), picture.height),
    ))  # fmt: skip
    scale = max(DETAIL_PX / max(cut.size), 1.0)
    if scale > 1.0:  # small things are enlarged, smoothly, so that they can be made out on paper as well
        size = (max(round(cut.width * scale), 1), max(round(cut.height * scale), 1))
        cut = cut.resize(size, Image.Resampling.BICUBIC)
    return jpeg(cut, DETAIL_PX)
