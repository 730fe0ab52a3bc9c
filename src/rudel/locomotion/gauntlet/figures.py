"""Figures of a comparison as SVG text: levels, metrics, pushes. The same results give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rudel.locomotion.gauntlet.families import LEVELS
from rudel.locomotion.gauntlet.quality import METRICS
from rudel.locomotion.gauntlet.result import GauntletResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#1b6ca8", "#d1663a", "#3f8f5b", "#8a5aa8", "#b8963e", "#5b6b7a")


def levels(results: Sequence[GauntletResult]) -> str:
    """Mean level of every course and policy as bars, with a mark for each condition."""

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        names = [c.name for c in results[0].courses if c.mean_level is not None]
        width = 0.8 / len(results)
        for k, result in enumerate(results):
            x = np.arange(len(names)) + (k - (len(results) - 1) / 2) * width
            heights = [result.course(name).mean_level or 0.0 for name in names]
            axis.bar(x, heights, 0.9 * width, color=_colour(k), label=_short(result), alpha=0.85)
            for at, name in zip(x, names, strict=True):
                found = [level for level in result.course(name).levels if level is not None]
                spread = np.linspace(-0.3, 0.3, len(found)) * width if len(found) > 1 else np.zeros(len(found))
                axis.plot(at + spread, found, ".", color="#222222", markersize=3)
        axis.set_xticks(np.arange(len(names)), [name.replace("_", "\n") for name in names])
        axis.set_ylim(0, LEVELS + 0.3)
        axis.set_yticks(range(0, LEVELS + 1, 2))
        axis.set_ylabel("highest level passed")
        axis.grid(axis="y", alpha=0.3)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8, loc="upper right")

    return _svg(draw, (9.6, 3.6))


def metrics(results: Sequence[GauntletResult]) -> str:
    """Each metric's mean over the scored courses, on a circle from 0 to 1."""

    def draw(figure: Figure) -> None:
        axis = _polar(figure, [name.replace("_", "\n") for name in METRICS])
        for k, result in enumerate(results):
            _ring(axis, [result.metrics[name] for name in METRICS], k, _short(result))
        axis.set_ylim(0, 1)
        axis.set_yticks([0.25, 0.5, 0.75, 1.0], ["", "0.5", "", "1"])
        axis.legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(-0.25, 1.15))

    return _svg(draw, (4.7, 4.4))


def pushes(results: Sequence[GauntletResult]) -> str:
    """Impulse survived by direction, seen from above with the nose up."""

    def draw(figure: Figure) -> None:
        degrees = results[0].push.directions_deg
        axis = _polar(figure, [_direction(d) for d in degrees])
        for k, result in enumerate(results):
            _ring(axis, list(result.push.impulse_ns), k, _short(result))
        most = max(max(r.push.impulse_ns) for r in results)
        axis.set_ylim(0, max(5.0, 1.1 * most))
        axis.legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(-0.25, 1.15))

    return _svg(draw, (4.7, 4.4))


def _polar(figure: Figure, labels: Sequence[str]) -> Any:
    axis: Any = figure.add_subplot(projection="polar")  # the stubs know only the base class
    axis.set_theta_zero_location("N")
    axis.set_xticks(np.linspace(0, 2 * np.pi, len(labels), endpoint=False), labels, fontsize=8)
    axis.tick_params(axis="x", pad=10)
    axis.tick_params(axis="y", labelsize=7)
    axis.grid(alpha=0.4)
    return axis


def _ring(axis: Any, values: Sequence[float], k: int, label: str) -> None:
    angle = np.linspace(0, 2 * np.pi, len(values) + 1)
    closed = [*values, values[0]]
    axis.plot(angle, closed, color=_colour(k), linewidth=1.6, label=label)
    axis.fill(angle, closed, color=_colour(k), alpha=0.12)


def _direction(degrees: float) -> str:
    named = {0.0: "forwards", 90.0: "left", 180.0: "backwards", 270.0: "right "}
    return named.get(degrees, f"{degrees:g}\N{DEGREE SIGN}")


def _colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def _short(result: GauntletResult) -> str:
    name = result.policy
    return name if len(name) <= 32 else f"\N{HORIZONTAL ELLIPSIS}{name[-31:]}"


def _svg(draw: Callable[[Figure], None], size: tuple[float, float]) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "gauntlet", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    whole = text.getvalue()
    return whole[whole.index("<svg") :]
