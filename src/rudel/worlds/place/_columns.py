"""Where vertical lines pass through solid shapes: the exact geometry behind heights and layers."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds.place import transform
from rudel.worlds.place.shapes import Box, Convex, Cylinder, Shape, Sphere

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

MAX_LOOKUP_CELLS = 4_000_000  # of the look-up grid, 32 MB
_ACROSS = 1e-12  # components of a unit vector below this count as none


class Columns:
    """Solid shapes, sorted into a grid so that a point is compared only with what is above and below it.

    Args:
        shapes: boxes, cylinders, spheres and convex hulls in the world.
        cell_m: edge of a cell of the look-up grid [m]; made larger where the shapes span very many of them.
    """

    def __init__(self, shapes: Sequence[Shape], cell_m: float = 0.5) -> None:
        self._shapes = [s for s in shapes if isinstance(s, Box | Cylinder | Sphere | Convex)]
        n = len(self._shapes)
        self._kind = np.array([_KINDS.index(type(s)) for s in self._shapes], dtype=np.intp)
        order = [[k for k in range(n) if self._kind[k] == kind] for kind in range(len(_KINDS))]
        self._slot = np.zeros(n, dtype=np.intp)  # where in the arrays of its kind a shape is
        for ids in order:
            self._slot[ids] = np.arange(len(ids))
        of = [[self._shapes[k] for k in ids] for ids in order]
        self._solids = (_Boxes(of[0]), _Cylinders(of[1]), _Spheres(of[2]), _Hulls(of[3]))  # pyright: ignore[reportArgumentType]  # sorted by kind
        reach = np.array([transform.reach(s) for s in self._shapes]).reshape(n, 2, 3)
        self.low, self.high = reach[:, 0], reach[:, 1]  # (n, 3) around each shape
        self._fill_grid(cell_m)

    def __len__(self) -> int:
        return len(self._shapes)

    def _fill_grid(self, cell_m: float) -> None:
        if not len(self):
            return
        self._corner = self.low[:, :2].min(axis=0)
        span = self.high[:, :2].max(axis=0) - self._corner
        self._cell = max(cell_m, float(np.sqrt(span.prod() / MAX_LOOKUP_CELLS)), float(span.max()) / 100_000)
        self._size = np.floor(span / self._cell).astype(np.intp) + 1
        first = np.floor((self.low[:, :2] - self._corner) / self._cell).astype(np.intp)
        last = np.minimum(np.floor((self.high[:, :2] - self._corner) / self._cell).astype(np.intp), self._size - 1)
        counts = (last - first + 1).prod(axis=1)
        if counts.sum() > 16 * MAX_LOOKUP_CELLS:
            raise BadInput(f"{len(self)} shapes of this size are too many for one place: split it")
        owner = np.repeat(np.arange(len(self)), counts)
        k = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        wide = (last - first + 1)[owner, 0]
        cell = (first[owner, 1] + k // wide) * self._size[0] + first[owner, 0] + k % wide
        by_cell = np.argsort(cell, kind="stable")
        self._members = owner[by_cell]
        self._starts = np.searchsorted(cell[by_cell], np.arange(self._size.prod() + 1))

    def through(self, xy: Array) -> tuple[Indices, Array, Array]:
        """What the vertical lines at xy (n, 2) pass through.

        Returns:
            point (k,), low (k,), high (k,) [m]: line number ``point`` is inside of a shape from ``low`` to ``high``.
            Sorted by point.
        """
        if not len(self) or not len(xy):
            return np.zeros(0, np.intp), np.zeros(0), np.zeros(0)
        ij = np.floor((xy - self._corner) / self._cell)
        inside = ((ij >= 0) & (ij < self._size)).all(axis=1)
        points = np.flatnonzero(inside)
        ij = ij[points].astype(np.intp)
        cell = ij[:, 1] * self._size[0] + ij[:, 0]
        start, count = self._starts[cell], self._starts[cell + 1] - self._starts[cell]
        point = np.repeat(points, count)
        k = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        shape = self._members[np.repeat(start, count) + k]
        near = ((xy[point] >= self.low[shape, :2]) & (xy[point] <= self.high[shape, :2])).all(axis=1)
        point, shape = point[near], shape[near]
        low, high = np.full(len(point), np.inf), np.full(len(point), -np.inf)
        for kind, solids in enumerate(self._solids):
            mine = np.flatnonzero(self._kind[shape] == kind)
            if len(mine):
                low[mine], high[mine] = solids.span(self._slot[shape[mine]], xy[point[mine]])
        hit = high > low
        return point[hit], low[hit], high[hit]


class _Boxes:
    def __init__(self, boxes: Sequence[Box]) -> None:
        self._turn = np.array([transform.matrix(b.quat) for b in boxes]).reshape(-1, 3, 3)
        self._centre = np.array([b.centre for b in boxes]).reshape(-1, 3)
        self._half = np.array([b.half for b in boxes]).reshape(-1, 3)

    def span(self, k: Indices, xy: Array) -> tuple[Array, Array]:
        """Lowest and highest z of each line xy (m, 2) inside of box k (m,)."""
        turn, centre = self._turn[k], self._centre[k]
        offset = np.einsum("nji,nj->ni", turn[:, :2], xy - centre[:, :2])  # the line's foot point in the box's axes
        low, high = _slab(offset, turn[:, 2], -self._half[k], self._half[k])
        return low.max(axis=1) + centre[:, 2], high.min(axis=1) + centre[:, 2]


class _Spheres:
    def __init__(self, spheres: Sequence[Sphere]) -> None:
        self._centre = np.array([s.centre for s in spheres]).reshape(-1, 3)
        self._radius = np.array([s.radius_m for s in spheres])

    def span(self, k: Indices, xy: Array) -> tuple[Array, Array]:
        """As _Boxes.span."""
        return _ball(self._centre[k], self._radius[k], xy)


class _Cylinders:
    def __init__(self, cylinders: Sequence[Cylinder]) -> None:
        self._start = np.array([c.start for c in cylinders]).reshape(-1, 3)
        self._end = np.array([c.end for c in cylinders]).reshape(-1, 3)
        self._length = np.linalg.norm(self._end - self._start, axis=1)
        self._axis = (self._end - self._start) / self._length[:, None]
        self._radius = np.array([c.radius_m for c in cylinders])
        self._round = np.array([c.round_ends for c in cylinders], dtype=bool)

    def span(self, k: Indices, xy: Array) -> tuple[Array, Array]:
        """As _Boxes.span."""
        axis, start, radius = self._axis[k], self._start[k], self._radius[k]
        offset = xy - start[:, :2]
        along = np.einsum("ni,ni->n", offset, axis[:, :2])  # of the line's foot point, at the height of ``start``
        low, high = _slab(along, axis[:, 2], np.zeros(len(k)), self._length[k])
        # distance from the axis: |side + t slope| <= radius
        side = np.concatenate((offset, np.zeros((len(k), 1))), axis=1) - along[:, None] * axis
        slope = np.array([0.0, 0.0, 1.0]) - axis[:, 2:] * axis
        a = np.einsum("ni,ni->n", slope, slope)
        b = np.einsum("ni,ni->n", slope, side)
        c = np.einsum("ni,ni->n", side, side) - radius**2
        upright = a < _ACROSS
        root = np.sqrt(np.maximum(b * b - a * c, 0.0))
        safe = np.where(upright, 1.0, a)
        misses = np.where(upright, c > 0, b * b < a * c)
        low = np.where(misses, np.inf, np.maximum(low, np.where(upright, -np.inf, (-b - root) / safe)))
        high = np.where(misses, -np.inf, np.minimum(high, np.where(upright, np.inf, (-b + root) / safe)))
        low, high = low + start[:, 2], high + start[:, 2]
        low, high = np.where(high > low, low, np.inf), np.where(high > low, high, -np.inf)
        rounded = self._round[k]
        for end in (start, self._end[k]):
            ball_low, ball_high = _ball(end, radius, xy)
            low = np.where(rounded, np.minimum(low, ball_low), low)
            high = np.where(rounded, np.maximum(high, ball_high), high)
        return low, high


class _Hulls:
    """Half spaces of every hull, filled up to a common number with ones that hold everywhere."""

    def __init__(self, convexes: Sequence[Convex]) -> None:
        planes = hull_planes(convexes)
        most = max(map(len, planes), default=0)
        self._planes = np.zeros((len(planes), most, 4))
        self._planes[:, :, 3] = 1.0
        for k, own in enumerate(planes):
            self._planes[k, : len(own)] = own

    def span(self, k: Indices, xy: Array) -> tuple[Array, Array]:
        """As _Boxes.span."""
        low, high = np.empty(len(k)), np.empty(len(k))
        chunk = max(1, 4_000_000 // max(1, self._planes.shape[1]))
        for at in range(0, len(k), chunk):
            part = slice(at, at + chunk)
            planes = self._planes[k[part]]
            offset = np.einsum("npi,ni->np", planes[:, :, :2], xy[part])
            lows, highs = _slab(offset, planes[:, :, 2], np.full_like(offset, -np.inf), planes[:, :, 3])
            low[part], high[part] = lows.max(axis=1), highs.min(axis=1)
        return low, high


_KINDS = (Box, Cylinder, Sphere, Convex)


def hull_planes(convexes: Sequence[Convex]) -> list[Array]:
    """(p, 4) half spaces n . x <= d of each hull, as [nx, ny, nz, d], from the hulls that MuJoCo works with."""
    if not convexes:
        return []
    spec = mujoco.MjSpec()
    for k, convex in enumerate(convexes):
        spec.add_mesh(name=f"hull_{k}", uservert=convex.vertices.ravel())
        spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=f"hull_{k}")
    model = spec.compile()
    found: list[Array] = []
    for k in range(len(convexes)):
        face, vertex = model.mesh_faceadr[k], model.mesh_vertadr[k]
        faces = model.mesh_face[face : face + model.mesh_facenum[k]]
        own = model.mesh_vert[vertex : vertex + model.mesh_vertnum[k]].astype(np.float64)
        placed = own @ transform.matrix(tuple(model.geom_quat[k])).T + model.geom_pos[k]
        a, b, c = (placed[faces[:, i]] for i in range(3))
        normal = np.cross(b - a, c - a)
        length = np.linalg.norm(normal, axis=1)
        normal = normal[length > 0] / length[length > 0, None]
        found.append(np.column_stack((normal, np.einsum("ni,ni->n", normal, a[length > 0]))))
    return found


def _slab(offset: Array, slope: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """t for which low <= offset + t slope <= high: (t_low, t_high), an empty range where there is none."""
    across = np.abs(slope) < _ACROSS
    safe = np.where(across, 1.0, slope)
    one, other = (low - offset) / safe, (high - offset) / safe
    inside = (offset >= low) & (offset <= high)
    first = np.where(across, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    last = np.where(across, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return first, last


def _ball(centre: Array, radius: Array, xy: Array) -> tuple[Array, Array]:
    squared = radius**2 - ((xy - centre[:, :2]) ** 2).sum(axis=1)
    root = np.sqrt(np.maximum(squared, 0.0))
    low = np.where(squared > 0, centre[:, 2] - root, np.inf)
    return low, np.where(squared > 0, centre[:, 2] + root, -np.inf)
