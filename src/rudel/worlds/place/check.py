"""What would go wrong in a World, found before a robot does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.place._sight import Sight
from rudel.worlds.place.layers import Layers
from rudel.worlds.place.shapes import Mesh
from rudel.worlds.place.things import Thing
from rudel.worlds.place.traverse import RobotSize, Traversability
from rudel.worlds.place.world import World

ERROR, WARNING, NOTE = "error", "warning", "note"

MIN_START_M2 = 1.0  # to stand up and turn round in
ISLAND_M2 = 1.0  # smaller ones are tops of crates
ISLAND_SHARE = 0.05  # of the walkable area, worth a warning
HOLE_M2 = 0.10  # larger than a foot
UNKNOWN_SHARE = 0.5
FAR_M = 8.0  # a dial of 0.1 m is then 4 pixels wide in a picture of 640 over 90 degrees
TURNED_RAD = math.radians(60.0)  # beyond the edge of most cameras' picture
EYE_SHARE = 0.75  # height of the cameras as a share of the robot's
DIFFERS_M, DIFFERS_SHARE = 0.10, 0.02
HEAVY_FACES = 2_000_000  # about 300 MB once MuJoCo has built its trees
EDGES_SHOWN = 3


@dataclass(frozen=True)
class Problem:
    """One finding about a world.

    Attributes:
        severity: error (a mission will fail), warning (a part of it may), note (good to know).
        code: a fixed word for programs.
        where: id, name or position.
        what: what is the matter.
        next_step: what to do about it.
    """

    severity: str
    code: str
    where: str
    what: str
    next_step: str


def problems(world: World, layers: Layers, walk: Traversability, robot: RobotSize) -> list[Problem]:
    """All findings, errors first.

    Args:
        world: what is checked.
        layers: its layers.
        walk: where ``robot`` can go on them.
        robot: who is to walk there.
    """
    found = [
        *_paperwork(world),
        *_start(world, layers, walk, robot),
        *_ground(world, layers, walk, robot),
        *_stops(world, layers, walk),
        *_things(world, layers, walk, robot),
    ]
    return sorted(found, key=lambda p: (ERROR, WARNING, NOTE).index(p.severity))


def home(world: World, layers: Layers, walk: Traversability) -> int:
    """Number of the connected area that holds the start; 0: none."""
    return _area_at(world.spawn, layers, walk)


def _area_at(xy: tuple[float, float], layers: Layers, walk: Traversability) -> int:
    """The area at xy or, since positions are finer than cells, of the next cell."""
    (j, i), inside = layers.cell_of(np.array(xy))
    if not inside:
        return 0
    near = walk.component[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2]
    own = int(walk.component[j, i])
    return own or int(near[near > 0].min(initial=np.iinfo(np.int32).max)) if (near > 0).any() else 0


def _paperwork(world: World) -> Iterator[Problem]:
    if not world.licence:
        yield Problem(
            WARNING,
            "no_licence",
            world.name,
            "no licence is stated",
            "set the licence of the source before passing it on",
        )
    if not world.source:
        yield Problem(NOTE, "no_source", world.name, "it is not said where this comes from", "set the source")
    faces = sum(len(shape.faces) for shape in world.shapes if isinstance(shape, Mesh))
    if faces > HEAVY_FACES:
        yield Problem(
            WARNING, "heavy", world.name, f"meshes have {faces} triangles", "import again with a coarser resolution"
        )
    if not math.isfinite(float(world.height(np.array(world.spawn)))):
        yield Problem(
            ERROR, "no_ground", "start", "there is no ground under the start", "move the start onto the ground"
        )


def _start(world: World, layers: Layers, walk: Traversability, robot: RobotSize) -> Iterator[Problem]:
    area = home(world, layers, walk)
    where = _at(world.spawn)
    (j, i), _ = layers.cell_of(np.array(world.spawn))
    if np.isnan(layers.elevation[j, i]):
        yield Problem(
            ERROR, "start_unknown", where, "the ground at the start is unknown", "move the start to known ground"
        )
    elif not area:
        why = _why(layers, robot, int(j), int(i))
        yield Problem(ERROR, "start_blocked", where, f"{robot.name} cannot stand at the start: {why}", "move the start")
    elif walk.areas_m2[area - 1] < MIN_START_M2:
        size = walk.areas_m2[area - 1]
        yield Problem(
            ERROR, "start_cut_off", where, f"from the start {robot.name} reaches only {size:.2f} m^2", "move the start"
        )


def _ground(world: World, layers: Layers, walk: Traversability, robot: RobotSize) -> Iterator[Problem]:
    area = home(world, layers, walk)
    cell = layers.resolution_m**2
    total = sum(walk.areas_m2)
    islands = [(k + 1, m2) for k, m2 in enumerate(walk.areas_m2) if k + 1 != area and m2 >= ISLAND_M2]
    if area and islands:
        lost = sum(m2 for _, m2 in islands)
        number, size = max(islands, key=lambda one: one[1])
        yield Problem(
            WARNING if lost > ISLAND_SHARE * total else NOTE,
            "islands",
            _at(_inside(layers, walk.component == number)),
            f"{len(islands)} areas with {lost:.1f} m^2 of {total:.1f} m^2 (the largest has {size:.1f} m^2) cannot be "
            "reached from the start",
            f"see rudel world show {world.name}: add a ramp, widen a passage, or leave them out of missions",
        )
    known = layers.known()
    holes = _holes(known, walk.component == area, HOLE_M2 / cell)
    if area and holes:
        yield Problem(
            WARNING,
            "holes",
            "; ".join(_at(_inside(layers, hole)) for hole in holes[:EDGES_SHOWN]),
            f"{len(holes)} holes in the known ground border on where the robot walks",
            "scan them again, or keep out of them with a zone",
        )
    if walk.known_share < 1 - UNKNOWN_SHARE:
        what = f"{1 - walk.known_share:.0%} of the bounds are unknown"
        yield Problem(NOTE, "unknown", world.name, what, "crop the bounds to the part that was scanned")
    for code, limit, grid, unit in (
        ("steps", robot.max_step_m, layers.step_m, "m"),
        ("slopes", robot.max_slope_rad, layers.slope_rad, "rad"),
    ):
        share = float((grid[known] > limit).mean()) if known.any() else 0.0
        if share > 0:
            what = f"{share:.1%} of the known ground is beyond what {robot.name} can do ({limit:.3g} {unit})"
            yield Problem(NOTE, code, world.name, what, "nothing, unless missions lead there")
    low = float((layers.clearance[known] < robot.height_m).mean()) if known.any() else 0.0
    if low > 0:
        what = (
            f"above {low:.1%} of the known ground there is less room than {robot.name} needs ({robot.height_m:.2f} m)"
        )
        yield Problem(NOTE, "low", world.name, what, "nothing, unless missions lead there")
    yield from _agreement(world, layers, walk, area)


def _agreement(world: World, layers: Layers, walk: Traversability, area: int) -> Iterator[Problem]:
    """Do the layers say what the physics says? They may come from a scan, the physics from what was made of it."""
    cells = walk.component == area
    if not area or not cells.any():
        return
    off = np.abs(world.height(layers.centres()[cells]) - layers.elevation[cells])
    share = float((~(off <= DIFFERS_M)).mean())
    if share > DIFFERS_SHARE:
        what = f"on {share:.1%} of the walkable cells contact surface and elevation differ by more than {DIFFERS_M} m"
        yield Problem(WARNING, "layers_differ", world.name, what, "compute the layers again, or import again")


def _stops(world: World, layers: Layers, walk: Traversability) -> Iterator[Problem]:
    area = home(world, layers, walk)
    for point in world.points:
        if not area or _area_at(point.xy, layers, walk) != area:
            what = f"point {point.name!r} cannot be reached from the start"
            yield Problem(
                ERROR, "point_unreachable", f"{point.name} {_at(point.xy)}", what, "move it to walkable ground"
            )


def _things(world: World, layers: Layers, walk: Traversability, robot: RobotSize) -> Iterator[Problem]:
    area = home(world, layers, walk)
    x0, x1, y0, y1 = world.bounds
    sight: Sight | None = None
    in_routes = {stop for stops in world.routes.values() for stop in stops}
    for thing in world.things:
        x, y, _ = thing.position
        if not (x0 <= x <= x1 and y0 <= y <= y1):
            yield Problem(WARNING, "thing_outside", thing.id, f"{thing.kind} lies outside of the bounds", "move it")
        view = thing.viewpoint
        if view is None:
            if thing.id in in_routes or thing.truth:
                what = f"{thing.kind} has no viewpoint, so no robot knows from where to look"
                yield Problem(WARNING, "no_viewpoint", thing.id, what, "give it one")
            continue
        if not area or _area_at(view.xy, layers, walk) != area:
            what = f"the viewpoint of the {thing.kind} at {_at(view.xy)} cannot be reached from the start"
            yield Problem(ERROR, "viewpoint_unreachable", thing.id, what, "move it to walkable ground")
            continue
        sight = sight or Sight(world)
        yield from _view(world, thing, sight, robot)


def _view(world: World, thing: Thing, sight: Sight, robot: RobotSize) -> Iterator[Problem]:
    view = thing.viewpoint
    assert view is not None
    eye = np.array([*view.xy, float(world.height(np.array(view.xy))) + EYE_SHARE * robot.height_m])
    way = np.array(view.look_at) - eye
    distance = float(np.linalg.norm(way))
    if distance > FAR_M:
        what = f"the viewpoint is {distance:.1f} m away from the {thing.kind}"
        yield Problem(WARNING, "viewpoint_far", thing.id, what, f"move it to within {FAR_M:g} m")
    turned = abs(math.remainder(math.atan2(way[1], way[0]) - view.yaw_rad, math.tau))
    if math.hypot(way[0], way[1]) > 0.1 and turned > TURNED_RAD:
        what = f"from its viewpoint the {thing.kind} is {math.degrees(turned):.0f} degrees beside the robot's heading"
        yield Problem(WARNING, "viewpoint_turned", thing.id, what, "turn the viewpoint towards it")
    blocker = sight.blocker(eye, np.array(view.look_at), thing.id)
    if blocker:
        what = f"{blocker!r} stands between the viewpoint and the {thing.kind}"
        yield Problem(WARNING, "not_visible", thing.id, what, "move the viewpoint or what is in the way")


def _why(layers: Layers, robot: RobotSize, j: int, i: int) -> str:
    if layers.clearance[j, i] < robot.height_m:
        return f"only {layers.clearance[j, i]:.2f} m of room above the ground, it needs {robot.height_m:.2f} m"
    if layers.slope_rad[j, i] > robot.max_slope_rad:
        return f"a slope of {math.degrees(float(layers.slope_rad[j, i])):.0f} degrees"
    if layers.step_m[j, i] > robot.max_step_m:
        return f"a step of {layers.step_m[j, i]:.2f} m"
    return "an obstacle, unknown ground or a keep-out zone is nearer than half its width"


def _holes(known: NDArray[np.bool_], walked: NDArray[np.bool_], min_cells: float) -> list[NDArray[np.bool_]]:
    """Patches of unknown cells that known ground surrounds and that touch where one walks, the largest first."""
    import cv2

    count, labels = cv2.connectedComponents((~known).astype(np.uint8), connectivity=4)
    labels = np.asarray(labels)
    edge = {int(k) for k in np.unique(np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1])))}
    near = cv2.dilate(walked.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0  # the robot's centre keeps its distance
    sizes = np.bincount(labels.ravel(), minlength=count)
    touching = np.unique(labels[near & ~known])
    found = [int(k) for k in touching if k and k not in edge and sizes[k] >= min_cells]
    return [labels == k for k in sorted(found, key=lambda k: -sizes[k])]


def _inside(layers: Layers, cells: NDArray[np.bool_]) -> tuple[float, float]:
    """(x, y) of one of the cells, near their middle."""
    centres = layers.centres()[cells]
    x, y = centres[np.argmin(((centres - centres.mean(axis=0)) ** 2).sum(axis=1))].tolist()
    return x, y


def _at(xy: tuple[float, float]) -> str:
    return f"({xy[0]:.2f}, {xy[1]:.2f})"
