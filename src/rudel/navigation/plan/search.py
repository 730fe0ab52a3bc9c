"""Shortest ways over a grid of weights: exact, 8-connected, by the Dijkstra search inside of OpenCV.

``cv2.segmentation.IntelligentScissorsMB`` finds the cheapest contour from one pixel to every other one. Given weights
for its gradient cost and nothing else, a step into cell q costs weight(q), times sqrt(1/2) when it is not diagonal; a
step into an infinite weight is never taken (imgproc/src/intelligent_scissors.cpp, OpenCV 4.5.2 and later). That is a
planner in compiled code without a further dependency: docs/decisions/0012-planning.md.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]
Cells = NDArray[np.intp]  # (k, 2) as (j, i)
Cell = tuple[int, int]


class Tree:
    """Cheapest ways from one cell to all others.

    Args:
        weights: (ny, nx) cost of a cell's length of way through it, > 0, inf: closed.
        root: (j, i) where all ways begin; it may be closed itself.
    """

    def __init__(self, weights: Grid, root: Cell) -> None:
        self._weights = np.ascontiguousarray(weights, np.float32)  # kept: the search refers to its memory
        self._root = root
        self._scissors = cv2.segmentation.IntelligentScissorsMB()
        self._scissors.setWeights(0.0, 0.0, 1.0)
        self._scissors.applyImageFeatures(None, None, self._weights)  # pyright: ignore[reportCallIssue, reportArgumentType]  # None: not used, as its weight is 0
        self._scissors.buildMap((root[1], root[0]))

    def to(self, target: Cell) -> Cells | None:
        """(k, 2) cells from the root to ``target``, both included; None: there is no way."""
        if target == self._root:
            return np.array([target], np.intp)
        contour = np.asarray(self._scissors.getContour((target[1], target[0]))).reshape(-1, 2)
        if len(contour) < 2:
            return None
        return contour[:, ::-1].astype(np.intp)


def shortest(weights: Grid, start: Cell, goal: Cell) -> Cells | None:
    """(k, 2) cells of a cheapest way that does not slip between two closed cells that touch at a corner.

    Where the very cheapest one would slip, the way found instead is the cheapest in quarters of cells: as far as whole
    cells go it may cost some percent more.
    """
    way = Tree(weights, start).to(goal)
    if way is None or not slips(way, weights):
        return way
    return _without_slips(weights, start, goal)


def slips(way: Cells, weights: Grid) -> bool:
    """Whether a diagonal step passes between two closed cells."""
    a, b = way[:-1], way[1:]
    diagonal = (a != b).all(axis=1)
    a, b = a[diagonal], b[diagonal]
    return bool((np.isinf(weights[a[:, 0], b[:, 1]]) & np.isinf(weights[b[:, 0], a[:, 1]])).any())


def _without_slips(weights: Grid, start: Cell, goal: Cell) -> Cells | None:
    """On cells cut in four, of which those that touch across a closed corner are closed too.

    That takes no way but the slips: a quarter lies at such a corner only where both neighbours beside it are closed.
    """
    fine = np.repeat(np.repeat(weights, 2, axis=0), 2, axis=1)
    free = np.isfinite(weights)
    a, b, c, d = free[:-1, :-1], free[:-1, 1:], free[1:, :-1], free[1:, 1:]
    j, i = np.nonzero(a & d & ~b & ~c)
    fine[2 * j + 1, 2 * i + 1] = fine[2 * j + 2, 2 * i + 2] = np.inf
    j, i = np.nonzero(b & c & ~a & ~d)
    fine[2 * j + 1, 2 * i + 2] = fine[2 * j + 2, 2 * i + 1] = np.inf
    first, last = _open_quarter(fine, start), _open_quarter(fine, goal)
    way = None if first is None or last is None else Tree(fine, first).to(last)
    if way is None:
        return None
    way //= 2
    new = np.concatenate(([True], (way[1:] != way[:-1]).any(axis=1)))
    return way[new]


def _open_quarter(fine: Grid, cell: Cell) -> Cell | None:
    """A quarter of a cell that is still open; None: all of its neighbours but those across corners are closed."""
    open_ = np.argwhere(np.isfinite(fine[2 * cell[0] : 2 * cell[0] + 2, 2 * cell[1] : 2 * cell[1] + 2])).tolist()
    return (2 * cell[0] + open_[0][0], 2 * cell[1] + open_[0][1]) if open_ else None


def length_of(way: Cells, weights: Grid) -> float:
    """What the search minimised [cells x weight]: each step's length times the weight of the cell that it enters."""
    steps = np.sqrt((np.diff(way, axis=0) ** 2).sum(axis=1))
    return float((steps * weights[way[1:, 0], way[1:, 1]]).sum())
