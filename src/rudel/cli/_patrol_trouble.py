"""What goes wrong on a simulated round besides senses: a robot that is carried away, a weak leg, a battery."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rudel.core import frames
from rudel.core.errors import BadInput, UnknownName
from rudel.core.types import JointTargets
from rudel.runtime.battery import Cells
from rudel.sim.live import LiveSim

Tamper = Callable[[float, LiveSim, Cells], None]
KINDS = ("carried", "weak_leg", "battery")
CARRIED_M, TURNED_RAD = 1.0, 0.6  # how far back along its heading, and how far it is turned
WEAK = 0.5  # of gains and torques that are left
LOW = 0.27  # charge: a little above where a Lite3 stops obeying


@dataclass(frozen=True)
class Trouble:
    """One of KINDS, at a time after the round began [s]."""

    kind: str
    at_s: float


def parse(texts: Sequence[str]) -> tuple[Trouble, ...]:
    """["carried:60"] -> (Trouble("carried", 60.0),)."""
    found: list[Trouble] = []
    for text in texts:
        kind, _, at = text.partition(":")
        if kind not in KINDS:
            raise UnknownName("trouble", kind, KINDS)
        try:
            at_s = float(at)
        except ValueError:
            at_s = math.nan
        if not 0 <= at_s < 1e6:
            raise BadInput(f"--trouble {text!r}: write for example {kind}:60 (what, and after how many seconds)")
        found.append(Trouble(kind, at_s))
    return tuple(found)


def tamper(troubles: Sequence[Trouble]) -> Tamper | None:
    """What brings them about; None: nothing does."""
    if not troubles:
        return None
    waiting = sorted(troubles, key=lambda one: one.at_s)

    def bring(time_s: float, live: LiveSim, cells: Cells) -> None:
        while waiting and time_s >= waiting[0].at_s:
            kind = waiting.pop(0).kind
            if kind == "battery":
                cells.set(min(LOW, cells.charge.share))
            elif kind == "carried":
                carry(live)
            else:
                weaken(live)

    return bring


def carry(live: LiveSim) -> None:
    """Lift the robot, and set it down a step back and turned: nobody tells it."""
    qpos = live.data.qpos
    yaw = float(frames.yaw_of(qpos[3:7]))
    qpos[:2] -= CARRIED_M * np.array([math.cos(yaw), math.sin(yaw)])
    turn = frames.quat_from_yaw(np.asarray(TURNED_RAD))
    qpos[3:7] = frames.multiply(turn, qpos[3:7])
    qpos[2] += 0.02
    live.data.qvel[:6] = 0.0


def weaken(live: LiveSim) -> None:
    """One leg has half of its strength from now on."""
    asked, leg = live.source, slice(0, 3)
    share = np.ones(len(live.spec.joints))
    share[leg] = WEAK
    last: list[tuple[JointTargets, JointTargets]] = []

    def weak() -> JointTargets:
        wanted = asked()
        if not last or last[0][0] is not wanted:
            made = JointTargets(wanted.q, wanted.dq, wanted.tau * share, wanted.kp * share, wanted.kd * share)
            last[:] = [(wanted, made)]
        return last[0][1]

    live.source = weak
