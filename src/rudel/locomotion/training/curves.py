"""Training curves as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def draw(path: Path, rows: Sequence[dict[str, float]], title: str) -> None:
    """Write ``path`` (PNG): tracking errors, falls, reward terms, learner and speed over the env-steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 3)
    x = [row["env_steps"] / 1e6 for row in rows]

    def line(axis: int, name: str, label: str, scale: float = 1.0) -> None:
        axes.flat[axis].plot(x, [row.get(name, float("nan")) * scale for row in rows], label=label, linewidth=1.2)

    line(0, "vel_error_mps", "velocity error [m/s]")
    line(0, "yaw_error_radps", "yaw-rate error [rad/s]")
    axes.flat[0].set_title("tracking, exploration on")
    line(1, "falls", "falls per iteration")
    axes.flat[1].set_title("falls")
    for name in sorted({k for row in rows for k in row if k.startswith("reward/")}):
        line(2, name, name.removeprefix("reward/"))
    axes.flat[2].set_title("weighted reward terms")
    line(3, "reward", "reward per step")
    axes.flat[3].set_title("reward")
    line(4, "learner/std", "exploration std")
    line(4, "learner/kl", "KL divergence x 10", 10)
    axes.flat[4].set_title("learner")
    line(5, "steps_per_s", "thousand env-steps/s", 1e-3)
    axes.flat[5].set_title("throughput with learning")
    for axis in axes.flat:
        axis.set_xlabel("million env-steps")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=6)
        axis.set_ylim(bottom=None if axis is axes.flat[2] else 0)
    figure.suptitle(title)
    part = path.with_suffix(".part")
    try:
        figure.savefig(part, dpi=90, format="png")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
