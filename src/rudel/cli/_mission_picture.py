"""A picture of a mission: the map, the way of a dry run, its points in order, keep-outs, and what may fail."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from rudel.cli import _stack_picture
from rudel.missions import DryRun
from rudel.navigation.types import Costs

_WAY, _POINT, _BARRED, _ZONE, _RISK = "#1f6fd6", "#0d3c78", "#c7443b", "#c7443b", "#d6006c"
ARROW_M = 0.6
MOST_NAMES = 25  # more of them would hide one another: then numbers only, in the order of the table
_KINDS = {"narrow": ("x", "narrow passage"), "bare": ("s", "nothing to look at from here on")}


def draw(costs: Costs, ran: DryRun, path: Path) -> None:
    """Write it as a PNG."""
    program = ran.program
    stands = {task.stand.name: task for task in program.tasks if task.stand is not None}
    ways = [np.array(way.points) for way in ran.ways if len(way.points)]
    every = np.concatenate(
        [np.array([program.site.start.xy]), *ways, *(np.array([t.stand.xy]) for t in stands.values() if t.stand)]
    )
    low, high = every.min(axis=0) - _stack_picture.MARGIN_M, every.max(axis=0) + _stack_picture.MARGIN_M
    width = _stack_picture.WIDTH_INCH
    height = min(max(width * (high - low)[1] / (high - low)[0], 3.0), 12.0)
    figure = Figure(figsize=(width, height + 1.0), dpi=_stack_picture.DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    said = f"{ran.distance_m:.0f} m, {ran.time_s / 60:.1f} min, {len(ran.points)} points, {ran.share:.0%} left"
    axes.set_title(
        f"{program.mission.name} in {program.site.name}, dry run: {ran.outcome.outcome}, {said}", fontsize=11
    )
    _stack_picture.draw_ground(axes, costs)
    for k, zone in enumerate(program.mission.keep_out):
        axes.add_patch(
            Polygon(np.array(zone.corners), color=_ZONE, alpha=0.3, hatch="//", label="keep-out" if k == 0 else None)
        )
    for k, way in enumerate(ways):
        axes.plot(*way.T, "-", color=_WAY, linewidth=1.2, alpha=0.7, label="way" if k == 0 else None)
    for kind, (marker, label) in _KINDS.items():
        at = np.array([r.xy for r in ran.risks if r.kind == kind and r.xy is not None]).reshape(-1, 2)
        if len(at):
            axes.plot(*at.T, marker, color=_RISK, markersize=7, linestyle="none", fillstyle="none", label=label)
    for barred, colour, label in ((False, _POINT, "step"), (True, _BARRED, "cannot be reached")):
        tasks = [task for task in stands.values() if bool(task.barred) == barred]
        at = np.array([task.stand.xy for task in tasks if task.stand is not None]).reshape(-1, 2)
        if len(at):
            axes.plot(*at.T, "o", color=colour, markersize=4, linestyle="none", label=label)
    for k, name in enumerate(stands, 1):
        stand = stands[name].stand
        if stand is not None:
            words = f"{k} {name}" if len(stands) <= MOST_NAMES else str(k)
            axes.annotate(words, stand.xy, (3, 3), textcoords="offset points", fontsize=6, color=_POINT)
            if stand.yaw is not None:
                x, y = stand.xy
                tip = x + ARROW_M * math.cos(stand.yaw), y + ARROW_M * math.sin(stand.yaw)
                axes.annotate("", tip, stand.xy, arrowprops={"arrowstyle": "->", "color": _POINT})
    axes.plot(*program.site.start.xy, "D", color="k", markerfacecolor="none", markersize=9, label="start")
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xlabel="x [m]", ylabel="y [m]")
    axes.legend(fontsize=8, loc="best")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
