"""One self-contained HTML page about a comparison: no file beside it, nothing fetched."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from rudel.locomotion.gauntlet import figures
from rudel.locomotion.gauntlet.families import LEVELS
from rudel.locomotion.gauntlet.protocol import Protocol
from rudel.locomotion.gauntlet.quality import METRICS
from rudel.locomotion.gauntlet.result import GauntletResult, Outcome

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1d252c;max-width:64rem;margin:2rem auto;padding:0 1rem;background:#fff}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}p{max-width:48rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}
th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid #dde3e8}
th:first-child,td:first-child{text-align:left}
.row{display:flex;flex-wrap:wrap;gap:1rem}.row>*{flex:1 1 20rem;min-width:0}svg{max-width:100%;height:auto}
video{width:100%;border-radius:4px;background:#dde3e8}figure{margin:0}figcaption{font-size:.85rem;color:#52606b}
.cells span[style]{display:inline-block;width:1.7rem;text-align:center;border-radius:3px;margin-right:2px}
.muted{color:#52606b}.bad{color:#a02a1c}
"""


def write(
    path: Path,
    results: Sequence[GauntletResult],
    protocol: Protocol,
    films: Mapping[str, Sequence[tuple[str, Path]]],
) -> None:
    """Write the page.

    Args:
        path: where to.
        results: one per policy, at least one.
        protocol: what was measured.
        films: per policy, (caption, MP4); they are put into the page.
    """
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>Gauntlet</title><style>{_STYLE}</style>",
        "<h1>Gauntlet</h1>",
        f"<p class='muted'>{_esc(describe(protocol))}</p>",
        _summary(results),
        f"<h2>Levels</h2>{figures.levels(results)}{_level_tables(results)}",
        "<h2>Metrics and pushes</h2><div class='row'>",
        f"<figure>{figures.metrics(results)}<figcaption>Mean of each metric over the scored courses; 1 is perfect, a "
        "course that was not passed counts 0.</figcaption></figure>",
        f"<figure>{figures.pushes(results)}<figcaption>Largest impulse [N s] (100 ms, at the base) survived while "
        "walking at 0.5 m/s, seen from above.</figcaption></figure></div>",
        _metric_table(results),
        _films(films),
        _faults(results),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        part.write_text("\n".join(parts) + "\n", encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def describe(protocol: Protocol) -> str:
    """The protocol in a sentence or two."""
    frictions = ", ".join(f"{f:g}" for f in protocol.frictions)
    payloads = ", ".join(f"{p:+g}" if p else "0" for p in protocol.payloads_kg)
    return (
        f"Ground friction {frictions}; payload {payloads} kg; {protocol.search_seeds} seeds to pass a level (80 % must "
        f"reach the goal in time), {protocol.drill_seeds} to measure commands there; seed {protocol.seed}. "
        "Levels, metrics and score after RoboGauge (arXiv 2602.00678); score: mean of level ground, slope and stairs "
        "in both directions, wave and obstacles forwards."
    )


def _esc(text: str) -> str:
    return html.escape(text, quote=True)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _summary(results: Sequence[GauntletResult]) -> str:
    rows = [
        ["<b>score</b> (0 to 1)", *(f"<b>{r.score:.3f}</b>" for r in results)],
        ["push survived, mean [N s]", *(f"{r.push.mean_ns:.1f}" for r in results)],
        ["push survived, worst direction [N s]", *(f"{r.push.least_ns:.1f}" for r in results)],
        ["flat velocity error [m/s]", *(f"{r.flat.vel_error_mps:.3f}" for r in results)],
        ["flat yaw-rate error [rad/s]", *(f"{r.flat.yaw_error_radps:.3f}" for r in results)],
        ["cost of transport, flat", *(f"{r.flat.cost_of_transport:.3f}" for r in results)],
        ["torque over motor's line, 99th percentile", *(f"{100 * r.load.torque_p99:.0f} %" for r in results)],
        ["torque always within the line", *("yes" if r.load.within_line else "no" for r in results)],
        ["joint speed over no-load speed, 99th percentile", *(f"{100 * r.load.speed_p99:.0f} %" for r in results)],
        ["control period [ms]", *(f"{1000 * r.period_s:g}" for r in results)],
        ["took [s]", *(f"{r.seconds:.0f}" for r in results)],
    ]
    return _table(["", *(_esc(r.policy) for r in results)], rows)


def _level_tables(results: Sequence[GauntletResult]) -> str:
    frictions = [f"{o.friction:g}" + (f", {o.payload_kg:+g} kg" if o.payload_kg else "") for o in _conditions(results)]
    made: list[str] = []
    for result in results:
        rows = [
            [
                _esc(course.name.replace("_", " "))
                + ("" if course.scored else " <span class='muted'>(not scored)</span>"),
                *(_cell(level) for level in course.levels),
                f"{course.mean_level:.1f}" if course.mean_level is not None else "-",
                f"{course.score:.3f}",
            ]
            for course in result.courses
        ]
        header = ["level at friction", *map(_esc, frictions), "mean", "score"]
        made.append(f"<h3>{_esc(result.policy)}</h3><div class='cells'>{_table(header, rows)}</div>")
    return "".join(made)


def _conditions(results: Sequence[GauntletResult]) -> Sequence[Outcome]:
    return results[0].courses[0].outcomes


def _cell(level: int | None) -> str:
    if level is None:
        return "-"
    strength = level / LEVELS
    return f"<span style='background:rgba(27,108,168,{0.06 + 0.5 * strength:.2f})'>{level}</span>"


def _metric_table(results: Sequence[GauntletResult]) -> str:
    rows = [[_esc(name.replace("_", " ")), *(f"{r.metrics[name]:.3f}" for r in results)] for name in METRICS]
    return _table(["metric", *(_esc(r.policy) for r in results)], rows)


def _films(films: Mapping[str, Sequence[tuple[str, Path]]]) -> str:
    if not any(films.values()):
        return ""
    parts = ["<h2>Best and worst crossing</h2>"]
    for policy, clips in films.items():
        parts.append(f"<h3>{_esc(policy)}</h3><div class='row'>")
        for caption, path in clips:
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            parts.append(
                f"<figure><video controls loop muted playsinline src='data:video/mp4;base64,{data}'></video>"
                f"<figcaption>{_esc(caption)}</figcaption></figure>"
            )
        parts.append("</div>")
    return "".join(parts)


def _faults(results: Sequence[GauntletResult]) -> str:
    parts: list[str] = []
    for result in results:
        if result.faults:
            listed = "".join(f"<li>{_esc(fault)}</li>" for fault in result.faults[:50])
            more = f"<li>and {len(result.faults) - 50} more</li>" if len(result.faults) > 50 else ""
            parts.append(f"<h3>{_esc(result.policy)}</h3><ul class='bad'>{listed}{more}</ul>")
    if not parts:
        return ""
    return "<h2>Faults</h2><p>Output or physics was not finite; each counted as a fall.</p>" + "".join(parts)
