"""Live progress of a training, on a terminal or as plain lines."""

from __future__ import annotations

import sys
import time
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rudel.locomotion.training.trainer import Progress


class Reporter(Protocol):
    """Told what a training does."""

    def start(self, title: str) -> None:
        """The training begins."""
        ...

    def update(
        self, progress: Progress, elapsed_s: float, steps_per_s: float, share: float, left_s: float | None
    ) -> None:
        """An iteration is done; ``share`` of the budget is used, ``left_s`` is what remains of it (None: unknown)."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line."""
        ...

    def stop(self) -> None:
        """The training is over."""
        ...


class SilentReporter:
    """Says nothing, but lets notes through to stderr: warnings must not be lost."""

    def start(self, title: str) -> None:
        del title

    def update(
        self, progress: Progress, elapsed_s: float, steps_per_s: float, share: float, left_s: float | None
    ) -> None:
        del progress, elapsed_s, steps_per_s, share, left_s

    def note(self, text: str) -> None:
        print(text, file=sys.stderr)

    def stop(self) -> None:
        pass


def levels(p: Progress) -> str:
    """Mean terrain level of each course; the first level is 0."""
    return "  ".join(f"{name} {level:.1f}" for name, level in p.levels.items())


def _state(p: Progress) -> str:
    """How well the skill is mastered: the share that stands where standing up is learnt, else tracking and falls."""
    if "on_feet" in p.rewards:
        return f"on feet {p.rewards['on_feet']:.3f}  reward {p.reward:.4f}"
    return f"error {p.vel_error_mps:.3f} m/s {p.yaw_error_radps:.3f} rad/s  falls {p.falls}"


def _table(p: Progress, elapsed_s: float, steps_per_s: float, left_s: float | None) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    left = "" if left_s is None else f", {left_s:.0f} s left"
    table.add_row("time", f"{elapsed_s:.0f} s{left}")
    table.add_row("env-steps", f"{p.env_steps / 1e6:.2f} M in {p.iteration} iterations, {steps_per_s:,.0f}/s")
    table.add_row("tracking error", f"{p.vel_error_mps:.3f} m/s, {p.yaw_error_radps:.3f} rad/s (exploration on)")
    table.add_row("falls", str(p.falls))
    if p.levels:
        table.add_row("mean level", levels(p))
    table.add_row("reward", f"{p.reward:.4f} per step")
    terms = sorted(p.rewards.items(), key=lambda item: -abs(item[1]))
    table.add_row("reward terms", "  ".join(f"{name} {value:+.3f}" for name, value in terms[:6]))
    learner = p.learner
    parts = [f"{k} {learner[k]:.3g}" for k in ("rate", "kl", "std", "value_loss") if k in learner]
    table.add_row("learner", "  ".join(parts))
    return table


class RichReporter:
    """A table that updates in place; without a terminal, one line every few seconds."""

    def __init__(self, console: Console | None = None, line_every_s: float = 5.0) -> None:
        self.console = console or Console(stderr=True)
        self.live: Live | None = None
        self.line_every_s, self._last_line = line_every_s, 0.0

    def start(self, title: str) -> None:
        self.console.print(Text(title, style="bold"))
        if self.console.is_terminal:
            self.live = Live(console=self.console, refresh_per_second=4, transient=False)
            self.live.start()

    def update(
        self, progress: Progress, elapsed_s: float, steps_per_s: float, share: float, left_s: float | None
    ) -> None:
        if self.live is not None:
            bar = ProgressBar(total=1.0, completed=min(share, 1.0))
            self.live.update(Group(bar, _table(progress, elapsed_s, steps_per_s, left_s)))
        elif time.monotonic() - self._last_line >= self.line_every_s:
            self._last_line = time.monotonic()
            p = progress
            self.console.print(
                f"{elapsed_s:6.1f} s  {p.env_steps / 1e6:6.2f} M env-steps  {steps_per_s:7,.0f}/s  "
                + _state(p)
                + (f"  levels {levels(p)}" if p.levels else ""),
                highlight=False,
            )

    def note(self, text: str) -> None:
        self.console.print(text, highlight=False)

    def stop(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None


def make_reporter(quiet: bool) -> Reporter:
    """A silent one, or one that suits the terminal."""
    return SilentReporter() if quiet else RichReporter()
