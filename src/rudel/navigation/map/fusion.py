"""What was known before and what is seen now, on one grid."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.navigation.map.elevation import LOCAL, ElevationMap
from rudel.navigation.map.grid import FLOATS, GridMap
from rudel.navigation.map.terrain import lowest_near
from rudel.navigation.map.traversability import costs_of
from rudel.navigation.types import XY, Costs, Footprint

STANDS_M = 0.2  # above the ground: a scan sees only as much of a wall as its lines meet, so lower is not different
AGREE_M, SIGMAS = 0.06, 3.0  # heights closer than this and that many standard deviations say the same
MOST_BIAS_M = 0.3  # of the heights around the robot against the map: what localisation may be off by
MARGIN_M = 1.0  # around the window: how far obstacles outside of it matter to cells inside
GROW_M = 10.0
LOOK_EVERY = 50  # updates between two looks for what is to be forgotten


class Fusion:
    """A static map that what is seen overrules, or, without one, a map that grows.

    Where heights seen and heights known agree, the static layers are kept: they were measured at leisure, and a wall
    that localisation shifts by a cell is not drawn twice. Where they differ, and next to that, what is seen now wins.
    What neither knows stays unknown.

    Args:
        static: None: nothing is known before.
        footprint: of the robot.
        remember_s: what was seen to differ from the static map counts for so long after it was seen last [s].
    """

    def __init__(self, static: GridMap | None, footprint: Footprint, remember_s: float = 300.0) -> None:
        if not remember_s > 0:
            raise BadInput(f"remember_s is {remember_s}, must be > 0")
        self._static, self._footprint, self._remember_s = static, footprint, remember_s
        self._whole: GridMap | None = None  # layers are written to in place
        self._seen_s = np.zeros((0, 0))
        self._costs: Costs | None = None
        self._live: ElevationMap | None = None
        self._local: Costs | None = None
        self._static_costs: Costs | None = None
        self._updates = 0
        self._level = np.zeros((0, 0), np.float32)  # ground of the static map, below what stands on it
        if static is not None:
            self._static_costs = self._begin(static)
            lowest = lowest_near(static.elevation, LOCAL)
            self._level = np.where(static.elevation - lowest > STANDS_M, lowest, static.elevation)

    def _begin(self, grid: GridMap) -> Costs:
        self._whole = _writable(grid)
        self._seen_s = np.full(grid.shape, -np.inf)
        costs = costs_of(grid, self._footprint)
        self._costs = _writable_costs(costs)
        return costs

    def update(self, live: ElevationMap) -> Costs:
        """Costs of everything, with what ``live`` knows by now."""
        self._live = live
        self._updates += 1
        local = self.local()
        if self._static is not None and self._updates % LOOK_EVERY == 0:
            self._forget(live.time_s)
        assert self._costs is not None  # local() sees to it
        whole = self._costs
        grids = whole.cost.copy(), whole.obstacle.copy(), whole.clearance_m.copy()
        return Costs(whole.resolution_m, whole.origin, *grids, local.movers, live.time_s, whole.zones)

    def local(self) -> Costs:
        """Costs of the window around the robot, as of the newest scan in the live map given last.

        Raises:
            BadInput: no live map was given yet.
        """
        if self._live is None:
            raise BadInput("no live map yet: call update first")
        if self._local is None or self._local.time_s < self._live.time_s or math.isinf(self._live.time_s):
            self._local = self._take(self._live)
        return self._local

    def hopeful(self, xy: XY, within_m: float) -> Costs | None:
        """What is seen now within a distance of xy [m], what was known before beyond it; None: nothing was known.

        Specks of dust and things seen at a slant from afar close ways that are open: whoever gets nearer sees it.
        """
        if self._static_costs is None or self._costs is None:
            return None
        before, now = self._static_costs, self._costs
        (ny, nx), res, (x0, y0) = now.shape, now.resolution_m, now.origin
        x, y = x0 + (np.arange(nx) + 0.5) * res - xy[0], y0 + (np.arange(ny) + 0.5) * res - xy[1]
        near = np.hypot(x, y[:, None]) <= within_m
        cost, obstacle = np.where(near, now.cost, before.cost), np.where(near, now.obstacle, before.obstacle)
        clearance_m = np.where(near, now.clearance_m, before.clearance_m)
        return Costs(res, now.origin, cost, obstacle, clearance_m, (), now.time_s, before.zones)

    def grid(self) -> GridMap:
        """The layers of everything, as of the last scan.

        Raises:
            BadInput: there is neither a static map nor a scan yet.
        """
        if self._whole is None:
            raise BadInput("nothing is known yet: there is neither a static map nor a scan")
        return GridMap(
            self._whole.resolution_m, self._whole.origin, *(_layer(self._whole, n) for n in (*FLOATS, "zones"))
        )

    def _take(self, live: ElevationMap) -> Costs:
        """Write the window into the whole, work out its costs anew, and return those."""
        seen = live.grid()
        if self._whole is None:
            self._begin(_empty(seen))
        assert self._whole is not None
        if not math.isclose(seen.resolution_m, self._whole.resolution_m, rel_tol=1e-6):
            raise BadInput(
                f"cells of {seen.resolution_m} m on a map of {self._whole.resolution_m} m: use ElevationSpec.on"
            )
        if self._static is None:
            self._grow(seen)
        top, left = _offset(self._whole, seen)
        ny, nx = self._whole.shape
        rows, columns = (
            slice(max(top, 0), min(top + seen.shape[0], ny)),
            slice(max(left, 0), min(left + seen.shape[1], nx)),
        )
        if rows.start < rows.stop and columns.start < columns.stop:
            inner = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
            self._merge((rows, columns), seen, live, inner)
            self._refresh((rows, columns))
            return self._cut((rows, columns), live)
        return costs_of(seen, self._footprint, movers=live.movers(), time_s=live.time_s)  # off the map

    def _merge(self, at: tuple[slice, slice], seen: GridMap, live: ElevationMap, inner: tuple[slice, slice]) -> None:
        whole, static = self._whole, self._static
        assert whole is not None
        now = {name: _layer(seen, name)[inner] for name in FLOATS}
        known = ~np.isnan(now["elevation"])
        if static is None:
            wins = known
        else:
            before = static.elevation[at]
            difference = now["elevation"] - before
            both = ~np.isnan(difference)
            near = difference[both & (np.abs(difference) < MOST_BIAS_M)]
            bias = np.float32(np.median(near)) if len(near) else np.float32(0)
            now["elevation"] = now["elevation"] - bias
            allowed = np.float32(AGREE_M) + np.float32(SIGMAS) * np.sqrt(np.minimum(live.variance()[inner], 1))
            both_stand = (now["elevation"] - lowest_near(now["elevation"], LOCAL) > STANDS_M) & (
                before > now["elevation"]
            )
            low = (now["clearance"] < self._footprint.height_m) & ~(static.clearance[at] < self._footprint.height_m)
            differs = both & (((np.abs(difference - bias) > allowed) & ~both_stand) | low)
            # a step against the ground that was known counts, also where nothing around it has been seen yet
            rise = np.where(differs, np.abs(now["elevation"] - self._level[at]), np.float32(0))
            now["step_m"] = np.fmax(now["step_m"], rise).astype(np.float32)
            near_it = cv2.dilate(differs.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
            wins = known & (~both | near_it)
            as_it_was = (both & ~wins) | (~known & live.withdrawn()[inner])
            for name in FLOATS:
                np.copyto(_layer(whole, name)[at], _layer(static, name)[at], where=as_it_was)
            self._seen_s[at][as_it_was] = -np.inf
        for name in FLOATS:
            np.copyto(_layer(whole, name)[at], now[name], where=wins)
        self._seen_s[at][wins] = live.time_s

    def _refresh(self, at: tuple[slice, slice]) -> None:
        """Costs of ``at`` anew, with what is around."""
        assert self._whole is not None
        assert self._costs is not None
        margin = math.ceil(MARGIN_M / self._whole.resolution_m)
        wide = tuple(slice(max(s.start - margin, 0), s.stop + margin) for s in at)
        inner = tuple(slice(s.start - w.start, s.stop - w.start) for s, w in zip(at, wide, strict=True))
        part = GridMap(
            self._whole.resolution_m, (0.0, 0.0), *(_layer(self._whole, n)[wide] for n in (*FLOATS, "zones"))
        )
        costs = costs_of(part, self._footprint)
        for name in ("cost", "obstacle", "clearance_m"):
            getattr(self._costs, name)[at] = getattr(costs, name)[inner]

    def _cut(self, at: tuple[slice, slice], live: ElevationMap) -> Costs:
        assert self._costs is not None
        whole = self._costs
        res, (x, y) = whole.resolution_m, whole.origin
        origin = x + at[1].start * res, y + at[0].start * res
        grids = whole.cost[at].copy(), whole.obstacle[at].copy(), whole.clearance_m[at].copy()
        zones = None if whole.zones is None else whole.zones[at].copy()
        return Costs(res, origin, *grids, live.movers(), live.time_s, zones)

    def _grow(self, seen: GridMap) -> None:
        """Make the whole large enough for the window."""
        assert self._whole is not None
        top, left = _offset(self._whole, seen)
        (ny, nx), (my, mx) = self._whole.shape, seen.shape
        step = math.ceil(GROW_M / seen.resolution_m)
        need = (-top, top + my - ny), (-left, left + mx - nx)
        if all(n <= 0 for pair in need for n in pair):
            return
        pad = tuple(tuple(math.ceil(max(n, 0) / step) * step for n in pair) for pair in need)
        res, (x, y) = self._whole.resolution_m, self._whole.origin
        grids = [np.pad(_layer(self._whole, n), pad, constant_values=np.nan) for n in FLOATS]
        zones = np.pad(self._whole.zones, pad)
        seen_s = np.pad(self._seen_s, pad, constant_values=-np.inf)
        self._begin(GridMap(res, (x - pad[1][0] * res, y - pad[0][0] * res), *grids, zones=zones))
        self._seen_s = seen_s

    def _forget(self, time_s: float) -> None:
        """Back to the static map where it was seen to be different long ago."""
        assert self._static is not None
        assert self._whole is not None
        old = np.isfinite(self._seen_s) & (time_s - self._seen_s > self._remember_s) & self._static.known
        if old.any():
            for name in FLOATS:
                np.copyto(_layer(self._whole, name), _layer(self._static, name), where=old)
            self._seen_s[old] = -np.inf
            self._costs = _writable_costs(costs_of(self.grid(), self._footprint))


def _layer(grid: GridMap, name: str) -> NDArray:
    return getattr(grid, name)


def _offset(whole: GridMap, part: GridMap) -> tuple[int, int]:
    """Row and column of the whole where the part begins, to the nearest cell."""
    x, y = (p - w for p, w in zip(part.origin, whole.origin, strict=True))
    return round(y / whole.resolution_m), round(x / whole.resolution_m)


def _empty(like: GridMap) -> GridMap:
    unknown = [np.full(like.shape, np.nan, np.float32) for _ in FLOATS]
    return GridMap(like.resolution_m, like.origin, *unknown, zones=np.zeros(like.shape, np.uint8))


def _writable(grid: GridMap) -> GridMap:
    """A copy whose layers may be written to: for its owner only."""
    copy = GridMap(grid.resolution_m, grid.origin, *(_layer(grid, n) for n in (*FLOATS, "zones")))
    for name in FLOATS:
        object.__setattr__(copy, name, _layer(grid, name).copy())
    return copy


def _writable_costs(costs: Costs) -> Costs:
    grids = costs.cost.copy(), costs.obstacle.copy(), costs.clearance_m.copy()
    return Costs(costs.resolution_m, costs.origin, *grids, costs.movers, costs.time_s, costs.zones)
