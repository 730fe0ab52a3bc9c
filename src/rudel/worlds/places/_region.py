"""A floor plan: the union of upright rectangles, with its walls and its floor as few rectangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rect = tuple[float, float, float, float]  # x_min, x_max, y_min, y_max [m]
Vec2 = tuple[float, float]
OVERLAP_M = 1e-3  # floors overlap by this, so that nothing falls through the seam between two


@dataclass(frozen=True)
class Wall:
    """A straight wall from ``a`` to ``b`` [m]; ``normal`` points into the room."""

    a: Vec2
    b: Vec2
    normal: Vec2

    @property
    def length_m(self) -> float:
        """From end to end."""
        return float(np.hypot(self.b[0] - self.a[0], self.b[1] - self.a[1]))

    def at(self, along_m: float, off_m: float = 0.0) -> Vec2:
        """The point ``along_m`` from ``a`` and ``off_m`` into the room."""
        share = along_m / self.length_m
        x, y = (float(a + (b - a) * share + n * off_m) for a, b, n in zip(self.a, self.b, self.normal, strict=True))
        return x, y


class Region:
    """Rooms that flow into each other, without the holes in their floor.

    Args:
        rooms: rectangles; where they overlap or share an edge, one walks from one into the other.
        holes: rectangles without floor. Walls do not know about them.
    """

    def __init__(self, rooms: Sequence[Rect], holes: Sequence[Rect] = ()) -> None:
        rects = np.round(np.array([*rooms, *holes], np.float64), 6)
        self._x, self._y = np.unique(rects[:, :2]), np.unique(rects[:, 2:])
        self.room = np.zeros((len(self._y) + 1, len(self._x) + 1), bool)  # cells between edges, one outside all around
        for rect in rects[: len(rooms)]:
            self.room[self._cells(rect)] = True
        self.floor = self.room.copy()
        for rect in rects[len(rooms) :]:
            self.floor[self._cells(rect)] = False
        self.walls = tuple(self._walls())

    @property
    def bounds(self) -> Rect:
        """The rectangle around all of it."""
        return float(self._x[0]), float(self._x[-1]), float(self._y[0]), float(self._y[-1])

    def inside(self, xy: Vec2) -> bool:
        """Whether a point lies in a room."""
        i, j = np.searchsorted(self._x, xy[0], "right"), np.searchsorted(self._y, xy[1], "right")
        return bool(self.room[j, i])

    def to_wall(self, xy: Vec2) -> float:
        """Distance from a point to the nearest wall [m]."""
        a, b = (np.array([getattr(w, end) for w in self.walls]) for end in ("a", "b"))
        d = b - a
        t = np.clip(((xy - a) * d).sum(1) / (d * d).sum(1), 0, 1)
        return float(np.linalg.norm(a + t[:, None] * d - xy, axis=1).min())

    def floors(self) -> list[Rect]:
        """The floor as rectangles that overlap by OVERLAP_M."""
        return self._rects(self.floor)

    def ceilings(self) -> list[Rect]:
        """The same without holes."""
        return self._rects(self.room)

    def _rects(self, cells: NDArray[np.bool_]) -> list[Rect]:
        """Rows of cells joined, then equal rows stacked."""
        runs: dict[tuple[int, int], tuple[int, int]] = {}  # (i0, i1) -> (j0, j1) that is still growing
        done: list[Rect] = []
        for j in range(cells.shape[0]):
            edges = np.flatnonzero(np.diff(np.concatenate(([0], cells[j].astype(int), [0]))))
            now = {(int(i0), int(i1)) for i0, i1 in edges.reshape(-1, 2)}
            for run in [run for run in runs if run not in now]:
                done.append(self._rect(run, runs.pop(run)))
            for run in sorted(now):
                runs[run] = (runs[run][0], j + 1) if run in runs else (j, j + 1)
        return done + [self._rect(run, rows) for run, rows in sorted(runs.items())]

    def _cells(self, rect: Array) -> tuple[slice, slice]:
        i0, i1 = np.searchsorted(self._x, rect[:2]) + 1
        j0, j1 = np.searchsorted(self._y, rect[2:]) + 1
        return slice(j0, j1), slice(i0, i1)

    def _rect(self, i: tuple[int, int], j: tuple[int, int]) -> Rect:
        x, y, o = self._x, self._y, OVERLAP_M
        return float(x[i[0] - 1]) - o, float(x[i[1] - 1]) + o, float(y[j[0] - 1]) - o, float(y[j[1] - 1]) + o

    def _walls(self) -> list[Wall]:
        walls: list[Wall] = []
        for axis, (across, along) in enumerate(((self._y, self._x), (self._x, self._y))):
            cells = self.room if axis == 0 else self.room.T  # rows are ``across``, columns ``along``
            for k in range(1, cells.shape[0]):
                for sign in (1, -1):  # the room lies above, below
                    here = (cells[k] & ~cells[k - 1]) if sign > 0 else (cells[k - 1] & ~cells[k])
                    edges = np.flatnonzero(np.diff(np.concatenate(([0], here.astype(int), [0]))))
                    for i0, i1 in edges.reshape(-1, 2):
                        c, a, b = float(across[k - 1]), float(along[i0 - 1]), float(along[i1 - 1])
                        if axis == 0:
                            walls.append(Wall((a, c), (b, c), (0.0, float(sign))))
                        else:
                            walls.append(Wall((c, a), (c, b), (float(sign), 0.0)))
        return walls
