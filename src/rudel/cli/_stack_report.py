"""What is printed after a ride, for programs and for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rudel.cli._stack import Ran
from rudel.cli._stack_judge import pose_error
from rudel.core import frames
from rudel.navigation.types import XY


def figures(ran: Ran, goal: XY | None, yaw: float | None, shortest_m: float | None) -> dict[str, Any]:
    """Outcome and figures. Those under "true" come from the simulation, which the robot did not see.

    Args:
        ran: the ride.
        goal: where it was to arrive [m]; None: nowhere.
        yaw: heading that it was to arrive with [rad], or None.
        shortest_m: the shortest way on the map.
    """
    judge, outcome = ran.judge, ran.outcome
    true: dict[str, Any] = {
        "path_m": judge.path_m,
        "contacts": judge.contacts,
        "fallen": judge.fallen,
        "pose_rms_m": judge.errors()[0],
        "heading_rms_deg": math.degrees(judge.errors()[1]),
    }
    here = judge.ended
    if goal is not None and here is not None:
        x, y, _ = here.position.tolist()
        true["goal_error_m"] = math.dist(goal, (x, y))
        if yaw is not None:
            turn = yaw - float(frames.yaw_of(here.quat))
            true["goal_error_deg"] = abs(math.degrees(math.remainder(turn, 2 * math.pi)))
    if here is not None and ran.estimate is not None:
        true["position_error_m"], heading = pose_error(ran.estimate.pose, here)
        true["heading_error_deg"] = math.degrees(heading)
    spl = None
    if shortest_m is not None:
        spl = shortest_m / max(judge.path_m, shortest_m, 1e-9) if outcome.success else 0.0
    control = ran.control_ms if len(ran.control_ms) else np.zeros(1)
    return {
        "success": outcome.success,
        "reason": outcome.reason,
        "message": outcome.message,
        "nearest": outcome.nearest,
        "time_s": ran.time_s,
        "path_m": judge.path_m,
        "shortest_m": shortest_m,
        "spl": spl,
        "contacts": judge.contacts,
        "stuck": sum(event.kind == "stuck" for event in ran.events),
        "troubles": [event.data["value"] for event in ran.events if event.kind == "trouble" and event.data["value"]],
        "true": true,
        "realtime_factor": ran.time_s / ran.wall_s if ran.wall_s > 0 else None,
        "control_ms": {name: float(np.percentile(control, q)) for name, q in (("p50", 50), ("p99", 99))},
    }


def print_figures(f: dict[str, Any], files: Sequence[str]) -> None:
    """A few lines for people."""
    true = f["true"]
    print(f"{f['reason']}{': ' + f['message'] if f['message'] else ''}")
    walked = f"{f['path_m']:.1f} m in {f['time_s']:.1f} s"
    shortest = "" if f["shortest_m"] is None else f", the shortest way is {f['shortest_m']:.1f} m"
    print(f"walked {walked}{shortest}; contacts of anything but feet: {f['contacts']}")
    if "goal_error_m" in true:
        off, apart = true["goal_error_m"], true.get("position_error_m")
        print(f"stands {off:.3f} m from the goal" + ("" if apart is None else f", {apart:.3f} m from where it thinks"))
    if f["realtime_factor"]:
        print(f"{f['realtime_factor']:.1f} simulated seconds per second; control p99 {f['control_ms']['p99']:.0f} ms")
    print("\n".join(files))
