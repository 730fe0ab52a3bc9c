"""Things that move: what comes to stand where nothing was, followed from scan to scan."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map.window import Window
from rudel.navigation.types import XY, Mover

LATELY_S = 0.8  # a cell that something came to stand on counts as moving for so long
LEAST_CELLS, LEAST_TRUST = 2, 4  # cells that were seen twice
FASTEST_MPS, NEAR_M = 2.0, 0.15  # nothing that is to be given way is faster; middles of clusters are so uncertain
LOST_S = 1.0
LEAST_AGE, LEAST_WAY_M, STRAIGHT = 5, 0.3, 0.6  # scans, way, and share of it straight on, before something moves
SMOOTH = 0.4  # share of a new velocity in the one that is told


@dataclass(frozen=True)
class _Track:
    xy: XY
    velocity: XY
    radius_m: float
    time_s: float
    age: int
    first: XY
    walked_m: float

    @property
    def moved(self) -> bool:
        """Whether it has come some way, and not to and fro: edges that come into view bit by bit have not."""
        way_m = _apart(self.xy, self.first)
        return self.age >= LEAST_AGE and way_m > LEAST_WAY_M and way_m > STRAIGHT * self.walked_m


class MoverTracker:
    """Follows clusters of cells that have changed lately; knows nothing of what they are."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self.movers: tuple[Mover, ...] = ()

    def update(self, window: Window, time_s: float) -> None:
        """Look at the window as of time_s."""
        changed = (time_s - window["changed_s"] < LATELY_S) & (window["trust"] >= LEAST_TRUST)
        tracks: list[_Track] = []
        for xy, radius_m in _clusters(window, changed):
            tracks.append(self._follow(xy, radius_m, time_s))
        kept = [t for t in self._tracks if time_s - t.time_s < LOST_S and all(_apart(t.xy, n.xy) > 0.6 for n in tracks)]
        self._tracks = tracks + kept
        self.movers = tuple(Mover(t.xy, t.velocity, t.radius_m) for t in tracks if t.moved and _left(window, t.first))

    def _follow(self, xy: XY, radius_m: float, time_s: float) -> _Track:
        best: _Track | None = None
        for track in self._tracks:
            dt = time_s - track.time_s
            expected = track.xy[0] + track.velocity[0] * dt, track.xy[1] + track.velocity[1] * dt
            near = _apart(expected, xy)
            if near < NEAR_M + FASTEST_MPS * dt and (best is None or near < _apart(best.xy, xy)):
                best = track
        if best is None or time_s <= best.time_s:
            return _Track(xy, (0.0, 0.0), radius_m, time_s, 1, xy, 0.0)
        dt = time_s - best.time_s
        seen = (xy[0] - best.xy[0]) / dt, (xy[1] - best.xy[1]) / dt
        speed = math.hypot(*seen)
        if speed > FASTEST_MPS:
            seen = seen[0] * FASTEST_MPS / speed, seen[1] * FASTEST_MPS / speed
        share = 1.0 if best.age == 1 else SMOOTH
        vx, vy = (share * s + (1 - share) * v for s, v in zip(seen, best.velocity, strict=True))
        return _Track(xy, (vx, vy), radius_m, time_s, best.age + 1, best.first, best.walked_m + _apart(xy, best.xy))


def _clusters(window: Window, changed: NDArray[np.bool_]) -> list[tuple[XY, float]]:
    """Middle [m] and radius [m] of what has changed, cluster by cluster, by the newest cells of each."""
    rows, columns = np.nonzero(changed)
    if not len(rows):
        return []
    joined = cv2.morphologyEx(changed.view(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    label, seen_s = np.asarray(labels, np.intp)[rows, columns], window["changed_s"][rows, columns]
    newest_s = np.full(count, -np.inf)
    np.maximum.at(newest_s, label, seen_s)
    newest = np.flatnonzero(seen_s >= newest_s[label] - 0.25)
    label, rows, columns = label[newest], rows[newest], columns[newest]
    cells = np.maximum(np.bincount(label, minlength=count), 1)
    row, column = (np.bincount(label, v, count) / cells for v in (rows, columns))
    spread = np.zeros(count)
    np.maximum.at(spread, label, np.hypot(columns - column[label], rows - row[label]))
    large = np.flatnonzero(np.asarray(stats)[1:, cv2.CC_STAT_AREA] >= LEAST_CELLS) + 1
    (x0, y0), res = window.origin, window.resolution_m
    x, y = x0 + (column + 0.5) * res, y0 + (row + 0.5) * res
    return [((float(x[k]), float(y[k])), (float(spread[k]) + 0.5) * res) for k in large]


def _left(window: Window, xy: XY) -> bool:
    """Whether nothing of what came to stand at xy is there any more: a wall that comes into view bit by bit stays."""
    x0, y0 = window.origin
    j, i = (math.floor((c - c0) / window.resolution_m) for c, c0 in ((xy[1], y0), (xy[0], x0)))
    inside = 0 <= j < window.cells and 0 <= i < window.cells
    return not inside or not math.isfinite(float(window["changed_s"][j, i]))


def _apart(a: XY, b: XY) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])
