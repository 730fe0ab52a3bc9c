"""One file in, one world with its report out."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds.imports import _assemble, _cloud, _faces, _grids, _open, _preview
from rudel.worlds.imports._assemble import Built
from rudel.worlds.imports._frame import UNITS_M, Finding, stated_unit
from rudel.worlds.imports._report import Report
from rudel.worlds.imports._source import Cloud, Elevation, FloorPlan, Mesh, Source
from rudel.worlds.imports._surface import UNKNOWN, Surface, close_gaps
from rudel.worlds.place import Mesh as SeenMesh
from rudel.worlds.place import RobotSize, World, save

REPORT, PREVIEW = "import.json", "preview.png"
_CELL_M = (0.01, 20.0)


@dataclass(frozen=True, eq=False)
class Imported:
    """A world, what a robot can do there, and what there is to say about it."""

    world: World
    built: Built
    report: Report

    def write(self, folder: Path) -> Report:
        """Save the world with its preview and its report; returns the report with the names of the files."""
        save(self.world, folder)
        _preview.draw(self.built, self.report, folder / PREVIEW)
        files = (str(folder), str(folder / PREVIEW), str(folder / REPORT))
        report = dataclasses.replace(self.report, files=files)
        (folder / REPORT).write_text(json.dumps(dataclasses.asdict(report), indent=1, allow_nan=False) + "\n")
        return report


def import_place(
    path: Path,
    robot: RobotSize,
    *,
    units: str | None = None,
    up: str | None = None,
    resolution_m: float | None = None,
    name: str | None = None,
) -> Imported:
    """Make a world of a survey.

    Args:
        path: a file, or a folder or .zip archive with one that can be read.
        robot: for whom "walkable" is meant and a start is chosen.
        units: "m", "cm", "mm", "ft" or "us-ft"; None: find out.
        up: "x", "y", "z", "-x", "-y" or "-z"; None: find out.
        resolution_m: edge of a cell; None: as fine as the survey allows, at least 5 cm.
        name: of the world; None: that of the file.

    Raises:
        BadInput: with what to do, where no world can be made of it.
    """
    if resolution_m is not None and not _CELL_M[0] <= resolution_m <= _CELL_M[1]:
        raise BadInput(f"--resolution {resolution_m:g} is no cell size: choose {_CELL_M[0]:g} to {_CELL_M[1]:g} m")
    stated_unit(units)
    with _open.file_of(path) as file:
        source, what = _open.read(file)
        try:
            made = _make(source, units, up, resolution_m)
        except BadInput as error:
            text = str(error)
            raise error if str(file) in text else BadInput(f"{path}: {text}") from None
        called = _name(name or (path if path.is_dir() or path != file else file).stem)
        facts: dict[str, Any] = {
            "title": f"imported from {file.name}",
            "source": file.name,
            "made_by": "rudel world import",
            "up": made.up.value,
            "notes": {"unit": made.unit.value, "unit_sure": made.unit.sure, "up_sure": made.up.sure, **made.turn},
        }
        try:
            built = _assemble.build(called, made.surface, made.seen, robot, made.origin, made.repairs, **facts)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from None
        return Imported(built.world, built, _report(str(path), what, made, built, robot))


@dataclass(frozen=True, eq=False)
class _Made:
    surface: Surface
    seen: SeenMesh | None
    origin: tuple[float, float, float]
    points: int
    unit: Finding
    up: Finding
    level: Finding
    floor: Finding
    repairs: tuple[str, ...]
    turn: dict[str, float]


def _make(source: Source, units: str | None, up: str | None, cell_m: float | None) -> _Made:
    if isinstance(source, Cloud | Mesh):
        place = _cloud.build(source, units, up, cell_m)
        x, y, z = place.middle.tolist()
        frame = place.frame
        turn = {f"turn_{r}{c}": float(frame.turn[r, c]) for r in range(3) for c in range(3)}
        return _Made(
            place.surface,
            place.seen,
            (x, y, z),
            place.points,
            frame.unit,
            frame.up,
            frame.level,
            _floor_finding(place),
            (*source.facts.repairs, *place.repairs),
            turn,
        )
    if up not in (None, "z"):
        raise BadInput(f"--up {up} has no meaning for a map or a height model: they are seen from above")
    upright = Finding("z", 1.0, source.facts.up_why)
    level = Finding("as in the file", 1.0, "its vertical is gravity's")
    if isinstance(source, FloorPlan):
        if units not in (None, "m"):
            raise BadInput(f"--units {units} has no meaning for a map: its resolution is in metres")
        grid = _grids.of_plan(source)
        surface, filled = grid.surface, 0
        unit = Finding("m", 1.0, source.facts.unit_why)
        floor = Finding("level", 0.5, "a map says nothing about heights: free cells are taken to be level")
        seen = _walls(surface)
    else:
        unit_m, unit_z_m, unit = _elevation_unit(source, units)
        grid = _grids.of_elevation(source, unit_m, unit_z_m)
        surface, filled = close_gaps(grid.surface, 2 * grid.surface.cell_m)
        floor = Finding("the ground", 1.0, "a height model has one surface")
        seen = None
    repairs = [*source.facts.repairs, *grid.repairs]
    if filled:
        repairs.append(f"{filled} cells in small gaps: filled")
    if cell_m is not None and not math.isclose(cell_m, surface.cell_m, rel_tol=1e-6):
        repairs.append(
            f"the cells of {surface.cell_m:g} m of the file were kept: --resolution is for points and meshes"
        )
    cells = int((surface.kind != UNKNOWN).sum())
    return _Made(surface, seen, grid.middle, cells, unit, upright, level, floor, tuple(repairs), {})


def _elevation_unit(source: Elevation, units: str | None) -> tuple[float, float, Finding]:
    stated = stated_unit(units)
    facts = source.facts
    if stated is not None:
        return stated, stated, Finding(str(units), 1.0, "stated")
    if facts.unit_m is not None:
        name = next((n for n, m in UNITS_M.items() if math.isclose(m, facts.unit_m)), f"{facts.unit_m:g} m")
        return facts.unit_m, facts.unit_z_m or facts.unit_m, Finding(name, 0.95, facts.unit_why)
    return 1.0, 1.0, Finding("m", 0.8, "the file does not say, and height models usually are in metres")


def _walls(surface: Surface) -> SeenMesh | None:
    """Walls of a floor plan as one mesh of prisms; None: there are none."""
    index = _grids.raised(surface)
    if not len(index):
        return None
    low = (surface.low[0], surface.low[1], 0.0)
    return _faces.mesh(index, (surface.cell_m, surface.cell_m, _grids.PLAN_WALL_M), low, "scan", "scan")


def _floor_finding(place: _cloud.Place) -> Finding:
    floor, others = place.floor, place.others
    covered = f", {floor.covered:.0%} of it under something" if floor.covered > 0.05 else ""
    if not others:
        return Finding(f"{floor.area_m2:.3g} m2 connected", 0.95, f"the largest connected level surface{covered}")
    share = floor.area_m2 / (floor.area_m2 + max(other.area_m2 for other in others))
    return Finding(f"one of {1 + len(others)} storeys", share, f"the largest, or the lower of two alike{covered}")


def _name(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.\-]+", "_", text).strip("_.-")[:60]
    return plain or "place"


def _report(source: str, what: str, made: _Made, built: Built, robot: RobotSize) -> Report:
    surface, walk = built.surface, built.walk
    known = surface.kind != UNKNOWN
    rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    cell = surface.cell_m
    ground = surface.height[surface.ground]
    low, high = np.percentile(ground, [0.1, 99.9])
    start = built.world.start
    return Report(
        source=source,
        format=what,
        points=made.points,
        size_m=(float(columns[-1] - columns[0] + 1) * cell, float(rows[-1] - rows[0] + 1) * cell),
        height_range_m=(float(low), float(high)),
        resolution_m=cell,
        known_m2=float(known.sum()) * cell**2,
        walkable_m2=float(sum(walk.areas_m2)),
        walkable_share=walk.walkable_share,
        parts_m2=tuple(walk.areas_m2),
        robot=robot.name,
        unit=made.unit,
        up=made.up,
        level=made.level,
        floor=made.floor,
        start=(*start.xy, start.yaw_rad),
        origin=built.world.origin,
        repairs=built.world.repairs,
    )
