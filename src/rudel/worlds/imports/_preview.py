"""A picture of an imported place: heights from above, where a robot can walk, and a cut through the start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LightSource, ListedColormap
from matplotlib.figure import Figure

from rudel.worlds.imports._assemble import Built
from rudel.worlds.imports._report import Report
from rudel.worlds.imports._surface import GROUND, OBSTACLE

_DPI = 100
_UNKNOWN, _OBSTACLE, _BLOCKED, _PART, _FIRST = range(5)
_COLOURS = ListedColormap(["#d9d9d9", "#4a4a4a", "#e8b27a", "#b9d7b0", "#5aa469"])
_LABELS = "unknown", "obstacle", "too steep, rough, low or near", "walkable, not connected", "walkable from the start"
_LEAST_CUT_M = 2.0
_MOST = 1500  # cells across: more cannot be seen


def draw(built: Built, report: Report, path: Path) -> None:
    """Write the picture as PNG."""
    ny, nx = built.surface.kind.shape
    tall = min(9.0, max(3.0, 6.2 * ny / nx))
    figure = Figure(figsize=(13.0, tall + 2.8), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplot_mosaic([["height", "walk"], ["cut", "cut"]], height_ratios=[tall, 1.4])
    surface = built.surface
    x0, y0 = surface.low
    extent = (x0, x0 + nx * surface.cell_m, y0, y0 + ny * surface.cell_m)
    every = max(1, max(ny, nx) // _MOST)
    _heights(axes["height"], built, extent, every)
    _walkable(axes["walk"], built, extent, every)
    _cut(axes["cut"], built)
    axes["height"].set_title(
        f"{Path(report.source).name}: {report.size_m[0]:.4g} x {report.size_m[1]:.4g} m\n" + axes["height"].get_title()
    )
    axes["walk"].set_title(f"where a {report.robot} can walk: {report.walkable_share:.0%} of what is known")
    figure.savefig(path, metadata={"Software": ""})


def _heights(axes, built: Built, extent: tuple, every: int) -> None:  # matplotlib's Axes
    surface = built.surface
    height = surface.height[::every, ::every]
    known = np.isfinite(height)
    ground = height[surface.ground[::every, ::every]]
    low, high = np.percentile(ground, [1, 99]) if len(ground) else (0.0, 1.0)
    if high - low < 0.1:
        low, high = low - 0.05, high + 0.05
    light = LightSource(315, 45)
    cell = surface.cell_m * every
    filled = np.where(known, height, low)
    rgb = light.shade(
        filled, colormaps["terrain"], vmin=low - 0.3 * (high - low), vmax=high, dx=cell, dy=cell, blend_mode="soft"
    )
    rgb[~known] = (0.85, 0.85, 0.85, 1)
    axes.imshow(rgb, origin="lower", extent=extent, interpolation="nearest")
    axes.set_title(f"height: {low:.2f} (green) to {high:.2f} m (white)")
    _start(axes, built)


def _walkable(axes, built: Built, extent: tuple, every: int) -> None:
    surface, part = built.surface, built.walk.component
    kind = np.full(surface.kind.shape, _UNKNOWN)
    kind[surface.kind == OBSTACLE] = _OBSTACLE
    kind[surface.kind == GROUND] = _BLOCKED
    kind[part > 0], kind[part == 1] = _PART, _FIRST
    axes.imshow(
        kind[::every, ::every], _COLOURS, vmin=-0.5, vmax=4.5, origin="lower", extent=extent, interpolation="nearest"
    )
    for k, label in enumerate(_LABELS):
        axes.plot([], [], "s", color=_COLOURS(k), label=label)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, fontsize=8, frameon=False)
    _start(axes, built)


def _start(axes, built: Built) -> None:
    (x, y), yaw = built.world.start.xy, built.world.start.yaw_rad
    width = np.diff(axes.get_xlim())[0]
    axes.annotate(
        "",
        (x + 0.07 * width * np.cos(yaw), y + 0.07 * width * np.sin(yaw)),
        (x, y),
        arrowprops={"arrowstyle": "-|>", "color": "red", "lw": 2},
    )
    axes.plot([x], [y], "o", color="red", ms=6)
    axes.set_ylabel("y [m]")


def _cut(axes, built: Built) -> None:
    """Ground and ceiling along x through the start, and the mesh that is seen within half a metre of that line."""
    surface = built.surface
    x0, y0 = surface.low
    row = int((built.world.start.xy[1] - y0) / surface.cell_m)
    x = x0 + (np.arange(surface.kind.shape[1]) + 0.5) * surface.cell_m
    for shape in built.world.shapes:
        vertices = getattr(shape, "vertices", np.zeros((0, 3)))
        near = np.abs(vertices[:, 1] - built.world.start.xy[1]) < max(0.25, surface.cell_m)
        axes.plot(vertices[near, 0], vertices[near, 2], ",", color="#7a8594")
    axes.plot(x, surface.height[row], color="#7a5c2e", lw=1.5, label="ground")
    ceiling = np.where(np.isfinite(surface.ceiling[row]), surface.ceiling[row], np.nan)
    axes.plot(x, ceiling, ".", ms=2, color="#3366aa", label="above the ground")
    axes.plot(built.world.start.xy[0], 0.0, "o", color="red", ms=6)
    axes.set_title("cut along x through the start", fontsize=10)
    axes.set_xlabel("x [m]")
    axes.set_ylabel("z [m]")
    axes.legend(loc="upper right", fontsize=8)
    axes.grid(alpha=0.3)
    low, high = axes.get_ylim()
    if high - low < _LEAST_CUT_M:
        axes.set_ylim((low + high - _LEAST_CUT_M) / 2, (low + high + _LEAST_CUT_M) / 2)
