"""Terrain: boxes, a height field and the ground around them, with the height of the surface a foot would touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.worlds import _geoms
from rudel.worlds._boxes import BoxTops
from rudel.worlds._heightfield import HeightField

Array = NDArray[np.float64]

_SLACK_M = 1e-6  # rounding of edges


@dataclass(frozen=True, eq=False)
class Terrain:
    """A rectangle of terrain in its own frame: centre at x = y = 0, surroundings level at z = 0.

    Attributes:
        name: the world that built it.
        size_m: (x, y) edges [m].
        boxes: (n, 6) axis-aligned boxes [cx, cy, cz, hx, hy, hz] [m].
        heightfield: heights over the whole rectangle, or None.
        spawn: (x, y) of the middle of a level platform of at least 1.2 m x 1.2 m.
        floor_m: height of the floor between the boxes [m], <= 0; without meaning where a height field is the floor.
        ground: True: the floor is there, and so is level ground at z = 0 around the rectangle. False: nothing but the
            boxes and the height field.
        friction: sliding friction of the surface. MuJoCo takes the larger of the two values in a contact unless one
            side has priority; the default 0 therefore leaves it to whatever touches the terrain, and feet with
            priority 1 use their own in any case.
    """

    name: str
    size_m: tuple[float, float]
    boxes: Array = field(default_factory=lambda: np.zeros((0, 6)))
    heightfield: HeightField | None = None
    spawn: tuple[float, float] = (0.0, 0.0)
    floor_m: float = 0.0
    ground: bool = True
    friction: float = 0.0

    def __post_init__(self) -> None:
        boxes = np.array(self.boxes, dtype=np.float64)
        if boxes.ndim != 2 or boxes.shape[1] != 6 or not np.isfinite(boxes).all() or (boxes[:, 3:] <= 0).any():
            raise BadInput(f"boxes of {self.name!r} need shape (n, 6) with positive half sizes, got {boxes.shape}")
        half = np.array(self.size_m) / 2
        if (np.abs(boxes[:, :2]) + boxes[:, 3:5] > half + _SLACK_M).any():
            raise BadInput(f"boxes of {self.name!r} reach beyond its {self.size_m[0]:g} x {self.size_m[1]:g} m")
        if self.heightfield is not None:
            wanted, found = (-half[0], half[0], -half[1], half[1]), self.heightfield.extent_m
            if np.abs(np.subtract(found, wanted)).max() > _SLACK_M:
                raise BadInput(f"height field of {self.name!r} covers x, y {found}, needs {wanted}")
        if not self.floor_m <= 0:
            raise BadInput(f"floor_m of {self.name!r} is {self.floor_m}, above the ground around it at 0")
        boxes.flags.writeable = False
        object.__setattr__(self, "boxes", boxes)

    @property
    def spawn_yaw_rad(self) -> float:
        """Heading of a robot that starts."""
        return 0.0

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle [m]."""
        return 0.0, 0.0

    @cached_property
    def _box_tops(self) -> BoxTops:
        return BoxTops(self.boxes)

    def height(self, xy: NDArray[np.floating]) -> Array:
        """Height of the contact surface [m] at xy (..., 2) [m] -> (...).

        This is what a vertical ray from above meets: the highest box top, the height field as MuJoCo triangulates it,
        the floor, and 0 outside of the rectangle (-inf over nothing, when ``ground`` is False). Beyond the 100 m of
        ground around a sunken terrain it still says 0. On a vertical face either side is right.
        """
        xy = np.asarray(xy, dtype=np.float64)
        floor = self.floor_m if self.ground and self.heightfield is None else -np.inf
        z = np.full(xy.shape[:-1], floor)
        if len(self.boxes):
            np.maximum(z, self._box_tops.at(xy), out=z)
        if self.heightfield is not None:
            np.maximum(z, self.heightfield.at(xy), out=z)
        if self.heightfield is None and self.floor_m == 0.0:
            return z  # the floor already is the surroundings
        half = np.array(self.size_m) / 2
        outside = (np.abs(xy[..., 0]) >= half[0]) | (np.abs(xy[..., 1]) >= half[1])
        z[outside] = 0.0 if self.ground else -np.inf
        return z

    def add_to(self, spec: mujoco.MjSpec, contype: int = 3, conaffinity: int = 0) -> None:
        """Add the terrain's geoms to the world body of ``spec``; their names begin with ``terrain/``."""
        _geoms.add(self, spec, contype, conaffinity)
