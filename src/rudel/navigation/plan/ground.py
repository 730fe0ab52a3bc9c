"""Costs made ready for planning: weights, the same in coarse, and what is connected with what."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.navigation.types import XY, Costs

Cell = tuple[int, int]


@dataclass(frozen=True)
class PlanSpec:
    """What the planner prefers.

    A metre of way weighs 1 + ``hardness`` x cost + ``shyness`` x (1 - clearance / comfort), the last one down to 0.

    Attributes:
        hardness: what cost 1 adds to the weight of a metre: 4 makes a detour of five times the way worth it.
        shyness: what touching an obstacle adds.
        comfort_m: clearance from which on more of it is no better [m].
        unknown_weight: of a metre through the unknown; None: never.
        slack_m: a start in a blocked cell is moved to the nearest free one within this distance [m].
        coarse: edge of a cell of the first, coarse search [cells].
        corridor: half width of what is searched finely around the coarse way [coarse cells].
        whole_cells: grids up to this size are searched finely as a whole.
        spacing_m: between the points of a route [m].
    """

    hardness: float = 4.0
    shyness: float = 1.0
    comfort_m: float = 0.8
    unknown_weight: float | None = None
    slack_m: float = 0.5
    coarse: int = 5
    corridor: int = 2
    whole_cells: int = 20_000
    spacing_m: float = 0.2

    def __post_init__(self) -> None:
        for name in ("hardness", "shyness", "slack_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise BadInput(f"PlanSpec.{name} is {getattr(self, name)}, must be a number >= 0")
        for name in ("comfort_m", "spacing_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise BadInput(f"PlanSpec.{name} is {getattr(self, name)}, must be a number > 0")
        for name, least in (("coarse", 2), ("corridor", 1), ("whole_cells", 1)):
            if not getattr(self, name) >= least:
                raise BadInput(f"PlanSpec.{name} is {getattr(self, name)}, must be at least {least}")
        if self.unknown_weight is not None and not (math.isfinite(self.unknown_weight) and self.unknown_weight >= 1):
            raise BadInput(f"PlanSpec.unknown_weight is {self.unknown_weight}, must be None or a number >= 1")


class Ground:
    """One ``Costs`` made ready; cheap to keep for as long as the costs stay the same."""

    def __init__(self, costs: Costs, spec: PlanSpec) -> None:
        self.costs, self.spec = costs, spec

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """(ny, nx) of a metre of way, >= 1; inf where the robot's centre may not be."""
        spec, costs = self.spec, self.costs
        weights = costs.clearance_m * np.float32(-spec.shyness / spec.comfort_m)
        weights += np.float32(spec.shyness)
        np.maximum(weights, 0, out=weights)
        weights += np.float32(1)
        weights += np.float32(spec.hardness) * costs.cost
        weights[costs.cost >= 1.0] = np.inf
        unknown = costs.unknown
        weights[unknown] = np.inf
        if spec.unknown_weight is not None:
            weights[unknown & ~costs.obstacle] = spec.unknown_weight
        return weights

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """(ny, nx) whether a way may lead there."""
        return np.isfinite(self.weights)

    @cached_property
    def parts(self) -> NDArray[np.int32]:
        """(ny, nx) number of the connected part that a cell belongs to; 0: none. Corners do not connect."""
        _, labels = cv2.connectedComponents(self.free.view(np.uint8), connectivity=4)
        return np.asarray(labels, np.int32)

    @cached_property
    def coarse(self) -> NDArray[np.float32]:
        """Weights of squares of ``coarse`` x ``coarse`` cells: inf only where none of them is free.

        The mean weight of what is free in it; squares with little room weigh up to twice as much.
        """
        k = self.spec.coarse
        ny, nx = self.weights.shape
        rows, columns = -(-ny // k), -(-nx // k)
        free = np.zeros((rows * k, columns * k), np.uint8)
        free[:ny, :nx] = self.free
        free *= np.uint8(255)
        weights = np.zeros(free.shape, np.float32)
        np.copyto(weights[:ny, :nx], self.weights, where=self.free)
        share = np.asarray(cv2.resize(free, (columns, rows), interpolation=cv2.INTER_AREA)).astype(np.float32) / 255
        mean = np.asarray(cv2.resize(weights, (columns, rows), interpolation=cv2.INTER_AREA))
        some = mean > 0  # no weight is less than 1
        safe = np.where(some, np.maximum(share, np.float32(1 / k**2)), np.float32(1))
        return np.where(some, mean / safe * (2 - safe), np.float32(np.inf)).astype(np.float32)

    def cell(self, xy: XY) -> tuple[Cell, bool]:
        """(j, i) of the cell that holds xy, clipped to the grid, and whether it is inside."""
        ji, inside = self.costs.cell_of(np.asarray(xy, np.float64))
        return (int(ji[0]), int(ji[1])), bool(inside)

    def centre(self, cell: Cell) -> XY:
        """(x, y) of the middle of a cell [m]."""
        x, y = self.costs.origin
        return x + (cell[1] + 0.5) * self.costs.resolution_m, y + (cell[0] + 0.5) * self.costs.resolution_m

    def nearest(self, xy: XY, allowed: NDArray[np.bool_], within_m: float = math.inf) -> Cell | None:
        """The cell of ``allowed`` (ny, nx) whose middle is nearest to xy; None: none within that distance."""
        (j, i), _ = self.cell(xy)
        top, left = 0, 0
        if math.isfinite(within_m):
            reach = math.ceil(within_m / self.costs.resolution_m) + 1
            top, left = max(j - reach, 0), max(i - reach, 0)
            allowed = allowed[top : j + reach + 1, left : i + reach + 1]
        rows, columns = np.nonzero(allowed)
        if not len(rows):
            return None
        x, y = self.costs.origin
        dx = x + (columns + (left + 0.5)) * self.costs.resolution_m - xy[0]
        dy = y + (rows + (top + 0.5)) * self.costs.resolution_m - xy[1]
        square = dx**2 + dy**2
        best = int(np.argmin(square))
        if square[best] > within_m**2:
            return None
        return int(rows[best]) + top, int(columns[best]) + left
