"""A picture of a ride: the map, the planned way, the way that was walked, and what happened on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rudel.core.types import Event
    from rudel.navigation.types import XY, Costs
    from rudel.worlds.place import Box

DPI, WIDTH_INCH, MARGIN_M = 110, 11.0, 2.5
_FREE, _HARD, _BLOCKED, _OBSTACLE, _UNKNOWN = "#f4f6f2", "#c9b98f", "#b9bcc4", "#3d4250", "#ffffff"
_PLANNED, _BELIEVED, _TRUE, _CRATE = "#1f6fd6", "#e0701b", "#111111", "#c7443b"
_MARKS = {"stuck": ("x", "#d6006c"), "trouble": ("v", "#8a3ffc"), "noted": ("*", "#2e9e5b"), "point": ("+", "#2e9e5b")}


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is drawn.

    Attributes:
        title: one line.
        costs: the map.
        planned: (k, 2) the first plan; empty: none.
        believed: (n, 2) estimates, NaN where there was none.
        true: (m, 2) where the robot really went.
        goals: what it was sent to.
        crates: that the map did not know.
        events: of the pilot; those with a place are marked.
    """

    title: str
    costs: Costs
    planned: np.ndarray
    believed: np.ndarray
    true: np.ndarray
    goals: Sequence[XY]
    crates: Sequence[Box]
    events: Sequence[Event]


def draw(drawn: Drawn, path: Path) -> None:
    """Write it as a PNG."""
    points = [p for p in (drawn.planned, drawn.believed, drawn.true, np.array(drawn.goals).reshape(-1, 2)) if len(p)]
    every = np.concatenate(points)
    every = every[np.isfinite(every).all(axis=1)]
    low, high = every.min(axis=0) - MARGIN_M, every.max(axis=0) + MARGIN_M
    span = high - low
    height = min(max(WIDTH_INCH * span[1] / span[0], 3.0), 12.0)
    figure = Figure(figsize=(WIDTH_INCH, height + 1.0), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(drawn.title, fontsize=11)
    draw_ground(axes, drawn.costs)
    for crate in drawn.crates:
        w, _, _, z = crate.quat
        turn = 2 * np.arctan2(z, w)
        corners = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * crate.half[:2]
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        axes.add_patch(Polygon(corners @ rotation.T + crate.centre[:2], color=_CRATE, label="crate, not on the map"))
    for line, colour, style, label in (
        (drawn.planned, _PLANNED, "-", "planned at the start"),
        (drawn.believed, _BELIEVED, "-", "walked, as the robot believes"),
        (drawn.true, _TRUE, ":", "walked, really"),
    ):
        if len(line):
            axes.plot(line[:, 0], line[:, 1], style, color=colour, linewidth=1.4, label=label)
    for kind, (marker, colour) in _MARKS.items():
        at = [event.data["xy"] for event in drawn.events if event.kind == kind and "xy" in event.data]
        at = [xy for xy in at if np.isfinite(xy).all()]
        if at:
            axes.plot(*np.array(at).T, marker, color=colour, markersize=7, linestyle="none", label=kind)
    if len(drawn.true):
        axes.plot(*drawn.true[0], "o", color="k", markerfacecolor="none", markersize=9, label="start")
    if len(drawn.goals):
        axes.plot(*np.array(drawn.goals).T, "D", color=_PLANNED, markersize=6, linestyle="none", label="goal")
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xlabel="x [m]", ylabel="y [m]")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique.keys(), fontsize=8, loc="best")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def draw_ground(axes: Axes, costs: Costs) -> None:
    """Free ground from light (easy) to sand (hard); grey: too near to something; dark: obstacle; white: unknown."""
    ny, nx = costs.shape
    share = np.nan_to_num(costs.cost, nan=0.0)[..., None]
    picture = (1 - share) * np.array(to_rgb(_FREE)) + share * np.array(to_rgb(_HARD))
    for cells, colour in ((costs.cost >= 1, _BLOCKED), (costs.obstacle, _OBSTACLE), (costs.unknown, _UNKNOWN)):
        picture[cells] = to_rgb(colour)
    x, y = costs.origin
    extent = (x, x + nx * costs.resolution_m, y, y + ny * costs.resolution_m)
    axes.imshow(picture, origin="lower", extent=extent, interpolation="nearest")
