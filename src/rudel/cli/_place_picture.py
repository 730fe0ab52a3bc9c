"""A picture of a world for people: the plan with where a robot can walk, a section, and the figures."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import LightSource, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rudel.cli._world import Opened
    from rudel.worlds.place import World

DPI = 100
PLAN_INCH, PLAN_HEIGHT_INCH = 11.0, (2.5, 11.0)  # width, least and greatest height
SECTION_INCH, BESIDE_INCH = 2.6, 3.8
_HERE, _ISLAND, _BLOCKED = "#2e9e5b", "#e0a21b", "#c7443b"
_UNKNOWN, _HOT, _GAS, _FAULT = "#ffffff", "#e8442e", "#8a3ffc", "#d6006c"
_ZONES = {1: ("keep out", "#d6006c"), 2: ("slow", "#1f6fd6"), 4: ("charge", "#00a0a0")}
_SECTION_SAMPLES = 1600
MOST_LABELS = 60
CONTOUR_FROM_M = 1.0  # relief of the walkable ground


def draw(opened: Opened, facts: Sequence[tuple[str, str]], path: Path) -> None:
    """Write the picture as a PNG.

    Args:
        opened: the world for one robot.
        facts: what stands beside the plan: (name, value).
        path: of the PNG; its folder is made.
    """
    x, y = opened.world.size_m
    height = min(max(PLAN_INCH * y / x, PLAN_HEIGHT_INCH[0]), PLAN_HEIGHT_INCH[1])
    size = PLAN_INCH + BESIDE_INCH, max(height + SECTION_INCH + 1.2, 9.0)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    ratios = {"width_ratios": (PLAN_INCH, BESIDE_INCH), "height_ratios": (size[1] - SECTION_INCH, SECTION_INCH)}
    grid = figure.add_gridspec(2, 2, **ratios)
    plan, section = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    beside = figure.add_subplot(grid[:, 1])
    figure.suptitle(opened.world.title or opened.world.name, fontsize=15)
    numbers = _plan(plan, opened)
    _section(section, opened)
    _beside(beside, facts, numbers)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})  # no version: the same world gives the same bytes


def _plan(axes: Axes, opened: Opened) -> list[str]:
    """Plan from above; returns the lines that explain the numbers in it."""
    from rudel.worlds.place.check import home

    world, layers, walk = opened.world, opened.layers, opened.walk
    z = layers.elevation.astype(np.float64)
    known = layers.known()
    filled = np.where(known, z, np.nanmin(z) if known.any() else 0.0)
    shade = LightSource(azdeg=315, altdeg=40).hillshade(filled, dx=layers.resolution_m, dy=layers.resolution_m)
    picture = np.repeat((0.45 + 0.5 * shade)[:, :, None], 3, axis=2)
    area = home(world, layers, walk)
    tints = ((walk.component == area) & (area > 0), _HERE), ((walk.component > 0) & (walk.component != area), _ISLAND)
    for cells, colour in (*tints, (known & (walk.component == 0), _BLOCKED)):
        picture[cells] = 0.62 * picture[cells] + 0.38 * np.array(to_rgb(colour))
    picture[~known] = to_rgb(_UNKNOWN)
    x0, x1, y0, y1 = layers.extent_m
    axes.imshow(picture, origin="lower", extent=(x0, x1, y0, y1), interpolation="nearest")
    ground = np.where((walk.component == area) & (area > 0), z, np.nan)
    if area and np.nanmax(ground) - np.nanmin(ground) > CONTOUR_FROM_M:
        lines = axes.contour(*np.moveaxis(layers.centres(), 2, 0), ground, levels=8, colors="k", linewidths=0.4)
        axes.clabel(lines, fontsize=6, fmt="%.1f")
    for bit, (_, colour) in _ZONES.items():
        if (layers.zones & bit).any():
            axes.contour(*np.moveaxis(layers.centres(), 2, 0), (layers.zones & bit) > 0, levels=[0.5], colors=colour)
    axes.set(xlabel="x [m]", ylabel="y [m]", aspect="equal")
    return _marks(axes, world)


def _marks(axes: Axes, world: World) -> list[str]:
    lines: list[str] = []
    places = {point.name: point.xy for point in world.points}
    places |= {t.id: t.viewpoint.xy if t.viewpoint else t.position[:2] for t in world.things}
    for stops in world.routes.values():
        way = np.array([world.spawn, *(places[stop] for stop in stops)])
        axes.plot(way[:, 0], way[:, 1], "-", color="#1f4fd6", linewidth=0.8, alpha=0.6)
    for k, thing in enumerate(world.things, 1):
        x, y, _ = thing.position
        colour = _FAULT if thing.fault else "k"
        axes.plot(x, y, "s", markersize=4, color=colour, markeredgecolor="w", markeredgewidth=0.4)
        if thing.viewpoint is not None:
            vx, vy = thing.viewpoint.xy
            axes.plot([vx, x], [vy, y], ":", color="k", linewidth=0.6)
            axes.plot(vx, vy, marker=(3, 0, math.degrees(thing.viewpoint.yaw_rad) - 90), markersize=5, color="#1f4fd6")
        if k <= MOST_LABELS:
            axes.annotate(str(k), (x, y), xytext=(3, 3), textcoords="offset points", fontsize=7, color=colour)
            lines.append(f"{k}  {thing.id}: {thing.kind}" + (f", fault {thing.fault}" if thing.fault else ""))
    for point in world.points:
        axes.plot(*point.xy, "o", markersize=4, color="#1f4fd6", markeredgecolor="w")
        axes.annotate(point.name, point.xy, xytext=(4, -8), textcoords="offset points", fontsize=7, color="#1f4fd6")
    for source in world.heat:
        axes.plot(*source.position[:2], "*", markersize=9, color=_HOT, markeredgecolor="w", markeredgewidth=0.5)
    for source in world.gas:
        axes.plot(*source.position[:2], "D", markersize=6, color=_GAS, markeredgecolor="w", markeredgewidth=0.5)
    x, y = world.spawn
    axes.plot(x, y, "o", markersize=9, markerfacecolor="none", markeredgecolor="k", markeredgewidth=1.6)
    reach = 0.04 * max(world.size_m)
    turn = world.spawn_yaw_rad
    head = {"arrowstyle": "-|>", "linewidth": 1.6}
    axes.annotate("", (x + reach * math.cos(turn), y + reach * math.sin(turn)), (x, y), arrowprops=head)
    return lines


def _section(axes: Axes, opened: Opened) -> None:
    """Cut along the longer side of the bounds, through the start."""
    world, layers = opened.world, opened.layers
    x0, x1, y0, y1 = world.bounds
    along_x = x1 - x0 >= y1 - y0
    at = np.linspace(x0, x1, _SECTION_SAMPLES) if along_x else np.linspace(y0, y1, _SECTION_SAMPLES)
    other = np.full_like(at, world.spawn[1 if along_x else 0])
    line = np.stack((at, other) if along_x else (other, at), axis=1)
    (j, i), inside = np.moveaxis(layers.cell_of(line)[0], 1, 0), layers.cell_of(line)[1]
    floor = np.where(inside, layers.elevation[j, i], np.nan).astype(np.float64)
    ceiling = floor + np.where(inside, layers.clearance[j, i], np.nan)
    ceiling[~np.isfinite(ceiling)] = np.nan
    point, low, high = world.surface.columns.through(line)
    known = [floor, ceiling, high[np.isfinite(high)], low[np.isfinite(low)]]
    values = np.concatenate([v[np.isfinite(v)] for v in known])
    bottom, top = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    margin = max(0.3, 0.08 * (top - bottom))
    axes.fill_between(at, bottom - margin, floor, color="#8d8473", linewidth=0, label="ground")
    cuts = np.stack((np.stack((at[point], low), axis=1), np.stack((at[point], high), axis=1)), axis=1)
    axes.add_collection(LineCollection(list(cuts), colors="#5d5a66", linewidths=1.0))
    axes.plot(at, ceiling, color="#b0662a", linewidth=0.8)
    axes.axvline(world.spawn[0 if along_x else 1], color="k", linewidth=0.6, linestyle="--")
    axes.set(xlim=(at[0], at[-1]), ylim=(bottom - margin, top + margin))
    axis, cut = ("x", "y") if along_x else ("y", "x")
    axes.set(xlabel=f"{axis} [m], section at {cut} = {other[0]:.2f} m", ylabel="z [m]")
    scale = axes.bbox.height / axes.bbox.width * (at[-1] - at[0]) / (top - bottom + 2 * margin)
    axes.set_title(f"heights drawn {scale:.1f} x" if scale > 1.2 else "", fontsize=8, loc="right")


def _beside(axes: Axes, facts: Sequence[tuple[str, str]], numbers: Sequence[str]) -> None:
    axes.set_axis_off()
    dots: dict[str, Any] = {"linestyle": "none", "markersize": 7}
    entries = [
        Patch(facecolor=_HERE, label="walkable from the start"),
        Patch(facecolor=_ISLAND, label="walkable, cut off"),
        Patch(facecolor=_BLOCKED, label="blocked"),
        Patch(facecolor=_UNKNOWN, edgecolor="#888888", label="unknown"),
        *(Patch(facecolor="none", edgecolor=colour, label=f"zone: {name}") for name, colour in _ZONES.values()),
        Line2D([], [], marker="o", markerfacecolor="none", markeredgecolor="k", label="start", **dots),
        Line2D([], [], marker="s", color="k", label="thing", **dots),
        Line2D([], [], marker="s", color=_FAULT, label="thing with a fault", **dots),
        Line2D([], [], marker="^", color="#1f4fd6", label="viewpoint", **dots),
        Line2D([], [], marker="*", color=_HOT, label="heat", **dots),
        Line2D([], [], marker="D", color=_GAS, label="gas", **dots),
    ]
    axes.legend(handles=entries, loc="upper left", fontsize=8, frameon=False, bbox_to_anchor=(0.0, 1.0), ncols=2)
    rows = [textwrap.fill(f"{name}: {value}", 52, subsequent_indent="    ") for name, value in facts]
    below = "\n".join([*rows, "", *numbers])
    axes.annotate(below, (0.02, 1.0), (0, -125), "axes fraction", "offset points", va="top", fontsize=7)
