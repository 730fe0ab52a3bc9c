"""How well an imported world agrees with the one that was scanned."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from rudel.sim.senses import rays
from rudel.worlds.place import Layers, RobotSize, World, layers_from, traversability

Mask = NDArray[np.bool_]
LOOK_M, SHAM_M, DEEP_M = 0.3, 0.03, 1.6  # from how far above, how different, and no further down: tops of walls
DETAIL = 3  # samples of the truth in a cell and axis, as layers_of takes them


@dataclass(frozen=True, eq=False)
class Comparison:
    """Both worlds on the grid of the import; arrays (ny, nx).

    Attributes:
        truth, found: layers; the truth's are NaN where the scan saw nothing, so that both know the same cells.
        walkable_truth, walkable_found: where the robot may stand, in the largest connected part: tops of tanks and
            tables that it cannot reach are none.
        seen: cells that the scan saw and that the truth has a ground for.
        sham: cells in and near which one sees something else than one touches: the scan cannot know.
        robot: whose walking it is about.
        even: those of them whose surroundings have one height: no wall, riser or edge in or beside the cell.
    """

    truth: Layers
    found: Layers
    walkable_truth: Mask
    walkable_found: Mask
    seen: Mask
    sham: Mask
    even: Mask
    robot: RobotSize

    def with_steps(self, change_m: float) -> float:
        """Agreement for a robot that climbs ``change_m`` more: near a limit millimetres decide."""
        robot = dataclasses.replace(self.robot, max_step_m=self.robot.max_step_m + change_m)
        wanted, got = (traversability(layers, robot).component == 1 for layers in (self.truth, self.found))
        return round(1 - float(((wanted != got) & self.seen).sum() / self.seen.sum()), 5)

    def figures(self) -> dict[str, float]:
        """What it comes to."""
        off = self.found.elevation.astype(np.float64) - self.truth.elevation
        wanted, got, seen = self.walkable_truth, self.walkable_found, self.seen
        ground = seen & wanted
        wrong = (wanted != got) & seen
        # on the border of what is walkable a cell more or less is a question of where the grid begins
        disc = np.ones((3, 3), np.uint8)
        near = [cv2.dilate(grid.astype(np.uint8), disc) > 0 for grid in (wanted, got)]
        far = ((wanted & ~near[1]) | (got & ~near[0])) & seen
        return {
            "seen_m2": round(float(seen.sum()) * self.found.resolution_m**2, 1),
            "walkable_truth_m2": round(float(ground.sum()) * self.found.resolution_m**2, 1),
            "height_rms_m": rms(off[ground]),
            "height_rms_even_m": rms(off[self.even]),
            "height_bias_m": round(float(np.median(off[ground])), 5),
            "height_p99_m": round(float(np.quantile(np.abs(off[ground]), 0.99)), 5),
            "walkable_agreement": round(1 - float(wrong.sum() / seen.sum()), 5),
            "walkable_agreement_but_for_borders": round(1 - float(far.sum() / seen.sum()), 5),
            "sham_m2": round(float((self.sham & seen).sum()) * self.found.resolution_m**2, 1),
            "walkable_agreement_but_for_sham": round(
                1 - float((wrong & ~self.sham).sum() / (seen & ~self.sham).sum()), 5
            ),
            "walkable_agreement_steps_2cm_less": self.with_steps(-0.02),
            "walkable_agreement_steps_2cm_more": self.with_steps(0.02),
            "missed": round(float((wanted & ~got & seen).sum() / seen.sum()), 5),
            "invented": round(float((got & ~wanted & seen).sum() / seen.sum()), 5),
            "walkable_iou": round(float((wanted & got & seen).sum() / ((wanted | got) & seen).sum()), 5),
        }


def rms(values: NDArray[np.floating]) -> float:
    """Root mean square, rounded [m]."""
    return round(float(np.sqrt((values**2).mean())), 5)


def compare(truth: World, imported: World, robot: RobotSize) -> Comparison:
    """``imported`` was made of points in the frame of ``truth``, without turning its axes."""
    found = imported.layers
    assert found is not None
    origin = np.array(imported.origin)
    x0, x1, y0, y1 = found.extent_m
    cell, (ny, nx) = found.resolution_m, found.shape
    extent = (x0 + origin[0], x1 + origin[0], y0 + origin[1], y1 + origin[1])
    height, ceiling = (grid[: ny * DETAIL, : nx * DETAIL] for grid in truth.surface.grid(extent, cell / DETAIL))
    height = np.where(np.isfinite(height), height, np.nan)
    known = np.kron(found.known(), np.ones((DETAIL, DETAIL), bool))
    height = np.where(known, height, np.nan) - origin[2]
    wanted = layers_from(height, ceiling - origin[2], cell, found.origin, detail=DETAIL)
    seen = wanted.known() & found.known()
    even = seen & (wanted.step_m < 0.01) & (wanted.slope_rad < 0.6) & (traversability(wanted, robot).component == 1)
    return Comparison(
        wanted,
        found,
        traversability(wanted, robot).component == 1,
        traversability(found, robot).component == 1,
        seen,
        _sham(truth, wanted, origin, robot),
        even,
        robot,
    )


def _sham(truth: World, wanted: Layers, origin: NDArray[np.floating], robot: RobotSize) -> Mask:
    """Where a ray down from above the touched ground ends elsewhere, and what is nearer than the robot's half width."""
    spec = mujoco.MjSpec()
    truth.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    ground = wanted.elevation.astype(np.float64)
    known = wanted.known()
    eyes = np.concatenate([wanted.centres() + origin[:2], (ground + origin[2] + LOOK_M)[..., None]], axis=2)[known]
    down = np.tile(np.array([0.0, 0.0, -1.0], np.float32), (len(eyes), 1, 1))
    fell = rays.make(model, data).cast(eyes.astype(np.float32), down, data).distance_m - LOOK_M
    sham = np.zeros(ground.shape, np.uint8)
    sham[known] = (np.abs(fell) > SHAM_M) & (fell < DEEP_M)
    reach = int(np.ceil(robot.inscribed_m / wanted.resolution_m)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(sham, disc) > 0
