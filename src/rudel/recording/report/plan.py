"""The map of a report: a picture that was passed in, the way of the robot, and numbered marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rudel.core.errors import BadInput
from rudel.recording.report import limits
from rudel.recording.report.drawing import XY, Disc, Drawing, Label, Line, Patch, Photo, Shape
from rudel.recording.report.facts import Facts
from rudel.recording.report.language import Language
from rudel.recording.report.pictures import LARGEST_PIXELS, Jpeg, jpeg, opened

WIDTH, TALLEST = 960.0, 720.0
MARGIN_M, LEAST_M = 3.0, 8.0
JUMP_M = 5.0  # the way is broken there: the robot was carried, or found itself anew
PICTURE_PX = 1920
_RADIUS, _BAR, _STRIP = 13.0, 140.0, 22.0  # of a mark; length of the bar that shows the scale; room for it below
_TURNS = np.arange(2000)  # the golden angle fills the plane evenly
_SPIRAL = 7.0 * np.sqrt(_TURNS)[:, None] * np.column_stack((np.cos(2.4 * _TURNS), np.sin(2.4 * _TURNS)))
FARTHEST_M = 100_000.0  # coordinates beyond are nonsense and would make the map a dot


@dataclass(frozen=True)
class MapPicture:
    """A picture of the map seen from above, x to the right and y up.

    Attributes:
        path: of a PNG or JPEG.
        extent_m: low x, high x, low y, high y of its outer edges in the map [m].
    """

    path: Path
    extent_m: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        low_x, high_x, low_y, high_y = self.extent_m
        if not (low_x < high_x and low_y < high_y and all(math.isfinite(v) for v in self.extent_m)):
            raise BadInput(f"extent_m {self.extent_m} is not low x < high x, low y < high y [m]")


@dataclass(frozen=True)
class Plan:
    """The map and what is to be said below it; unplaced: numbers of findings that are not on it."""

    drawing: Drawing | None
    unplaced: tuple[int, ...]
    kinds: tuple[str, ...]


def plan(facts: Facts, picture: MapPicture | None, language: Language) -> Plan:
    """Draw it.

    Raises:
        BadInput: the map picture cannot be read.
    """
    way = [(x, y) for _, x, y in facts.last.path if _sound((x, y))]
    places = {e.number: e.finding.position[:2] for e in facts.entries if e.finding.position is not None}
    places = {number: xy for number, xy in places.items() if _sound(xy)}
    for entry in facts.entries:
        told = limits.place_of(facts.targets.get(entry.finding.point, {}))
        if entry.number not in places and told is not None and _sound(told):
            places[entry.number] = told
    points = {p: xy for p in facts.last.points if (xy := limits.place_of(facts.targets.get(p, {}))) and _sound(xy)}
    everywhere = [*way, *places.values(), *points.values()]
    unplaced = tuple(e.number for e in facts.entries if e.number not in places)
    if not everywhere:
        return Plan(None, unplaced, ())
    view = _View.around(everywhere)
    shapes: list[Shape] = [Patch(0, 0, view.width, view.height + _STRIP, "paper")]
    if picture is not None:
        shapes += view.background(picture)
    shapes += [Line([view.at(p) for p in part], "way", 2.2) for part in _parts(way)]
    missed = set(facts.missed)
    bad = {e.finding.point for e in facts.entries}
    kinds: list[str] = ["path"] if way else []
    for point, xy in points.items():
        x, y = view.at(xy)
        if point in missed:
            shapes += [Disc(x, y, 6, "soft", hollow=True, label=point), *_cross(x, y)]
        elif point not in bad:
            shapes.append(Disc(x, y, 4, "good", label=point))
    kinds += ["normal"] if set(points) - missed - bad else []
    kinds += ["gap"] if set(points) & missed else []
    if way:
        x, y = view.at(way[0])
        shapes += [Disc(x, y, 7, "way"), Disc(x, y, 3, "paper")]
        kinds.append("start")
    shapes += _marks(facts, {number: view.at(xy) for number, xy in places.items()}, view)
    kinds += ["finding"] if places else []
    shapes += view.scale(language)
    return Plan(Drawing(view.width, view.height + _STRIP, language.say("map.alt"), shapes), unplaced, tuple(kinds))


def _sound(xy: Sequence[float]) -> bool:
    return all(math.isfinite(v) and abs(v) < FARTHEST_M for v in xy)


def _parts(way: Sequence[XY]) -> list[list[XY]]:
    """The way in pieces without jumps."""
    parts: list[list[XY]] = []
    for point in way:
        if not parts or math.dist(parts[-1][-1], point) > JUMP_M:
            parts.append([])
        parts[-1].append(point)
    return [part for part in parts if len(part) > 1]


def _cross(x: float, y: float) -> list[Shape]:
    return [Line([(x - 3, y - 3), (x + 3, y + 3)], "soft", 1.5), Line([(x - 3, y + 3), (x + 3, y - 3)], "soft", 1.5)]


def _marks(facts: Facts, places: dict[int, XY], view: _View) -> list[Shape]:
    """Numbered discs; one that would cover another is moved aside and keeps a line to its place."""
    lines: list[Shape] = []
    discs: list[Shape] = []
    taken: list[XY] = []
    for entry in facts.entries[: view.most_marks]:
        if entry.number not in places:
            continue
        place = places[entry.number]
        x, y = _free(place, taken, view)
        taken.append((x, y))
        colour = entry.finding.severity
        if (x, y) != place:
            lines += [Line([place, (x, y)], colour, 1.5), Disc(*place, 3, colour)]
        discs.append(Disc(x, y, _RADIUS + 1.5, "paper"))
        discs.append(Disc(x, y, _RADIUS, colour, link=f"f{entry.number}", label=entry.finding.point or "?"))
        discs.append(Label(x, y + 4.6, str(entry.number), "white", 13, "middle"))
    return [*lines, *discs]


def _free(place: XY, taken: Sequence[XY], view: _View) -> XY:
    """The nearest place on a spiral around ``place`` where a mark covers no other."""
    low, high = _RADIUS + 2, np.array([view.width, view.height]) - _RADIUS - 2
    aside = np.clip(np.array(place) + _SPIRAL, low, np.maximum(high, low))
    if not taken:
        return place
    gaps = np.linalg.norm(aside[:, None] - np.array(taken), axis=2).min(axis=1)
    free = np.flatnonzero(gaps >= 2 * _RADIUS + 2)
    if not len(free) or free[0] == 0:
        return place
    x, y = aside[free[0]].tolist()
    return x, y


@dataclass(frozen=True)
class _View:
    """Which part of the map is seen, and how large."""

    low: XY
    high: XY
    scale_ppm: float  # units of the drawing per metre
    most_marks: int = 200

    @classmethod
    def around(cls, points: Sequence[XY]) -> _View:
        lows, highs = [], []
        for values in zip(*points, strict=True):
            low, high = min(values) - MARGIN_M, max(values) + MARGIN_M
            grow = max(LEAST_M - (high - low), 0.0) / 2
            lows.append(low - grow)
            highs.append(high + grow)
        scale = min(WIDTH / (highs[0] - lows[0]), TALLEST / (highs[1] - lows[1]))
        return cls((lows[0], lows[1]), (highs[0], highs[1]), scale)

    @property
    def width(self) -> float:
        return (self.high[0] - self.low[0]) * self.scale_ppm

    @property
    def height(self) -> float:
        return (self.high[1] - self.low[1]) * self.scale_ppm

    def at(self, xy: Sequence[float]) -> XY:
        return (xy[0] - self.low[0]) * self.scale_ppm, (self.high[1] - xy[1]) * self.scale_ppm

    def background(self, picture: MapPicture) -> list[Shape]:
        """That part of the picture which is in the view."""
        found = opened(picture.path)
        if isinstance(found, str):
            needed = f"a PNG or JPEG of at most {LARGEST_PIXELS:,} pixels"
            raise BadInput(f"map picture {str(picture.path)!r} is {found}: {needed} is needed")
        low_x, high_x, low_y, high_y = picture.extent_m
        left, right = max(self.low[0], low_x), min(self.high[0], high_x)
        bottom, top = max(self.low[1], low_y), min(self.high[1], high_y)
        per_x, per_y = found.width / (high_x - low_x), found.height / (high_y - low_y)
        columns = math.floor((left - low_x) * per_x), math.ceil((right - low_x) * per_x)
        rows = math.floor((high_y - top) * per_y), math.ceil((high_y - bottom) * per_y)
        if left >= right or bottom >= top or columns[0] >= columns[1] or rows[0] >= rows[1]:
            return []
        cut: Jpeg = jpeg(found.crop((columns[0], rows[0], columns[1], rows[1])), PICTURE_PX)
        # whole pixels are cut out: where their outer edges are in the map decides where they are drawn
        x0, y0 = self.at((low_x + columns[0] / per_x, high_y - rows[0] / per_y))
        x1, y1 = self.at((low_x + columns[1] / per_x, high_y - rows[1] / per_y))
        return [Photo(x0, y0, x1 - x0, y1 - y0, cut)]

    def scale(self, language: Language) -> list[Shape]:
        """A bar of a round length below the map."""
        longest = min(_BAR, 0.4 * self.width) / self.scale_ppm
        power = 10.0 ** math.floor(math.log10(longest))
        length = max(step * power for step in (1, 2, 5) if step * power <= longest)
        x, y, wide = 4.0, self.height + _STRIP - 4.0, length * self.scale_ppm
        bar = Line([(x, y - 4), (x, y), (x + wide, y), (x + wide, y - 4)], "ink", 1.6)
        return [bar, Label(x + wide + 6, y, f"{language.number(length)}\u00a0m", "ink", 12)]
