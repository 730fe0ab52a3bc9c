"""Runs side by side: what differs in their settings, and their learning curves as a picture and as a page."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rudel.core.errors import BadInput
from rudel.locomotion.training.listing import Run, metrics

MISSING = object()  # a key that a run does not have at all, which is not the same as null
Rows = Sequence[Mapping[str, float]]
FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "vel_error_mps": "velocity error [m/s]",
        "yaw_error_radps": "yaw-rate error [rad/s]",
        "falls": "falls",
        "drift_pct": "sideways drift [%]",
        "cost_of_transport": "cost of transport",
        "stand_still_mps": "speed at zero command [m/s]",
        "torque_limit_share": "share of samples at the torque limit",
    }
)
HOW = ("robots", "seconds", "seed")  # of figures that say how they were measured, not what came out
_PANELS = (
    ("env_steps", "vel_error_mps", "velocity error, exploration on [m/s]"),
    ("env_steps", "yaw_error_radps", "yaw-rate error, exploration on [rad/s]"),
    ("env_steps", "falls", "falls per iteration"),
    ("env_steps", "reward", "reward per step"),
    ("elapsed_s", "vel_error_mps", "velocity error over wall clock [m/s]"),
    ("env_steps", "steps_per_s", "thousand env-steps/s, with learning"),
)
_AXES = {"env_steps": (1e-6, "million env-steps"), "elapsed_s": (1.0, "seconds from process start")}
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1d252c;max-width:76rem;margin:2rem auto;padding:0 1rem;background:#fff}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #dde3e8;vertical-align:top}
td{overflow-wrap:anywhere}th:first-child,td:first-child{white-space:nowrap}
img{max-width:100%;height:auto}.muted{color:#52606b}code{font-size:.85rem}
"""


def differences(runs: Sequence[Run]) -> list[tuple[str, list[Any]]]:
    """Keys whose values are not the same in all runs, sorted, with the value in each; MISSING where it has none."""
    keys = sorted({key for run in runs for key in run.settings})
    found = [(key, [run.settings.get(key, MISSING) for run in runs]) for key in keys]
    return [(key, values) for key, values in found if any(_text(v) != _text(values[0]) for v in values)]


def shown(value: Any) -> str:
    """A setting for people: JSON, a dash where it is missing."""
    return "-" if value is MISSING else value if isinstance(value, str) else json.dumps(value)


def _text(value: Any) -> str:
    return "" if value is MISSING else json.dumps(value, sort_keys=True)


def curves(runs: Sequence[Run]) -> dict[str, list[dict[str, float]]]:
    """Rows of each run that has any.

    Raises:
        BadInput: none has, or one's file is damaged.
    """
    found = {run.name: rows for run in runs if (rows := metrics(run.path))}
    if not found:
        names = ", ".join(run.name for run in runs)
        raise BadInput(f"there are no learning curves: none of {names} has a metrics.csv with an iteration in it")
    return found


def draw(path: Path, curves: Mapping[str, Rows]) -> None:
    """Write ``path`` (PNG): six panels, one line per run."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3)
    for axis, (x, y, title) in zip(axes.flat, _PANELS, strict=True):
        scale, label = _AXES[x]
        unit = 1e-3 if y == "steps_per_s" else 1.0
        for name, rows in curves.items():
            at = [row.get(x, float("nan")) * scale for row in rows]
            axis.plot(at, [row.get(y, float("nan")) * unit for row in rows], label=name, linewidth=1.2)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel(label)
        axis.grid(alpha=0.3)
        if y != "reward":
            axis.set_ylim(bottom=0)
    lines, names = axes.flat[0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=min(4, len(names)), fontsize=9)
    _whole(path, lambda part: figure.savefig(part, dpi=100, format="png"))


def page(path: Path, runs: Sequence[Run], picture: Path, summary: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Write one self-contained HTML page.

    Args:
        path: where to.
        runs: what is compared.
        picture: a PNG, which is put into the page.
        summary: rows of what came out: a label, and a text for each run.
    """
    names = [run.name for run in runs]
    differing = [(key, [shown(v) for v in values]) for key, values in differences(runs)]
    data = base64.b64encode(picture.read_bytes()).decode("ascii")
    alt = f"Learning curves of {', '.join(names)}"
    settings = _table(["setting", *names], differing) if differing else "<p>All settings are the same.</p>"
    commands = [(run.name, [f"<code>{html.escape(run.command or '-')}</code>"]) for run in runs]
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>Training runs</title><style>{_STYLE}</style><h1>Training runs</h1>",
        f"<p class='muted'>{html.escape(', '.join(names))}</p>",
        f"<img alt='{html.escape(alt, quote=True)}' src='data:image/png;base64,{data}'>",
        f"<h2>What came out</h2><div class='wide'>{_table(['', *names], summary)}</div>",
        f"<h2>What differs in the settings</h2><div class='wide'>{settings}</div>",
        f"<h2>Commands</h2><div class='wide'>{_table(['run', 'command'], commands, cells_are_html=True)}</div>",
    ]
    text = "\n".join(parts) + "\n"
    _whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def _table(header: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], *, cells_are_html: bool = False) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    cell = (lambda text: text) if cells_are_html else html.escape
    body = "".join(
        f"<tr><td>{html.escape(label)}</td>" + "".join(f"<td>{cell(text)}</td>" for text in texts) + "</tr>"
        for label, texts in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(path.suffix + ".part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
