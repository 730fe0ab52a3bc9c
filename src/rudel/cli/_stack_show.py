"""What a person sees while the robot is under way: one line that stays, and what happens above it."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator

from rudel.cli._stack import Look, Moment
from rudel.core.types import Event

REFRESH_S = 0.1
QUIET = ("status", "sensors", "outcome", "call", "point", "frontier")


@contextlib.contextmanager
def status_line(*, quiet: bool) -> Iterator[Look]:
    """A Look that keeps a status line on standard error; ``quiet``: shows nothing."""
    if quiet:
        yield lambda moment: None
        return
    from rich.console import Console
    from rich.status import Status

    console = Console(stderr=True)
    last_s = -math.inf
    with Status("standing up", console=console, spinner="dots") as status:

        def look(moment: Moment) -> None:
            nonlocal last_s
            for event in moment.events:
                if event.kind not in QUIET:
                    console.print(f"[dim]{moment.time_s:7.1f} s[/dim]  {told(event)}", highlight=False)
            now = time.perf_counter()
            if now - last_s >= REFRESH_S:
                last_s = now
                status.update(line(moment))

        yield look


def line(moment: Moment) -> str:
    """Time, place, what it does."""
    estimate, pilot = moment.estimate, moment.pilot
    where = "nowhere yet"
    if estimate is not None:
        x, y = estimate.xy
        where = f"({x:.2f}, {y:.2f}) {math.degrees(estimate.yaw):+.0f} deg, {estimate.status}"
    doing = pilot.trouble or pilot.phase or moment.order.posture
    left = f", {pilot.remaining_m:.1f} m to go" if math.isfinite(pilot.remaining_m) else ""
    speed = math.hypot(moment.order.twist.vx, moment.order.twist.vy)
    return f"{moment.time_s:6.1f} s  {where}  {doing}{left}, {speed:.2f} m/s"


def told(event: Event) -> str:
    """An event in words; square brackets are no markup here."""
    parts = []
    for key, value in event.data.items():
        if value is None or value == "" or value == ():
            continue
        if isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(v, float) for v in value):
            parts.append(f"{key} ({value[0]:.2f}, {value[1]:.2f})")
        else:
            parts.append(f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}")
    return f"{event.kind.replace('_', ' ')}: {', '.join(parts)}".replace("[", "(").replace("]", ")")
