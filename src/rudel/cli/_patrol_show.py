"""What a person sees of a round: one line while it runs, and what came of it."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rudel.cli._patrol_loop import Shown

PLAIN_S = 15.0  # between two lines where the output is no terminal


def tell(result: dict[str, Any]) -> None:
    """For people: what came of it, and as the last line where the report is."""
    from rich.console import Console

    console = Console()
    seen = f"{result['inspected']} of {result['points']} points"
    why = f" ({result['why']})" if result["why"] else ""
    time = f"{result['duration_s'] / 60:.1f} min (simulated, {result['wall_s']:.0f} s here)"
    walked = f"{result['distance_m']:.0f} m in {time}"
    console.print(f"[bold]{result['outcome']}[/bold]{why}: {seen}, {walked}", highlight=False)
    for finding in result["findings"]:
        console.print(
            f"  {finding['severity']:8} {finding['kind']:16} {finding['point']}", highlight=False, markup=False
        )
    truth = result["truth"]
    if truth["planted"]:
        told = f"{len(truth['found'])} of {truth['planted']} planted faults found"
        told += f", {len(truth['false_alarms'])} false alarms"
        console.print(f"the simulation knows: {told}", highlight=False)
    for path in result["files"][1:]:
        console.print(path, highlight=False, markup=False, soft_wrap=True)
    console.print(result["recording"], highlight=False, markup=False, soft_wrap=True)
    print(result["report"])


@contextlib.contextmanager
def status(*, quiet: bool) -> Iterator[Shown]:
    """A line on standard error that says what the robot is at."""
    if quiet:
        yield lambda time_s, doing, charge, pilot: None
        return
    from rich.console import Console
    from rich.status import Status

    console = Console(stderr=True)
    last_s, plain_s = -math.inf, -math.inf
    with Status("standing up", console=console, spinner="dots") as shown:

        def show(time_s: float, doing: str, charge: float, pilot: Any) -> None:
            nonlocal last_s, plain_s
            now = time.perf_counter()
            if now - last_s < 0.1:
                return
            last_s = now
            where = "" if pilot.estimate is None else "({:.1f}, {:.1f}) ".format(*pilot.estimate.xy)
            trouble = pilot.trouble
            line = f"{time_s:6.0f} s  {where}{doing}{', ' + trouble if trouble else ''}, battery {charge:.0%}"
            shown.update(line.replace("[", "("))
            if not console.is_terminal and now - plain_s > PLAIN_S:
                plain_s = now
                console.print(line, highlight=False, markup=False)

        yield show
